"""Several syncs in this process, one after the other, with a local tenant and a fixed clock."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import orjson
import pytest

import phenom_sandbox
from phenom_api.gateway import Gateway
from source_phenom.config import source_config
from source_phenom.reading.read import Selection, read
from source_phenom.streams.events import Failure, Records, State, StreamProgress

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
OF_CANDIDATES = (
    "applications",
    "candidates",
    "application_activities",
    "candidate_documents",
)

Record = dict[str, Any]


@dataclass
class SyncOutput:
    """What one sync printed, and how many requests it made per operation."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, Any] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    log: str = ""

    @property
    def emitted(self) -> dict[str, int]:
        return {stream: len(records) for stream, records in self.records.items() if records}

    def live(self, stream: str) -> dict[str, Record]:
        """By remote id."""
        return {
            record["remote_id"]: record
            for record in self.records[stream]
            if record["remote_deleted_at"] is None
        }

    def gone(self, stream: str) -> set[str]:
        return {
            record["remote_id"]
            for record in self.records[stream]
            if record["remote_deleted_at"] is not None
        }

    def asked(self, part: str) -> int:
        """How many requests there were to operations whose path ends with ``part``."""
        return sum(count for name, count in self.requests.items() if name.endswith(part))


@dataclass
class Syncs:
    """A connection: what was synced so far is in ``states`` and, merged by id, in ``warehouse``."""

    local: phenom_sandbox.LocalTenant
    caplog: pytest.LogCaptureFixture
    config: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    warehouse: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))

    def run(
        self,
        *streams: str,
        now: datetime = NOW,
        states: Mapping[str, Any] | None = None,
        keep: bool = True,
        **config: Any,
    ) -> SyncOutput:
        """One sync. :param keep: whether the next one continues from its state."""
        outcome = SyncOutput()
        for event in self.events(*streams, now=now, states=states, outcome=outcome, **config):
            if isinstance(event, Records) and keep:
                for data in event.data:
                    record = orjson.loads(data)
                    self.warehouse[event.stream][record["id"]] = record
        if keep:
            self.states |= outcome.states
        return outcome

    def events(
        self,
        *streams: str,
        now: datetime = NOW,
        states: Mapping[str, Any] | None = None,
        outcome: SyncOutput,
        **config: Any,
    ) -> Generator[Any]:
        before = self.states if states is None else states
        valid = source_config(
            {**self.local.config, "ph_user_id": "acting-user", **self.config, **config}
        )
        self.caplog.clear()
        self.local.requests.clear()
        with Gateway(valid) as gateway, self.caplog.at_level("INFO", "airbyte.phenom"):
            selections = [Selection(name, True, before.get(name)) for name in streams]
            for event in read(valid, selections, gateway=gateway, now=lambda: now):
                match event:
                    case Records(stream, data):
                        outcome.records[stream] += [orjson.loads(each) for each in data]
                    case State(stream, blob):
                        outcome.states[stream] = json.loads(json.dumps(blob))
                        outcome.checkpoints.append(dict(outcome.states))
                    case StreamProgress(stream, status):
                        outcome.statuses[stream] = status
                    case Failure(stream, message):
                        outcome.failures[stream] = message
                yield event
        outcome.requests = Counter(self.local.requests.counts)
        outcome.log = "\n".join(record.getMessage() for record in self.caplog.records)


@contextmanager
def syncing(caplog: pytest.LogCaptureFixture, **tenant: Any) -> Iterator[Syncs]:
    """A local tenant and syncs of it."""
    with phenom_sandbox.running(**tenant) as local:
        yield Syncs(local, caplog)
