"""What a state remembers of each candidate for deltas, and how long it is."""

from __future__ import annotations

import random

import pytest

from source_phenom.listings import first_sources
from source_phenom.listings.first_sources import FirstSource, SourceTable
from source_phenom.snapshot import Comparison, Snapshot, StreamState
from unit_tests.listings.application_listing import ListingTenant, row

N = 100_000


def test_bytes_of_state_per_candidate() -> None:
    """The specification, section 4.1: at most 1.5."""
    rng = random.Random(1)
    sources = ["Career Site", "LinkedIn", "Indeed", "Referral", "Agency", "Fair", "Airbyte", None]
    shares = [40, 20, 12, 10, 8, 5, 4, 1]
    numbers, often = [1, 2, 3, 4, 5, 8, 12], [70, 16, 7, 3, 2, 1, 1]
    table, comparison = SourceTable(), Comparison(Snapshot(), labelled=True)
    drawn = zip(rng.choices(sources, shares, k=N), rng.choices(numbers, often, k=N), strict=True)
    labels = [table.label(FirstSource(source, number)) for source, number in drawn]
    keys = [f"{rng.getrandbits(96):024x}" for _ in range(N)]
    comparison.observe_page(keys, [0] * N, labels)
    state = StreamState("2026-01-01T00:00:00.000Z", "", comparison.snapshot(complete=True)).dump()
    assert len(state["labels"]) + len(str(table.entries)) <= 1.5 * N


def test_a_table_that_is_full_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_sources, "MOST_SOURCES", 3)
    tenant = ListingTenant([row(n * 900, n, f"c{n}", f"source {n % 4}") for n in range(60)])
    states = tenant.sync().states
    assert "labels" not in states["candidates"]
    second = tenant.sync(states)
    assert len(second.requests) > 12
    assert second.emitted == 0
    assert len(tenant.sync(states, streams=("applications",)).requests) <= 12
