"""The rows of a PostgreSQL warehouse: which are there, which are live, what a sync changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

# Ids in one SQL statement, and the number of touched rows from which a table is compared whole.
IDS_PER_QUERY = 1_000
FEW_ROWS = 10_000


class Row(NamedTuple):
    """``live``: Phenom still returns it. ``digest``: of what it says, its bookkeeping left out."""

    id: str
    live: bool
    digest: str


class Counts(NamedTuple):
    new: int
    changed: int
    deleted: int
    total: int


class Tables:
    """Reads a warehouse's tables through SQLAlchemy."""

    def __init__(self, engine: Any, schema: str) -> None:
        self._engine = engine
        self._schema = schema

    def columns(self, table: str) -> list[str]:
        """Names of the table's columns in order; empty when there is no such table."""
        return [
            str(name)
            for (name,) in self._select(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = :schema AND table_name = :table ORDER BY ordinal_position",
                schema=self._schema,
                table=table,
            )
        ]

    def is_empty(self, table: str) -> bool:
        return next(self._select(f"SELECT 1 FROM {self._name(table)} LIMIT 1"), None) is None

    def live_rows(self, table: str) -> int:
        query = f"SELECT count(*) FROM {self._name(table)} WHERE remote_deleted_at IS NULL"
        return int(next(self._select(query))[0])

    def rows(self, table: str, content: list[str], ids: Collection[str] | None) -> Iterator[Row]:
        """The rows with these ids (all rows without); ``content`` are the columns to compare."""
        quoted = ", ".join(f'"{column}"' for column in content)
        query = (
            f"SELECT id, remote_deleted_at IS NULL, md5(CAST(ROW({quoted}) AS VARCHAR))"
            f" FROM {self._name(table)}"
        )
        for row in self._in_chunks(query, ids):
            yield Row(*row)

    def remote_ids(self, table: str, ids: Collection[str]) -> dict[str, str | None]:
        query = f"SELECT id, remote_id FROM {self._name(table)}"
        return {row[0]: row[1] for row in self._in_chunks(query, ids)}

    def _in_chunks(self, query: str, ids: Collection[str] | None) -> Iterator[Any]:
        if ids is None:
            yield from self._select(query)
            return
        remaining = sorted(ids)
        for start in range(0, len(remaining), IDS_PER_QUERY):
            chunk = remaining[start : start + IDS_PER_QUERY]
            names = {f"id{position}": value for position, value in enumerate(chunk)}
            places = ", ".join(f":{name}" for name in names)
            yield from self._select(f"{query} WHERE id IN ({places})", **names)

    def _name(self, table: str) -> str:
        return f'"{self._schema}"."{table}"'

    def _select(self, query: str, **parameters: Any) -> Iterator[Any]:
        from sqlalchemy import text

        with self._engine.connect() as connection:
            yield from connection.execute(text(query), parameters)


class RowChanges:
    """What a run does to one table, by comparing the rows it touched before and after.

    ``saw`` every emitted id, ``before_load`` once they are all known, then load, then ``counts``.
    """

    def __init__(self, tables: Tables, table: str) -> None:
        self._tables = tables
        self._table = table
        self._content = [
            column
            for column in tables.columns(table)
            if column != "changed_at" and not column.startswith("_airbyte_")
        ]
        self._fresh = not self._content or tables.is_empty(table)
        self._touched: set[str] | None = None if self._fresh else set()
        self._before: dict[str, Row] = {}

    def saw(self, record_id: str) -> None:
        if self._touched is not None:
            self._touched.add(record_id)
            if len(self._touched) > FEW_ROWS:
                self._touched = None

    def before_load(self) -> None:
        if not self._fresh and (self._touched is None or self._touched):
            rows = self._tables.rows(self._table, self._content, self._touched)
            self._before = {row.id: row for row in rows}

    def live_before(self) -> set[str]:
        """Ids of all rows that are live now, before the load; empty for a new table."""
        if self._fresh:
            return set()
        return {row.id for row in self._tables.rows(self._table, ["id"], None) if row.live}

    def remote_ids(self, ids: Collection[str]) -> dict[str, str | None]:
        if "remote_id" not in self._content:
            return {}
        return self._tables.remote_ids(self._table, ids)

    def counts(self) -> Counts:
        if not self._tables.columns(self._table):
            return Counts(0, 0, 0, 0)
        total = self._tables.live_rows(self._table)
        if self._fresh:
            return Counts(total, 0, 0, total)
        new = changed = deleted = 0
        if self._touched is None or self._touched:
            for row in self._tables.rows(self._table, self._content, self._touched):
                old = self._before.get(row.id)
                was_live = old is not None and old.live
                new += row.live and not was_live
                deleted += was_live and not row.live
                changed += bool(old and old.live and row.live and old.digest != row.digest)
        return Counts(new, changed, deleted, total)
