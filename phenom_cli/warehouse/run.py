"""One sync: from the connector's streams to the tables, and what that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from phenom_cli.address import Warehouse
from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.dialect import Dialect
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.load import Load
from phenom_cli.warehouse.monitor import ReadMonitor, Tell, fail_if_nothing_came
from phenom_cli.warehouse.states import LOCAL_TENANT, StatePlaces, Tenant
from phenom_cli.warehouse.tables import Tables
from phenom_cli.warehouse.tenant_rows import TenantRows


@dataclass(frozen=True)
class Request:
    """What to sync, and where to.

    ``streams``: those to read, as the catalog describes them. ``unified_id``: the tenant's id for
    a model and a key.
    """

    command: str
    config: Mapping[str, Any]
    tenant: Tenant
    unified_id: Callable[[str, str], str]
    warehouse: Warehouse
    streams: Sequence[Mapping[str, Any]]
    full_refresh: bool = False


class StreamResult(NamedTuple):
    """Rows that a sync changed, live rows now, and why the stream was not read to its end."""

    stream: str
    new: int
    changed: int
    deleted: int
    total: int
    failure: str | None


def open_warehouse(warehouse: Warehouse) -> Dialect:
    """Raises the driver's error where it cannot be opened."""
    if warehouse.postgres_url is not None:
        from phenom_cli.warehouse.postgres_dialect import PostgresDialect

        return PostgresDialect(warehouse.postgres_url, warehouse.postgres_schema)
    from phenom_cli.warehouse.duckdb_dialect import DuckDBDialect

    return DuckDBDialect(warehouse.duckdb_name)


def sync(
    request: Request,
    tell: Tell,
    monotonic: Callable[[], float],
    now: Callable[[], datetime],
) -> list[StreamResult]:
    """Raises SyncFailed when nothing could be loaded; a failed stream is in the result."""
    tell({"event": "phase", "phase": "opening"})
    tell({"event": "streams", "streams": [stream["name"] for stream in request.streams]})
    monitor = ReadMonitor([stream["name"] for stream in request.streams], tell, monotonic)
    try:
        with closing(open_warehouse(request.warehouse)) as dialect:
            return list(_loaded(request, dialect, monitor, now))
    except (SyncFailed, ModuleNotFoundError):
        raise
    except Exception as error:
        raise warehouse_failure(error, request.warehouse, monitor.loaded_stream) from error


def _loaded(
    request: Request,
    dialect: Dialect,
    monitor: ReadMonitor,
    now: Callable[[], datetime],
) -> Iterator[StreamResult]:
    tables = Tables(dialect, request.streams)
    names = list(tables.of)
    places = StatePlaces(request.tenant, tables.states())
    _refuse_other_tenants(request, places.tenants())
    full_refresh = request.full_refresh
    # A state belongs to a gateway's address, and the local tenant has one port or another.
    if request.tenant.integration_id == LOCAL_TENANT and places.elsewhere(names):
        monitor.warning("The local tenant had another port before: everything is read again.")
        full_refresh = True
    # The state of a table that somebody dropped or emptied would leave it empty for good.
    empty = tables.empty()
    known = [name for name in names if name not in empty and not full_refresh]
    states = {name: state for name in known if (state := places.state(name)) is not None}
    tables.prepare(forgotten=map(places.of, empty))
    owned = {
        name: TenantRows(name, tables, request.unified_id, monitor.warning)
        for name in names
        if name not in states and name not in empty
    }
    replaced = {name: rows for name, rows in owned.items() if rows.exist()}
    load = Load(
        tables,
        {name: places.of(name) for name in names},
        replaced,
        monitor,
        now,
        dialect.interrupt,
    )
    monitor.phase("starting")
    connector = Connector(request.command)
    configured = {"streams": [_configured(stream) for stream in request.streams]}
    lines = connector.read(request.config, configured, list(states.values()))
    with closing(lines):
        load.run(_announced(lines, partial(monitor.phase, "reading")))
    fail_if_nothing_came(connector, monitor)
    for name in replaced:
        if not monitor.complete(name):
            monitor.warning(f"{name} was not read to its end: its rows stay as they were.")
    for name in names:
        total = tables.live_rows(name)
        yield StreamResult(name, *load.changes[name], total, monitor.failure(name))


def _announced(lines: Iterator[bytes], announce: Callable[[], None]) -> Iterator[bytes]:
    """The lines; ``announce`` is called when the first one is there."""
    for number, line in enumerate(lines):
        if number == 0:
            announce()
        yield line


def _configured(stream: Mapping[str, Any]) -> dict[str, Any]:
    """A ConfiguredAirbyteStream: incremental, also where no state is given."""
    return {
        "stream": stream,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": stream["default_cursor_field"],
        "primary_key": stream["source_defined_primary_key"],
    }


def _refuse_other_tenants(request: Request, tenants: set[str]) -> None:
    """Keeps the local tenant's made-up data apart from a real tenant's."""
    place = request.warehouse.place
    others = sorted(tenants - {request.tenant.integration_id})
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
