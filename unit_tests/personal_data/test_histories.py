"""Random histories, read in both modes: every sync emits the same records but for pseudonyms."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.listing_order import Order
from unit_tests.listings.application_listing import ListingOutput, Record
from unit_tests.listings.test_histories import STREAMS, History
from unit_tests.personal_data.hidden import HIDDEN, hidden, of_key, unified_id

NONE: dict[str, list[Record]] = {
    stream: []
    for stream in ("users", "jobs", "roles", "job_hiring_team_members", "job_user_role_assignments")
}


class TwoModes(History):
    """A history whose candidates have ids, addresses, addresses as ids, or nothing."""

    def __init__(self, rng: random.Random, order: Order, streams: tuple[str, ...]) -> None:
        self.hidden_states: dict[str, Any] = {}
        self.references: dict[str, str] = {}
        super().__init__(rng, order, streams)

    def add(self) -> None:
        super().add()
        number = self.rng.choice((1, 2, 3, self.number))
        # A candidate's addresses have one case: another one is a change in full mode only.
        address = f"Ada{number}@Example.test"
        who: dict[str, Any] = self.rng.choice(
            (
                {"id": f"c{number}", "contactData": {"email": address}},
                {"contactData": {"email": address}},
                {"id": None, "contactData": {"email": address}},
                {"id": address.lower(), "contactData": {"email": address}},
                {},
            )
        )
        address_key = f"email:{address.lower()}"
        for key in (who.get("id"), address_key, *"abc"):
            if key is not None:
                full_id = unified_id("candidates", key)
                self.references[full_id] = unified_id("candidates", of_key("candidates", key))
        phone = {"phoneNumber": f"0341 {number}", "deviceType": "Mobile"}
        contact = {"contactData": {**who["contactData"], **phone}} if who else {}
        self.tenant.rows[-1]["candidateData"] = {"firstName": "Ada", **who, **contact}

    def edit(self) -> None:
        """Changes only what both modes show."""
        before = [each.get("customFieldData") for each in self.tenant.rows]
        super().edit()
        for each, custom in zip(self.tenant.rows, before, strict=True):
            each["customFieldData"] = custom

    def broken_sync(self) -> None:
        """A sync that ends after some requests."""
        with self.tenant.breaking_off(self.rng.randrange(6)):
            self.sync()

    def sync(self) -> None:
        self.now += timedelta(minutes=1)
        full = self._in_mode(self.states, {})
        now_hidden = self._in_mode(self.hidden_states, HIDDEN)
        self.states |= full.states
        self.hidden_states |= now_hidden.states
        assert now_hidden.failures == full.failures
        expected = hidden(NONE | _lists(full))
        for row in expected.get("applications", ()):
            # Its candidate may have been emitted by an earlier sync.
            row["candidate_id"] = self.references.get(row["candidate_id"], row["candidate_id"])
        assert _by_id(_lists(now_hidden)) == _by_id({name: expected[name] for name in full.records})

    def _in_mode(self, states: dict[str, Any], mode: dict[str, Any]) -> ListingOutput:
        return self.tenant.sync(
            states, streams=self.streams, now=self.now, may_fail=True, **self.options, **mode
        )


def _lists(outcome: ListingOutput) -> dict[str, list[Record]]:
    return {stream: list(records.values()) for stream, records in outcome.records.items()}


def _by_id(records: dict[str, list[Record]]) -> dict[str, dict[str, Record]]:
    return {stream: {row["id"]: row for row in rows} for stream, rows in records.items()}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("streams", [STREAMS, ("candidates",)], ids="+".join)
@given(seed=st.integers(0, 2**32), moves=st.booleans(), chooses=st.booleans())
@settings(max_examples=40, deadline=None)
def test_both_modes_emit_the_same(
    order: Order, streams: tuple[str, ...], seed: int, moves: bool, chooses: bool
) -> None:
    rng = random.Random(seed)
    history = TwoModes(rng, order, streams)
    if chooses:
        history.options |= {"only_created_applications": True, "application_sources": ["web"]}
    history.sync()
    for _ in range(rng.randrange(2, 8)):
        history.change()
        if moves and rng.random() < 0.3:
            history.move()
        rng.choice((history.sync, history.sync, history.broken_sync))()
