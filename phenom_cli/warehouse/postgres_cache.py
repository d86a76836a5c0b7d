"""PyAirbyte's cache for PostgreSQL, mended where it would lose or change data.

* PyAirbyte keeps one state per table, so two tenants in one warehouse would overwrite each
  other's: here a state is where :mod:`phenom_cli.warehouse.states` says.
* PyAirbyte loads PostgreSQL through ``pandas.read_json``, which reads text that looks like a number
  as a number (``remote_id`` "00123" arrives as "123", "1001" beside a null as "1001.0"):
  here it is ``COPY``, which takes the text as it is and is faster.

Needs airbyte 0.71: it overrides methods that PyAirbyte does not promise to keep.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy
from airbyte._processors.sql.postgres import PostgresSqlProcessor
from airbyte.caches import PostgresCache
from airbyte.caches._state_backend import (
    AirbyteStateMessage,
    CacheStreamStateModel,
    SqlStateWriter,
)
from airbyte.secrets.base import SecretString
from airbyte.shared.state_providers import StateProviderBase, StaticInputState
from airbyte.shared.state_writers import StateWriterBase
from pydantic import PrivateAttr

from phenom_cli.warehouse.states import StatePlaces, Tenant

ROWS_PER_COPY = 1_000

OnLoad = Callable[[str], None]


class TenantStateWriter(SqlStateWriter):
    """Writes every stream's state to its place."""

    places: StatePlaces

    def _write_state(self, state_message: AirbyteStateMessage) -> None:
        stream = state_message.stream.stream_descriptor.name
        self._state_backend._table_prefix = self.places.of(stream).removesuffix(stream)
        super()._write_state(state_message)


class CopyingPostgresProcessor(PostgresSqlProcessor):
    def _write_files_to_new_table(self, files: list[Path], stream_name: str, batch_id: str) -> str:
        if self.sql_config._on_load is not None:
            self.sql_config._on_load(stream_name)
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


class TenantPostgresCache(PostgresCache):
    _sql_processor_class = CopyingPostgresProcessor

    address: SecretString
    """The whole URL: the fields beside it cannot carry options such as ``sslmode``."""

    _tenant: Tenant = PrivateAttr()
    _known: tuple[str, ...] = PrivateAttr(default=())
    _on_load: OnLoad | None = PrivateAttr(default=None)

    def of_tenant(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def start_from(self, known: Iterable[str], on_load: OnLoad) -> None:
        """``known``: streams whose states count. ``on_load`` hears each table that is loaded."""
        self._known = tuple(known)
        self._on_load = on_load

    def get_sql_alchemy_url(self) -> SecretString:
        return self.address

    def places(self) -> StatePlaces:
        self._state_backend._ensure_internal_tables()
        columns = CacheStreamStateModel.table_name, CacheStreamStateModel.state_json
        with self.get_sql_engine().connect() as connection:
            rows = connection.execute(sqlalchemy.select(*columns))
            return StatePlaces(self._tenant, {name: state or "" for name, state in rows})

    def get_state_provider(
        self, source_name: str, *, refresh: bool = True, destination_name: str | None = None
    ) -> StateProviderBase:
        places = self.places()
        found = filter(None, map(places.state, self._known))
        return StaticInputState(list(map(AirbyteStateMessage.model_validate, found)))

    def get_state_writer(
        self, source_name: str, destination_name: str | None = None
    ) -> StateWriterBase:
        writer = TenantStateWriter(source_name, self._state_backend)
        writer.places = self.places()
        return writer


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
