"""Deltas of a listing that grew, shrank, or moves while it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.delta_scan import DeltaScan
from phenom_api.errors import RequestRefused
from phenom_api.listing_order import Order
from phenom_api.paging import Page
from unit_tests.phenom_api.growing_listing import FIRST_NEW, append, delta_of, drawn, grown
from unit_tests.phenom_api.hostile import TOTALS
from unit_tests.phenom_api.moving_listing import Change, InlineExecutor, MovingListing
from unit_tests.phenom_api.repeating_listing import (
    IN_ORDER,
    RepeatingListing,
    Row,
    Serve,
    ignores_offset,
)

both_orders = pytest.mark.parametrize("order", Order)
known_totals = pytest.mark.parametrize("total", ["right", "missing"])
MOST_MORE = 12
"""Requests that a delta may make beyond the pages of its new rows."""


@both_orders
@known_totals
@pytest.mark.parametrize("before", [1, 50, 100, 150, 199, 200, 1000, 100_000])
@pytest.mark.parametrize(("page_size", "clamp"), [(100, 1000), (100, 20), (20, 1000)])
def test_a_quiet_delta(order: Order, total: str, before: int, page_size: int, clamp: int) -> None:
    listing = grown(order, before=before, clamp=clamp)
    listing.total = TOTALS[total]
    length = min(clamp, page_size + (page_size < 35))
    delta = delta_of(
        listing, order, expected=before, page_size=page_size, page_length=min(length, before)
    )
    assert delta.outcome.is_usable
    assert delta.rows == list(range(before))[-len(delta.rows) :]
    assert len(delta.rows) >= min(before, 2 * length - 1)
    # With a single row, nothing shows how long pages are.
    assert len(listing.reads) <= (7 if before == 1 else 4 if total == "right" else 6)
    assert delta.outcome.rows == before


@both_orders
@known_totals
@pytest.mark.parametrize("new", [1, 60, 99, 100, 350, 3000])
@pytest.mark.parametrize("deleted", ["none", "few", "many", "newest"])
@pytest.mark.parametrize(("clamp", "page_length"), [(1000, 100), (20, 20), (20, 0)])
def test_new_rows_cost_their_pages_and_a_few_more(
    order: Order, total: str, new: int, deleted: str, clamp: int, page_length: int
) -> None:
    length = min(clamp, 100)
    gone: dict[str, Collection[int]] = {
        "none": (),
        "few": range(100, 5000, 490),
        "many": range(0, 5000, 2) if total == "right" else range(5 * length),
        "newest": range(5000 - length, 5000),
    }
    listing = grown(order, before=5000, deleted=gone[deleted], new=new, clamp=clamp)
    listing.total = TOTALS[total]
    delta = delta_of(listing, order, expected=5000, page_length=page_length)
    assert delta.outcome.is_usable
    listed = sorted(listing.rows)
    assert delta.rows == listed[-len(delta.rows) :]
    assert len(delta.rows) >= new + 2 * (length - 1)
    assert len(listing.reads) <= math.ceil(new / (length - 1)) + MOST_MORE


@both_orders
@known_totals
@pytest.mark.parametrize("new", [0, 1, 4, 30, 250])
@pytest.mark.parametrize("remembered", [2, 3, 20, 99, 1000])
@pytest.mark.parametrize("now", [3, 20, 100])
def test_pages_that_have_another_length_than_at_the_last_sync(
    order: Order, total: str, new: int, remembered: int, now: int
) -> None:
    """Two whole pages are two pages of today's length."""
    listing = grown(order, before=5000, new=new, clamp=now)
    listing.total = TOTALS[total]
    delta = delta_of(listing, order, expected=5000, page_length=remembered)
    assert delta.outcome.is_usable
    assert delta.rows == sorted(listing.rows)[-len(delta.rows) :]
    assert len(delta.rows) >= new + 2 * (now - 1)
    assert delta.outcome.page_length == now
    assert len(listing.reads) <= math.ceil(new / (now - 1)) + MOST_MORE


@pytest.mark.parametrize(("total", "most"), [("right", MOST_MORE), ("missing", 25)])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_listing_that_lost_many_old_rows(total: str, most: int, share: float) -> None:
    """Without a total, the end is found by bisection."""
    gone = range(int(share * 100_000))
    listing = grown(Order.ASCENDING, before=100_000, deleted=gone, new=10)
    listing.total = TOTALS[total]
    delta = delta_of(listing, Order.ASCENDING, expected=100_000, page_length=100)
    assert delta.outcome.is_usable
    assert delta.rows == listing.rows[-len(delta.rows) :]
    assert len(listing.reads) <= most


@both_orders
@known_totals
def test_an_edited_row_ends_no_pair_of_remembered_pages(order: Order, total: str) -> None:
    """The pages around a row that is not remembered as it is now do not count."""
    listing = grown(order, before=1000)
    listing.total = TOTALS[total]
    delta = delta_of(
        listing,
        order,
        expected=1000,
        page_length=100,
        is_remembered=lambda row: row not in {950, 750},
    )
    assert delta.outcome.is_usable
    assert delta.rows[0] < 750 - 99
    assert delta.rows == list(range(delta.rows[0], 1000))


@both_orders
def test_without_a_judgement_all_rows_are_read(order: Order) -> None:
    listing = grown(order, before=500)
    delta = delta_of(listing, order, expected=500, is_remembered=lambda row: False)
    assert delta.outcome.is_usable
    assert delta.rows == list(range(500))


@both_orders
def test_an_empty_listing(order: Order) -> None:
    assert delta_of(MovingListing([]), order, expected=0).outcome.is_usable
    lost = delta_of(MovingListing([]), order, expected=300)
    assert lost.outcome.reason == "the listing came without rows"


def test_a_delta_that_is_left_early_is_not_usable() -> None:
    listing = grown(Order.DESCENDING, before=500)
    scan = DeltaScan(
        listing.fetch,
        page_size=100,
        identity=int,
        executor=InlineExecutor(),
        ahead=4,
        order=Order.DESCENDING,
        expected_rows=500,
    )
    assert next(iter(scan)).is_whole
    assert not scan.outcome.is_usable


@both_orders
def test_a_gateway_that_refuses_a_row_too_many_and_offsets_behind_the_end(order: Order) -> None:
    listing = grown(order, before=300, deleted=range(100), new=5)

    def fetch(offset: int, limit: int) -> Page:
        if limit > 20 or offset >= len(listing.rows):
            raise RequestRefused("no", status=400)
        return listing.fetch(offset, limit)

    scan = DeltaScan(
        fetch,
        page_size=20,
        identity=int,
        executor=InlineExecutor(),
        ahead=4,
        order=order,
        expected_rows=300,
        page_length=20,
    )
    rows = []
    for page in scan:
        rows += page.rows
        scan.judge(all(row < FIRST_NEW for row in page.rows))
    assert scan.outcome.is_usable
    assert set(rows) >= set(range(FIRST_NEW, FIRST_NEW + 5))
    assert scan.outcome.page_length == 20


# -- gateways that make a delta unusable ---------------------------------------------------------


@both_orders
@pytest.mark.parametrize("serve", IN_ORDER)
def test_a_listing_that_repeats_itself_hides_no_new_row(order: Order, serve: Serve) -> None:
    """The delta is unusable, or it has every new row; and it ends soon."""
    for count, expected in [(300, 300), (300, 290), (1000, 900)]:
        listing = RepeatingListing(count, serve, most_reads=100)
        number_of = _number if order is Order.ASCENDING else _from_end(count)
        scan = DeltaScan(
            listing.fetch,
            page_size=100,
            identity=lambda row: row.number,
            executor=InlineExecutor(),
            ahead=4,
            order=order,
            expected_rows=expected,
            page_length=100,
        )
        came = set()
        for page in scan:
            numbers = list(map(number_of, page.rows))
            came.update(numbers)
            scan.judge(all(number < expected for number in numbers))
        if scan.outcome.is_usable and serve is not ignores_offset:
            assert came >= {*range(expected, count)} & {
                number_of(row) for row in listing.rows if row.number in listing.served
            }


def _number(row: Row) -> int:
    return row.number


def _from_end(count: int) -> Callable[[Row], int]:
    return lambda row: count - 1 - row.number


@pytest.mark.parametrize("total", ["a few too many", "ten times", "absurd"])
def test_a_total_that_promises_more_rows(total: str) -> None:
    listing = grown(Order.ASCENDING, before=500)
    listing.total = TOTALS[total]
    reason = delta_of(listing, Order.ASCENDING, expected=500).outcome.reason
    assert "counts" in reason
    assert "shows 500" in reason


@both_orders
def test_pages_of_one_row_prove_nothing(order: Order) -> None:
    listing = grown(order, before=500, new=3, clamp=1)
    delta = delta_of(listing, order, expected=500, page_length=1)
    assert not delta.outcome.is_usable
    assert len(listing.reads) < 60


@both_orders
def test_a_row_twice(order: Order) -> None:
    listing = grown(order, before=500)
    newest = slice(-3, None) if order is Order.ASCENDING else slice(3)
    listing.rows[newest] = [7, 7, 7]
    assert not delta_of(listing, order, expected=500).outcome.is_usable


# -- listings that move --------------------------------------------------------------------------


class Case(NamedTuple):
    order: Order
    listing: MovingListing
    before: int
    length: int
    page_length: int
    ahead: int
    seed: int


@st.composite
def cases(draw: st.DrawFn, *, moves: bool) -> Case:
    order = draw(st.sampled_from(Order))
    length = draw(st.sampled_from([2, 3, 5, 10, 10, 40]))
    before = draw(st.sampled_from([0, 1, 2, length, 2 * length]) | st.integers(0, 300))
    places = st.integers(0, max(0, before - 1))
    deleted = draw(
        st.just(set[int]())
        | st.sets(places, max_size=5)
        | places.map(lambda end: set(range(end)))
        | places.map(lambda start: set(range(start, before)))
        | st.integers(2, 5).map(lambda step: set(range(0, before, step)))
    )
    new = draw(st.sampled_from([0, 0, 1, length - 1, length, 2 * length]) | st.integers(0, 60))
    clamp = length if draw(st.booleans()) else 1000
    listing = grown(order, before=before, deleted=deleted, new=new, clamp=clamp)
    listing.total = TOTALS[draw(st.sampled_from(["right", "right", "missing", "missing", *TOTALS]))]
    for _ in range(draw(st.sampled_from([1, 1, 2, 3, 10])) if moves else 0):
        change = draw(_changes(order))
        listing.changes.setdefault(draw(st.integers(0, 14)), []).append(change)
    return Case(
        order,
        listing,
        before,
        length,
        draw(st.sampled_from([0, length])),
        draw(st.sampled_from([1, 4, 20])),
        draw(st.integers(0, 10**6)),
    )


@st.composite
def _changes(draw: st.DrawFn, order: Order) -> Change:
    count = draw(st.sampled_from([1, 1, 2, 5, 30]))
    if draw(st.booleans()):
        return append(order, count)
    where = draw(st.sampled_from([0.0, 0.0, 0.5, 0.9, 0.99]) | st.floats(0, 1))
    return lambda listing: listing.delete(int(where * len(listing.rows)), count)


def check(case: Case) -> None:
    """A usable delta has all rows from the growing end on, or it says that it is not usable."""
    at_first = sorted(case.listing.rows)
    delta = delta_of(
        case.listing,
        case.order,
        expected=case.before,
        page_size=case.length,
        page_length=case.page_length,
        executor=drawn(case.seed),
        ahead=case.ahead,
    )
    if not delta.outcome.is_usable:
        return
    came = set(delta.rows)
    assert len(came) == len(delta.rows)
    oldest = min(came, default=FIRST_NEW)
    stayed = case.listing.persistent
    assert came >= {row for row in at_first if row in stayed and row >= min(oldest, FIRST_NEW)}


@given(cases(moves=True))
@settings(max_examples=400, deadline=None)
def test_a_usable_delta_has_no_hole(case: Case) -> None:
    check(case)


@given(cases(moves=False))
@settings(max_examples=200, deadline=None)
def test_a_listing_that_does_not_move(case: Case) -> None:
    check(case)


@both_orders
@known_totals
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 30, 150])
def test_rows_deleted_in_front_meanwhile(order: Order, total: str, at: int, count: int) -> None:
    front = 0 if order is Order.ASCENDING else 4000
    listing = grown(order, before=5000, new=250)
    listing.total = TOTALS[total]
    listing.changes[at] = [lambda listing: listing.delete(front, count)]
    delta = delta_of(listing, order, expected=5000, page_length=100)
    assert delta.outcome.is_usable
    assert set(delta.rows) >= set(range(FIRST_NEW, FIRST_NEW + 250))


@both_orders
@known_totals
@pytest.mark.parametrize("count", [1, 30, 90])
def test_rows_that_come_meanwhile(order: Order, total: str, count: int) -> None:
    listing = grown(order, before=5000, new=250)
    listing.total = TOTALS[total]
    listing.changes = {at: [append(order, count)] for at in (1, 2, 4)}
    delta = delta_of(listing, order, expected=5000, page_length=100)
    assert delta.outcome.is_usable
    assert set(delta.rows) >= set(range(FIRST_NEW, FIRST_NEW + 250))
