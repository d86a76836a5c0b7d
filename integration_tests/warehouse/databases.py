"""A DuckDB file or a PostgreSQL schema, new for each test."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

from phenom_cli.address import Warehouse, parse_warehouse

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer

KINDS = ("duckdb", "postgresql")

COLUMNS = {
    "duckdb": "SELECT column_name FROM duckdb_columns() WHERE table_name = '{}'",
    "postgresql": """SELECT column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = '{}' ORDER BY ordinal_position""",
}
"""Queries for the names of a table's columns, in order."""


class Database:
    """A warehouse that tests read and edit. ``address`` is the value of ``--warehouse``."""

    def __init__(self, kind: str, address: str, connect: Callable[[], Any], mark: str) -> None:
        self.kind = kind
        self.address = address
        self._connect = connect
        self._mark = mark

    @property
    def warehouse(self) -> Warehouse:
        return parse_warehouse(self.address)

    def run(self, query: str, *values: Any) -> list[Any]:
        with closing(self._connect()) as connection:
            if values:
                found = connection.execute(query.replace("?", self._mark), values)
            else:
                found = connection.execute(query)
            rows = found.fetchall() if found.description else []
            connection.commit()
        return list(rows)

    def states(self) -> dict[str, Any]:
        rows = self.run("SELECT table_name, state_json FROM _airbyte_state")
        return {name: json.loads(text) for name, text in rows}


def new_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Database:
    """An empty one; each folder stands for another. The folder is made if it is missing."""
    if kind == "duckdb":
        folder.mkdir(exist_ok=True)
        return duckdb_file(folder / "phenom.duckdb")
    server: PostgresServer = request.getfixturevalue("postgres")
    return postgres_schema(server.url(), f"test_{zlib.crc32(str(folder).encode())}")


def duckdb_file(path: Path) -> Database:
    file = str(path)
    return Database("duckdb", file, lambda: duckdb.connect(file), "?")


def postgres_schema(url: str, schema: str, options: str = "") -> Database:
    """:param options: more options of the URL, each with ``&`` in front."""

    def connect() -> Any:
        search_path = f"-c search_path={schema}"
        return psycopg.connect(url, options=search_path, client_encoding="UTF8")

    return Database("postgresql", f"{url}?schema={schema}{options}", connect, "%s")
