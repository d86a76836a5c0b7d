"""A listing that grew since the last sync, and a delta of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass

from phenom_api.delta_scan import DeltaOutcome, DeltaScan
from phenom_api.listing_order import Order
from phenom_api.paging import Page
from unit_tests.phenom_api.moving_listing import (
    Change,
    DrawnExecutor,
    InlineExecutor,
    MovingListing,
)

FIRST_NEW = 10**9
"""Rows from this number on were added after the last sync."""


def grown(
    order: Order, *, before: int, deleted: Collection[int] = (), new: int = 0, clamp: int = 1000
) -> MovingListing:
    """A listing that had ``before`` rows, numbered in order of creation."""
    gone = set(deleted)
    rows = [row for row in range(before) if row not in gone]
    rows += range(FIRST_NEW, FIRST_NEW + new)
    if order is Order.DESCENDING:
        rows.reverse()
    listing = MovingListing(rows, clamp=clamp)
    listing.next_row = FIRST_NEW + new
    return listing


def append(order: Order, count: int) -> Change:
    """New rows come at the growing end."""

    def change(listing: MovingListing) -> None:
        listing.insert(len(listing.rows) if order is Order.ASCENDING else 0, count)
        if order is Order.DESCENDING:
            listing.rows[:count] = reversed(listing.rows[:count])

    return change


@dataclass
class Delta:
    """The pages of a delta that was read, newest first, in order of creation."""

    pages: list[list[int]]
    outcome: DeltaOutcome

    @property
    def rows(self) -> list[int]:
        return [row for page in reversed(self.pages) for row in page]


def delta_of(
    listing: MovingListing,
    order: Order,
    *,
    expected: int,
    page_size: int = 100,
    page_length: int = 0,
    executor: Executor | None = None,
    ahead: int = 20,
    is_remembered: Callable[[int], bool] = lambda row: row < FIRST_NEW,
    most_reads: int = 2000,
) -> Delta:
    def fetch(offset: int, limit: int) -> Page:
        assert len(listing.reads) < most_reads, "the delta does not end"
        return listing.fetch(offset, limit)

    scan = DeltaScan(
        fetch,
        page_size=page_size,
        identity=lambda row: row,
        executor=executor or InlineExecutor(),
        ahead=ahead,
        order=order,
        expected_rows=expected,
        page_length=page_length,
    )
    pages = []
    for page in scan:
        assert page.rows
        rows = page.rows if order is Order.ASCENDING else page.rows[::-1]
        pages.append(rows)
        scan.judge(all(map(is_remembered, rows)))
    assert scan.outcome.requests == len(listing.reads)
    return Delta(pages, scan.outcome)


def drawn(seed: int) -> Executor:
    return DrawnExecutor(random.Random(seed)) if seed % 3 else InlineExecutor()
