"""A PostgreSQL database as the target of a sync, through PyAirbyte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from phenom_cli.warehouse.connector import Connector, parsed
from phenom_cli.warehouse.hearing import ReadMonitor, fail_if_nothing_came
from phenom_cli.warehouse.request import Request
from phenom_cli.warehouse.states import SOURCE_NAME
from phenom_cli.warehouse.tables import Counts, RowChanges, Tables


class PostgresWarehouse:
    def __init__(self, request: Request, now: Callable[[], datetime]) -> None:
        self._request = request
        self._now = now
        self._cache: Any = None
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._changes: dict[str, RowChanges] = {}

    def look(self) -> None:
        import psycopg2

        psycopg2.connect(self._request.postgres_url, connect_timeout=10).close()

    def open(self, streams: Sequence[Mapping[str, Any]]) -> None:
        # Takes seconds: only once everything else is known to be usable.
        from phenom_cli.warehouse.postgres_cache import open_postgres

        request = self._request
        self._properties = {
            stream["name"]: stream["json_schema"]["properties"] for stream in streams
        }
        self._cache = open_postgres(
            str(request.postgres_url), request.postgres_schema, Path(request.folder)
        )
        self._cache.of_tenant(request.tenant)

    def tenants(self) -> set[str]:
        tenants: set[str] = self._cache.places().tenants()
        return tenants

    def elsewhere(self) -> bool:
        elsewhere: bool = self._cache.places().elsewhere(self._properties)
        return elsewhere

    def load(self, connector: Connector, hearing: ReadMonitor, *, full_refresh: bool) -> None:
        from airbyte.sources.base import Source

        tables = Tables(self._cache.get_sql_engine(), self._cache.schema_name)
        self._changes = {name: RowChanges(tables, name) for name in self._properties}
        # The state of a table that somebody dropped would leave the new table empty for good.
        known = [name for name in self._properties if tables.columns(name)]
        self._cache.start_from(() if full_refresh else known, hearing.loading)
        source = Source(
            executor=_Executor(
                connector, hearing, self._properties, self._changes, full_refresh, self._now
            ),
            name=SOURCE_NAME,
            config=self._request.config,
            streams=list(self._properties),
        )
        # The connector checks its configuration itself, with better words.
        source.read(self._cache, skip_validation=True)

    def counts(self, stream: str) -> Counts:
        return self._changes[stream].counts()

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()


class _Executor:
    """The connector as PyAirbyte's executor (duck-typed): its messages are heard on their way.

    PyAirbyte loads nothing at all when the connector ends with an error, whichever stream failed.
    What a failing stream printed is as good as the rest, because its state covers exactly that
    (contract section 4): a read that delivered anything ends here as a success.
    """

    def __init__(
        self,
        connector: Connector,
        hearing: ReadMonitor,
        properties: Mapping[str, Mapping[str, Any]],
        changes: Mapping[str, RowChanges],
        full_refresh: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._connector = connector
        self._hearing = hearing
        self._properties = properties
        self._changes = changes
        self._now = now
        self._unseen = (
            {name: changes[name].live_before() for name in properties} if full_refresh else {}
        )

    def ensure_installation(self, *, auto_fix: bool = True) -> None:
        pass

    def get_installed_version(self) -> str | None:
        return None

    def execute(
        self, args: list[str], *, stdin: IO[str] | None = None, suppress_stderr: bool = False
    ) -> Iterator[str]:
        if args[0] == "discover":
            yield from self._connector.catalog_file.read_text(encoding="utf-8").splitlines()
        elif args[0] == "read":
            yield from self._read(args)
        else:
            raise RuntimeError(f"unexpected connector command {args[0]}")

    def _read(self, args: list[str]) -> Iterator[str]:
        for line in self._connector.lines(args):
            message = parsed(line)
            kind = message.get("type")
            if kind == "RECORD":
                self._record(message["record"])
            elif kind != "STATE":
                self._hearing.message(message)
            if kind in ("RECORD", "STATE"):
                yield line.decode()
        fail_if_nothing_came(self._connector, self._hearing)
        self._hearing.end_of_reading()
        for name in filter(self._hearing.complete, self._properties):
            yield from self._tombstones(name)
        for changes in self._changes.values():
            changes.before_load()

    def _record(self, record: Mapping[str, Any]) -> None:
        name, record_id = record["stream"], record["data"]["id"]
        self._hearing.record(name)
        self._changes[name].saw(record_id)
        self._unseen.get(name, set()).discard(record_id)

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
