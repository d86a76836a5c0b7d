"""What a column or a member may hold, out of its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def kinds(schema: Schema) -> list[str]:
    """The JSON types but for null."""
    return [kind for kind in _types(schema) if kind != "null"]


def is_nullable(schema: Schema) -> bool:
    return "null" in _types(schema)


def column_type(column: Schema) -> str:
    """In one word, as the page and the picture show it."""
    return "timestamp" if column.get("format") == "date-time" else kinds(column)[0]


def _types(schema: Schema) -> list[str]:
    found = schema["type"]
    return [found] if isinstance(found, str) else found
