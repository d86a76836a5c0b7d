"""The application listing behind a gateway in memory, and syncs of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import orjson

from phenom_api.errors import PermissionDenied
from phenom_api.listing_order import Order
from source_phenom.config import SourceConfig, source_config
from source_phenom.reading.read import Selection, read
from source_phenom.streams.events import Failure, Records, State

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
FIRST_SECOND = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp())
STREAMS = ("applications", "candidates")

Row = dict[str, Any]
Record = dict[str, Any]


def row_id(second: int, number: int) -> str:
    """An id as databases make them. :param second: since ``FIRST_SECOND``."""
    return f"{FIRST_SECOND + second:08x}a1b2c3d4e5{number:06x}"


def row(second: int, number: int, candidate: str | None, source: str, note: str = "") -> Row:
    return {
        "id": row_id(second, number),
        "candidateData": {"id": candidate, "firstName": note or "Ada"},
        "jobApplicationData": {"jobId": "JR-1", "applicantSource": source},
    }


@dataclass
class ListingOutput:
    """What a sync emitted, by stream and remote id; its states, requests and log lines."""

    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    requests: list[tuple[int, int]] = field(default_factory=list)
    emitted: int = 0

    def told(self, stream: str) -> dict[str, Record]:
        """The records without tombstones, and without the time of the sync."""
        return {
            key: {name: value for name, value in record.items() if name != "changed_at"}
            for key, record in self.records.get(stream, {}).items()
            if record["remote_deleted_at"] is None
        }

    def gone(self, stream: str) -> set[str]:
        records = self.records.get(stream, {})
        return {key for key, record in records.items() if record["remote_deleted_at"] is not None}


@dataclass
class ListingTenant:
    """A tenant with nothing but applications.

    :param rows: from the oldest to the newest. :param order: in which the listing shows them.
    :param missing_in_total: how many rows the total does not count.
    :param before_request: called with the number of the request, the first one being 1.
    """

    rows: list[Row] = field(default_factory=list)
    order: Order = Order.ASCENDING
    missing_in_total: int = 0
    before_request: Callable[[int], None] | None = None
    requests: list[tuple[int, int]] = field(default_factory=list)

    # What a read uses of a gateway.
    sent = retried = 0
    concurrency = SimpleNamespace(throttled=0, throttled_seconds=0.0, most_in_flight=1)

    def fetch(
        self,
        operation: Any,
        read: Callable[[Any], Any],
        *,
        params: Mapping[str, Any],
        parse: Callable[[bytes], Any],
    ) -> Any:
        offset, limit = params["offset"], params["limit"]
        self.requests.append((offset, limit))
        self.sent += 1
        if self.before_request is not None:
            self.before_request(len(self.requests))
        listed = self.rows if self.order is Order.ASCENDING else self.rows[::-1]
        total = len(listed) - self.missing_in_total
        body = {"data": listed[offset : offset + limit], "pagination": {"total": total}}
        return read(parse(orjson.dumps(body)))

    @contextmanager
    def breaking_off(self, answered: int) -> Iterator[None]:
        """Refuses every request of a sync after so many."""

        def refuse(number: int) -> None:
            if number > answered:
                raise PermissionDenied("no more")

        self.before_request = refuse
        try:
            yield
        finally:
            self.before_request = None

    def sync(
        self,
        states: Mapping[str, Any] | None = None,
        *,
        streams: Iterable[str] = STREAMS,
        now: datetime = NOW,
        incremental: bool = True,
        may_fail: bool = False,
        **config: Any,
    ) -> ListingOutput:
        outcome = ListingOutput()
        before = json.loads(json.dumps(states or {}))
        selected = [Selection(name, incremental, before.get(name)) for name in streams]
        self.requests.clear()
        gateway: Any = self
        for event in read(listing_config(**config), selected, gateway=gateway, now=lambda: now):
            match event:
                case Records(stream, data):
                    outcome.emitted += len(data)
                    for each in map(orjson.loads, data):
                        records = outcome.records.setdefault(stream, {})
                        assert each["remote_id"] not in records, "emitted twice"
                        records[each["remote_id"]] = each
                case State(stream, blob):
                    outcome.states[stream] = dict(blob)
                case Failure(_, message, detail):
                    outcome.failures.append(f"{message} {detail}")
        outcome.requests = list(self.requests)
        assert may_fail or not outcome.failures, outcome.failures
        return outcome


def listing_config(**config: Any) -> SourceConfig:
    return source_config(
        {
            "client_id": "client",
            "client_secret": "secret",
            "token_url": "https://login.test",
            "gateway_url": "https://gateway.test",
            "num_workers": 1,
            "page_size": 4,
            "full_scan_hours": 24,
            **config,
        }
    )


def logger_lines(records: Iterable[logging.LogRecord]) -> str:
    return "\n".join(record.getMessage() for record in records)
