"""Runs a query: ``python docs/examples/query.py FILE.sql [phenom.duckdb]``."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

query, warehouse = [*sys.argv[1:], "phenom.duckdb"][:2]
with duckdb.connect(warehouse, read_only=True) as connection:
    connection.sql(Path(query).read_text(encoding="utf-8")).show()
