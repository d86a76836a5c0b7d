"""What is done with a stream's table, the same in every warehouse.

Tables, columns, types and states are laid out as PyAirbyte lays them out, so that PyAirbyte and
``phenom sync`` can use the same warehouse in turn. Records are appended to a temporary table, the
stage. A commit replaces the table's rows by the stage's rows with the same id, and writes the
stream's state in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from phenom_cli.warehouse.columns import (
    EXTRACTED_AT,
    META,
    RAW_ID,
    column_name,
    column_type,
    column_types,
)
from phenom_cli.warehouse.dialect import Column, Dialect, Fields, quoted
from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.states import SOURCE_NAME

BOOKKEEPING_DESCRIPTIONS = {
    RAW_ID: "Random: another one each time that the row is loaded.",
    EXTRACTED_AT: "When the connector read the record, in UTC.",
    META: "Always {}; PyAirbyte keeps notes about changed values here.",
}
UTC = " In UTC, without a time zone."
LEFT_SCHEMA = "No longer a column of the stream: empty in every row that was written since."
DELETED_AT = "_ab_cdc_deleted_at"

PAGE_ROWS = 50_000
"""How many rows one query of :meth:`Tables.missing_rows` returns."""

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
    """How many rows are new (or came back), changed and deleted."""

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
        self.new_types = column_types(self.json_schema, dialect.json_type)
        """The types that columns get when they are created."""
        self.descriptions = descriptions(self.json_schema)
        self.columns: dict[str, Column] = {}
        """The columns in the warehouse; :meth:`Tables.prepare` fills this and ``left_schema``."""
        self.left_schema: set[str] = set()
        """Those of them that an earlier schema of the stream had."""

    def schema_columns(self) -> list[str]:
        """The columns that the stream fills."""
        return [name for name in self.columns if name in self.new_types]

    def user_columns(self) -> list[str]:
        """Columns that somebody added: their values stay when a row is replaced."""
        ours = self.new_types.keys() | self.left_schema
        return [name for name in self.columns if name not in ours]


def descriptions(json_schema: Mapping[str, Any]) -> dict[str | None, str]:
    """The comments of a table: of its columns by name, of the table itself under None."""
    texts: dict[str | None, str] = {None: str(json_schema.get("description", ""))}
    for member, about in json_schema["properties"].items():
        utc = UTC if column_type(about) == "TIMESTAMP" else ""
        texts[column_name(member)] = str(about.get("description", "")) + utc
    texts.update(BOOKKEEPING_DESCRIPTIONS)
    return texts


class Tables:
    """The tables of some streams in one warehouse."""

    def __init__(self, dialect: Dialect, streams: Iterable[Mapping[str, Any]]) -> None:
        self._dialect = dialect
        self._execute = dialect.execute
        self._schema = quoted(dialect.schema)
        self.by_stream = {stream["name"]: StreamTable(stream, dialect) for stream in streams}
        self._staged = dict.fromkeys(self.by_stream, 0)
        self._states: dict[str, str] = {}

    def states(self) -> dict[str, str]:
        """``state_json`` by ``table_name``; see :mod:`phenom_cli.warehouse.states`.

        A commit fails if another program changed the state since.
        """
        if "_airbyte_state" in self._dialect.tables():
            query = f"SELECT table_name, state_json FROM {self._schema}._airbyte_state"
            self._states = {key: text or "" for key, text in self._execute(query)}
        return dict(self._states)

    def empty(self) -> list[str]:
        """The streams that have no table or no row in it."""
        present = self._dialect.tables()
        return [
            name
            for name, table in self.by_stream.items()
            if table.name not in present
            or not self._execute(f"SELECT 1 FROM {table.table} LIMIT 1")
        ]

    def live_rows(self, stream: str) -> int:
        table = self.by_stream[stream].table
        query = f"SELECT count(*) FROM {table} WHERE remote_deleted_at IS NULL"
        return int(self._execute(query)[0][0])

    def prepare(self, invalid_states: Iterable[str] = ()) -> None:
        """Creates missing tables, columns and stages, and writes comments.

        Fails if a right is missing that a commit needs.

        :param invalid_states: keys of states to delete.
        """
        with self._dialect.transaction():
            self._dialect.lock_schema()
            present = self._dialect.tables()
            for name, columns in _BOOKKEEPING_TABLES.items():
                if name not in present:
                    self._execute(f"CREATE TABLE {self._schema}.{name} ({columns})")
            for key in invalid_states:
                self._delete_known_state(key)
            old_catalogs = dict(
                self._execute(
                    f"SELECT table_name, catalog_metadata FROM {self._schema}._airbyte_streams"
                )
            )
            for table in self.by_stream.values():
                self._create(table, is_new=table.name not in present)
                self._write_catalog(table, old_catalogs.get(table.name))
        for table in self.by_stream.values():
            self._describe(table, old_catalogs.get(table.name))
            self._create_stage(table)
        with self._dialect.transaction():
            # Needs the same rights as a commit, and changes nothing.
            for table in self.by_stream.values():
                self._write(table, known=True)
            self._write_state("", "", "", "", None)
            self._delete_state("")

    def stage(self, stream: str, lines: Sequence[bytes]) -> int:
        """Appends RECORD messages to the stage; returns the number of rows."""
        table = self.by_stream[stream]
        types = {name: table.columns[name].type for name in table.schema_columns()}
        rows = self._dialect.copy(table.stage, Fields(table.members, types), lines)
        self._staged[stream] += rows
        return rows

    def missing_rows(
        self, stream: str, reference: tuple[str, str] | None
    ) -> Iterator[tuple[str, str | None, str | None, str | None]]:
        """The live rows that are not in the stage.

        A row's id and remote id, then those of the row that it refers to, or nulls.

        :param reference: a column, and the table whose ids are in it.
        """
        table = self.by_stream[stream]
        remote_id = "t.remote_id" if "remote_id" in table.columns else "NULL"
        referenced = "NULL, NULL"
        join = ""
        if reference is not None and reference[1] in self._dialect.tables():
            referenced = "r.id::VARCHAR, r.remote_id"
            join = (
                f" LEFT JOIN {self._schema}.{quoted(reference[1])} r"
                f" ON r.id::VARCHAR = t.{quoted(reference[0])}::VARCHAR"
            )
        # Somebody may have made the ids a column of type uuid.
        query = (
            f"SELECT t.id::VARCHAR, {remote_id}, {referenced} FROM {table.table} t{join}"
            f" WHERE t.remote_deleted_at IS NULL AND t.id::VARCHAR > ?"
            f" AND NOT EXISTS (SELECT 1 FROM {table.stage} AS s WHERE s.id = t.id)"
            f" ORDER BY t.id::VARCHAR LIMIT {PAGE_ROWS}"
        )
        last = ""
        while rows := self._execute(query, [last]):
            yield from rows
            last = rows[-1][0]

    def commit(
        self, stream: str, state_key: str, state: Mapping[str, Any] | None, now: datetime
    ) -> Changes:
        """Replaces the rows that were staged and writes the state, in one transaction.

        Raises SyncFailed if another program wrote the state since this object read or wrote it:
        rows and state of two syncs would not belong together.

        :param state: a protocol message; None deletes the saved state.
        :param now: with a time zone.
        """
        table = self.by_stream[stream]
        text = None if state is None else json.dumps(state)
        with self._dialect.transaction():
            self._dialect.lock(table.table)
            if self._saved_state(state_key) != self._states.get(state_key):
                raise SyncFailed(
                    f"Another sync loaded the stream {stream} meanwhile: what this one read since"
                    " its last commit was not committed.",
                    "Run the sync again when the other one has ended.",
                )
            changes = self._merge(table) if self._staged[stream] else Changes()
            self._delete_state(state_key)
            if text is not None:
                self._write_state(SOURCE_NAME, table.name, state_key, text, now)
        self._states.pop(state_key, None)
        if text is not None:
            self._states[state_key] = text
        if self._staged[stream]:
            self._execute(f"TRUNCATE {table.stage}")
            self._staged[stream] = 0
        return changes

    def _saved_state(self, key: str) -> str | None:
        query = f"SELECT state_json FROM {self._schema}._airbyte_state WHERE table_name = ?"
        return next((text or "" for (text,) in self._execute(query, [key])), None)

    def _write_state(self, *values: Any) -> None:
        self._execute(
            f"INSERT INTO {self._schema}._airbyte_state"
            " (source_name, stream_name, table_name, state_json, last_updated)"
            " VALUES (?, ?, ?, ?, ?)",
            values,
        )

    def _delete_state(self, key: str) -> None:
        self._execute(f"DELETE FROM {self._schema}._airbyte_state WHERE table_name = ?", [key])

    def _delete_known_state(self, key: str) -> None:
        """Deletes the state that was read; a state that another sync wrote since stays."""
        text = self._states.pop(key, None)
        if text is not None:
            self._execute(
                f"DELETE FROM {self._schema}._airbyte_state"
                " WHERE table_name = ? AND coalesce(state_json, '') = ?",
                [key, text],
            )

    def _create(self, table: StreamTable, *, is_new: bool) -> None:
        if is_new:
            columns = (f"{quoted(name)} {kind}" for name, kind in table.new_types.items())
            self._execute(f"CREATE TABLE {table.table} ({', '.join(columns)})")
        table.columns = self._dialect.columns(table.name)
        for name, kind in table.new_types.items():
            if name not in table.columns:
                self._execute(f"ALTER TABLE {table.table} ADD COLUMN {quoted(name)} {kind}")
        table.columns = self._dialect.columns(table.name)

    def _create_stage(self, table: StreamTable) -> None:
        columns = map(quoted, (*table.schema_columns(), *table.user_columns()))
        self._execute(
            f"CREATE TEMP TABLE {quoted('stage_' + table.name)} AS"
            f" SELECT {', '.join(columns)}, NULL::BOOLEAN AS _known FROM {table.table} LIMIT 0"
        )
        self._dialect.number_rows(table.stage)

    def _write_catalog(self, table: StreamTable, old_catalog: str | None) -> None:
        catalog = json.dumps(table.json_schema)
        if catalog != old_catalog:
            streams = f"{self._schema}._airbyte_streams"
            self._execute(f"DELETE FROM {streams} WHERE table_name = ?", [table.name])
            self._execute(
                f"INSERT INTO {streams} (stream_name, source_name, table_name, catalog_metadata)"
                " VALUES (?, ?, ?, ?)",
                [table.name, self._dialect.cache_name, table.name, catalog],
            )

    def _describe(self, table: StreamTable, old_catalog: str | None) -> None:
        """Comments on what has no comment, or still has the comment of an earlier version."""
        try:
            earlier = descriptions(json.loads(old_catalog or "null"))
        except (ValueError, KeyError, TypeError, AttributeError):
            earlier = {}
        table.left_schema = {
            name
            for name, column in table.columns.items()
            if name not in table.new_types
            and (name in earlier or name == DELETED_AT or column.comment == LEFT_SCHEMA)
        }
        texts = dict(table.descriptions)
        texts.update(dict.fromkeys(table.left_schema, LEFT_SCHEMA))
        comments: dict[str | None, str | None] = {None: self._dialect.table_comment(table.name)}
        comments.update({name: column.comment for name, column in table.columns.items()})
        changed = {
            name: texts[name]
            for name, comment in comments.items()
            if texts.get(name) not in ("", None, comment)
            and comment in (None, LEFT_SCHEMA, earlier.get(name))
        }
        if changed:
            self._dialect.describe(table.name, changed)

    def _merge(self, table: StreamTable) -> Changes:
        stage = table.stage
        ((rows, ids),) = self._execute(f"SELECT count(*), count(DISTINCT id) FROM {stage}")
        if rows > ids:
            # A record can be read twice in one run: the later one counts.
            order = self._dialect.row_number
            self._execute(
                f"DELETE FROM {stage} AS a USING {stage} AS b"
                f" WHERE a.id = b.id AND a.{order} < b.{order}"
            )
        ((known, *changes),) = self._execute(self._comparison_query(table))
        written = self._write(table, known=bool(known))
        if written < ids:
            raise SyncFailed(
                f"The warehouse took {written:,} of {ids:,} rows for the table {table.name}:"
                " none of them was committed.",
                "Look for triggers or rules of that table that keep rows out.",
            )
        return Changes(*changes)

    def _write(self, table: StreamTable, *, known: bool) -> int:
        """Writes the stage's rows to the table; returns their number.

        :param known: whether the table has rows with ids of the stage.
        """
        if self._dialect.updates(table.name):
            return self._update_and_insert(table)
        if known:
            return self._delete_and_insert(table)
        return self._insert(table, table.schema_columns())

    def _update_and_insert(self, table: StreamTable) -> int:
        columns = table.schema_columns()
        values = [f"{quoted(name)} = s.{quoted(name)}" for name in columns if name != "id"]
        values += [f"{quoted(name)} = NULL" for name in sorted(table.left_schema)]
        updated = self._dialect.write(
            f"UPDATE {table.table} AS t SET {', '.join(values)} FROM {table.stage} AS s"
            " WHERE t.id = s.id"
        )
        is_new = f"NOT EXISTS (SELECT 1 FROM {table.table} AS t WHERE t.id = s.id)"
        return updated + self._insert(table, columns, is_new)

    def _delete_and_insert(self, table: StreamTable) -> int:
        user_columns = table.user_columns()
        values = "".join(f", {quoted(name)} = t.{quoted(name)}" for name in user_columns)
        self._execute(
            f"UPDATE {table.stage} AS s SET _known = TRUE{values} FROM {table.table} AS t"
            " WHERE t.id = s.id"
        )
        self._execute(f"DELETE FROM {table.table} WHERE id IN (SELECT id FROM {table.stage})")
        columns = table.schema_columns()
        written = self._insert(table, [*columns, *user_columns], "_known")
        # New rows get the defaults of the columns that somebody added.
        return written + self._insert(table, columns, "_known IS NULL")

    def _insert(self, table: StreamTable, names: Sequence[str], condition: str = "TRUE") -> int:
        columns = ", ".join(map(quoted, names))
        return self._dialect.write(
            f"INSERT INTO {table.table} ({columns})"
            f" SELECT {columns} FROM {table.stage} AS s WHERE {condition}"
        )

    def _comparison_query(self, table: StreamTable) -> str:
        """One row: how many staged rows are known, new, changed and deleted."""
        differs = " OR ".join(
            f"{self._dialect.comparable('s.' + quoted(name), kind)}"
            f" IS DISTINCT FROM {self._dialect.comparable('t.' + quoted(name), kind)}"
            for name, (kind, _) in table.columns.items()
            if name in table.members and name not in ("id", "changed_at")
        )
        live, was_live = "s.remote_deleted_at IS NULL", "t.remote_deleted_at IS NULL"
        known = "t.id IS NOT NULL"
        return (
            f"SELECT count(*) FILTER (WHERE {known}),"
            f" count(*) FILTER (WHERE {live} AND NOT ({known} AND {was_live})),"
            f" count(*) FILTER (WHERE {live} AND {known} AND {was_live} AND ({differs})),"
            f" count(*) FILTER (WHERE NOT ({live}) AND {known} AND {was_live})"
            f" FROM {table.stage} AS s LEFT JOIN {table.table} AS t ON t.id = s.id"
        )
