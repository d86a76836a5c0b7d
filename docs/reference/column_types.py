"""The types of columns and of members of objects, from the JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def kinds(schema: Schema) -> list[str]:
    """The JSON types without null."""
    return [kind for kind in _types(schema) if kind != "null"]


def is_nullable(schema: Schema) -> bool:
    return "null" in _types(schema)


def column_type(column: Schema) -> str:
    """The type in one word, as the page and the diagram show it."""
    return "timestamp" if column.get("format") == "date-time" else kinds(column)[0]


def _types(schema: Schema) -> list[str]:
    found = schema["type"]
    return [found] if isinstance(found, str) else found


def members(column: Schema) -> Mapping[str, Schema]:
    """The members of an object, or of the objects in a list."""
    found: Mapping[str, Schema] = column.get("properties") or column.get("items", {}).get(
        "properties", {}
    )
    return found
