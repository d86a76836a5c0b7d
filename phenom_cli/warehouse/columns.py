"""Names and types of a table's columns, made from a stream's JSON schema as PyAirbyte does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

RAW_ID, EXTRACTED_AT, META = "_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta"
BOOKKEEPING = {RAW_ID: "VARCHAR", EXTRACTED_AT: "TIMESTAMP", META: "JSON"}
"""What PyAirbyte adds to every table."""

# airbyte.types.CONVERSION_MAP, in DuckDB's spelling. SQLAlchemy's TIMESTAMP(timezone=True) arrives
# there as TIMESTAMP without a zone; the values are UTC.
_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(38, 9)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp_with_timezone": "TIMESTAMP",
    "timestamp_without_timezone": "TIMESTAMP",
    "time_with_timezone": "TIME",
    "time_without_timezone": "TIME",
    "object": "JSON",
    "array": "JSON",
}
_FORMATS = {
    "date": "date",
    "date-time": "timestamp_with_timezone",
    "time": "time_without_timezone",
}


def column_name(member: str) -> str:
    """In lower case; every character but an ASCII letter or digit becomes an underscore."""
    name = re.sub(r"[^a-z0-9]", "_", member.lower())
    return f"_{name}" if name[:1].isdigit() else name


def column_types(json_schema: Mapping[str, Any], json_type: str) -> dict[str, str]:
    """The types of all columns of a new table for a stream with this schema.

    :param json_type: what the warehouse calls JSON.
    """
    members: Mapping[str, Any] = json_schema["properties"]
    types = {column_name(name): column_type(about) for name, about in members.items()}
    return {
        name: json_type if kind == "JSON" else kind
        for name, kind in {**types, **BOOKKEEPING}.items()
    }


def column_type(described: Mapping[str, Any]) -> str:
    """The SQL type of a member with this JSON schema; text if the schema names no known type."""
    kinds = described.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        kinds = kinds[0] if len(kinds) == 1 else None
    by_format = _FORMATS.get(str(described.get("format"))) if kinds == "string" else None
    kind = described.get("airbyte_type") or by_format or kinds
    return _TYPES.get(str(kind), "VARCHAR")
