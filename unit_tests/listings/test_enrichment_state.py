"""What a stream remembers about the Candidates API, and when a full run is due."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from source_phenom.config import SourceConfig, source_config
from source_phenom.listings.enrichment_state import (
    ChangedCandidates,
    EnrichmentRun,
    EnrichmentState,
    forget,
    settings_of,
)
from source_phenom.models.timestamps import rfc3339
from source_phenom.streams.stream_run import StreamRun
from unit_tests.reading.protocol import CONFIG

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
NOW_MS = int(NOW.timestamp() * 1000)


def config(**changes: Any) -> SourceConfig:
    return source_config({**CONFIG, "ph_user_id": "u", **changes})


def stream(memory: dict[str, Any] | None = None, now: datetime = NOW) -> StreamRun:
    run = StreamRun(
        "applications",
        columns=("id",),
        detailed=True,
        unified_id=str,
        previous=None,
        tenant="t",
        hard_deletes=False,
        now=now,
        clock=lambda: 0.0,
    )
    run.memory.update(memory or {})
    return run


def covered(days_ago: float = 1, **changes: Any) -> dict[str, Any]:
    member = {
        "reconciled_at": rfc3339(NOW - timedelta(days=days_ago)),
        "until": NOW_MS - 3_600_000,
        "newest": "65f0",
        "settings": settings_of(config()),
        **changes,
    }
    return {"candidates_api": member}


@pytest.mark.parametrize(
    ("memory", "changes", "is_full"),
    [
        ({}, {}, True),
        (covered(), {}, False),
        (covered(6.99), {}, False),
        (covered(7), {}, True),
        (covered(2), {"full_reconcile_days": 2}, True),
        (covered(30), {"full_reconcile_days": 31}, False),
        (covered(), {"outcome_mapping": {"Talent pool": "DECLINED"}}, True),
        (covered(), {"only_created_applications": True}, True),
        (covered(), {"num_workers": 3, "page_size": 7, "locale": "de_DE"}, False),
        (covered(settings="of another time"), {}, True),
        (covered(reconciled_at="yesterday"), {}, True),
        (covered(until="1"), {}, True),
        (covered(until=True), {}, True),
        ({"candidates_api": None}, {}, True),
        ({"candidates_api": {}}, {}, True),
    ],
)
def test_when_a_full_run_is_due(
    memory: dict[str, Any], changes: dict[str, Any], is_full: bool
) -> None:
    assert EnrichmentRun(stream(memory), config(**changes)).is_full == is_full


def test_a_run_of_changes_moves_until_but_not_reconciled_at() -> None:
    run = stream(covered())
    before = EnrichmentState.of(run.memory)
    assert before is not None
    EnrichmentRun(run, config()).cover(NOW_MS - 60_000, "65f1")
    after = EnrichmentState.of(run.memory)
    assert after == EnrichmentState(before.reconciled_at, NOW_MS - 60_000, "65f1", before.settings)


def test_a_full_run_replaces_what_was_remembered() -> None:
    run = stream(covered(9))
    EnrichmentRun(run, config()).cover(NOW_MS - 60_000, "65e0")
    after = EnrichmentState.of(run.memory)
    assert after is not None
    assert (after.reconciled_at, after.newest) == (rfc3339(NOW), "65e0")


@pytest.mark.parametrize(
    ("seen", "until"),
    [(NOW_MS + 10**9, NOW_MS), (0, NOW_MS - 3_600_000), (NOW_MS - 5, NOW_MS - 5)],
)
def test_until_never_goes_back_nor_into_the_future(seen: int, until: int) -> None:
    run = stream(covered())
    EnrichmentRun(run, config()).cover(seen, "")
    after = EnrichmentState.of(run.memory)
    assert after is not None
    assert after.until == until
    assert after.newest == "65f0"


def test_an_api_that_answers_for_the_first_time_makes_the_next_run_full() -> None:
    run = stream(covered())
    enrichment = EnrichmentRun(run, config())
    assert enrichment.optional_api("tags", "").read(dict) == {}
    enrichment.cover(NOW_MS, "")
    assert EnrichmentState.of(run.memory) is None


def test_only_a_first_sync_is_covered_early() -> None:
    first = stream()
    EnrichmentRun(first, config()).cover_first_sync(NOW_MS)
    assert EnrichmentState.of(first.memory) is not None
    later = stream(covered(9))
    EnrichmentRun(later, config()).cover_first_sync(NOW_MS)
    assert later.memory == covered(9)


def test_without_an_acting_user_everything_is_forgotten() -> None:
    memory = {**covered(), "filled_from": ["tags"], "later": 1}
    forget(memory)
    assert memory == {"later": 1}


@pytest.mark.parametrize(
    ("candidate", "address", "moment", "expected"),
    [
        ("c1", None, 4, True),
        ("c1", None, 5, False),
        (None, "ada@example.com", 4, True),
        ("c9", "ada@example.com", 4, True),
        ("undated", None, 10**15, True),
        ("c9", "bob@example.com", -1, False),
        (None, None, 0, False),
    ],
)
def test_who_changed_after_a_moment(
    candidate: str | None, address: str | None, moment: float, expected: bool
) -> None:
    recent = ChangedCandidates()
    recent.add(3, "c1", ["ada@example.com"])
    recent.add(5, "c1", ["ada@example.com"])
    recent.add(4, "c1", ["ada@example.com"])
    recent.add(None, "undated", [])
    assert recent.changed_after(moment, candidate, address) == expected
    assert recent.without_address == {"undated"}
