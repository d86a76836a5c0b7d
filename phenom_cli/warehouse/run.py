"""One sync: from the connector's messages to the tables, and what that changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.tables import RowChanges, Tables

SOURCE_NAME = "source-phenom"
LOCAL_TENANT = "sandbox"
"""``integration_id`` of the tenant that ``phenom sync`` starts itself."""
SECONDS_BETWEEN_PROGRESS = 0.2
RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK = 50


@dataclass(frozen=True)
class Request:
    """What ``phenom sync`` asks of the worker, as one JSON object on its stdin."""

    command: str
    config: dict[str, Any]
    integration_id: str
    made_up: bool
    """The data come from the local tenant, which must not mix with a real one's."""
    place: str
    """The warehouse as a person may see it: without its password."""
    duckdb_path: str | None
    postgres_url: str | None
    postgres_schema: str
    secrets: list[str]
    streams: list[str] | None
    full_refresh: bool
    folder: str
    """A private folder for temporary files, which the caller removes."""


class Run:
    """Drives PyAirbyte through one read, listening to the connector's messages."""

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
        self._connector = Connector(request.command, Path(request.folder), self)
        self._streams: list[str] = []
        self._properties: dict[str, dict[str, Any]] = {}
        self._changes: dict[str, RowChanges] = {}
        self._unseen: dict[str, set[str]] = {}
        self._statuses: dict[str, str] = {}
        self._errors: dict[str | None, str] = {}
        self._records: dict[str, int] = {}
        self._last_progress = monotonic()

    def sync(self) -> None:
        """Raises SyncFailed when nothing could be loaded; a failed stream is in the result."""
        self._events.emit("phase", phase="starting")
        try:
            self._connector.start_discovery(json.dumps(self._request.config).encode())
            self._look_at_the_warehouse()
            self._choose_streams(self._connector.discovered())
            # Takes seconds: only once everything else is known to be usable.
            from phenom_cli.warehouse import caches

            try:
                self._load(self._open(caches))
            except SyncFailed:
                raise
            except Exception as error:
                failure = _own_failure(error) or warehouse_failure(error, self._request.place)
                raise failure from error
        finally:
            self._connector.stop()

    def _look_at_the_warehouse(self) -> None:
        """Fails early, before anything slow, when the warehouse cannot be opened."""
        request = self._request
        try:
            if request.postgres_url is not None:
                import psycopg2

                psycopg2.connect(request.postgres_url, connect_timeout=10).close()
            elif request.duckdb_path is not None and Path(request.duckdb_path).exists():
                import duckdb

                duckdb.connect(request.duckdb_path).close()
        except Exception as error:
            raise warehouse_failure(error, request.place) from error

    def _choose_streams(self, catalog: dict[str, Any]) -> None:
        available = {stream["name"]: stream for stream in catalog["streams"]}
        unknown = [name for name in self._request.streams or () if name not in available]
        if unknown:
            raise SyncFailed(
                f"There is no stream {', '.join(unknown)}.",
                f"The streams are: {', '.join(available)}",
            )
        chosen = self._request.streams
        self._streams = [name for name in available if chosen is None or name in chosen]
        for name in self._streams:
            self._properties[name] = available[name]["json_schema"]["properties"]
            self._records[name] = 0
        self._events.emit("streams", streams=self._streams)

    def _open(self, caches: Any) -> Any:
        request, folder = self._request, Path(self._request.folder)
        if request.postgres_url is not None:
            cache = caches.open_postgres(request.postgres_url, request.postgres_schema, folder)
        else:
            cache = caches.open_duckdb(request.duckdb_path, folder)
        cache.of_tenant(
            request.integration_id, from_scratch=request.full_refresh, on_load=self._loading
        )
        self._refuse_strangers(cache.tenants())
        return cache

    def _refuse_strangers(self, tenants: set[str]) -> None:
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

    def _load(self, cache: Any) -> None:
        from airbyte.sources.base import Source

        tables = Tables(cache.get_sql_engine(), cache.schema_name)
        for name in self._streams:
            self._changes[name] = RowChanges(tables, name)
            if self._request.full_refresh:
                self._unseen[name] = self._changes[name].live_before()
        source = Source(
            executor=self._connector,
            name=SOURCE_NAME,
            config=self._request.config,
            streams=self._streams,
        )
        self._events.emit("phase", phase="reading")
        # The connector checks its configuration itself, with better words.
        source.read(cache, skip_validation=True)
        self._events.emit("result", rows=[self._result(name) for name in self._streams])

    def _result(self, name: str) -> dict[str, Any]:
        return {
            "stream": name,
            **self._changes[name].counts()._asdict(),
            "failure": self._failure(name),
        }

    def _failure(self, name: str) -> str | None:
        if self._statuses.get(name) == "COMPLETE":
            return None
        return self._errors.get(name) or self._errors.get(None) or "it did not finish"

    def _loading(self, stream: str) -> None:
        self._events.emit("stream", stream=stream, status="loading")

    def _tell_progress(self) -> None:
        self._last_progress = self._monotonic()
        self._events.emit("progress", records=dict(self._records))

    # What the connector says while it reads:

    def record(self, stream: str, data: dict[str, Any]) -> None:
        self._changes[stream].saw(data["id"])
        if stream in self._unseen:
            self._unseen[stream].discard(data["id"])
        self._records[stream] += 1
        if (
            self._records[stream] % RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK == 0
            and self._monotonic() - self._last_progress >= SECONDS_BETWEEN_PROGRESS
        ):
            self._tell_progress()

    def status(self, stream: str, status: str) -> None:
        self._statuses[stream] = status
        told = {"STARTED": "reading", "COMPLETE": "complete", "INCOMPLETE": "failed"}.get(status)
        if told is not None:
            self._tell_progress()
            self._events.emit("stream", stream=stream, status=told)

    def error(self, stream: str | None, message: str) -> None:
        # The first message names the cause; what follows is its consequence.
        self._errors.setdefault(stream, message)

    def warning(self, message: str) -> None:
        self._events.emit("warning", message=message)

    def end_of_read(self, exit_code: int) -> Iterator[str]:
        finished = [name for name in self._streams if self._statuses.get(name) == "COMPLETE"]
        if exit_code and not finished and not any(self._records.values()):
            messages = list(dict.fromkeys(self._errors.values()))
            raise SyncFailed(messages[0] if messages else self._connector.silent_failure(exit_code))
        self._tell_progress()
        self._events.emit("phase", phase="loading")
        for name in finished:
            yield from self._tombstones(name)
        for name in self._streams:
            self._changes[name].before_load()

    def _tombstones(self, name: str) -> Iterator[str]:
        """A full refresh starts without a state, so that the connector cannot know what is gone.

        What is live here and was not read by a scan that finished gets the tombstone that the
        connector would have written (contract section 4).
        """
        gone = self._unseen.get(name, set())
        remote_ids = self._changes[name].remote_ids(gone)
        now = self._now().astimezone(timezone.utc)
        moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for record_id in sorted(gone):
            self._changes[name].saw(record_id)
            data = {"id": record_id, "changed_at": moment, "remote_deleted_at": moment}
            if record_id in remote_ids:
                data["remote_id"] = remote_ids[record_id] or ""
            if "_ab_cdc_deleted_at" in self._properties[name]:
                data["_ab_cdc_deleted_at"] = moment
            record = {"stream": name, "data": data, "emitted_at": int(now.timestamp() * 1000)}
            yield json.dumps({"type": "RECORD", "record": record})


def _own_failure(error: BaseException | None) -> SyncFailed | None:
    """The SyncFailed inside one of PyAirbyte's exceptions, which wrap what a connector raises."""
    while error is not None:
        if isinstance(error, SyncFailed):
            return error
        original = getattr(error, "original_exception", None)
        error = original or error.__cause__ or error.__context__
    return None
