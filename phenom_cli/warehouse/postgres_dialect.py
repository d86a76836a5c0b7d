"""A schema of a PostgreSQL database (13 or later) as a warehouse."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from functools import cache
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from phenom_cli.warehouse.columns import EXTRACTED_AT, META, RAW_ID
from phenom_cli.warehouse.dialect import Column, Fields, comment_on, quoted

CONNECT_SECONDS = 10
BLOCK_ROWS = 500
"""How many rows the driver gets at a time."""

_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_NO_VALUE = msgspec.Raw(b"null")

_SETTINGS = """
SET client_min_messages = warning;
SET TIME ZONE 'UTC';
SELECT set_config('lock_timeout', '5min', false) WHERE current_setting('lock_timeout') = '0'
"""
"""The times that are written have no zone. Waiting for a lock must end some time."""


class PostgresDialect:
    """One connection. Statements outside :meth:`transaction` are committed one by one."""

    cache_name = "PostgresCache"
    temporary = "pg_temp"
    row_number = "_row_number"
    json_type = "JSONB"

    def __init__(self, url: str, schema: str) -> None:
        self.schema = schema
        # Firewalls cut off a connection that is silent for minutes. One that is cut off is noticed
        # after two minutes.
        defaults: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": 60,
            "keepalives_interval": 15,
            "keepalives_count": 4,
            "tcp_user_timeout": 120_000,
            "application_name": "phenom sync",
        }
        # Without it, a database in another encoding would take the bytes for its own encoding.
        fixed = {"client_encoding": "UTF8"}
        options = make_conninfo(**{**defaults, **conninfo_to_dict(url), **fixed})
        self._connection = psycopg.connect(options, autocommit=True, prepare_threshold=None)
        self._connection.execute(_SETTINGS)
        with self.transaction():
            self.lock_schema()
            if not self.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", [schema]):
                self._connection.execute(f"CREATE SCHEMA {quoted(schema)}")

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if values:
            cursor = self._connection.execute(query.replace("?", "%s"), values)
        else:
            cursor = self._connection.execute(query)
        return cursor.fetchall() if cursor.description else []

    def write(self, query: str) -> int:
        return self._connection.execute(query).rowcount

    def transaction(self) -> AbstractContextManager[Any]:
        return self._connection.transaction()

    def lock_schema(self) -> None:
        self.execute("SELECT pg_advisory_xact_lock(hashtext(?))", [f"phenom sync {self.schema}"])

    def lock(self, table: str) -> None:
        self._connection.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    def number_rows(self, stage: str) -> None:
        # Not ctid: PostgreSQL puts a short row into free space of an earlier page.
        self._connection.execute(
            f"ALTER TABLE {stage} ADD COLUMN {self.row_number} BIGINT GENERATED ALWAYS AS IDENTITY"
        )

    def tables(self) -> set[str]:
        query = (
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = ? AND relkind IN ('r', 'p')"
        )
        return {name for (name,) in self.execute(query, [self.schema])}

    def columns(self, table: str) -> dict[str, Column]:
        query = (
            "SELECT attname, format_type(atttypid, NULL), col_description(attrelid, attnum)"
            " FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
            " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ? AND relname = ?"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
        )
        found = self.execute(query, [self.schema, table])
        return {name: Column(kind, said) for name, kind, said in found}

    def updates(self, table: str) -> bool:
        # Other tables may have foreign keys to the rows.
        return True

    def comparable(self, column: str, kind: str) -> str:
        return f"{column}::jsonb" if kind == "json" else column

    def copy(self, stage: str, fields: Fields, lines: Sequence[bytes]) -> int:
        names = (*fields.members, RAW_ID, EXTRACTED_AT, META)
        statement = f"COPY {stage} ({', '.join(map(quoted, names))}) FROM STDIN"
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copying:
                for block in copy_blocks(fields, lines):
                    copying.write(block)
            return cursor.rowcount

    def describe(self, table: str, comments: Mapping[str | None, str]) -> None:
        name = f"{quoted(self.schema)}.{quoted(table)}"
        owned = "SELECT 1 FROM pg_class WHERE oid = ?::regclass AND pg_has_role(relowner, 'USAGE')"
        if self.execute(owned, [name]):
            with self.transaction():
                for column, text in comments.items():
                    self._connection.execute(comment_on(name, column, text))

    def table_comment(self, table: str) -> str | None:
        name = f"{quoted(self.schema)}.{quoted(table)}"
        query = "SELECT obj_description(?::regclass, 'pg_class')"
        return next((said for (said,) in self.execute(query, [name])), None)

    def interrupt(self) -> None:
        self._connection.cancel_safe(timeout=5)

    def close(self) -> None:
        self._connection.close()


def copy_blocks(fields: Fields, lines: Sequence[bytes]) -> Iterator[bytes]:
    """RECORD messages as rows in COPY's text format: the fields, raw id, time and meta."""
    as_json = tuple(_is_json(fields.types[name]) for name in fields.members)
    decode = _decoder(tuple(fields.members.values()), as_json)
    random = os.urandom(16 * len(lines)).hex()
    for start in range(0, len(lines), BLOCK_ROWS):
        rows = []
        for number, line in enumerate(lines[start : start + BLOCK_ROWS], start):
            record = decode(line).record
            row = list(map(_text, msgspec.structs.astuple(record.data), as_json))
            if b"\\" in line:
                # Characters that COPY needs escaped are escaped in JSON too.
                row = list(map(_escaped, row, as_json))
            row += (random[32 * number : 32 * number + 32], _moment(record.emitted_at), "{}")
            rows.append("\t".join([r"\N" if text is None else text for text in row]))
        yield ("\n".join(rows) + "\n").encode()


def _is_json(kind: str) -> bool:
    return kind.lower() in ("json", "jsonb")


@cache
def _decoder(members: tuple[str, ...], as_json: tuple[bool, ...]) -> Any:
    """Reads RECORD messages. Nested values stay JSON text."""
    names = [f"c{number}" for number in range(len(members))]
    data = msgspec.defstruct(
        "Data",
        [
            (name, msgspec.Raw, _NO_VALUE) if is_json else (name, Any, None)
            for name, is_json in zip(names, as_json, strict=True)
        ],
        rename=dict(zip(names, members, strict=True)),
    )
    record = msgspec.defstruct("Record", [("data", data), ("emitted_at", int)])
    return msgspec.json.Decoder(msgspec.defstruct("Line", [("record", record)])).decode


def _text(value: Any, is_json: bool) -> str | None:
    if value is None:
        return None
    if is_json:
        text = str(value, "utf-8")
        return None if text == "null" else text
    return value if type(value) is str else msgspec.json.encode(value).decode()


def _escaped(text: str | None, is_json: bool) -> str | None:
    if not text:
        return text
    # PostgreSQL has no NUL, not even as an escape in jsonb. JSON text has no raw tab or line break.
    if is_json:
        if r"\u0000" in text:
            text = _ESCAPED_NUL.sub(r"\1", text)
        return text.replace("\\", r"\\")
    text = text.replace("\\", r"\\").replace("\0", "")
    return text.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


@cache
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _moment(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    return f"{_second(second)}.{rest:03}"
