"""The order of a listing, by the times in its ids."""

from __future__ import annotations

from itertools import accumulate, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_api.listing_order import Order
from source_phenom.listings.creation_order import (
    DISORDER,
    MOST_RECENT,
    NewestFirst,
    OrderEvidence,
    RecentIds,
    creation_seconds,
)
from unit_tests.listings.application_listing import row_id

seconds_of_rows = st.lists(st.integers(0, 3_000), max_size=30) | st.lists(
    st.integers(0, 900), max_size=40
).map(lambda steps: list(accumulate(steps)))


def ids(seconds: list[int]) -> list[str]:
    return [row_id(second, number) for number, second in enumerate(seconds)]


def pages(seconds: list[int], length: int) -> list[list[str]]:
    rows = iter(ids(seconds))
    return list(iter(lambda: list(islice(rows, length)), []))


def order_of(seconds: list[int], length: int = 3) -> Order | None:
    evidence = OrderEvidence()
    for page in pages(seconds, length):
        evidence.add(creation_seconds(page))
    return evidence.order


def ascends(seconds: list[int]) -> bool:
    return all(
        max(seconds[: place + 1]) - second <= DISORDER for place, second in enumerate(seconds)
    )


@given(seconds_of_rows, st.integers(1, 7))
def test_order_is_that_of_the_whole_listing(seconds: list[int], length: int) -> None:
    order = order_of(seconds, length)
    up, down = ascends(seconds), ascends(seconds[::-1])
    if up != down:
        assert order is (Order.ASCENDING if up else Order.DESCENDING)
    elif not up:
        assert order is None
    elif order is not None:
        # All rows are of the same minutes: then there is no disorder at all.
        assert len(set(seconds)) > 1
        assert seconds == sorted(seconds, reverse=order is Order.DESCENDING)


@given(seconds_of_rows, st.integers(1, 7), st.sampled_from(Order))
def test_a_delta_checks_the_same_order(seconds: list[int], length: int, order: Order) -> None:
    listed = seconds if order is Order.ASCENDING else seconds[::-1]
    found = pages(listed, length)
    newest_first = NewestFirst(order)
    holds = True
    for page in found[::-1] if order is Order.ASCENDING else found:
        of_page = creation_seconds(page)
        assert of_page is not None
        holds &= newest_first.add(of_page)
    assert holds == ascends(seconds)


@pytest.mark.parametrize(
    "identity",
    [
        7,
        None,
        b"6956f000a1b2c3d4e5000001",
        "6956f000a1b2c3d4e500001",
        "JR-1",
        "6956f000 a1b2c3d4e50000",
    ],
)
def test_one_other_id_is_no_order(identity: object) -> None:
    assert creation_seconds([row_id(1, 1), identity]) is None
    evidence = OrderEvidence()
    evidence.add(creation_seconds(ids([1, 2_000])))
    evidence.add(creation_seconds([identity]))
    evidence.add(creation_seconds(ids([4_000])))
    assert evidence.order is None


def test_ids_may_be_in_upper_case() -> None:
    found = creation_seconds([row_id(5, 1).upper()])
    expected = creation_seconds([row_id(5, 1)])
    assert found is not None
    assert expected is not None
    assert found.tolist() == expected.tolist()


@given(seconds_of_rows, st.integers(1, 7))
def test_recent_ids_are_those_of_ten_minutes(seconds: list[int], length: int) -> None:
    recent = RecentIds()
    for page in pages(seconds, length):
        of_page = creation_seconds(page)
        assert of_page is not None
        recent.add(page, of_page)
    latest = max(seconds, default=0)
    rows = zip(ids(seconds), seconds, strict=True)
    assert recent.ids() == tuple(sorted(key for key, at in rows if at >= latest - DISORDER))


def test_too_many_recent_ids_are_not_remembered() -> None:
    count = MOST_RECENT + 1
    recent = RecentIds()
    for page in pages([1] * count, 100):
        of_page = creation_seconds(page)
        assert of_page is not None
        recent.add(page, of_page)
    assert recent.ids() is None
    later = [row_id(5_000, count)]
    of_later = creation_seconds(later)
    assert of_later is not None
    recent.add(later, of_later)
    assert recent.ids() == tuple(later)
