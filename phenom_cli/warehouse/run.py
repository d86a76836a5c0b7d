"""One sync: reads the connector's streams into the tables and counts what that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from phenom_cli.address import Warehouse
from phenom_cli.warehouse.columns import column_types
from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.dialect import Dialect
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.load import Load
from phenom_cli.warehouse.monitor import Emit, ReadMonitor, fail_if_nothing_was_read
from phenom_cli.warehouse.states import LOCAL_TENANT, TenantIdentity, TenantStates
from phenom_cli.warehouse.tables import Tables
from phenom_cli.warehouse.tenant_rows import TenantRows


@dataclass(frozen=True)
class Request:
    """What to sync into which warehouse.

    ``streams``: the streams to read, as the catalog describes them. ``unified_id``: the tenant's id
    for a model and a key. ``hidden_key``: the key as it may be in the warehouse, for the same.
    """

    command: str
    config: Mapping[str, Any]
    tenant: TenantIdentity
    unified_id: Callable[[str, str], str]
    warehouse: Warehouse
    streams: Sequence[Mapping[str, Any]]
    full_refresh: bool = False
    hidden_key: Callable[[str, str], str] = lambda _, key: key


class StreamResult(NamedTuple):
    """How many rows a sync changed, how many are live, why the stream was not read to its end."""

    stream: str
    new: int
    changed: int
    deleted: int
    total: int
    failure: str | None


def open_warehouse(warehouse: Warehouse) -> Dialect:
    """Raises the driver's error if it cannot be opened."""
    if warehouse.postgres_url is not None:
        from phenom_cli.warehouse.postgres_dialect import PostgresDialect

        return PostgresDialect(warehouse.postgres_url, warehouse.postgres_schema)
    from phenom_cli.warehouse.duckdb_dialect import DuckDBDialect

    return DuckDBDialect(warehouse.duckdb_name)


def sync(
    request: Request,
    emit: Emit,
    monotonic: Callable[[], float],
    now: Callable[[], datetime],
) -> list[StreamResult]:
    """Raises SyncFailed if the sync ended early. A stream that failed is in the result."""
    emit({"event": "phase", "phase": "opening"})
    emit({"event": "streams", "streams": [stream["name"] for stream in request.streams]})
    monitor = ReadMonitor([stream["name"] for stream in request.streams], emit, monotonic)
    try:
        with closing(open_warehouse(request.warehouse)) as dialect:
            return list(_loaded(request, dialect, monitor, now))
    except (SyncFailed, ModuleNotFoundError):
        raise
    except Exception as error:
        if interruption := _interruption(error):
            raise interruption from None
        stream = monitor.loaded_stream
        types = _column_types(request, stream)
        raise warehouse_failure(error, request.warehouse, stream, types) from error


def _loaded(
    request: Request,
    dialect: Dialect,
    monitor: ReadMonitor,
    now: Callable[[], datetime],
) -> Iterator[StreamResult]:
    tables = Tables(dialect, request.streams)
    names = list(tables.by_stream)
    tenant_states = TenantStates(request.tenant, tables.states())
    _refuse_other_tenants(request, tenant_states.integration_ids())
    full_refresh = request.full_refresh
    # A state is valid for one gateway URL, and the local tenant's port can change.
    if request.tenant.integration_id == LOCAL_TENANT and tenant_states.any_foreign(names):
        monitor.warning("The local tenant had another port before: everything is read again.")
        full_refresh = True
    # Somebody dropped or emptied the table: with its state, the old rows would never come back.
    empty = tables.empty()
    filled = [name for name in names if name not in empty]
    states = {
        name: state
        for name in filled
        if not full_refresh and (state := tenant_states.state(name)) is not None
    }
    tables.prepare(invalid_states=map(tenant_states.key, empty))
    rows_without_state = {
        name: TenantRows(name, tables, request.unified_id, monitor.warning, request.hidden_key)
        for name in filled
        if name not in states
    }
    full_reads = {name: rows for name, rows in rows_without_state.items() if rows.exist()}
    load = Load(
        tables,
        {name: tenant_states.key(name) for name in names},
        full_reads,
        monitor,
        now,
        dialect.interrupt,
    )
    monitor.phase("starting")
    connector = Connector(request.command)
    configured = {"streams": [_configured(stream) for stream in request.streams]}
    lines = connector.read(request.config, configured, list(states.values()))
    with closing(lines):
        load.run(_announce_first(lines, partial(monitor.phase, "reading")))
    fail_if_nothing_was_read(connector, monitor)
    for name in full_reads:
        if not monitor.complete(name):
            monitor.warning(f"{name} was not read to its end: its rows stay as they were.")
    for name in names:
        total = tables.live_rows(name)
        failure = monitor.failure(name, connector.ending())
        yield StreamResult(name, *load.changes[name], total, failure)


def _column_types(request: Request, stream: str | None) -> dict[str, str]:
    """The types of the columns that the loader creates for the stream."""
    json_type = "JSON" if request.warehouse.postgres_url is None else "JSONB"
    schemas = (each["json_schema"] for each in request.streams if each["name"] == stream)
    return next((column_types(schema, json_type) for schema in schemas), {})


def _interruption(error: BaseException | None) -> BaseException | None:
    """What a signal raised during a query: the drivers turn it into an error of their own."""
    while error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        error = error.__cause__ or error.__context__
    return error


def _announce_first(lines: Iterator[bytes], announce: Callable[[], None]) -> Iterator[bytes]:
    """Yields the lines; calls ``announce`` before the first one."""
    first = next(lines, None)
    if first is not None:
        announce()
        yield first
        yield from lines


def _configured(stream: Mapping[str, Any]) -> dict[str, Any]:
    """A ConfiguredAirbyteStream: always incremental; without a state it is read in full."""
    return {
        "stream": stream,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": stream["default_cursor_field"],
        "primary_key": stream["source_defined_primary_key"],
    }


def _refuse_other_tenants(request: Request, integration_ids: set[str]) -> None:
    """Keeps the local tenant's made-up data apart from a real tenant's."""
    place = request.warehouse.display_name
    others = sorted(integration_ids - {request.tenant.integration_id})
    if request.tenant.integration_id == LOCAL_TENANT and others:
        raise SyncFailed(
            f"The warehouse {place} holds data of a real tenant ({', '.join(others)});"
            " the local tenant's made-up data do not belong there.",
            "Give --warehouse another file, or --config to sync the real tenant.",
        )
    if request.tenant.integration_id != LOCAL_TENANT and LOCAL_TENANT in others:
        raise SyncFailed(
            f"The warehouse {place} holds the local tenant's made-up data.",
            "Give --warehouse another file, or remove that one.",
        )
