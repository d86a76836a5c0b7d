"""A tenant of 20,000 applications to 300 jobs: right outcomes, and what a change costs."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.source.reading import ConnectorOutput, read
from source_phenom.models.outcomes import Outcomes

LISTINGS = ("GET /apply/v2/applications", "GET /jobs-api/v1/jobs")
STREAMS = ("users", "jobs", "candidates", "applications", "employees", "groups")
EVERYTHING = (
    *STREAMS,
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
    "application_activities",
    "candidate_documents",
)


def beyond_the_listings(requests: Counter[str]) -> int:
    return sum(count for operation, count in requests.items() if operation not in LISTINGS)


def change(tenant: phenom_sandbox.Tenant, how_many: int) -> dict[str, str | None]:
    """Move applications on; returns the outcomes that they have then, by id."""
    known = [key for key, status in tenant.hiring.statuses() if status is not None]
    moved: dict[str, str | None] = {}
    for number, key in enumerate(random.Random(7).sample(known, how_many)):
        status = ("Hired", "Rejected", "Interview", "Withdrawn")[number % 4]
        before = tenant.hiring.status(key)
        if before is not None and before.value == status:
            status = "Offer Extended"
        tenant.hiring.move(key, status)
        moved[key] = Outcomes({}).of(status) or "PENDING"
    return moved


def outcomes(outcome: ConnectorOutput) -> dict[str, str | None]:
    return {record["remote_id"]: record["outcome"] for record in outcome.records["applications"]}


@pytest.mark.slow
def test_outcomes_of_20000_applications_and_the_cost_of_50_changes() -> None:
    with phenom_sandbox.running(seed=11, jobs=300, applications=20_000) as local:
        config = {**local.config, "ph_user_id": "acting-user", "num_workers": 20}
        first = read(config, streams=STREAMS)
        assert first.code == 0, first.failures
        truth = {
            key: None if status is None else Outcomes({}).of(status.value) or "PENDING"
            for key, status in local.tenant.hiring.statuses()
        }
        assert len(truth) == 20_000
        assert outcomes(first) == truth
        assert set(truth.values()) == {None, "PENDING", "HIRED", "DECLINED"}

        moved = change(local.tenant, 50)
        local.requests.clear()
        second = read(config, first.states, streams=STREAMS)
        assert second.code == 0, second.failures
        assert outcomes(second) == moved
        assert beyond_the_listings(local.requests.counts) < 300
        candidates: set[Any] = {r["candidate_id"] for r in second.records["applications"]} - {None}
        assert {record["id"] for record in second.records["candidates"]} <= candidates
        assert set(second.records) == {"applications", "candidates"}


def test_50_changes_of_every_stream() -> None:
    """The same with the streams that are read candidate by candidate, in a smaller tenant."""
    with phenom_sandbox.running(seed=12, jobs=40, applications=600) as local:
        config = {**local.config, "ph_user_id": "acting-user", "num_workers": 20}
        first = read(config, streams=EVERYTHING)
        assert first.code == 0, first.failures
        moved = change(local.tenant, 50)
        local.requests.clear()
        second = read(config, first.states, streams=EVERYTHING)
        assert second.code == 0, second.failures
        assert outcomes(second) == moved
        with_id = {
            payload["id"]
            for payload in local.tenant.applications()
            if payload["candidateData"].get("id")
        }
        assert len(second.records["application_activities"]) == len(with_id & moved.keys())
        assert set(second.records) == {"applications", "candidates", "application_activities"}
        assert beyond_the_listings(local.requests.counts) < 300
