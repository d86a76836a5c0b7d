"""All faults at once and constant edits: nothing that exists is ever reported as deleted."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.failures.running import Ran, Warehouse, read, without_time
from integration_tests.source.reading import STREAMS
from phenom_api.patience import Patience
from phenom_sandbox import Fault, LocalTenant

SYNCS = 8
CONFIG = {"num_workers": 6, "page_size": 25, "include_closed_jobs": True}
STUBBORN = Patience(attempts=12, first_wait=0.5, read=5.0)


def misbehave(local: LocalTenant, rng: random.Random) -> None:
    """Everything that the gateway is known or assumed to do, now and then."""
    faults = local.faults
    faults.throttle = [
        Fault(429, probability=0.03),
        Fault(503, probability=0.02, retry_after=3),
        Fault(429, in_flight=4),
    ]
    faults.server_error = [Fault(status, probability=0.01) for status in (500, 502, 504)]
    faults.reset = Fault(probability=0.02)
    faults.reset_after_headers = Fault(probability=0.005)
    faults.truncate = Fault(0.5, probability=0.02)
    faults.html = [Fault(200, probability=0.01), Fault(502, probability=0.01)]
    faults.empty_body = Fault(200, probability=0.01)
    faults.gzip = Fault(probability=0.5)
    faults.redirect = Fault(307, probability=0.05)
    faults.unauthorized = Fault(every=83)
    faults.paging_as_text = Fault(probability=0.3)
    faults.page_limit = rng.choice([None, 10, 17])
    faults.short_page = Fault(3, probability=0.03)
    faults.empty_page = Fault(rng.randrange(250), path="/apply", probability=0.5)
    faults.data_null = Fault(probability=0.005)
    faults.total = rng.choice(
        [None, "string", "missing", Fault("missing", probability=0.2), Fault(3, probability=0.1)]
    )
    faults.churn = [
        Fault("mixed", path="/apply", probability=rng.choice([0.02, 0.2, 0.6])),
        Fault("delete", path="/apply", probability=0.03, position=0),
        Fault("insert", path="/apply", probability=0.03, position=0),
        Fault("mixed", path="/jobs-api", probability=rng.choice([0.0, 0.1])),
    ]


@dataclass
class Moment:
    """What is there, by stream: the remote ids that a complete scan must not miss."""

    applications: dict[str, Any]
    jobs: dict[str, Any]

    @classmethod
    def of(cls, local: LocalTenant) -> Moment:
        tenant = local.tenant
        rows: dict[str, list[Any]] = {}
        for row in (*tenant.open_jobs(), *tenant.closed_jobs()):
            if row["siteType"] == "external":
                rows.setdefault(str(row["jobId"]), []).append(row)
        return cls({row["id"]: row for row in tenant.applications()}, rows)

    def lasting(self, later: Moment) -> dict[str, set[str]]:
        """What is there at both moments. Nothing that the tenant deletes here ever comes back."""
        applications = self.applications.keys() & later.applications.keys()
        people = {_candidate(self.applications[key]) for key in applications}
        return {
            "applications": set(applications),
            "jobs": self.jobs.keys() & later.jobs.keys(),
            "candidates": {person for person in people if person is not None},
            "roles": {"HIRING_MANAGER", "RECRUITER"},
        }


def _candidate(application: Mapping[str, Any]) -> str | None:
    candidate_id = (application.get("candidateData") or {}).get("id")
    return candidate_id if isinstance(candidate_id, str) and candidate_id.strip() else None


@dataclass
class Loaded:
    """A warehouse that merges records by id, as a destination does, and the saved state."""

    tables: Warehouse = field(default_factory=lambda: {stream: {} for stream in STREAMS})
    states: Sequence[Any] = ()

    def load(self, ran: Ran) -> None:
        for stream, records in ran.outcome.records.items():
            for record in records:
                before = self.tables[stream].get(record["id"])
                assert before is None or record["changed_at"] > before["changed_at"], stream
                self.tables[stream][record["id"]] = record
        merged = {_stream(state): state for state in (*self.states, *ran.outcome.states)}
        self.states = json.loads(json.dumps(list(merged.values())))

    def live(self) -> Warehouse:
        return {
            stream: {
                key: without_time(record)
                for key, record in table.items()
                if record["remote_deleted_at"] is None
            }
            for stream, table in self.tables.items()
        }


def _stream(state: Mapping[str, Any]) -> str:
    return str(state["stream"]["stream_descriptor"]["name"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_soak(seed: int) -> None:
    rng = random.Random(seed)
    warehouse = Loaded()
    failed, requests, emitted_twice = 0, 0, 0
    with phenom_sandbox.running(seed=seed, jobs=40, applications=250) as local:
        for _ in range(SYNCS):
            misbehave(local, rng)
            before = Moment.of(local)
            ran = read(local, CONFIG, state=warehouse.states, patience=STUBBORN)
            lasting = before.lasting(Moment.of(local))
            for stream, records in ran.outcome.records.items():
                reported = {r.get("remote_id") for r in records if r["remote_deleted_at"]}
                assert not reported & lasting.get(stream, set()), stream
                emitted_twice += len(records) - len({record["id"] for record in records})
            failed += ran.code
            requests += ran.gateway.sent
            warehouse.load(ran)
        local.faults.clear()
        quiet = read(local, CONFIG, state=warehouse.states)
        assert quiet.code == 0
        assert set(quiet.ended.values()) == {"COMPLETE"}
        assert not quiet.warnings.replace("values of an unexpected type", "").count("moved")
        warehouse.load(quiet)
        fresh = read(local, CONFIG, mode="full_refresh")
        again = read(local, CONFIG, state=warehouse.states)
    assert emitted_twice == 0
    assert failed < SYNCS / 2
    assert requests > 100
    assert warehouse.live() == {stream: fresh.content().get(stream, {}) for stream in STREAMS}
    assert not again.outcome.records
