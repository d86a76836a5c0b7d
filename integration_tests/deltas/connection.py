"""Syncs of one connection in this process, each with its own time, and its warehouse."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from integration_tests.deltas.rows import Record
from phenom_api.gateway import Gateway
from phenom_api.retries import RetryPolicy
from phenom_sandbox import LocalTenant
from source_phenom.config import source_config
from source_phenom.reading.read import Selection, read
from source_phenom.streams.events import Event, Failure, Records, State, StreamProgress

_POLICY = RetryPolicy(attempts=12, first_wait=0.5, read=5.0)


@dataclass
class Ran:
    """What a sync printed. `records` are those that a state covers, without `changed_at`."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    was_killed: bool = False

    @property
    def listing_requests(self) -> int:
        return self.requests["GET /apply/v2/applications"]

    def is_complete(self, stream: str) -> bool:
        return self.statuses.get(stream) == "COMPLETE"


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class _Clock:
    """Moves on by some seconds each time it is asked, so that syncs write checkpoints."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._now = rng, 0.0

    def __call__(self) -> float:
        self._now += self._rng.choice((0, 0, 0, 20, 61))
        return self._now


@dataclass
class Connection:
    """`warehouse` has the live records by stream and id; `changed_at` the time of each."""

    local: LocalTenant
    rng: random.Random
    states: dict[str, Any] = field(default_factory=dict)
    warehouse: dict[str, dict[str, Record]] = field(default_factory=dict)
    changed_at: dict[tuple[str, str], str] = field(default_factory=dict)

    def sync(
        self,
        config: Mapping[str, Any],
        streams: Sequence[str],
        now: datetime,
        *,
        kill_after: int | None = None,
        full_refresh: bool = False,
    ) -> Ran:
        """One sync; after that many events it is killed.

        Of a killed sync the warehouse keeps what a printed state covers, as a destination does.
        With `full_refresh` it neither takes nor leaves a state, and the warehouse stays as it is.
        """
        ran = Ran()
        waiting: dict[str, list[Record]] = {}
        self.local.requests.clear()
        with _logged() as log, self._gateway(config) as gateway:
            before = {} if full_refresh else self.states
            selections = [
                Selection(name, not full_refresh, json.loads(json.dumps(before.get(name))))
                for name in streams
            ]
            moments = iter(now + timedelta(milliseconds=7 * number) for number in range(10**6))
            events = cast(
                "Generator[Event]",
                read(
                    source_config({**self.local.config, **config}),
                    selections,
                    gateway=gateway,
                    now=lambda: next(moments),
                    clock=_Clock(self.rng),
                ),
            )
            for number, event in enumerate(events):
                if number == kill_after:
                    ran.was_killed = True
                    break
                match event:
                    case Records(stream, data):
                        waiting.setdefault(stream, []).extend(map(orjson.loads, data))
                    case State(stream, blob):
                        records = waiting.pop(stream, [])
                        ran.records.setdefault(stream, []).extend(records)
                        if not full_refresh:
                            self._commit(stream, records)
                            self.states[stream] = json.loads(json.dumps(blob))
                    case StreamProgress(stream, status):
                        ran.statuses[stream] = status
                    case Failure(stream, message):
                        ran.failures.append(f"{stream}: {message}")
            events.close()
        ran.requests, ran.log = Counter(self.local.requests.counts), log.lines
        if not ran.was_killed:
            assert not any(waiting.values()), "records were printed behind the last state"
        return ran

    def _commit(self, stream: str, records: Sequence[Record]) -> None:
        table = self.warehouse.setdefault(stream, {})
        for record in records:
            key, moment = record["id"], record["changed_at"]
            before = self.changed_at.get((stream, key), "")
            assert moment > before, f"{stream} {key}: changed_at does not move on"
            self.changed_at[stream, key] = moment
            if record["remote_deleted_at"] is None:
                table[key] = without_time(record)
            else:
                table.pop(key, None)

    @contextmanager
    def _gateway(self, config: Mapping[str, Any]) -> Iterator[Gateway]:
        """Does not really wait before it tries again."""
        with Gateway(
            source_config({**self.local.config, **config}),
            policy=_POLICY,
            sleep=lambda _: None,
            rng=random.Random(1),
        ) as gateway:
            yield gateway


def without_time(record: Mapping[str, Any]) -> Record:
    return {column: value for column, value in record.items() if column != "changed_at"}


@contextmanager
def _logged() -> Iterator[_Log]:
    handler, logger = _Log(), logging.getLogger("airbyte.phenom")
    level, passes_on = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = passes_on
