"""A delta tells new and changed records exactly as a full scan would."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.listing_order import Order
from source_phenom.listings.first_sources import SourceTable
from source_phenom.listings.listing_memory import ListingMemory
from source_phenom.snapshot import StreamState, tenant_tag
from unit_tests.listings.application_listing import (
    NOW,
    STREAMS,
    ListingTenant,
    Row,
    listing_config,
    row,
    row_id,
)

SELECTIONS = (STREAMS, ("applications",), ("candidates",))
SOURCES = ("web", "referral", "Airbyte")
CANDIDATES = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", None)
PAGE = 4


def history(count: int, step: int = 900) -> list[Row]:
    """Applications in order, each of one of a few candidates."""
    return [
        row(
            number * step,
            number,
            f"c{number % 7 + 1}" if number % 2 else f"only {number}",
            SOURCES[number % 3],
        )
        for number in range(count)
    ]


@st.composite
def drawn_rows(draw: st.DrawFn, first: int, second: int) -> list[Row]:
    """Rows that come after those of earlier seconds, out of order by less than ten minutes."""
    rows = []
    for number in range(first, first + draw(st.integers(0, 9))):
        second += draw(st.sampled_from((0, 1, 200, 599, 700, 5_000)))
        early = draw(st.sampled_from((0, 0, 1, 300)))
        source = draw(st.sampled_from(SOURCES))
        note = draw(st.sampled_from(("", "", "Eve")))
        rows.append(row(second - early, number, draw(st.sampled_from(CANDIDATES)), source, note))
    return rows


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[tuple[int, str, str]]]:
    """Rows at first, rows that are added, and edits of rows near the end."""
    before = draw(drawn_rows(0, 0)) + history(draw(st.integers(15, 60)))
    before.sort(key=lambda each: str(each["id"]))
    before = [{**each, "id": row_id(place * 250, 100 + place)} for place, each in enumerate(before)]
    added = draw(drawn_rows(1_000, len(before) * 250))
    edits = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2 * PAGE - 1),
                st.sampled_from(("name", "source", "note")),
                st.sampled_from(("web", "referral", "Eve")),
            ),
            max_size=3,
        )
    )
    return before, added, edits


def edited(rows: Sequence[Row], edits: Sequence[tuple[int, str, str]]) -> list[Row]:
    """The rows with edits; each names a row by its distance from the end."""
    result = copy.deepcopy(list(rows))
    for back, what, value in edits:
        each = result[-1 - back]
        if what == "name":
            each["candidateData"]["lastName"] = value
        elif what == "source":
            each["jobApplicationData"]["applicantSource"] = value
        else:
            each["customFieldData"] = {"note": value}
    return result


def remembered(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a state says about its records: fingerprints, and the meanings of the labels."""
    config = listing_config()
    tenant = tenant_tag(config.gateway_url, config.integration_id)
    parsed = StreamState.parse(state, tenant=tenant)
    memory = ListingMemory.of(dict(parsed.extras))
    assert memory is not None
    table = SourceTable(memory.sources or ())
    records: dict[str, Any] = {}
    for kind, keys, digests, labels in parsed.snapshot.sections:
        numbers = labels.tolist() if labels is not None else [0] * len(digests)
        for key, digest, label in zip(kind.unpack(keys), digests.tolist(), numbers, strict=True):
            records[key] = digest, table.entry(label)
    return {"records": records, "newest": memory.newest, "recent": memory.recent}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("streams", SELECTIONS, ids="+".join)
@given(drawn=histories())
@settings(max_examples=60, deadline=None)
def test_a_delta_tells_what_a_full_scan_tells(
    order: Order,
    streams: tuple[str, ...],
    drawn: tuple[list[Row], list[Row], list[tuple[int, str, str]]],
) -> None:
    before, added, edits = drawn
    tenant = ListingTenant(before, order)
    first = tenant.sync(streams=streams)
    tenant.rows = edited([*before, *added], edits)

    delta = tenant.sync(first.states, streams=streams)
    full = tenant.sync(first.states, streams=streams, now=NOW + timedelta(days=2))
    for stream in streams:
        assert delta.told(stream) == full.told(stream)
        if len(delta.requests) < len(full.requests):
            assert not delta.gone(stream)
        assert remembered(delta.states[stream]) == remembered(full.states[stream])
    quiet = tenant.sync(delta.states, streams=streams)
    assert quiet.emitted == 0


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("streams", SELECTIONS, ids="+".join)
@pytest.mark.parametrize("new", [1, 20, 60])
@pytest.mark.parametrize("answered", range(0, 24, 3))
def test_what_a_delta_that_broke_off_did_not_read_is_read_by_the_next_one(
    order: Order, streams: tuple[str, ...], new: int, answered: int
) -> None:
    """The state has its newest rows. Behind them are rows that it did not come to."""
    rows = history(40 + new)
    tenant = ListingTenant(rows[:40], order)
    first = tenant.sync(streams=streams)
    tenant.rows = [*rows, row(100_000, 2_000, "c1", "web")]
    with tenant.breaking_off(answered):
        broken = tenant.sync(first.states, streams=streams, may_fail=True)
    states = {**first.states, **broken.states}
    repaired = tenant.sync(states, streams=streams)
    full = tenant.sync(first.states, streams=streams, now=NOW + timedelta(days=2))
    for stream in streams:
        assert {**broken.told(stream), **repaired.told(stream)} == full.told(stream)
        assert remembered(repaired.states[stream]) == remembered(full.states[stream])
    assert tenant.sync(repaired.states, streams=streams).emitted == 0


@pytest.mark.parametrize("order", Order)
def test_labels_are_right_after_a_scan_that_was_made_twice(order: Order) -> None:
    """Many records are gone at once, so the listing is read again."""
    tenant = ListingTenant(history(200), order)
    first = tenant.sync()
    del tenant.rows[:150]
    tenant.rows += [row(200 * 900, 900, "c1", "fair"), row(201 * 900, 901, "new", "fair")]
    again = tenant.sync(first.states, now=NOW + timedelta(days=2))
    assert len(again.requests) > 30
    fresh = tenant.sync(now=NOW + timedelta(days=2))
    assert remembered(again.states["candidates"]) == remembered(fresh.states["candidates"])


def test_only_new_candidates_of_many_pages_are_added() -> None:
    tenant = ListingTenant(history(100))
    first = tenant.sync()
    new = [row(100 * 900 + n, 1_000 + n, f"new {n}", "fair") for n in range(50)]
    tenant.rows += new
    delta = tenant.sync(first.states)
    assert len(delta.requests) <= 12 + 50 // 3
    assert set(delta.told("candidates")) == {each["candidateData"]["id"] for each in new}
    assert set(delta.told("applications")) == {each["id"] for each in new}


@pytest.mark.parametrize("streams", SELECTIONS, ids="+".join)
def test_new_rows_that_are_left_out_do_not_end_a_delta(streams: tuple[str, ...]) -> None:
    """New rows of another source are in front of new rows of ours."""
    options: dict[str, Any] = {
        "only_created_applications": True,
        "application_sources": ["Airbyte"],
        "streams": streams,
    }
    for order in Order:
        tenant = ListingTenant(history(60), order)
        first = tenant.sync(**options)
        tenant.rows.append(row(70 * 900, 1_000, "ours", "Airbyte"))
        tenant.rows += [row(71 * 900 + n, 1_001 + n, f"other {n}", "web") for n in range(40)]
        delta = tenant.sync(first.states, **options)
        assert sum(len(delta.told(stream)) for stream in streams) == len(streams)


def test_edits_of_the_source_of_the_oldest_application_are_told() -> None:
    tenant = ListingTenant(history(60))
    tenant.rows.append(row(70 * 900, 1_000, "single", "web"))
    first = tenant.sync()
    tenant.rows[-1]["jobApplicationData"]["applicantSource"] = "fair"
    delta = tenant.sync(first.states)
    assert delta.told("candidates")["single"]["source"] == "fair"
    assert set(delta.told("candidates")) == {"single"}


def test_an_application_that_moves_to_another_candidate() -> None:
    tenant = ListingTenant(history(60))
    tenant.rows.insert(3, row(3 * 900, 1_000, "kept", "web"))
    tenant.rows.append(row(70 * 900, 1_001, "merged", "fair", "Eve"))
    first = tenant.sync()
    tenant.rows[-1]["candidateData"]["id"] = "kept"
    delta = tenant.sync(first.states)
    kept = delta.told("candidates")["kept"]
    assert (kept["first_name"], kept["source"]) == ("Eve", "web")
