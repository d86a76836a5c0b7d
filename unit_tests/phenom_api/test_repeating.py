"""Scans of listings that repeat themselves: they end soon, lose no row, and are not trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Lock

import pytest

from phenom_api.paging import Page, Scan, ScanOutcome
from unit_tests.phenom_api.moving_listing import InlineExecutor
from unit_tests.phenom_api.repeating_listing import (
    AT_RANDOM,
    IN_ORDER,
    TOTALS,
    RepeatingListing,
    Row,
    Serve,
    begins_again,
    goes_round,
    held_back,
    ignores_both,
    ignores_offset,
)

COUNTS = (1, 20, 50, 60, 100, 105, 198, 1000)
LENGTHS = ((1, 1000), (10, 1000), (35, 1000), (100, 1000), (100, 20), (35, 7))
"""Rows asked for, and the most that the gateway gives."""


def scanned(
    listing: RepeatingListing, page_size: int = 100, ahead: int = 20
) -> tuple[list[int], ScanOutcome]:
    scan = Scan(
        listing.fetch,
        page_size=page_size,
        identity=lambda row: row.number,
        executor=InlineExecutor(),
        ahead=ahead,
    )
    return [row.number for page in scan for row in page], scan.outcome


def listings(serve: Serve, total: str) -> Iterator[tuple[RepeatingListing, int, int]]:
    """Of all sizes and page lengths: the listing, the page size, the number of pages ahead."""
    for number, (count, (page_size, clamp)) in enumerate(product(COUNTS, LENGTHS)):
        listing = RepeatingListing(count, serve, TOTALS[total], clamp, changing=number % 2 == 0)
        yield listing, page_size, (1, 20)[number % 3 > 0]


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("serve", IN_ORDER)
def test_every_row_is_read_with_few_requests(serve: Serve, total: str) -> None:
    for listing, page_size, ahead in listings(serve, total):
        rows, outcome = scanned(listing, page_size, ahead)
        assert set(rows) == listing.served
        length = max(1, min(page_size, listing.clamp, 29) - 1)
        assert len(listing.reads) <= math.ceil(len(listing.served) / length) + 45
        if outcome.complete:
            assert total == "right"
            assert listing.served == set(range(listing.count))


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("serve", AT_RANDOM)
def test_pages_that_join_nowhere_end_too(serve: Serve, total: str) -> None:
    for listing, page_size, ahead in listings(serve, total):
        _, outcome = scanned(listing, page_size, ahead)
        if outcome.complete:
            assert listing.served == set(range(listing.count))
        length = max(1, min(page_size, listing.clamp) - 1)
        assert len(listing.reads) <= 2 * math.ceil(listing.count / length) + 300


@pytest.mark.parametrize("serve", [begins_again, goes_round])
@pytest.mark.parametrize(("count", "page_size"), [(198, 100), (100, 10), (60, 20), (105, 20)])
class TestBeginningAgain:
    def test_a_right_total_is_trusted(self, serve: Serve, count: int, page_size: int) -> None:
        listing = RepeatingListing(count, serve)
        rows, outcome = scanned(listing, page_size)
        assert rows == list(range(count))
        assert outcome.rows == count
        assert outcome.repeats
        assert not outcome.ignores_offset
        assert outcome.complete
        assert len(listing.reads) <= math.ceil(count / page_size) + 12

    def test_without_a_count_nothing_proves_the_end(
        self, serve: Serve, count: int, page_size: int
    ) -> None:
        rows, outcome = scanned(RepeatingListing(count, serve, TOTALS["missing"]), page_size)
        assert rows == list(range(count))
        assert outcome.repeats
        assert not outcome.moved
        assert not outcome.complete

    def test_a_row_that_changes_all_the_time_is_the_same_row(
        self, serve: Serve, count: int, page_size: int
    ) -> None:
        rows, _ = scanned(RepeatingListing(count, serve, changing=True), page_size)
        assert rows == list(range(count))


@pytest.mark.parametrize("serve", [ignores_offset, ignores_both])
@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("count", [20, 100, 198, 1000])
def test_an_ignored_offset_is_detected(serve: Serve, total: str, count: int) -> None:
    """This holds even if the total agrees: it may be that of one page."""
    _, outcome = scanned(RepeatingListing(count, serve, TOTALS[total]))
    assert outcome.ignores_offset
    assert outcome.repeats
    assert not outcome.moved
    assert not outcome.complete


def test_an_offset_that_is_used_does_not_count_as_ignored() -> None:
    for serve in (begins_again, goes_round, held_back):
        _, outcome = scanned(RepeatingListing(198, serve))
        assert outcome.repeats
        assert not outcome.ignores_offset


def test_rows_that_a_listing_has_twice_do_not_end_it() -> None:
    """Three pages of old rows, and new ones behind them that were already requested."""
    rows = [Row(number) for number in [*range(1000), *range(200, 500), *range(1000, 1500)]]
    listing = RepeatingListing(len(rows), lambda _, offset, limit: rows[offset:][:limit])
    found, outcome = scanned(listing)
    assert set(found) == set(range(1500))
    assert len(listing.reads) <= 30
    assert not outcome.repeats


def test_rows_inserted_ahead_of_the_reader_and_a_listing_that_begins_again() -> None:
    rows = [Row(number) for number in range(2000)]
    reads = 0

    def fetch(offset: int, limit: int) -> Page:
        nonlocal reads
        reads += 1
        assert reads < 500, "the reading does not end"
        if reads == 12:
            rows[:0] = [Row(10_000 + number) for number in range(500)]
        return Page(list(begins_again(rows, offset, limit)), None)

    scan = Scan(
        fetch,
        page_size=100,
        identity=lambda row: row.number,
        executor=InlineExecutor(),
        ahead=4,
    )
    found = {row.number for page in scan for row in page}
    assert found >= set(range(2000))
    assert not scan.outcome.complete
    assert reads < 2 * 26 + 60


@pytest.mark.parametrize("serve", IN_ORDER)
def test_in_threads(serve: Serve) -> None:
    listing, lock = RepeatingListing(1000, serve, TOTALS["absurd"]), Lock()

    def fetch(offset: int, limit: int) -> Page:
        with lock:
            return listing.fetch(offset, limit)

    with ThreadPoolExecutor(10) as executor:
        scan = Scan(
            fetch,
            page_size=100,
            identity=lambda row: row.number,
            executor=executor,
            ahead=20,
        )
        found = {row.number for page in scan for row in page}
    assert found >= listing.served or not scan.outcome.complete
    assert not scan.outcome.complete
    assert len(listing.reads) < 100
