"""The steps from a stream's lines to its table, the same in every warehouse.

Tables, columns, types and states are laid out as PyAirbyte lays them out, so that either goes on
with what the other began. Records are appended to a temporary table, the stage. A commit replaces
the table's rows by their id with those of the stage and writes the state, in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from phenom_cli.warehouse.columns import (
    BOOKKEEPING,
    EXTRACTED_AT,
    META,
    RAW_ID,
    column_name,
    column_type,
)
from phenom_cli.warehouse.dialect import Column, Dialect, Fields, quoted
from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.states import SOURCE_NAME

ABOUT_BOOKKEEPING = {
    RAW_ID: "Random: another one each time that the row is loaded.",
    EXTRACTED_AT: "When the connector read the record, in UTC.",
    META: "Always {}; PyAirbyte keeps notes about changed values here.",
}
UTC = " In UTC, without a time zone."
LEFT_SCHEMA = "No longer a column of the stream: empty in every row that was written since."
DELETED_AT = "_ab_cdc_deleted_at"

PAGE = 50_000
"""Rows that are looked at in one go."""

_BOOKKEEPING_TABLES = {
    "_airbyte_streams": "stream_name VARCHAR, source_name VARCHAR, table_name VARCHAR NOT NULL,"
    " catalog_metadata VARCHAR, PRIMARY KEY (table_name)",
    "_airbyte_state": "source_name VARCHAR, stream_name VARCHAR, table_name VARCHAR NOT NULL,"
    " state_json VARCHAR, last_updated TIMESTAMP WITH TIME ZONE, PRIMARY KEY (table_name)",
    "_airbyte_destination_state": "destination_name VARCHAR NOT NULL, source_name VARCHAR NOT NULL,"
    " stream_name VARCHAR NOT NULL, state_json VARCHAR, last_updated TIMESTAMP WITH TIME ZONE,"
    " PRIMARY KEY (destination_name, source_name, stream_name)",
}


class Changes(NamedTuple):
    """Rows that appeared (or came back), differ, and are gone."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def plus(self, other: Changes) -> Changes:
        return Changes(*map(sum, zip(self, other, strict=True)))


class StreamTable:
    """One stream's table.

    :param stream: as the catalog describes it.
    """

    def __init__(self, stream: Mapping[str, Any], dialect: Dialect) -> None:
        self.name: str = column_name(stream["name"])
        self.json_schema: Mapping[str, Any] = stream["json_schema"]
        self.table = f"{quoted(dialect.schema)}.{quoted(self.name)}"
        self.stage = f"{dialect.temporary}.{quoted('stage_' + self.name)}"
        members: Mapping[str, Any] = self.json_schema["properties"]
        self.members = {column_name(name): name for name in members}
        types = {column_name(name): column_type(about) for name, about in members.items()}
        self.wanted = {
            name: dialect.json_type if kind == "JSON" else kind
            for name, kind in {**types, **BOOKKEEPING}.items()
        }
        self.descriptions = described(self.json_schema)
        self.columns: dict[str, Column] = {}
        self.former: set[str] = set()
        """What is in the warehouse, and what of it left the schema; see :meth:`Tables.prepare`."""

    def own(self) -> list[str]:
        return [name for name in self.columns if name in self.wanted]

    def foreign(self) -> list[str]:
        """Columns that somebody added: their values stay when a row is replaced."""
        ours = self.wanted.keys() | self.former
        return [name for name in self.columns if name not in ours]


def described(json_schema: Mapping[str, Any]) -> dict[str | None, str]:
    """The comments of a table: of its columns by name, of the table itself under None."""
    texts: dict[str | None, str] = {None: str(json_schema.get("description", ""))}
    for member, about in json_schema["properties"].items():
        utc = UTC if column_type(about) == "TIMESTAMP" else ""
        texts[column_name(member)] = str(about.get("description", "")) + utc
    texts.update(ABOUT_BOOKKEEPING)
    return texts


class Tables:
    """The tables of some streams in one warehouse."""

    def __init__(self, dialect: Dialect, streams: Iterable[Mapping[str, Any]]) -> None:
        self._dialect = dialect
        self._run = dialect.execute
        self._schema = quoted(dialect.schema)
        self.of = {stream["name"]: StreamTable(stream, dialect) for stream in streams}
        self._staged = dict.fromkeys(self.of, 0)

    def states(self) -> dict[str, str]:
        """``state_json`` by ``table_name``; see :mod:`phenom_cli.warehouse.states`."""
        if "_airbyte_state" not in self._dialect.tables():
            return {}
        rows = self._run(f"SELECT table_name, state_json FROM {self._schema}._airbyte_state")
        return {name: text or "" for name, text in rows}

    def empty(self) -> list[str]:
        """The streams that have no table or no row in it."""
        present = self._dialect.tables()
        return [
            name
            for name, table in self.of.items()
            if table.name not in present or not self._run(f"SELECT 1 FROM {table.table} LIMIT 1")
        ]

    def live_rows(self, stream: str) -> int:
        query = f"SELECT count(*) FROM {self.of[stream].table} WHERE remote_deleted_at IS NULL"
        return int(self._run(query)[0][0])

    def prepare(self, forgotten: Iterable[str] = ()) -> None:
        """Creates the tables, the columns and the stages that are missing, and describes them.

        Fails where a later commit would fail for a missing right.

        :param forgotten: places of states that no longer count.
        """
        present = self._dialect.tables()
        with self._dialect.transaction():
            for name, columns in _BOOKKEEPING_TABLES.items():
                if name not in present:
                    self._run(f"CREATE TABLE {self._schema}.{name} ({columns})")
            for place in forgotten:
                self._forget_state(place)
            before = dict(
                self._run(
                    f"SELECT table_name, catalog_metadata FROM {self._schema}._airbyte_streams"
                )
            )
            for table in self.of.values():
                self._create(table, is_new=table.name not in present)
                self._write_catalog(table, before.get(table.name))
        for table in self.of.values():
            self._describe(table, before.get(table.name))
            self._create_stage(table)
        with self._dialect.transaction():
            for table in self.of.values():
                self._write(table, known=True)
            self._write_state("", "", "", "", None)
            self._forget_state("")

    def stage(self, stream: str, lines: Sequence[bytes]) -> int:
        """Takes RECORD messages; the table itself stays as it is. Returns the number of rows."""
        table = self.of[stream]
        types = {name: table.columns[name].type for name in table.own()}
        rows = self._dialect.copy(table.stage, Fields(table.members, types), lines)
        self._staged[stream] += rows
        return rows

    def live(self, stream: str, refers: tuple[str, str] | None) -> Iterator[tuple[Any, ...]]:
        """Live rows that are not staged: id and remote id, those of a row that it refers to.

        :param refers: a column and the table whose ids it holds; else the last two are null.
        """
        table = self.of[stream]
        remote_id = "t.remote_id" if "remote_id" in table.columns else "NULL"
        other = "NULL, NULL"
        join = ""
        if refers is not None and refers[1] in self._dialect.tables():
            other = "r.id, r.remote_id"
            of = f"{self._schema}.{quoted(refers[1])}"
            join = f" LEFT JOIN {of} r ON r.id = t.{quoted(refers[0])}"
        query = (
            f"SELECT t.id, {remote_id}, {other} FROM {table.table} t{join}"
            f" WHERE t.remote_deleted_at IS NULL AND t.id > ?"
            f" AND NOT EXISTS (SELECT 1 FROM {table.stage} AS s WHERE s.id = t.id)"
            f" ORDER BY t.id LIMIT {PAGE}"
        )
        last = ""
        while rows := self._run(query, [last]):
            yield from rows
            last = rows[-1][0]

    def commit(
        self, stream: str, place: str, state: Mapping[str, Any] | None, now: datetime
    ) -> Changes:
        """Replaces the rows that were staged and writes the state (a protocol message), as one.

        :param place: of the state. :param state: without one, the old one stays.
        :param now: with a zone.
        """
        table = self.of[stream]
        with self._dialect.transaction():
            self._dialect.lock(table.table)
            changes = self._merge(table) if self._staged[stream] else Changes()
            if state is not None:
                self._forget_state(place)
                self._write_state(SOURCE_NAME, table.name, place, json.dumps(state), now)
        if self._staged[stream]:
            self._run(f"TRUNCATE {table.stage}")
            self._staged[stream] = 0
        return changes

    def _write_state(self, *values: Any) -> None:
        self._run(
            f"INSERT INTO {self._schema}._airbyte_state"
            " (source_name, stream_name, table_name, state_json, last_updated)"
            " VALUES (?, ?, ?, ?, ?)",
            values,
        )

    def _forget_state(self, place: str) -> None:
        self._run(f"DELETE FROM {self._schema}._airbyte_state WHERE table_name = ?", [place])

    def _create(self, table: StreamTable, *, is_new: bool) -> None:
        if is_new:
            columns = (f"{quoted(name)} {kind}" for name, kind in table.wanted.items())
            self._run(f"CREATE TABLE {table.table} ({', '.join(columns)})")
        table.columns = self._dialect.columns(table.name)
        for name, kind in table.wanted.items():
            if name not in table.columns:
                self._run(f"ALTER TABLE {table.table} ADD COLUMN {quoted(name)} {kind}")
        table.columns = self._dialect.columns(table.name)

    def _create_stage(self, table: StreamTable) -> None:
        columns = [*map(quoted, (*table.own(), *table.foreign())), "NULL::BOOLEAN AS _known"]
        self._run(
            f"CREATE TEMP TABLE {quoted('stage_' + table.name)} AS"
            f" SELECT {', '.join(columns)} FROM {table.table} LIMIT 0"
        )

    def _write_catalog(self, table: StreamTable, before: str | None) -> None:
        catalog = json.dumps(table.json_schema)
        if catalog != before:
            streams = f"{self._schema}._airbyte_streams"
            self._run(f"DELETE FROM {streams} WHERE table_name = ?", [table.name])
            self._run(
                f"INSERT INTO {streams} (stream_name, source_name, table_name, catalog_metadata)"
                " VALUES (?, ?, ?, ?)",
                [table.name, self._dialect.cache_name, table.name, catalog],
            )

    def _describe(self, table: StreamTable, before: str | None) -> None:
        """Comments on what has none yet, or still has what an earlier version said."""
        try:
            earlier = described(json.loads(before or "null"))
        except (ValueError, KeyError, TypeError, AttributeError):
            earlier = {}
        table.former = {
            name
            for name, column in table.columns.items()
            if name not in table.wanted
            and (name in earlier or name == DELETED_AT or column.comment == LEFT_SCHEMA)
        }
        wanted = dict(table.descriptions)
        wanted.update(dict.fromkeys(table.former, LEFT_SCHEMA))
        comments: dict[str | None, str | None] = {None: self._dialect.table_comment(table.name)}
        comments.update({name: column.comment for name, column in table.columns.items()})
        changed = {
            name: wanted[name]
            for name, comment in comments.items()
            if wanted.get(name) not in ("", None, comment)
            and comment in (None, LEFT_SCHEMA, earlier.get(name))
        }
        if changed:
            self._dialect.describe(table.name, changed)

    def _merge(self, table: StreamTable) -> Changes:
        stage = table.stage
        ((rows, ids),) = self._run(f"SELECT count(*), count(DISTINCT id) FROM {stage}")
        if rows > ids:
            # A record may be read twice in one run: the later one counts.
            order = self._dialect.row_order
            self._run(
                f"DELETE FROM {stage} AS a USING {stage} AS b"
                f" WHERE a.id = b.id AND a.{order} < b.{order}"
            )
        ((known, *changes),) = self._run(self._compared(table))
        written = self._write(table, known=bool(known))
        if written < ids:
            raise SyncFailed(
                f"The warehouse took {written:,} of {ids:,} rows for the table {table.name}:"
                " nothing of them was committed.",
                "Look for triggers or rules of that table that keep rows out.",
            )
        return Changes(*changes)

    def _write(self, table: StreamTable, *, known: bool) -> int:
        """From the stage to the table; returns how many rows.

        :param known: whether the table has rows with ids of the stage.
        """
        if self._dialect.updates(table.name):
            return self._updated(table)
        return self._replaced(table) if known else self._inserted(table, table.own())

    def _updated(self, table: StreamTable) -> int:
        """Writes the known rows where they are, and the new ones."""
        values = [f"{quoted(name)} = s.{quoted(name)}" for name in table.own() if name != "id"]
        values += [f"{quoted(name)} = NULL" for name in sorted(table.former)]
        written = self._dialect.write(
            f"UPDATE {table.table} AS t SET {', '.join(values)} FROM {table.stage} AS s"
            " WHERE t.id = s.id"
        )
        is_new = f"NOT EXISTS (SELECT 1 FROM {table.table} AS t WHERE t.id = s.id)"
        return written + self._inserted(table, table.own(), is_new)

    def _replaced(self, table: StreamTable) -> int:
        """Deletes the known rows and inserts all."""
        foreign = table.foreign()
        values = "".join(f", {quoted(name)} = t.{quoted(name)}" for name in foreign)
        self._run(
            f"UPDATE {table.stage} AS s SET _known = TRUE{values} FROM {table.table} AS t"
            " WHERE t.id = s.id"
        )
        self._run(f"DELETE FROM {table.table} WHERE id IN (SELECT id FROM {table.stage})")
        written = self._inserted(table, [*table.own(), *foreign], "_known")
        # Without the columns of others, so that these have their defaults in new rows.
        return written + self._inserted(table, table.own(), "_known IS NULL")

    def _inserted(self, table: StreamTable, names: Sequence[str], which: str = "TRUE") -> int:
        columns = ", ".join(map(quoted, names))
        return self._dialect.write(
            f"INSERT INTO {table.table} ({columns})"
            f" SELECT {columns} FROM {table.stage} AS s WHERE {which}"
        )

    def _compared(self, table: StreamTable) -> str:
        """One row: how many staged rows are known, new, changed and deleted."""
        differs = " OR ".join(
            f"{self._dialect.comparable('s.' + quoted(name), kind)}"
            f" IS DISTINCT FROM {self._dialect.comparable('t.' + quoted(name), kind)}"
            for name, (kind, _) in table.columns.items()
            if name in table.members and name not in ("id", "changed_at")
        )
        now, before = "s.remote_deleted_at IS NULL", "t.remote_deleted_at IS NULL"
        known = "t.id IS NOT NULL"
        return (
            f"SELECT count(*) FILTER (WHERE {known}),"
            f" count(*) FILTER (WHERE {now} AND NOT ({known} AND {before})),"
            f" count(*) FILTER (WHERE {now} AND {known} AND {before} AND ({differs})),"
            f" count(*) FILTER (WHERE NOT ({now}) AND {known} AND {before})"
            f" FROM {table.stage} AS s LEFT JOIN {table.table} AS t ON t.id = s.id"
        )
