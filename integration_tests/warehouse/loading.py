"""Loads lines into a warehouse, as a sync does with the lines of the connector."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from itertools import chain
from typing import Any

from integration_tests.warehouse.databases import Database
from phenom_cli.warehouse.load import Load
from phenom_cli.warehouse.monitor import ReadMonitor
from phenom_cli.warehouse.run import open_warehouse
from phenom_cli.warehouse.tables import Changes, Tables
from phenom_cli.warehouse.tenant_rows import TenantRows
from source_phenom.models.ids import UnifiedIds

MOMENT = {"type": ["null", "string"], "format": "date-time"}
TEXT = {"type": ["null", "string"]}
PROPERTIES: dict[str, Any] = {
    "id": {"type": "string"},
    "remote_id": TEXT,
    "changed_at": MOMENT,
    "remote_deleted_at": MOMENT,
    "name": TEXT,
    "location": {"type": ["null", "object"]},
}
EARLIER, LATER = "2026-01-01T10:00:00.123Z", "2026-01-02T10:00:00.000Z"
NOW = datetime(2026, 1, 3, 12, 30, tzinfo=timezone.utc)


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def record(record_id: str, stream: str = "jobs", **data: Any) -> bytes:
    """As the connector prints it."""
    data = {"changed_at": EARLIER, "remote_deleted_at": None, "id": record_id, **data}
    content = {"stream": stream, "data": data, "emitted_at": 1_767_225_600_123}
    return line({"type": "RECORD", "record": content})


def gone(record_id: str) -> bytes:
    return record(record_id, changed_at=LATER, remote_deleted_at=LATER)


def state(number: int, stream: str = "jobs") -> bytes:
    content = {"stream_descriptor": {"name": stream}, "stream_state": {"number": number}}
    return line({"type": "STATE", "state": {"type": "STREAM", "stream": content}})


def status(value: str, stream: str = "jobs") -> bytes:
    about = {"stream_descriptor": {"name": stream}, "status": value}
    return line({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": about}})


COMPLETE = status("COMPLETE")


class Loaded:
    """A warehouse that lines are loaded into, one read after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.warnings: list[str] = []

    def read(
        self,
        *given: bytes,
        lines: Iterable[bytes] = (),
        full_refresh: bool = False,
        streams: Sequence[str] = ("jobs",),
        properties: dict[str, Any] = PROPERTIES,
        integration_id: str = "phenom",
    ) -> Changes:
        """Returns the changes of the first stream."""
        schema = {"type": "object", "description": "Jobs.", "properties": properties}
        dialect = open_warehouse(self.database.warehouse)
        monitor = ReadMonitor(list(streams), lambda event: None, lambda: 0.0)
        try:
            tables = Tables(dialect, [{"name": name, "json_schema": schema} for name in streams])
            empty = tables.empty()
            tables.states()
            tables.prepare()
            unified_id = UnifiedIds(integration_id).of
            full_reads = {
                name: rows
                for name in streams
                if full_refresh
                and name not in empty
                and (rows := TenantRows(name, tables, unified_id, self.warnings.append)).exist()
            }
            prefix = "" if integration_id == "phenom" else f"{integration_id}:"
            keys = {name: prefix + name for name in streams}
            load = Load(tables, keys, full_reads, monitor, lambda: NOW, dialect.interrupt)
            load.run(chain(given, lines))
        finally:
            dialect.close()
        return load.changes[streams[0]]

    def rows(self, query: str = "SELECT id, name FROM jobs ORDER BY id, name") -> Any:
        return self.database.run(query)

    def states(self) -> dict[str, int]:
        states = self.database.states().items()
        return {name: state["stream"]["stream_state"]["number"] for name, state in states}


def owned(key: str, tenant: str = "phenom", stream: str = "jobs", **data: Any) -> bytes:
    """A record of a tenant: its id is made of the tenant and of Phenom's key."""
    return record(UnifiedIds(tenant).of(stream, key), stream, remote_id=key, **data)
