"""Random histories of a tenant and of syncs: in the end the records are those of the tenant."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.listing_order import Order
from unit_tests.listings.application_listing import NOW, ListingTenant, Record, row

HOUR = 3_600
STREAMS = ("applications", "candidates")


class History:
    """A tenant, syncs of it, and the records that they emitted."""

    def __init__(self, rng: random.Random, order: Order, streams: tuple[str, ...]) -> None:
        self.rng = rng
        self.streams = streams
        self.options: dict[str, Any] = {"full_scan_hours": 24}
        self.tenant = ListingTenant(order=order)
        self.states: dict[str, Any] = {}
        self.warehouse: dict[str, dict[str, Record]] = {name: {} for name in streams}
        self.now = NOW
        self.number = 0
        self.second = 0
        for _ in range(rng.randrange(10, 50)):
            self.add()

    def add(self) -> None:
        self.number += 1
        self.second += self.rng.choice((1, 300, 2_000, HOUR))
        second = max(0, self.second - self.rng.choice((0, 0, 0, 400)))
        candidate = self.rng.choice(("a", "b", "c", f"n{self.number}", f"n{self.number}", None))
        source = self.rng.choice(("web", "fair"))
        self.tenant.rows.append(row(second, self.number, candidate, source))

    def edit(self) -> None:
        if self.tenant.rows:
            each = self.rng.choice(self.tenant.rows)
            value = str(self.rng.randrange(9))
            what = self.rng.randrange(4)
            if what == 0:
                each["candidateData"] = {**each["candidateData"], "lastName": value}
            elif what == 1:
                each["customFieldData"] = {"note": value}
            elif what == 2:
                each["jobApplicationData"] = {"jobId": "JR-2", "applicantSource": value}
            else:
                each["candidateData"] = {**each["candidateData"], "id": self.rng.choice("abc")}

    def delete(self) -> None:
        if self.tenant.rows:
            del self.tenant.rows[self.rng.randrange(len(self.tenant.rows))]

    def move(self) -> None:
        self.options["start_date"] = self.rng.choice(
            (None, "2026-01-01T06:00Z", "2026-01-01T20:00Z")
        )

    def wait(self) -> None:
        self.now += timedelta(hours=self.rng.choice((1, 5, 30)))

    def change(self) -> None:
        """Make some changes, and let time pass."""
        steps = [self.add, self.add, self.add, self.edit, self.delete, self.wait]
        for _ in range(self.rng.randrange(6)):
            self.rng.choice(steps)()

    def sync(self) -> None:
        self.now += timedelta(minutes=1)
        outcome = self.tenant.sync(self.states, streams=self.streams, now=self.now, **self.options)
        self.states = outcome.states
        for stream, records in outcome.records.items():
            self.warehouse[stream] |= records

    def live(self, stream: str) -> dict[str, Record]:
        return {
            key: {column: value for column, value in record.items() if column != "changed_at"}
            for key, record in self.warehouse[stream].items()
            if record["remote_deleted_at"] is None
        }


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("streams", [STREAMS, ("applications",), ("candidates",)], ids="+".join)
@given(seed=st.integers(0, 2**32), moves=st.booleans(), chooses=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_full_scan_in_the_end_makes_all_right(
    order: Order, streams: tuple[str, ...], seed: int, moves: bool, chooses: bool
) -> None:
    rng = random.Random(seed)
    history = History(rng, order, streams)
    if chooses:
        history.options |= {"only_created_applications": True, "application_sources": ["web"]}
    for _ in range(rng.randrange(1, 6)):
        history.change()
        if moves and rng.random() < 0.5:
            history.move()
        history.sync()
    history.now += timedelta(days=3)
    history.sync()

    # Two scans: the first one may find that rows moved, and report no deletions.
    history.now += timedelta(days=3)
    history.sync()
    fresh = history.tenant.sync(streams=streams, now=history.now, **history.options)
    for stream in streams:
        live, expected = history.live(stream), fresh.told(stream)
        assert {key: live.get(key) for key in expected} == expected
        if not moves:
            assert set(live) == set(expected)
    history.now += timedelta(minutes=1)
    assert history.tenant.sync(history.states, streams=streams, **history.options).emitted == 0
