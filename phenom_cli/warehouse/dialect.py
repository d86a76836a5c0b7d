"""What a warehouse must offer to the steps in :mod:`phenom_cli.warehouse.tables`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol


class Column(NamedTuple):
    """A column as the warehouse has it."""

    type: str
    comment: str | None = None


class Fields(NamedTuple):
    """One table's columns and where their values are in a RECORD message.

    ``members``: for each column the member of ``record.data``. ``types``: the SQL types.
    """

    members: Mapping[str, str]
    types: Mapping[str, str]


class Dialect(Protocol):
    """An open warehouse, for one thread at a time. Raises the driver's errors."""

    cache_name: str
    """PyAirbyte writes its cache's class where ``_airbyte_streams`` asks for a source's name."""
    schema: str
    temporary: str
    """The schema of temporary tables."""
    row_order: str
    """The hidden column that grows from row to row of a new table."""
    json_type: str

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows, or none. Values stand for ``?`` in the query."""

    def write(self, query: str) -> int:
        """Returns how many rows the statement wrote."""

    def transaction(self) -> AbstractContextManager[Any]: ...

    def lock(self, table: str) -> None:
        """Keeps other syncs from writing to the table until the transaction ends."""

    def tables(self) -> set[str]:
        """The names of all tables in the schema."""

    def columns(self, table: str) -> dict[str, Column]:
        """The columns that can be written, in their order."""

    def updates(self, table: str) -> bool:
        """Whether known rows are updated; else they are deleted and inserted."""

    def comparable(self, column: str, kind: str) -> str:
        """An SQL expression of the column that can be compared, whatever its type."""

    def copy(self, stage: str, fields: Fields, lines: Sequence[bytes]) -> int:
        """Appends RECORD messages to a temporary table; returns how many rows that made."""

    def describe(self, table: str, comments: Mapping[str | None, str]) -> None:
        """Sets comments: of columns by name, of the table itself under None."""

    def table_comment(self, table: str) -> str | None: ...

    def interrupt(self) -> None:
        """Ends the statement that another thread is running."""

    def close(self) -> None: ...


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
