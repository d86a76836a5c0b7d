"""One sync: from the connector's streams to the tables, and what that changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.failures import SyncFailed, own_failure, warehouse_failure
from phenom_cli.warehouse.hearing import ReadMonitor
from phenom_cli.warehouse.request import Request
from phenom_cli.warehouse.states import LOCAL_TENANT
from phenom_cli.warehouse.tables import Counts


class Warehouse(Protocol):
    """Where the rows go. Whatever it raises but SyncFailed is about the warehouse itself."""

    def look(self) -> None:
        """Fails early, before anything slow, when the warehouse cannot be opened."""

    def open(self, streams: Sequence[Mapping[str, Any]]) -> None:
        """:param streams: those to read, as the catalog describes them."""

    def tenants(self) -> set[str]:
        """The ``integration_id`` of everybody who has data here."""

    def elsewhere(self) -> bool:
        """Whether a state that is here names another tenant than the request."""

    def load(self, connector: Connector, hearing: ReadMonitor, *, full_refresh: bool) -> None:
        """Reads the streams and loads them, from the states that are here or in full."""

    def counts(self, stream: str) -> Counts:
        """What the load changed."""

    def close(self) -> None: ...


class Run:
    """Carries out a request and tells of it in events."""

    def __init__(
        self,
        request: Request,
        events: Events,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._request = request
        self._events = events
        self._monotonic = monotonic
        self._now = now

    def sync(self) -> None:
        """Raises SyncFailed when nothing could be loaded; a failed stream is in the result."""
        self._events.emit("phase", phase="starting")
        connector = Connector(self._request.command, Path(self._request.folder))
        warehouse = self._warehouse()
        try:
            connector.start_discovery(self._request.config)
            self._about_the_warehouse(warehouse.look)
            streams = self._chosen(connector.discovered())
            self._events.emit("streams", streams=[stream["name"] for stream in streams])
            self._about_the_warehouse(lambda: self._load(warehouse, connector, streams))
        finally:
            connector.stop()
            warehouse.close()

    def _warehouse(self) -> Warehouse:
        if self._request.postgres_url is not None:
            from phenom_cli.warehouse.postgres import PostgresWarehouse

            return PostgresWarehouse(self._request, self._now)
        from phenom_cli.warehouse.duckdb_warehouse import DuckDBWarehouse

        return DuckDBWarehouse(self._request, self._now)

    def _about_the_warehouse(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (SyncFailed, ModuleNotFoundError):
            raise
        except Exception as error:
            raise own_failure(error) or warehouse_failure(error, self._request.place) from error

    def _chosen(self, catalog: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        chosen = self._request.streams
        return [s for s in catalog["streams"] if chosen is None or s["name"] in chosen]

    def _load(
        self, warehouse: Warehouse, connector: Connector, streams: Sequence[Mapping[str, Any]]
    ) -> None:
        warehouse.open(streams)
        self._refuse_other_tenants(warehouse.tenants())
        hearing = ReadMonitor([stream["name"] for stream in streams], self._events, self._monotonic)
        full_refresh = self._request.full_refresh
        # A state belongs to a gateway's address, and the local tenant has one port or another.
        if self._request.made_up and warehouse.elsewhere():
            hearing.warning("The local tenant had another port before: everything is read again.")
            full_refresh = True
        self._events.emit("phase", phase="reading")
        warehouse.load(connector, hearing, full_refresh=full_refresh)
        self._events.emit(
            "result",
            rows=[
                {
                    "stream": name,
                    **warehouse.counts(name)._asdict(),
                    "failure": hearing.failure(name),
                }
                for name in hearing.streams
            ],
        )

    def _refuse_other_tenants(self, tenants: set[str]) -> None:
        request = self._request
        others = sorted(tenants - {request.integration_id})
        if request.made_up and others:
            raise SyncFailed(
                f"The warehouse {request.place} holds data of a real tenant ({', '.join(others)});"
                " the local tenant's made-up data do not belong there.",
                "Give --warehouse another file, or --config to sync the real tenant.",
            )
        if not request.made_up and LOCAL_TENANT in others:
            raise SyncFailed(
                f"The warehouse {request.place} holds the local tenant's made-up data.",
                "Give --warehouse another file, or remove that one.",
            )
        if request.full_refresh and others:
            raise SyncFailed(
                f"The warehouse {request.place} also holds {', '.join(others)}: a full refresh"
                " could not tell which rows are gone from which tenant.",
                "Leave --full-refresh out, or keep one tenant per file or schema.",
            )
