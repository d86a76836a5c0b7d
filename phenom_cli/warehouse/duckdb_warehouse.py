"""A DuckDB file as the target of a sync."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.duckdb_file import DuckDBFile, StreamTable
from phenom_cli.warehouse.duckdb_load import Load
from phenom_cli.warehouse.hearing import ReadMonitor, fail_if_nothing_came
from phenom_cli.warehouse.request import Request
from phenom_cli.warehouse.states import StatePlaces
from phenom_cli.warehouse.tables import Counts


class DuckDBWarehouse:
    """Keeps the file open, and so to itself, from the first look to the end."""

    def __init__(self, request: Request, now: Callable[[], datetime]) -> None:
        self._request = request
        self._now = now
        self._folder = Path(request.folder)
        self._file: DuckDBFile | None = None
        self._streams: dict[str, Mapping[str, Any]] = {}
        self._tables: dict[str, StreamTable] = {}
        self._counts: dict[str, Counts] = {}

    def look(self) -> None:
        # A new file is not made before there is something to put into it.
        if Path(self._path).exists():
            self._open()

    def open(self, streams: Sequence[Mapping[str, Any]]) -> None:
        self._streams = {stream["name"]: stream for stream in streams}
        self._tables = {name: StreamTable(stream) for name, stream in self._streams.items()}
        self._open()

    def tenants(self) -> set[str]:
        return self._places().tenants()

    def elsewhere(self) -> bool:
        return self._places().elsewhere(self._tables)

    def load(self, connector: Connector, hearing: ReadMonitor, *, full_refresh: bool) -> None:
        file, places = self._open(), self._places()
        absent = [name for name, table in self._tables.items() if not file.holds(table)]
        full = [
            name
            for name, table in self._tables.items()
            if full_refresh and not file.is_empty(table)
        ]
        # The state of a table that somebody dropped would leave the new table empty for good.
        file.prepare(list(self._tables.values()), forgotten=map(places.of, absent))
        states = [
            state
            for name in self._tables
            if name not in absent and not full_refresh and (state := places.state(name)) is not None
        ]
        load = Load(
            file,
            self._tables,
            {name: places.of(name) for name in self._tables},
            full,
            hearing,
            self._folder,
            self._now,
        )
        configured = {"streams": [_configured(stream) for stream in self._streams.values()]}
        with closing(connector.read(self._request.config, configured, states)) as lines:
            load.run(lines)
        fail_if_nothing_came(connector, hearing)
        for name in full:
            if not hearing.complete(name):
                hearing.warning(f"{name} was not read to its end: its rows stay as they were.")
        for name, table in self._tables.items():
            self._counts[name] = Counts(*load.changes[name], total=file.live_rows(table))

    def counts(self, stream: str) -> Counts:
        return self._counts[stream]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def _path(self) -> str:
        return str(self._request.duckdb_path)

    def _open(self) -> DuckDBFile:
        if self._file is None:
            self._file = DuckDBFile(self._path, self._folder)
        return self._file

    def _places(self) -> StatePlaces:
        return StatePlaces(self._request.tenant, self._open().states())


def _configured(stream: Mapping[str, Any]) -> dict[str, Any]:
    """A ConfiguredAirbyteStream: incremental, also where no state is given."""
    return {
        "stream": stream,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": stream["default_cursor_field"],
        "primary_key": stream["source_defined_primary_key"],
    }
