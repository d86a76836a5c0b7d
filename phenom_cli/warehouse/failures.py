"""Why a sync could not go on, in words that say what to do."""

from __future__ import annotations

import re
from typing import Any

_REASON = re.compile(r'": ([A-Z][\w-]+(?: [\w-]+)*)$')
"""The system's words at the end of DuckDB's: ``Cannot open file "…": Permission denied``."""

_UNREACHABLE = ("OperationalError", "ProgrammingError")
"""The latter for an option of the URL that there is not."""


class SyncFailed(Exception):
    """Nothing could be loaded. ``advice`` is what the person can do about it, or empty."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


def warehouse_failure(error: BaseException, place: str) -> SyncFailed:
    """Turns what a database driver raised into a message without SQL and without any row's values.

    ``place`` names the warehouse without its password.
    """
    for cause in _causes(error):
        diagnostics = getattr(cause, "diag", None)
        if getattr(diagnostics, "sqlstate", None):
            return SyncFailed(f"The warehouse {place} refused: {_postgres_words(diagnostics)}")
        module = type(cause).__module__.split(".")[0]
        if module == "psycopg2" and type(cause).__name__ in _UNREACHABLE:
            return _unreachable(str(cause), place)
        if module in ("duckdb", "_duckdb"):
            return _duckdb(cause, place)
    if isinstance(error, OSError):
        return SyncFailed(
            f"The sync cannot keep its temporary files ({error.strerror or type(error).__name__}).",
            "Free some space where TMPDIR points, or point it to a larger disk.",
        )
    # PyAirbyte's SQLRuntimeError keeps only the text: SQL, and then possibly a row's values.
    return SyncFailed(f"The warehouse {place} could not be written ({type(error).__name__}).")


def own_failure(error: BaseException | None) -> SyncFailed | None:
    """The SyncFailed inside one of PyAirbyte's exceptions, which wrap what a connector raises."""
    while error is not None:
        if isinstance(error, SyncFailed):
            return error
        original = getattr(error, "original_exception", None)
        error = original or error.__cause__ or error.__context__
    return None


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        cause = queue.pop(0)
        if cause is None or cause in found:
            continue
        found.append(cause)
        queue += [
            getattr(cause, "orig", None),
            getattr(cause, "original_exception", None),
            cause.__cause__,
            cause.__context__,
        ]
    return found


def _postgres_words(diagnostics: Any) -> str:
    state = str(diagnostics.sqlstate)
    if state[:2] in ("22", "23"):
        # Data exceptions quote the value in their message; the column says enough.
        where = ".".join(
            str(part) for part in (diagnostics.table_name, diagnostics.column_name) if part
        )
        return f"a value does not fit{' in ' + where if where else ''} (SQLSTATE {state})."
    return f"{diagnostics.message_primary} (SQLSTATE {state})."


def _unreachable(text: str, place: str) -> SyncFailed:
    reason = next((line.strip() for line in text.splitlines() if line.strip()), "no answer")
    reason = re.sub(r"^connection to server [^:]*(?::\S*)? failed:\s*", "", reason)
    reason = reason.removeprefix("FATAL:").removeprefix("invalid dsn:").strip()
    return SyncFailed(
        f"The warehouse {place} cannot be reached: {reason}",
        "Check host, port, user, password and database of --warehouse, and that the server runs.",
    )


def _duckdb(cause: BaseException, place: str) -> SyncFailed:
    text = str(cause)
    # As a word: a damaged file is reported by its "block".
    if re.search(r"\block\b", text, re.IGNORECASE):
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
    if type(cause).__name__ == "IOException":
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
    return SyncFailed(f"The warehouse {place} could not be written ({type(cause).__name__}).")
