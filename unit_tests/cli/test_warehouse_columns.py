"""A table's columns, named and typed as PyAirbyte would."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_cli.warehouse.columns import column_name, column_type


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"type": "string"}, "VARCHAR"),
        ({"type": ["null", "string"]}, "VARCHAR"),
        ({"type": "string", "format": "date"}, "DATE"),
        ({"type": ["string", "null"], "format": "date-time"}, "TIMESTAMP"),
        ({"type": "string", "format": "time"}, "TIME"),
        ({"type": "string", "format": "uuid"}, "VARCHAR"),
        (
            {"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"},
            "TIMESTAMP",
        ),
        ({"type": "string", "airbyte_type": "timestamp_without_timezone"}, "TIMESTAMP"),
        ({"type": "integer"}, "BIGINT"),
        ({"type": ["null", "number"]}, "DECIMAL(38, 9)"),
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": ["null", "object"]}, "JSON"),
        ({"type": "array", "items": {"type": "string"}}, "JSON"),
        ({"type": ["null", "string", "integer"]}, "VARCHAR"),
        ({"airbyte_type": "unheard_of"}, "VARCHAR"),
        ({}, "VARCHAR"),
    ],
    ids=str,
)
def test_types(described: dict[str, Any], expected: str) -> None:
    assert column_type(described) == expected


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("id", "id"),
        ("_ab_cdc_deleted_at", "_ab_cdc_deleted_at"),
        ("postalCode", "postalcode"),
        ("Average Sales (%)", "average_sales____"),
        ("2nd", "_2nd"),
        ("größe", "gr__e"),
    ],
)
def test_names(member: str, expected: str) -> None:
    assert column_name(member) == expected
