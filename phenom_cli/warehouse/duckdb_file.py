"""A DuckDB file laid out as PyAirbyte's cache lays it out: tables, columns, types, states.

Either goes on with what the other began. Only the way in differs: records go from JSON lines
through a temporary table, and a stream's rows and its state are committed in one transaction. The
file ``benchmarks/README.md`` tells what PyAirbyte's way in costs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from phenom_cli.warehouse.columns import (
    BOOKKEEPING,
    EXTRACTED_AT,
    META,
    RAW_ID,
    column_name,
    column_type,
)
from phenom_cli.warehouse.states import SOURCE_NAME

CACHE_NAME = "DuckDBCache"
"""PyAirbyte writes its cache's class where ``_airbyte_streams`` asks for a source's name."""

MEMORY = "512MB"
"""Beyond this DuckDB uses the scratch folder."""
MOST_THREADS = 4
"""Fewer on a small machine, where the connector needs a core and more threads cost more CPU."""
LEAST_LARGEST_RECORD = 1 << 24
"""Bytes of a line that DuckDB's reader provides for, whatever comes; its own default."""

_BOOKKEEPING_TABLES = """
CREATE TABLE IF NOT EXISTS main._airbyte_streams (
    stream_name VARCHAR, source_name VARCHAR, table_name VARCHAR NOT NULL,
    catalog_metadata VARCHAR, PRIMARY KEY (table_name));
CREATE TABLE IF NOT EXISTS main._airbyte_state (
    source_name VARCHAR, stream_name VARCHAR, table_name VARCHAR NOT NULL,
    state_json VARCHAR, last_updated TIMESTAMP WITH TIME ZONE, PRIMARY KEY (table_name));
CREATE TABLE IF NOT EXISTS main._airbyte_destination_state (
    destination_name VARCHAR NOT NULL, source_name VARCHAR NOT NULL,
    stream_name VARCHAR NOT NULL, state_json VARCHAR, last_updated TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (destination_name, source_name, stream_name));
"""


class Changes(NamedTuple):
    """Rows that appeared (or came back), differ, and are gone."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def plus(self, other: Changes) -> Changes:
        return Changes(*map(sum, zip(self, other, strict=True)))


class StreamTable:
    """How one stream's records become rows: SQL texts, which somebody else runs."""

    def __init__(self, stream: Mapping[str, Any]) -> None:
        self.name: str = column_name(stream["name"])
        self.json_schema: Mapping[str, Any] = stream["json_schema"]
        members: Mapping[str, Any] = self.json_schema["properties"]
        self.types = {column_name(name): column_type(about) for name, about in members.items()}
        self._members = {column_name(name): name for name in members}
        self.table = f"main.{quoted(self.name)}"
        self.stage_name = "stage_" + self.name
        self.stage = f"temp.{quoted(self.stage_name)}"

    @property
    def columns(self) -> dict[str, str]:
        return {**self.types, **BOOKKEEPING}

    def created(self) -> str:
        columns = (f"{quoted(name)} {kind}" for name, kind in self.columns.items())
        return f"CREATE TABLE IF NOT EXISTS {self.table} ({', '.join(columns)})"

    def stage_created(self) -> str:
        """A temporary table like the table, with the columns that it really has."""
        name = quoted(self.stage_name)
        return f"CREATE TEMP TABLE IF NOT EXISTS {name} AS SELECT * FROM {self.table} LIMIT 0"

    def staged(self, file: Path) -> str:
        """Appends a file of RECORD messages to the stage."""
        values = [f"record.data.{quoted(member)}" for member in self._members.values()]
        values += ["uuidv7()::VARCHAR", "make_timestamp_ms(record.emitted_at)", "'{}'"]
        data = ", ".join(
            f"{quoted(member)} {self.types[name]}" for name, member in self._members.items()
        )
        columns = f"{{record: {literal(f'STRUCT(data STRUCT({data}), emitted_at BIGINT)')}}}"
        largest = max(file.stat().st_size, LEAST_LARGEST_RECORD)
        return (
            f"INSERT INTO {self.stage} ({', '.join(map(quoted, self.columns))})"
            f" SELECT {', '.join(values)} FROM read_json({literal(str(file))},"
            f" format = 'newline_delimited', maximum_object_size = {largest}, columns = {columns})"
        )

    def tombstones(self) -> str:
        """Adds, for each live row that was not staged, the record that tells of its deletion.

        Parameter: the moment, without a zone (UTC).
        """
        values = {
            "id": "id",
            "remote_id": "remote_id",
            **dict.fromkeys(("changed_at", "remote_deleted_at", "_ab_cdc_deleted_at"), "$moment"),
            RAW_ID: "uuidv7()::VARCHAR",
            EXTRACTED_AT: "$moment",
            META: "'{}'",
        }
        given = {name: value for name, value in values.items() if name in self.columns}
        return (
            f"INSERT INTO {self.stage} ({', '.join(map(quoted, given))})"
            f" SELECT {', '.join(given.values())} FROM {self.table}"
            f" WHERE remote_deleted_at IS NULL AND id NOT IN (SELECT id FROM {self.stage})"
        )

    def compared(self) -> str:
        """One row: how many staged rows are known, new, changed and deleted."""
        content = self.types.keys() - {"id", "changed_at"}
        differs = " OR ".join(f"s.{quoted(n)} IS DISTINCT FROM t.{quoted(n)}" for n in content)
        now, before = "s.remote_deleted_at IS NULL", "t.remote_deleted_at IS NULL"
        known = "t.id IS NOT NULL"
        return (
            f"SELECT count(*) FILTER ({known}),"
            f" count(*) FILTER ({now} AND NOT ({known} AND {before})),"
            f" count(*) FILTER ({now} AND {known} AND {before} AND ({differs})),"
            f" count(*) FILTER (NOT {now} AND {known} AND {before})"
            f" FROM {self.stage} s LEFT JOIN {self.table} t ON t.id = s.id"
        )


class DuckDBFile:
    """The file, held open (and so locked) until :meth:`close`. For one thread at a time.

    Whatever DuckDB refuses arrives as ``duckdb.Error``.

    :param scratch: a folder for what does not fit into memory.
    """

    def __init__(self, path: str, scratch: Path) -> None:
        self._connection = duckdb.connect(
            path,
            config={
                "memory_limit": MEMORY,
                "threads": max(1, min(MOST_THREADS, (os.cpu_count() or 1) - 1)),
                "temp_directory": str(scratch / "duckdb"),
                # Everything needed is built in; nothing is fetched from the network.
                "autoinstall_known_extensions": False,
            },
        )

    def close(self) -> None:
        """Moves what was committed from the write-ahead log into the file."""
        self._connection.close()

    def interrupt(self) -> None:
        """Ends the statement that another thread is running."""
        self._connection.interrupt()

    def states(self) -> dict[str, str]:
        """``state_json`` by ``table_name``; see :mod:`phenom_cli.warehouse.states`."""
        if "_airbyte_state" not in self._tables():
            return {}
        rows = self._all("SELECT table_name, state_json FROM main._airbyte_state")
        return {name: text or "" for name, text in rows}

    def holds(self, table: StreamTable) -> bool:
        """Whether the table is there."""
        return table.name in self._tables()

    def is_empty(self, table: StreamTable) -> bool:
        """Whether it has no row, or is not there at all."""
        return not self.holds(table) or not self._all(f"SELECT 1 FROM {table.table} LIMIT 1")

    def live_rows(self, table: StreamTable) -> int:
        query = f"SELECT count(*) FROM {table.table} WHERE remote_deleted_at IS NULL"
        return int(self._one(query)[0])

    def prepare(self, tables: Sequence[StreamTable], forgotten: Iterable[str] = ()) -> None:
        """Creates the tables and the columns that are missing, and tells the catalog.

        :param forgotten: places of states that are none any more.
        """
        with self._transaction():
            self._connection.execute(_BOOKKEEPING_TABLES)
            for place in forgotten:
                query = "DELETE FROM main._airbyte_state WHERE table_name = ?"
                self._connection.execute(query, [place])
            for table in tables:
                self._connection.execute(table.created())
                for name in table.columns.keys() - self._columns(table):
                    column = f"{quoted(name)} {table.columns[name]}"
                    self._connection.execute(f"ALTER TABLE {table.table} ADD COLUMN {column}")
                self._connection.execute(
                    "INSERT OR REPLACE INTO main._airbyte_streams VALUES (?, ?, ?, ?)",
                    [table.name, CACHE_NAME, table.name, json.dumps(table.json_schema)],
                )

    def stage(self, table: StreamTable, file: Path) -> None:
        """Takes a file of RECORD messages, one a line; the table itself stays as it is."""
        self._connection.execute(table.stage_created())
        self._connection.execute(table.staged(file))

    def commit(
        self,
        table: StreamTable,
        place: str,
        state: Mapping[str, Any],
        now: datetime,
        *,
        everything: bool = False,
    ) -> Changes:
        """Merges what was staged by its id and writes the state (a protocol message), as one.

        :param place: of the state. :param now: with a zone. :param everything: what was staged is
            all there is: rows that are not among it are gone.
        """
        if everything:
            self._connection.execute(table.stage_created())
            moment = now.replace(tzinfo=None)
            self._connection.execute(table.tombstones(), {"moment": moment})
        with self._transaction():
            changes = self._merge(table) if self._is_staged(table) else Changes()
            self._connection.execute(
                "INSERT OR REPLACE INTO main._airbyte_state VALUES (?, ?, ?, ?, ?)",
                [SOURCE_NAME, table.name, place, json.dumps(state), now],
            )
        self.discard(table)
        return changes

    def discard(self, table: StreamTable) -> None:
        """Forgets what was staged."""
        self._connection.execute(f"DROP TABLE IF EXISTS {table.stage}")

    def _merge(self, table: StreamTable) -> Changes:
        run = self._connection.execute
        rows, ids = self._one(f"SELECT count(*), count(DISTINCT id) FROM {table.stage}")
        if rows > ids:
            # A record may be read twice in one run: the later one counts.
            latest = f"SELECT max(rowid) FROM {table.stage} GROUP BY id"
            run(f"DELETE FROM {table.stage} WHERE rowid NOT IN ({latest})")
        known, *changes = self._one(table.compared())
        if known:
            self._keep_foreign_columns(table)
            # Not MERGE: it keeps updated rows in memory until the next checkpoint.
            run(f"DELETE FROM {table.table} WHERE id IN (SELECT id FROM {table.stage})")
        run(f"INSERT INTO {table.table} SELECT * FROM {table.stage}")
        return Changes(*changes)

    def _keep_foreign_columns(self, table: StreamTable) -> None:
        """Columns that somebody added, or that the stream no longer has, keep their values."""
        foreign = [quoted(name) for name in self._columns(table) if name not in table.columns]
        if foreign:
            values = ", ".join(f"{name} = t.{name}" for name in foreign)
            self._connection.execute(
                f"UPDATE {table.stage} AS s SET {values} FROM {table.table} t WHERE t.id = s.id"
            )

    def _is_staged(self, table: StreamTable) -> bool:
        query = "SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = ?"
        return bool(self._all(query, [table.stage_name]))

    def _columns(self, table: StreamTable) -> list[str]:
        return [str(row[0]) for row in self._all(f"DESCRIBE {table.table}")]

    def _tables(self) -> set[str]:
        query = (
            "SELECT table_name FROM duckdb_tables()"
            " WHERE database_name = current_database() AND schema_name = 'main'"
        )
        return {name for (name,) in self._all(query)}

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(query, values).fetchall()
        return found

    def _one(self, query: str) -> tuple[Any, ...]:
        return self._all(query)[0]

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


class _Transaction:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
