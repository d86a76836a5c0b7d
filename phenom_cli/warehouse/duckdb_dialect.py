"""A DuckDB file, or a MotherDuck database, as a warehouse."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from phenom_cli.warehouse.columns import BOOKKEEPING, EXTRACTED_AT, META, RAW_ID
from phenom_cli.warehouse.dialect import Column, Fields, comment_on, literal, quoted

MEMORY = "512MB"
"""What needs more goes into a folder beside the file, which has the same data anyway."""
MAX_THREADS = 4
"""The connector needs a core too, and more threads cost more CPU time."""
DEFAULT_OBJECT_BYTES = 1 << 24
"""The longest line that DuckDB's JSON reader takes by default."""
_REFUSALS = (
    duckdb.BinderException,
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.NotSupportedError,
)
"""DuckDB's errors about a value, or about a type that cannot hold it."""


class ColumnRefuses(duckdb.DataError):
    """A value does not fit into a column. DuckDB's own error, the cause, does not name it."""

    def __init__(self, column: str) -> None:
        super().__init__(f"A value does not fit into the column {column}.")
        self.refusing_column = column


class DuckDBDialect:
    """Keeps the file open, and so locked, until :meth:`close`."""

    cache_name = "DuckDBCache"
    schema = "main"
    temporary = "temp"
    row_number = "rowid"
    json_type = "JSON"

    def __init__(self, path: str) -> None:
        """:param path: of the file, or ``md:`` and the name of a MotherDuck database."""
        if path.startswith("md:"):
            # DuckDB installs its MotherDuck extension at the first use. Not tested with MotherDuck.
            self._connection = duckdb.connect(path)
        else:
            self._connection = duckdb.connect(
                path,
                config={
                    "memory_limit": MEMORY,
                    "threads": max(1, min(MAX_THREADS, (os.cpu_count() or 1) - 1)),
                    # Everything needed is built in; nothing is fetched from the network.
                    "autoinstall_known_extensions": False,
                },
            )
            _remove_temporary_files(Path(f"{path}.tmp"))
        # The times that are written have no zone.
        self._connection.execute("SET TimeZone = 'UTC'")

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        # Written into the query, because for a parameter DuckDB imports pandas if it is installed:
        # that takes half a second, and a signal that arrives meanwhile is lost.
        if values:
            first, *rest = query.split("?")
            query = first + "".join(
                chain.from_iterable(zip(map(_value, values), rest, strict=True))
            )
        found: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return found

    def write(self, query: str) -> int:
        return int(self.execute(query)[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):
                self._connection.rollback()
            raise
        self._connection.commit()

    def lock_schema(self) -> None:
        """Nothing to do: DuckDB locks the whole file."""

    def lock(self, table: str) -> None:
        """Nothing to do: DuckDB locks the whole file."""

    def number_rows(self, stage: str) -> None:
        """Nothing to do: DuckDB's ``rowid`` follows the order of insertion."""

    def tables(self) -> set[str]:
        query = (
            "SELECT table_name FROM duckdb_tables()"
            " WHERE database_name = current_database() AND schema_name = 'main'"
        )
        return {name for (name,) in self.execute(query)}

    def columns(self, table: str) -> dict[str, Column]:
        query = (
            "SELECT column_name, data_type, comment FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = 'main'"
            " AND table_name = ? ORDER BY column_index"
        )
        return {name: Column(kind, said) for name, kind, said in self.execute(query, [table])}

    def updates(self, table: str) -> bool:
        # An UPDATE needs more memory: it keeps all rows there until the commit. But with a unique
        # index, DuckDB refuses to insert an id that the same transaction deleted.
        return bool(
            self.execute("SELECT 1 FROM duckdb_indexes() WHERE table_name = ?", [table])
            or self.execute(
                "SELECT 1 FROM duckdb_constraints() WHERE table_name = ?"
                " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')",
                [table],
            )
        )

    def comparable(self, column: str, kind: str) -> str:
        return column

    def copy(self, stage: str, fields: Fields, lines: Sequence[bytes]) -> int:
        # The file has no name: nobody else can open it, and a killed process leaves none behind.
        with tempfile.TemporaryFile(buffering=0) as file:
            for line in lines:
                file.write(line)
            file.seek(0)
            path = f"/dev/fd/{file.fileno()}"
            longest = max(map(len, lines))
            names = [*fields.members, *BOOKKEEPING]
            try:
                return self.write(_copy_query(stage, fields, names, path, longest))
            except _REFUSALS:
                for name in names:
                    file.seek(0)
                    self._check_column(stage, fields, name, path, longest)
                raise

    def _check_column(self, stage: str, fields: Fields, name: str, path: str, longest: int) -> None:
        """Raises ColumnRefuses if the column does not take the values. The stage is of no use."""
        try:
            self.write(_copy_query(stage, fields, [name], path, longest))
        except _REFUSALS as error:
            raise ColumnRefuses(name) from error

    def describe(self, table: str, comments: Mapping[str | None, str]) -> None:
        try:
            with self.transaction():
                for column, text in comments.items():
                    self._connection.execute(comment_on(f"main.{quoted(table)}", column, text))
        except duckdb.DependencyException:
            # DuckDB cannot alter a table that has an index. Its comments can wait.
            pass

    def table_comment(self, table: str) -> str | None:
        query = (
            "SELECT comment FROM duckdb_tables() WHERE database_name = current_database()"
            " AND schema_name = 'main' AND table_name = ?"
        )
        return next((said for (said,) in self.execute(query, [table])), None)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        """Moves what was committed from the write-ahead log into the file."""
        self._connection.close()


def _copy_query(stage: str, fields: Fields, names: Sequence[str], path: str, longest: int) -> str:
    """The statement that reads these columns of RECORD messages from a file into a stage."""
    values = {name: f"record.data.{quoted(member)}" for name, member in fields.members.items()}
    values[RAW_ID] = "uuidv7()::VARCHAR"
    values[EXTRACTED_AT] = "make_timestamp_ms(record.emitted_at)"
    values[META] = "'{}'"
    data = ", ".join(
        f"{quoted(member)} {fields.types[name]}"
        for name, member in fields.members.items()
        if name in names
    )
    record = f"STRUCT(data {f'STRUCT({data})' if data else 'JSON'}, emitted_at BIGINT)"
    return (
        f"INSERT INTO {stage} ({', '.join(map(quoted, names))})"
        f" SELECT {', '.join(values[name] for name in names)} FROM read_json({literal(path)},"
        " format = 'newline_delimited',"
        f" maximum_object_size = {max(longest, DEFAULT_OBJECT_BYTES)},"
        f" columns = {{record: {literal(record)}}})"
    )


def _value(value: Any) -> str:
    """A text, a time or None in SQL."""
    return "NULL" if value is None else literal(str(value))


def _remove_temporary_files(folder: Path) -> None:
    """Removes what a killed process left; no other process uses it while the file is locked."""
    for path in folder.glob("duckdb_temp_*"):
        path.unlink()
    with suppress(OSError):
        folder.rmdir()
