"""Why a sync failed, and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from phenom_cli.address import Warehouse
from phenom_cli.warehouse.sql_names import sql_name

_REASON = re.compile(r'": ([A-Z][\w-]+(?: [\w-]+)*)$')
"""The reason at the end of DuckDB's message: ``Cannot open file "…": Permission denied``."""
_UNKNOWN_OPTION = re.compile(r'invalid URI query parameter: "([^"]*)"')
_OPTIONS = ("schema", "sslmode", "host", "port", "dbname", "user", "password", "connect_timeout")
_DENIED = re.compile(r"(?:permission denied for|must be owner of) (\w+) (.+)")
_NO_TEMPORARY = re.compile(r'create temporary tables in database "([^"]*)"')

_BROKEN = re.compile("consuming input failed|connection is (?:lost|closed)|sending .* failed")

# Classes of SQLSTATEs: values that do not fit, and values that break a constraint.
_DATA, _INTEGRITY = "22", "23"
_CONNECTION_ENDED = ("08", "57P")
_UNTRANSLATABLE, _NOT_NULL, _PRIVILEGE, _LOCK_TIMEOUT = "22P05", "23502", "42501", "55P03"

_NULL = re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)")
_CHECK = re.compile(r"CHECK constraint failed on table (\w+) with expression (CHECK\(.*\))")
_KEY = re.compile(r'Duplicate key "(\w+): ')

_AGAIN = "Run the sync again: it continues from its last commit."


class SyncFailed(Exception):
    """The sync ended with an error.

    :param advice: what the user can do about it, or empty.
    :param earlier: messages of other errors, to be shown before this one.
    """

    def __init__(self, message: str, advice: str = "", earlier: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.earlier = earlier


def warehouse_failure(
    error: BaseException,
    warehouse: Warehouse,
    stream: str | None = None,
    types: Mapping[str, str] | None = None,
) -> SyncFailed:
    """Turns a database driver's error into a message without SQL and without any row's values.

    :param stream: the stream that was loaded at that moment.
    :param types: the types of that stream's columns, as the loader creates them.
    """
    place = warehouse.display_name
    types = types or {}
    diagnostics = getattr(error, "diag", None)
    if getattr(diagnostics, "sqlstate", None):
        return _postgres_refused(diagnostics, warehouse, stream, types)
    if column := getattr(error, "refusing_column", None):
        kind = type(error.__cause__).__name__
        return _does_not_fit(place, stream, _Place(stream or "", column), types, kind)
    module = type(error).__module__.split(".")[0]
    if module == "psycopg":
        if _BROKEN.search(str(error)):
            return SyncFailed(f"The connection to the warehouse {place} broke.", _AGAIN)
        return _unreachable(str(error), place)
    if module in ("duckdb", "_duckdb"):
        return _duckdb(error, place, stream, types)
    if isinstance(error, OSError):
        return SyncFailed(
            f"The sync cannot keep its temporary files ({error.strerror or type(error).__name__}).",
            "Free some space where TMPDIR points, or point it to a larger disk.",
        )
    # The text of an unexpected exception may quote a row.
    return SyncFailed(
        f"The sync ended with an unexpected {type(error).__name__}.",
        "Run it again with PHENOM_TRACEBACK=1 to see where it happened, and report that.",
    )


class _Place(NamedTuple):
    """Where a value does not fit. ``rule`` is the constraint that refuses it."""

    table: str
    column: str | None = None
    rule: str | None = None
    schema: str | None = None
    may_be_null: bool = True

    @property
    def table_name(self) -> str:
        """In SQL."""
        return sql_name(*filter(None, (self.schema, self.table)))


def _postgres_refused(
    diagnostics: Any, warehouse: Warehouse, stream: str | None, types: Mapping[str, str]
) -> SyncFailed:
    state = str(diagnostics.sqlstate)
    schema, place = warehouse.postgres_schema, warehouse.display_name
    if state == _UNTRANSLATABLE:
        return SyncFailed(
            f"The warehouse {place} cannot store a character of stream {stream}: the encoding of"
            " the database does not have it.",
            "Use a database with the encoding UTF8.",
        )
    if state == _LOCK_TIMEOUT:
        return SyncFailed(
            f"The warehouse {place} is locked: another session has used a table of the sync for"
            " too long (SQLSTATE 55P03).",
            "End that session (the view pg_stat_activity shows it) and run the sync again.",
        )
    if state[:2] in (_DATA, _INTEGRITY):
        # The message of such an error quotes the value.
        found = re.search(r"column (\w+)", diagnostics.context or "")
        column = diagnostics.column_name or (found[1] if found else None)
        constraint = diagnostics.constraint_name if state[:2] == _INTEGRITY else None
        table = diagnostics.table_name or stream or ""
        where = _Place(table, column, constraint, schema, may_be_null=state != _NOT_NULL)
        return _does_not_fit(place, stream, where, types, f"SQLSTATE {state}")
    message = f"The warehouse {place} refused: {diagnostics.message_primary}"
    advice = _AGAIN if state.startswith(_CONNECTION_ENDED) else ""
    if state == _PRIVILEGE:
        advice = _grant(str(diagnostics.message_primary), warehouse)
    return SyncFailed(f"{message} (SQLSTATE {state}).", advice)


def _grant(words: str, warehouse: Warehouse) -> str:
    """Names the statement that grants the missing right."""
    url = urlsplit(warehouse.postgres_url or "")
    role = sql_name(unquote(url.username or "the_role_of_the_sync"))
    schema = warehouse.postgres_schema
    if temporary := _NO_TEMPORARY.search(words):
        statement = f"GRANT TEMPORARY ON DATABASE {sql_name(temporary[1])} TO {role};"
    elif denied := _DENIED.search(words):
        kind, bare_name = denied[1], denied[2].strip('"')
        name = sql_name(bare_name)
        statement = {
            "database": f"GRANT CREATE, TEMPORARY ON DATABASE {name} TO {role};",
            "schema": f"GRANT USAGE, CREATE ON SCHEMA {name} TO {role};",
        }.get(kind, f"GRANT ALL ON {kind.upper()} {name} TO {role};")
        table = sql_name(schema, bare_name)
        if words.startswith("must be owner"):
            statement = f"ALTER {kind.upper()} {table} OWNER TO {role};"
        elif kind == "table":
            statement = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role};"
    else:
        statement = f"GRANT USAGE, CREATE ON SCHEMA {sql_name(schema)} TO {role};"
    return f"Let an administrator of the database allow it: {statement}"


def _does_not_fit(
    place: str, stream: str | None, where: _Place, types: Mapping[str, str], code: str
) -> SyncFailed:
    """:param code: what the database calls the error."""
    rows = f"a row of stream {stream}" if stream else "a row"
    table, column = where.table_name, where.column and sql_name(where.column)
    named = f"the column {column} of {table}" if column else table
    rule = f" (rule {where.rule})" if where.rule else ""
    return SyncFailed(
        f"The warehouse {place} refuses {rows}: a value does not fit into {named}{rule} ({code}).",
        _remedy(stream, where, types),
    )


def _remedy(stream: str | None, where: _Place, types: Mapping[str, str]) -> str:
    table, column = where.table_name, where.column and sql_name(where.column)
    reload = f"phenom sync --full-refresh{f' --streams {stream}' if stream else ''}"
    if column and not where.may_be_null:
        statement = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
    elif where.rule and where.schema:
        statement = f"ALTER TABLE {table} DROP CONSTRAINT {sql_name(where.rule)};"
    elif where.rule:
        # DuckDB cannot drop a constraint.
        return (
            f"Phenom has such values, so the table must allow them: create {table} without the"
            f" constraint (duckdb_constraints() lists them), or drop it and run {reload}."
        )
    elif where.column and where.column in types:
        statement = f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {types[where.column]};"
        return (
            f"Give the column the type that the sync creates: {statement} Or drop the table and"
            f" run {reload}."
        )
    else:
        return f"Give the column its original type again, or drop the table and run {reload}."
    return f"Phenom has such values, so the table must allow them: {statement}"


def _unreachable(text: str, place: str) -> SyncFailed:
    if unknown := _UNKNOWN_OPTION.search(text):
        meant = difflib.get_close_matches(unknown[1], _OPTIONS, n=1)
        return SyncFailed(
            f"The warehouse URL has an option that does not exist: {unknown[1]}."
            + (f" Did you mean {meant[0]}?" if meant else ""),
            "The options are schema and those of PostgreSQL (sslmode, connect_timeout, ...).",
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no answer"]
    reason = next((line for line in lines if "FATAL:" in line), lines[0])
    reason = re.sub(r"^.*?FATAL:\s*", "", reason)
    reason = re.sub(r"^(?:connection failed: )?connection to server .*? failed:\s*", "", reason)
    return SyncFailed(
        f"The warehouse {place} cannot be reached: {reason}",
        "Check host, port, user, password and database of --warehouse, and that the server runs.",
    )


def _duckdb_place(text: str, kind: str, stream: str | None) -> _Place:
    """Where a value does not fit, by DuckDB's message, which can quote the value too."""
    if null := _NULL.search(text):
        return _Place(null[1], null[2], may_be_null=False)
    if check := _CHECK.search(text):
        return _Place(check[1], rule=check[2])
    table = stream or "a table"
    if key := _KEY.search(text):
        return _Place(table, key[1], "PRIMARY KEY or UNIQUE")
    if kind == "ConstraintException":
        rules = ("PRIMARY KEY or UNIQUE", "foreign key")
        return _Place(table, rule=next((rule for rule in rules if rule in text), "of the table"))
    return _Place(table)


def _duckdb(
    error: BaseException, place: str, stream: str | None, types: Mapping[str, str]
) -> SyncFailed:
    text, kind = str(error), type(error).__name__
    # As a word: the message about a damaged file has the word "block".
    if kind == "IOException" and re.search(r"\block\b", text, re.IGNORECASE):
        return SyncFailed(
            f"The warehouse {place} is in use by another program.",
            "Close what has the file open (a notebook, a database browser, a sync) and retry.",
        )
    if "database file with version number" in text:
        return SyncFailed(
            f"The warehouse {place} was made by another version of DuckDB, whose files this one"
            " cannot read.",
            "Give --warehouse another path; the next sync fills it.",
        )
    if kind == "IOException" or "Could not write file" in text:
        if "Corrupt database" in text or "Could not read enough bytes" in text:
            return SyncFailed(
                f"The warehouse {place} cannot be opened or written (the file is damaged).",
                "Put a copy in its place, or move it away; the next sync makes a new one.",
            )
        reason = _REASON.search(text.partition("\n")[0])
        what = f" ({reason[1]})" if reason else ""
        return SyncFailed(
            f"The warehouse {place} cannot be opened or written{what}.",
            "Check the path, its permissions and the free space on that disk.",
        )
    if kind == "DependencyException":
        return SyncFailed(
            f"The warehouse {place} cannot give a table its new columns: DuckDB does not change a"
            " table that has an index or is referred to.",
            "Drop the indexes of the stream's table, run the sync, and create them again.",
        )
    if kind in ("ConstraintException", "ConversionException", "InvalidInputException"):
        return _does_not_fit(place, stream, _duckdb_place(text, kind, stream), types, kind)
    # The errors about tables and columns quote names only.
    detail = text.partition("\n")[0] if kind in ("CatalogException", "BinderException") else kind
    return SyncFailed(f"The warehouse {place} could not be written ({detail}).")
