"""Why a sync failed, and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from phenom_cli.address import Warehouse
from phenom_cli.warehouse.dialect import quoted

_REASON = re.compile(r'": ([A-Z][\w-]+(?: [\w-]+)*)$')
"""The reason at the end of DuckDB's message: ``Cannot open file "…": Permission denied``."""
_UNKNOWN_OPTION = re.compile(r'invalid URI query parameter: "([^"]*)"')
_OPTIONS = ("schema", "sslmode", "host", "port", "dbname", "user", "password", "connect_timeout")
_DENIED = re.compile(r"(?:permission denied for|must be owner of) (\w+) (\S+)")
_NO_TEMPORARY = re.compile(r'create temporary tables in database "([^"]*)"')

_BROKEN = re.compile("consuming input failed|connection is (?:lost|closed)|sending .* failed")

# Classes of SQLSTATEs: values that do not fit, and values that break a constraint.
_DATA, _INTEGRITY = "22", "23"
_CONNECTION_ENDED = ("08", "57P")
_UNTRANSLATABLE, _NOT_NULL, _PRIVILEGE, _LOCK_TIMEOUT = "22P05", "23502", "42501", "55P03"

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
    error: BaseException, warehouse: Warehouse, stream: str | None = None
) -> SyncFailed:
    """Turns a database driver's error into a message without SQL and without any row's values.

    :param stream: the stream that was loaded at that moment.
    """
    place = warehouse.display_name
    diagnostics = getattr(error, "diag", None)
    if getattr(diagnostics, "sqlstate", None):
        return _postgres_refused(diagnostics, warehouse, stream)
    module = type(error).__module__.split(".")[0]
    if module == "psycopg":
        if _BROKEN.search(str(error)):
            return SyncFailed(f"The connection to the warehouse {place} broke.", _AGAIN)
        return _unreachable(str(error), place)
    if module in ("duckdb", "_duckdb"):
        return _duckdb(error, place, stream)
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


def _postgres_refused(diagnostics: Any, warehouse: Warehouse, stream: str | None) -> SyncFailed:
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
        table = f"{schema}.{diagnostics.table_name or stream}"
        remedy = None
        if state == _NOT_NULL:
            remedy = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"
        elif constraint:
            remedy = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
        return _does_not_fit(place, stream, table, column, constraint, remedy, f"SQLSTATE {state}")
    message = f"The warehouse {place} refused: {diagnostics.message_primary}"
    advice = _AGAIN if state.startswith(_CONNECTION_ENDED) else ""
    if state == _PRIVILEGE:
        advice = _grant(str(diagnostics.message_primary), warehouse)
    return SyncFailed(f"{message} (SQLSTATE {state}).", advice)


def _grant(words: str, warehouse: Warehouse) -> str:
    """Names the statement that grants the missing right."""
    url = urlsplit(warehouse.postgres_url or "")
    role = unquote(url.username or "the_role_of_the_sync")
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", role):
        role = quoted(role)
    if temporary := _NO_TEMPORARY.search(words):
        statement = f"GRANT TEMPORARY ON DATABASE {temporary[1]} TO {role};"
    elif denied := _DENIED.search(words):
        kind, name = denied[1], denied[2].strip('"')
        statement = {
            "database": f"GRANT CREATE, TEMPORARY ON DATABASE {name} TO {role};",
            "schema": f"GRANT USAGE, CREATE ON SCHEMA {name} TO {role};",
        }.get(kind, f"GRANT ALL ON {kind.upper()} {name} TO {role};")
        table = f"{warehouse.postgres_schema}.{name}"
        if words.startswith("must be owner"):
            statement = f"ALTER {kind.upper()} {table} OWNER TO {role};"
        elif kind == "table":
            statement = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role};"
    else:
        statement = f"GRANT USAGE, CREATE ON SCHEMA {warehouse.postgres_schema} TO {role};"
    return f"Let an administrator of the database allow it: {statement}"


def _does_not_fit(
    place: str,
    stream: str | None,
    table: str,
    column: str | None,
    constraint: str | None,
    remedy: str | None,
    code: str,
) -> SyncFailed:
    rows = f"a row of stream {stream}" if stream else "a row"
    where = f"the column {column} of {table}" if column else table
    rule = f" (rule {constraint})" if constraint else ""
    return SyncFailed(
        f"The warehouse {place} refuses {rows}: a value does not fit into {where}{rule} ({code}).",
        f"Phenom has such values, so the table must allow them: {remedy};"
        if remedy
        else "Give the column its original type again, or drop the table and run"
        f" phenom sync --full-refresh{f' --streams {stream}' if stream else ''}.",
    )


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


def _duckdb(error: BaseException, place: str, stream: str | None) -> SyncFailed:
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
        null = re.search(r"NOT NULL constraint failed: (\w+)\.(\w+)", text)
        table = null[1] if null else stream or "a table"
        column = null[2] if null else None
        remedy = f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL" if null else None
        if kind == "ConstraintException" and not null:
            remedy = f"recreate the table {table} without its constraints"
        return _does_not_fit(place, stream, table, column, None, remedy, kind)
    # The errors about tables and columns quote names only.
    detail = text.partition("\n")[0] if kind in ("CatalogException", "BinderException") else kind
    return SyncFailed(f"The warehouse {place} could not be written ({detail}).")
