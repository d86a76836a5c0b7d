"""PyAirbyte's caches, mended where they would lose or change data.

* PyAirbyte keeps one state per table, so two tenants in one warehouse would overwrite each
  other's: here a state belongs to a table and an ``integration_id``.
* PyAirbyte loads PostgreSQL through ``pandas.read_json``, which reads text that looks like a number
  as a number (``remote_id`` "00123" arrives as "123", "1001" beside a null as "1001.0"):
  here it is ``COPY``, which takes the text as it is and is faster.

Needs airbyte 0.71: it overrides methods that PyAirbyte does not promise to keep.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy
from airbyte._processors.sql.duckdb import DuckDBSqlProcessor
from airbyte._processors.sql.postgres import PostgresSqlProcessor
from airbyte.caches import DuckDBCache, PostgresCache
from airbyte.caches._state_backend import CacheStreamStateModel, SqlStateBackend
from airbyte.secrets.base import SecretString
from airbyte.shared.state_providers import StateProviderBase, StaticInputState
from airbyte.shared.state_writers import StateWriterBase
from pydantic import PrivateAttr

from phenom_cli.warehouse.tables import Tables

ROWS_PER_COPY = 1_000

OnLoad = Callable[[str], None]


class TenantState:
    """Gives a cache states of its own per ``integration_id``; see :func:`of_tenant`."""

    _integration_id: str = PrivateAttr(default="")
    _from_scratch: bool = PrivateAttr(default=False)
    _on_load: OnLoad | None = PrivateAttr(default=None)

    def of_tenant(self, integration_id: str, *, from_scratch: bool, on_load: OnLoad) -> None:
        """``from_scratch`` hides the states that are there; ``on_load`` hears each table's name."""
        self._integration_id = integration_id
        self._from_scratch = from_scratch
        self._on_load = on_load

    def tenants(self) -> set[str]:
        """The ``integration_id`` of every tenant that this warehouse has a state of."""
        self._states()._ensure_internal_tables()
        with self.get_sql_engine().connect() as connection:  # type: ignore[attr-defined]
            names = connection.execute(sqlalchemy.select(CacheStreamStateModel.table_name))
            return {
                tenant for (name,) in names for tenant, colon, _ in [name.rpartition(":")] if colon
            }

    def get_state_provider(
        self, source_name: str, *, refresh: bool = True, destination_name: str | None = None
    ) -> StateProviderBase:
        if self._from_scratch:
            return StaticInputState([])
        known = self._states().get_state_provider(source_name, table_prefix=self._prefix)
        tables = Tables(self.get_sql_engine(), self.schema_name)  # type: ignore[attr-defined]
        # The state of a table that somebody dropped would leave the new table empty for good.
        return StaticInputState(
            [
                state
                for state in known._state_message_artifacts
                if state.stream and tables.columns(state.stream.stream_descriptor.name)
            ]
        )

    def get_state_writer(
        self, source_name: str, destination_name: str | None = None
    ) -> StateWriterBase:
        return self._states().get_state_writer(source_name)

    @property
    def _prefix(self) -> str:
        return f"{self._integration_id}:"

    def _states(self) -> SqlStateBackend:
        return SqlStateBackend(sql_config=self, table_prefix=self._prefix)


class ReportingDuckDBProcessor(DuckDBSqlProcessor):
    def _write_files_to_new_table(self, files: list[Path], stream_name: str, batch_id: str) -> str:
        _report(self.sql_config, stream_name)
        return str(super()._write_files_to_new_table(files, stream_name, batch_id))


class CopyingPostgresProcessor(PostgresSqlProcessor):
    def _write_files_to_new_table(self, files: list[Path], stream_name: str, batch_id: str) -> str:
        _report(self.sql_config, stream_name)
        table = str(self._create_table_for_loading(stream_name, batch_id))
        columns = self._get_sql_column_definitions(stream_name)
        names = ", ".join(self._quote_identifier(column) for column in columns)
        statement = f"COPY {self._fully_qualified(table)} ({names}) FROM STDIN"
        try:
            with self.get_sql_connection() as connection:
                cursor = connection.connection.cursor()
                for block in copy_blocks(files, columns):
                    cursor.copy_expert(statement, block)
        except BaseException:
            self._drop_temp_table(table)
            raise
        return table


def copy_blocks(files: list[Path], columns: dict[str, Any]) -> Iterator[io.StringIO]:
    """The records of PyAirbyte's JSON-lines files in PostgreSQL's COPY text format."""
    as_json = {name: isinstance(kind, sqlalchemy.types.JSON) for name, kind in columns.items()}
    for path in files:
        with gzip.open(path, "rb") as lines:
            while chunk := list(islice(lines, ROWS_PER_COPY)):
                yield io.StringIO("".join(_copy_row(orjson.loads(line), as_json) for line in chunk))


def _copy_row(record: dict[str, Any], as_json: dict[str, bool]) -> str:
    fields = (_copy_field(record.get(name), json) for name, json in as_json.items())
    return "\t".join(fields) + "\n"


# PostgreSQL's text type has no NUL.
_COPY_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": None})


def _copy_field(value: Any, as_json: bool) -> str:
    if value is None:
        return r"\N"
    if as_json or not isinstance(value, str):
        value = orjson.dumps(value).decode()
    return str(value).translate(_COPY_ESCAPES)


class TenantDuckDBCache(TenantState, DuckDBCache):
    _sql_processor_class = ReportingDuckDBProcessor


class TenantPostgresCache(TenantState, PostgresCache):
    _sql_processor_class = CopyingPostgresProcessor

    address: SecretString
    """The whole URL: the fields beside it cannot carry options such as ``sslmode``."""

    def get_sql_alchemy_url(self) -> SecretString:
        return self.address


Cache = TenantDuckDBCache | TenantPostgresCache


def open_duckdb(path: str, cache_dir: Path) -> TenantDuckDBCache:
    return TenantDuckDBCache(db_path=Path(path), schema_name="main", cache_dir=cache_dir)


def open_postgres(url: str, schema: str, cache_dir: Path) -> TenantPostgresCache:
    parts = sqlalchemy.engine.make_url(url).set(drivername="postgresql+psycopg2")
    return TenantPostgresCache(
        address=SecretString(parts.render_as_string(hide_password=False)),
        host=parts.host or "",
        port=parts.port or 5432,
        database=parts.database or parts.username or "",
        username=parts.username or "",
        password=SecretString(parts.password or ""),
        schema_name=schema,
        cache_dir=cache_dir,
    )


def _report(cache: Any, stream_name: str) -> None:
    if cache._on_load is not None:
        cache._on_load(stream_name)
