"""The interface between :mod:`phenom_cli.warehouse.tables` and a kind of warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol


class Column(NamedTuple):
    """A column of a table in the warehouse."""

    type: str
    comment: str | None = None


class Fields(NamedTuple):
    """A table's columns: their members in ``record.data`` of a RECORD message, their SQL types."""

    members: Mapping[str, str]
    types: Mapping[str, str]


class Dialect(Protocol):
    """An open warehouse, used by one thread at a time. Its methods raise the driver's errors."""

    cache_name: str
    """PyAirbyte writes the class of its cache into the column ``source_name``."""
    schema: str
    temporary: str
    """The schema of temporary tables."""
    row_number: str
    """The column of a stage that grows with each row."""
    json_type: str

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Returns the rows. Each ``?`` in the query stands for one of the values."""

    def write(self, query: str) -> int:
        """Returns how many rows the statement wrote."""

    def transaction(self) -> AbstractContextManager[Any]: ...

    def lock_schema(self) -> None:
        """Keeps other syncs from creating tables until the transaction ends."""

    def lock(self, table: str) -> None:
        """Keeps others from writing to the table until the transaction ends."""

    def number_rows(self, stage: str) -> None:
        """Adds the column ``row_number`` to an empty stage, unless every table has one."""

    def tables(self) -> set[str]:
        """The names of all tables in the schema."""

    def columns(self, table: str) -> dict[str, Column]:
        """The columns that can be written, in order."""

    def updates(self, table: str) -> bool:
        """Whether known rows are updated, not deleted and inserted."""

    def comparable(self, column: str, kind: str) -> str:
        """An SQL expression of the column that can be compared, whatever its type."""

    def copy(self, stage: str, fields: Fields, lines: Sequence[bytes]) -> int:
        """Appends RECORD messages to a temporary table; returns how many rows that made."""

    def describe(self, table: str, comments: Mapping[str | None, str]) -> None:
        """Sets comments: of columns by name, of the table itself under None."""

    def table_comment(self, table: str) -> str | None: ...

    def interrupt(self) -> None:
        """Cancels the statement that another thread is running."""

    def close(self) -> None: ...


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def comment_on(table: str, column: str | None, text: str) -> str:
    """The statement that comments on a column, or without one on the table.

    :param table: its name in SQL.
    """
    what = f"COLUMN {table}.{quoted(column)}" if column else f"TABLE {table}"
    return f"COMMENT ON {what} IS {literal(text)}"
