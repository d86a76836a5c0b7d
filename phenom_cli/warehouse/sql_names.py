"""Names in SQL statements that a message asks a person to type."""

from __future__ import annotations

import re

from phenom_cli.warehouse.dialect import quoted

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

_RESERVED = (
    "all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by"
    " case cast check collate collation column columns concurrently constraint create cross"
    " current_catalog current_date current_role current_schema current_time current_timestamp"
    " current_user default deferrable desc describe distinct do else end except false fetch for"
    " foreign freeze from full generated glob grant group having ilike in initially inner intersect"
    " into is isnull join lambda lateral leading left like limit localtime localtimestamp map"
    " natural not notnull null offset on only or order outer overlaps pivot pivot_longer"
    " pivot_wider placing positional primary qualify references returning right select semi"
    " session_user show similar some struct summarize symmetric system_user table tablesample then"
    " to trailing true try_cast union unique unpack unpivot user using variadic verbose when where"
    " window with"
)
"""The words that PostgreSQL 18 or DuckDB 1.4 do not take as the name of a table or column."""
_RESERVED_WORDS = frozenset(_RESERVED.split())


def sql_name(*parts: str) -> str:
    """A name, or names joined by dots. Each is in quotes only if SQL needs them."""
    return ".".join(
        part if _PLAIN.fullmatch(part) and part not in _RESERVED_WORDS else quoted(part)
        for part in parts
    )
