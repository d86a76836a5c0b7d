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

from phenom_cli.warehouse.columns import EXTRACTED_AT, META, RAW_ID
from phenom_cli.warehouse.dialect import Column, Fields, comment_on, literal, quoted

MEMORY = "512MB"
"""What needs more goes into a folder beside the file, which has the same data anyway."""
MAX_THREADS = 4
"""The connector needs a core too, and more threads cost more CPU time."""
DEFAULT_OBJECT_BYTES = 1 << 24
"""The longest line that DuckDB's JSON reader takes by default."""


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
            return self.write(self._copy_query(stage, fields, path, max(map(len, lines))))

    def _copy_query(self, stage: str, fields: Fields, path: str, longest: int) -> str:
        values = [f"record.data.{quoted(member)}" for member in fields.members.values()]
        values += ["uuidv7()::VARCHAR", "make_timestamp_ms(record.emitted_at)", "'{}'"]
        data = ", ".join(
            f"{quoted(member)} {fields.types[name]}" for name, member in fields.members.items()
        )
        names = (*fields.members, RAW_ID, EXTRACTED_AT, META)
        columns = f"{{record: {literal(f'STRUCT(data STRUCT({data}), emitted_at BIGINT)')}}}"
        return (
            f"INSERT INTO {stage} ({', '.join(map(quoted, names))})"
            f" SELECT {', '.join(values)} FROM read_json({literal(path)},"
            " format = 'newline_delimited',"
            f" maximum_object_size = {max(longest, DEFAULT_OBJECT_BYTES)}, columns = {columns})"
        )

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


def _value(value: Any) -> str:
    """A text, a time or None in SQL."""
    return "NULL" if value is None else literal(str(value))


def _remove_temporary_files(folder: Path) -> None:
    """Removes what a killed process left; no other process uses it while the file is locked."""
    for path in folder.glob("duckdb_temp_*"):
        path.unlink()
    with suppress(OSError):
        folder.rmdir()
