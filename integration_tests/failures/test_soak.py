"""Many syncs with all faults at once: no record that still exists is reported as deleted.

Every sync has all faults that a read can have. In a "storm", the tenant also changes while it is
read, and totals are sometimes wrong. In a "calm" sync the tenant does not change: the sync must
report the deletions since the last one. In other syncs, an API or the client's secret is refused.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.failures.running import (
    APPLY_STREAMS,
    JOB_STREAMS,
    Ran,
    Warehouse,
    read,
    without_time,
)
from integration_tests.source.reading import STREAMS
from phenom_api.retries import RetryPolicy
from phenom_sandbox import Fault, LocalTenant
from phenom_sandbox.faults import SWITCHES

STORM, CALM, DENIED, LOCKED_OUT = "storm", "calm", "denied", "locked out"
SYNCS = [STORM] * 4 + [CALM] * 4 + [DENIED, LOCKED_OUT]
CONFIG = {"num_workers": 6, "page_size": 25, "include_closed_jobs": True}
STUBBORN = RetryPolicy(attempts=12, first_wait=0.5, read=1.0)

NOT_OF_THESE_LISTINGS = {"lost_answer", "search_window", "dates_only", "nameless_activities"}
"""Faults of writes and of the Candidates API."""


def misbehave(local: LocalTenant, rng: random.Random, sync: str, hang: bool) -> None:
    """Turn on, at random, every fault that a gateway is known or assumed to have."""
    faults = local.faults
    faults.latency = [Fault(10, probability=0.1), Fault(1500, after=20, count=int(hang))]
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
    faults.token_lifetime = 30
    faults.token_format = rng.choice([None, "jwt", "bare"])
    faults.paging_as_text = Fault(probability=0.3)
    faults.page_limit = rng.choice([None, 10, 17])
    faults.silent_page_limit = rng.choice([None, 12])
    faults.short_page = Fault(3, probability=0.03)
    faults.empty_page = Fault(rng.randrange(250), path="/apply", probability=0.5)
    faults.data_null = Fault(probability=0.005)
    faults.total = rng.choice([None, "string", Fault("missing", probability=0.2)])
    faults.churn = None
    faults.deny = None
    faults.wrong_secret = None
    if sync == STORM:
        wrong = [None, "missing", Fault(3, probability=0.1), Fault(-3, probability=0.1)]
        faults.total = rng.choice(wrong)
        # A row that no page shows, and listings that end early.
        faults.empty_page = Fault(rng.randrange(200), path="/apply")
        faults.data_null = Fault(after=rng.randrange(40), count=rng.randrange(30))
        faults.churn = [
            Fault("mixed", path="/apply", probability=rng.choice([0.02, 0.2, 0.6])),
            Fault("delete", path="/apply", probability=0.03, position=0),
            Fault("insert", path="/apply", probability=0.03, position=0),
            Fault("mixed", path="/jobs-api", probability=rng.choice([0.0, 0.1])),
        ]
    elif sync == DENIED:
        faults.deny = Fault(path=rng.choice(["/apply", "/jobs-api"]), after=rng.randrange(5))
    elif sync == LOCKED_OUT:
        # In the middle of the run: the first token is refused, and no second one is issued.
        faults.wrong_secret = Fault(after=1)
        faults.unauthorized = Fault(after=6)


def edit(local: LocalTenant, rng: random.Random) -> None:
    """Changes between two syncs. No deleted record comes back."""
    tenant = local.tenant
    for _ in range(rng.randrange(4, 9)):
        ids = [row["id"] for row in tenant.applications()]
        tenant.delete_application(rng.choice(ids))
        tenant.add_application(position=rng.choice([None, 0, rng.randrange(len(ids))]))
        edited = rng.choice([row["id"] for row in tenant.applications()])
        tenant.set_application(edited, {"customFieldData": {"edited": tenant.new_id()}})
    jobs = sorted({str(row["jobId"]) for row in tenant.open_jobs()})
    deleted, closed, renamed = rng.sample(jobs, 3)
    tenant.delete_job(deleted)
    tenant.close_job(closed)
    tenant.set_job(renamed, {"title": f"Renamed {tenant.new_id()}"})
    tenant.add_job()


@dataclass
class Moment:
    """The records of the tenant at one time, which a complete scan must not miss."""

    applications: dict[str, Any]
    jobs: dict[str, list[Any]]

    @classmethod
    def of(cls, local: LocalTenant) -> Moment:
        tenant = local.tenant
        rows: dict[str, list[Any]] = {}
        for row in (*tenant.open_jobs(), *tenant.closed_jobs()):
            if row["siteType"] == "external":
                rows.setdefault(str(row["jobId"]), []).append(row)
        return cls({row["id"]: row for row in tenant.applications()}, rows)

    def lasting(self, later: Moment) -> dict[str, set[str]]:
        """Remote ids by stream of the records that exist at both times."""
        applications = self.applications.keys() & later.applications.keys()
        jobs = self.jobs.keys() & later.jobs.keys()
        people = {_candidate(self.applications[key]) for key in applications}
        teams = [_team(self.jobs[key]) & _team(later.jobs[key]) for key in jobs]
        return {
            "applications": set(applications),
            "jobs": set(jobs),
            "candidates": {person for person in people if person is not None},
            "users": set().union(*teams),
            "roles": {"HIRING_MANAGER", "RECRUITER"},
        }


def _candidate(application: Mapping[str, Any]) -> str | None:
    candidate_id = (application.get("candidateData") or {}).get("id")
    return candidate_id if isinstance(candidate_id, str) and candidate_id.strip() else None


def _team(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The people who are on the hiring team in every row of a job."""
    teams = []
    for row in rows:
        team = [row.get("hiringManagerEmail")]
        team += [recruiter.get("recruiterEmail") for recruiter in row.get("multiRecruiter") or ()]
        teams.append({email.strip().lower() for email in team if email and email.strip()})
    return set.intersection(*teams)


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

    def remote_ids(self, stream: str) -> set[str]:
        return {record["remote_id"] for record in self.live()[stream].values()}


def _stream(state: Mapping[str, Any]) -> str:
    return str(state["stream"]["stream_descriptor"]["name"])


@dataclass
class Tally:
    """Counts what the syncs have covered, so that the test fails if they cover too little."""

    requests: int = 0
    retries: int = 0
    renewals: int = 0
    armed: set[str] = field(default_factory=set)
    ended: dict[str, list[int]] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    settled: int = 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_soak(seed: int) -> None:
    rng = random.Random(seed)
    syncs = rng.sample(SYNCS, len(SYNCS))
    warehouse, tally = Loaded(), Tally()
    with phenom_sandbox.running(seed=seed, jobs=40, applications=250) as local:
        for number, sync in enumerate(syncs):
            _one_sync(local, rng, sync, warehouse, tally, hang=number == syncs.index(STORM))
            edit(local, rng)
        local.faults.clear()
        quiet = read(local, CONFIG, state=warehouse.states)
        warehouse.load(quiet)
        fresh = read(local, CONFIG, mode="full_refresh")
        again = read(local, CONFIG, state=warehouse.states)
    assert quiet.code == 0
    assert set(quiet.ended.values()) == {"COMPLETE"}
    assert not quiet.doubts
    assert warehouse.live() == {stream: fresh.content().get(stream, {}) for stream in STREAMS}
    assert not again.outcome.records

    assert tally.armed == SWITCHES.keys() - NOT_OF_THESE_LISTINGS
    assert tally.requests > 300
    assert tally.retries > 40
    assert tally.renewals >= len(SYNCS)
    assert tally.ended[DENIED] == tally.ended[LOCKED_OUT] == [1]
    assert sum(tally.ended[STORM] + tally.ended[CALM]) <= 2
    # Deletions are reported during the faults, not only after them.
    assert tally.deleted[CALM] > 10
    assert tally.settled >= 2


def _one_sync(
    local: LocalTenant,
    rng: random.Random,
    sync: str,
    warehouse: Loaded,
    tally: Tally,
    *,
    hang: bool,
) -> None:
    misbehave(local, rng, sync, hang)
    tally.armed |= local.faults.as_json().keys()
    before = Moment.of(local)
    ran = read(local, CONFIG, state=warehouse.states, policy=STUBBORN)
    after = Moment.of(local)
    lasting = before.lasting(after)
    for stream, records in ran.outcome.records.items():
        ids = [record["id"] for record in records]
        assert len(ids) == len(set(ids)), f"{stream}: emitted twice"
        gone = [record for record in records if record["remote_deleted_at"]]
        if stream in lasting:
            reported = {record["remote_id"] for record in gone}
            assert not reported & lasting[stream], f"{stream}: reported, but still there"
        tally.deleted[sync] = tally.deleted.get(sync, 0) + len(gone)
    warehouse.load(ran)
    if sync == CALM and ran.code == 0 and not ran.doubts:
        tally.settled += 1
        assert warehouse.remote_ids("applications") == after.applications.keys()
        assert warehouse.remote_ids("jobs") == after.jobs.keys()
    if sync == DENIED:
        failed = {stream for stream, status in ran.ended.items() if status == "INCOMPLETE"}
        assert failed in (set(JOB_STREAMS), set(APPLY_STREAMS))
    tally.requests += ran.gateway.sent
    tally.retries += ran.gateway.retried
    tally.renewals += ran.gateway.tokens.fetched
    tally.ended.setdefault(sync, []).append(ran.code)
