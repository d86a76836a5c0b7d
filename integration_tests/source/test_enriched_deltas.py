"""With an acting user, a delta tells what a full scan would tell, edits anywhere included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from integration_tests.source.syncing import NOW, OF_CANDIDATES, SyncOutput, Syncs, syncing
from phenom_sandbox import Fault

DELTAS: dict[str, Any] = {"full_scan_hours": 24, "page_size": 20}
LISTING = "/apply/v2/applications"
ONE = "/apply/v2/applications/{id}"
LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def syncs(caplog: pytest.LogCaptureFixture) -> Iterator[Syncs]:
    with syncing(caplog, seed=7, jobs=10, applications=400) as syncs:
        syncs.config |= DELTAS
        yield syncs


def told(outcome: SyncOutput, stream: str) -> dict[str, Any]:
    return {
        key: {column: value for column, value in record.items() if column != "changed_at"}
        for key, record in outcome.live(stream).items()
    }


def edit(syncs: Syncs, rng: random.Random) -> None:
    """Change something anywhere in the tenant."""
    tenant = syncs.local.tenant
    key = rng.choice([payload["id"] for payload in tenant.applications()])
    match rng.randrange(6):
        case 0:
            tenant.add_application()
        case 1:
            tenant.set_hiring_status(key, rng.choice(["Offer", "Rejected", "Interview"]))
        case 2:
            name = f"Name {rng.randrange(99)}"
            tenant.set_application(key, {"candidateData": {"lastName": name}})
        case 3:
            tenant.set_application(key, {"customFieldData": {"note": rng.randrange(99)}})
        case 4:
            source = rng.choice(["web", "fair"])
            tenant.set_application(key, {"jobApplicationData": {"applicantSource": source}})
        case _:
            tenant.tags.add(tenant.candidate_id_of(tenant.application(key)), "relocates")


@pytest.mark.parametrize("streams", [OF_CANDIDATES, ("candidates",), ("applications",)])
def test_a_delta_tells_what_a_full_scan_tells(syncs: Syncs, streams: tuple[str, ...]) -> None:
    rng = random.Random(len(streams))
    syncs.run(*streams)
    for step in range(1, 4):
        for _ in range(4):
            edit(syncs, rng)
        now = NOW + step * timedelta(minutes=20)
        full = syncs.run(*streams, now=now, keep=False, full_scan_hours=0)
        delta = syncs.run(*streams, now=now)
        assert "a delta, as the last full scan" in delta.log
        for stream in streams:
            assert told(delta, stream) == told(full, stream)
            assert not delta.gone(stream)
        assert delta.asked(LISTING) < full.asked(LISTING) / 2
    assert not syncs.run(*streams, now=now + timedelta(minutes=1)).emitted
    assert not syncs.run(*streams, now=NOW + timedelta(days=2)).emitted


def test_a_quiet_delta_makes_few_requests(syncs: Syncs) -> None:
    syncs.run(*OF_CANDIDATES)
    quiet = syncs.run(*OF_CANDIDATES, now=LATER)
    assert not quiet.emitted
    assert quiet.asked(LISTING) <= 12
    # The search overlaps with that of the earlier sync by ten minutes.
    assert sum(quiet.requests.values()) <= 30


def test_an_edit_of_an_old_application_shows(syncs: Syncs) -> None:
    syncs.run(*OF_CANDIDATES)
    payload = next(p for p in syncs.local.tenant.applications() if p["candidateData"].get("id"))
    syncs.local.tenant.set_application(payload["id"], {"customFieldData": {"note": "called"}})
    outcome = syncs.run(*OF_CANDIDATES, now=LATER)
    assert "a delta, as the last full scan" in outcome.log
    assert payload["id"] in outcome.live("applications")
    assert outcome.asked(ONE) > 0
    assert outcome.asked(LISTING) <= 12


def test_a_deleted_application_waits_for_the_full_scan(syncs: Syncs) -> None:
    syncs.run(*OF_CANDIDATES)
    payload = next(p for p in syncs.local.tenant.applications() if p["candidateData"].get("id"))
    syncs.local.tenant.delete_application(payload["id"])
    outcome = syncs.run(*OF_CANDIDATES, now=LATER)
    assert "a delta, as the last full scan" in outcome.log
    assert not any(map(outcome.gone, OF_CANDIDATES))
    full = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=2))
    assert full.gone("applications") == {payload["id"]}


def test_applications_that_cannot_be_read_need_a_full_scan(syncs: Syncs) -> None:
    syncs.run(*OF_CANDIDATES)
    payload = next(p for p in syncs.local.tenant.applications() if p["candidateData"].get("id"))
    syncs.local.tenant.set_application(payload["id"], {"customFieldData": {"note": "called"}})
    syncs.local.faults.deny = Fault(path="/apply/v2/applications/*")
    outcome = syncs.run(*OF_CANDIDATES, now=LATER)
    assert "a full scan is needed, as the applications of changed candidates cannot" in outcome.log
    assert payload["id"] in outcome.live("applications")
    assert set(outcome.statuses.values()) == {"COMPLETE"}


def test_a_refused_search_needs_a_full_scan(syncs: Syncs) -> None:
    syncs.local.faults.deny = Fault(path="/candidates-api/v1/candidates/search")
    syncs.run("applications")
    outcome = syncs.run("applications", now=LATER)
    assert "a full scan" in outcome.log
    assert outcome.statuses == {"applications": "COMPLETE"}


def test_a_full_reconciliation_is_a_full_scan(syncs: Syncs) -> None:
    syncs.config["full_scan_hours"] = 8760
    syncs.run(*OF_CANDIDATES)
    outcome = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=8))
    assert "needs a full reconciliation" in outcome.log
