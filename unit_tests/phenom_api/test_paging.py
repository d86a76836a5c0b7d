"""Scans of a listing that changes between any two reads, in any order of the reads."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.errors import RequestRefused, Unavailable
from phenom_api.paging import Page, Scan, ScanOutcome
from unit_tests.phenom_api.hostile import TOTALS, Total
from unit_tests.phenom_api.moving_listing import (
    Change,
    DrawnExecutor,
    InlineExecutor,
    MovingListing,
    scanned,
    without_repeats,
)


def agrees(total: Total, count: int) -> bool:
    claimed = total(count)
    return count > 0 if claimed is None else claimed == count


# -- a quiet listing -----------------------------------------------------------------------------

COUNTS = [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1), (2, 0), (7, -6), (21, 0), (75, 7)]
"""Pages of a listing, and rows beside them."""


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
@pytest.mark.parametrize("ahead", [4, 100])
@pytest.mark.parametrize("drawn", [False, True], ids=["in order", "in any order"])
class TestQuiet:
    """At most 1.03 times the pages needed, plus ten."""

    def read(
        self, listing: MovingListing, page_size: int, ahead: int, drawn: bool, total: Total
    ) -> int:
        count = len(listing.rows)
        rows, outcome = scanned(
            listing,
            page_size=page_size,
            executor=DrawnExecutor(random.Random(count)) if drawn else InlineExecutor(),
            ahead=ahead,
        )
        assert rows == list(range(count))
        assert outcome.rows == count
        assert outcome.complete is agrees(total, count)
        assert not outcome.moved
        assert not outcome.open_seams
        return len(listing.reads)

    @pytest.mark.parametrize("page_size", [1, 2, 10, 34, 35, 100, 500])
    def test_of_any_page_size(self, page_size: int, ahead: int, drawn: bool, total: Total) -> None:
        for pages, more in COUNTS:
            count = max(0, pages * page_size + more)
            listing = MovingListing(list(range(count)), total=total)
            requests = self.read(listing, page_size, ahead, drawn, total)
            assert requests <= 1.03 * math.ceil(count / page_size) + 10

    @pytest.mark.parametrize("clamp", [35, 100])
    def test_clamped(self, clamp: int, ahead: int, drawn: bool, total: Total) -> None:
        for pages, more in COUNTS:
            count = pages * clamp + more
            listing = MovingListing(list(range(count)), clamp=clamp, total=total)
            requests = self.read(listing, 1000, ahead, drawn, total)
            assert requests <= 1.03 * math.ceil(count / clamp) + 10

    @pytest.mark.parametrize("clamp", [2, 3, 20])
    def test_clamped_to_so_little_that_the_overlap_counts(
        self, clamp: int, ahead: int, drawn: bool, total: Total
    ) -> None:
        for pages, more in COUNTS:
            count = max(0, pages * clamp + more)
            listing = MovingListing(list(range(count)), clamp=clamp, total=total)
            requests = self.read(listing, 1000, ahead, drawn, total)
            assert requests <= math.ceil(count / (clamp - 1)) + 10


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
@pytest.mark.parametrize("length", [2, 3, 10])
def test_quiet_with_short_pages(total: Total, length: int) -> None:
    for count in (*range(2 * length + 3), 40 * length):
        listing = MovingListing(list(range(count)), clamp=length, total=total)
        rows, outcome = scanned(listing)
        assert rows == list(range(count))
        assert outcome.complete is agrees(total, count)


def test_small_pages_ask_for_the_row_that_overlaps() -> None:
    for page_size, asked in [(1, 2), (20, 21), (34, 35), (35, 35), (1000, 1000)]:
        listing = MovingListing(list(range(30)))
        rows, outcome = scanned(listing, page_size=page_size)
        assert rows == list(range(30))
        assert outcome.complete
        assert max(limit for _, limit in listing.reads) == asked


@pytest.mark.parametrize("page_size", [1, 25])
def test_a_gateway_that_refuses_a_row_too_many(page_size: int) -> None:
    listed = list(range(120))

    def fetch(offset: int, limit: int) -> Page:
        if limit > page_size:
            raise RequestRefused("limit is too large", status=400)
        return Page(listed[offset : offset + limit], len(listed))

    scan = Scan(fetch, page_size=page_size, identity=int, executor=InlineExecutor(), ahead=10)
    assert [row for page in scan for row in page] == listed
    assert scan.outcome.complete is (page_size > 1)


def test_a_gateway_that_refuses_altogether() -> None:
    def fetch(offset: int, limit: int) -> Page:
        raise RequestRefused("not here", status=404)

    with pytest.raises(RequestRefused):
        list(Scan(fetch, page_size=20, identity=int, executor=InlineExecutor(), ahead=10))


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
def test_pages_of_one_row_prove_nothing(total: Total) -> None:
    listing = MovingListing(list(range(300)), clamp=1, total=total)
    rows, outcome = scanned(listing)
    assert rows == list(range(300))
    assert outcome.single_rows
    assert outcome.open_seams
    assert not outcome.complete
    assert len(listing.reads) <= 1.03 * 300 + 10


def test_an_empty_listing_without_a_total_is_not_complete() -> None:
    rows, outcome = scanned(MovingListing([], total=lambda count: None))
    assert rows == []
    assert not outcome.complete


def test_a_listing_of_one_kind_of_row() -> None:
    rows, outcome = scanned(MovingListing([7] * 500))
    assert set(rows) == {7}
    assert not outcome.complete


@pytest.mark.parametrize("every", [2, 3, 10, 99, 100, 101])
def test_a_quiet_listing_with_repeated_rows(every: int) -> None:
    kept = [7 if number % every == 0 else 1000 + number for number in range(2500)]
    rows, outcome = scanned(MovingListing(list(kept)))
    assert set(rows) == set(kept)
    assert outcome.complete


# -- changes -------------------------------------------------------------------------------------


@st.composite
def _changes(draw: st.DrawFn, reads: int) -> dict[int, list[Change]]:
    made: dict[int, list[Change]] = {}
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3, 10, 40]))):
        made.setdefault(draw(st.integers(0, reads)), []).append(draw(_change()))
    return made


@st.composite
def _change(draw: st.DrawFn) -> Change:
    insert = draw(st.booleans())
    where = draw(st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.75, 0.99, 1.0]) | st.floats(0, 1))
    count = draw(st.sampled_from([1, 1, 1, 2, 5, 30]))

    def change(listing: MovingListing) -> None:
        position = int(where * len(listing.rows))
        listing.insert(position, count) if insert else listing.delete(position, count)

    return change


@st.composite
def _listings(draw: st.DrawFn, totals: list[str]) -> tuple[MovingListing, int]:
    count = draw(st.sampled_from([0, 1, 2, 5, 20, 60, 200]) | st.integers(0, 150))
    length = draw(st.sampled_from([2, 3, 5, 10, 10, 40]))
    reads = 2 * count // max(1, length - 1) + 5
    listing = MovingListing(
        list(range(count)),
        clamp=length if draw(st.booleans()) else 1000,
        total=TOTALS[draw(st.sampled_from(totals))],
        changes=draw(_changes(reads)),
    )
    return listing, length


def _executor(seed: int) -> Executor:
    return DrawnExecutor(random.Random(seed)) if seed % 3 else InlineExecutor()


def check(listing: MovingListing, length: int, seed: int, ahead: int) -> ScanOutcome:
    rows, outcome = scanned(
        listing, page_size=length, executor=_executor(seed), ahead=ahead, most_reads=5000
    )
    missed = listing.persistent.difference(rows)
    if missed:
        assert not outcome.complete
        assert outcome.open_seams or outcome.moved or not outcome.agrees or not outcome.ended
    return outcome


seeds = st.integers(0, 10**6)
aheads = st.sampled_from([1, 4, 20])


@given(_listings(list(TOTALS)), seeds, aheads)
@settings(max_examples=150, deadline=None)
def test_every_row_that_stays_is_read_or_a_seam_is_open(
    given_: tuple[MovingListing, int], seed: int, ahead: int
) -> None:
    listing, length = given_
    rows, outcome = scanned(
        listing, page_size=length, executor=_executor(seed), ahead=ahead, most_reads=5000
    )
    came = without_repeats(rows)
    if not listing.persistent <= set(came):
        assert outcome.open_seams
        assert not outcome.complete
    if not outcome.moved and not outcome.open_seams:
        assert rows == came


@given(
    _listings(["right"]),
    st.dictionaries(st.integers(0, 60), st.sampled_from([0, 0, 1, 2, 3]), max_size=6),
    st.none() | st.integers(0, 60),
    seeds,
    aheads,
)
@settings(max_examples=150, deadline=None)
def test_short_and_empty_pages(
    given_: tuple[MovingListing, int],
    short: dict[int, int],
    hole: int | None,
    seed: int,
    ahead: int,
) -> None:
    listing, length = given_
    listing.short, listing.holes = short, set() if hole is None else {hole}
    check(listing, length, seed, ahead)


@given(
    _listings(["missing", "half", "a few too many"]),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0, 1, 2])), max_size=2),
    seeds,
    aheads,
)
@settings(max_examples=150, deadline=None)
def test_short_and_empty_pages_without_a_right_total(
    given_: tuple[MovingListing, int], short: list[tuple[int, int]], seed: int, ahead: int
) -> None:
    listing, length = given_
    listing.short = dict(short)
    check(listing, length, seed, ahead)


@given(_listings(list(TOTALS)), seeds, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_total_that_is_different_each_time(
    given_: tuple[MovingListing, int], seed: int, rng: random.Random
) -> None:
    listing, length = given_
    listing.total = lambda count: rng.choice([None, 0, count // 2, count, count, count + 3, 10**9])
    check(listing, length, seed, 20)


@given(_listings(["right"]), seeds)
@settings(max_examples=100, deadline=None)
def test_repeated_rows_are_no_proof(given_: tuple[MovingListing, int], seed: int) -> None:
    listing, length = given_
    # Every third row is the same one.
    rows = [row if row % 3 else -1 for row in listing.rows]
    listing.rows, listing.persistent = rows, set(rows)
    listing.persistent.discard(-1)
    rows, outcome = scanned(listing, page_size=length, executor=_executor(seed))
    assert listing.persistent <= set(rows) or not outcome.complete


@given(
    count=st.integers(1, 400),
    length=st.sampled_from([5, 10, 40]),
    at=st.integers(0, 60),
    insert=st.booleans(),
    position=st.floats(0, 1),
    seed=seeds,
)
@settings(max_examples=150, deadline=None)
def test_a_single_change_costs_little(
    count: int, length: int, at: int, insert: bool, position: float, seed: int
) -> None:
    def change(listing: MovingListing) -> None:
        where = int(position * len(listing.rows))
        listing.insert(where) if insert else listing.delete(where)

    listing = MovingListing(list(range(count)), clamp=length, changes={at: [change]})
    rows, outcome = scanned(listing, executor=_executor(seed))
    assert listing.persistent <= set(rows)
    assert not outcome.open_seams
    assert len(listing.reads) <= math.ceil(count / (length - 1)) + 16


@pytest.mark.parametrize("count", [1, 50, 99, 100, 150, 1000, 3000])
@pytest.mark.parametrize("at", [1, 5, 20])
@pytest.mark.parametrize("insert", [False, True])
def test_many_rows_at_once_ahead_of_the_reader(count: int, at: int, insert: bool) -> None:
    def change(listing: MovingListing) -> None:
        listing.insert(0, count) if insert else listing.delete(0, count)

    listing = MovingListing(list(range(5000)), changes={at: [change]})
    rows, outcome = scanned(listing)
    assert listing.persistent <= set(rows)
    assert not outcome.complete
    assert not outcome.open_seams
    assert len(listing.reads) < 51 + 2 * count // 99 + 30


def test_a_listing_that_grows_at_its_end_has_not_moved() -> None:
    grow: dict[int, list[Change]] = {
        number: [lambda listing: listing.insert(len(listing.rows))] for number in range(60)
    }
    listing = MovingListing(list(range(5000)), changes=grow)
    rows, outcome = scanned(listing)
    assert rows == listing.rows
    assert outcome.complete


def test_a_listing_whose_total_shrinks_has_moved() -> None:
    totals = iter([5000] * 20 + [4999] * 100)
    listing = MovingListing(list(range(4999)), total=lambda count: next(totals))
    rows, outcome = scanned(listing)
    assert len(rows) == 4999
    assert outcome.agrees
    assert outcome.shrank
    assert not outcome.complete


def test_a_row_that_moves_past_the_reader_does_not_count_as_deleted() -> None:
    """The listing is in the order of last change: an edit moves a row from ahead of the reader."""

    def jump(listing: MovingListing) -> None:
        listing.rows.insert(0, listing.rows.pop(900))

    listing = MovingListing(list(range(1000)), changes={4: [jump]})
    rows, outcome = scanned(listing)
    assert 900 not in rows
    assert not outcome.complete


def test_a_listing_that_moves_faster_than_it_can_be_read() -> None:
    always: dict[int, list[Change]] = {
        number: [lambda listing: listing.insert(0, 300)] for number in range(100_000)
    }
    listing = MovingListing(list(range(2000)), changes=always)
    _, outcome = scanned(listing, most_reads=1000)
    assert not outcome.complete
    assert outcome.open_seams


def test_a_listing_that_is_replaced_all_the_time() -> None:
    def replace(listing: MovingListing) -> None:
        listing.delete(0, len(listing.rows))
        listing.insert(0, 2000)

    listing = MovingListing(
        list(range(2000)), changes={number: [replace] for number in range(10_000)}
    )
    _, outcome = scanned(listing, most_reads=1000)
    assert not outcome.complete
    assert outcome.open_seams


def test_a_clamp_that_changes_on_the_way() -> None:
    def tighten(listing: MovingListing) -> None:
        listing.clamp = 10

    listing = MovingListing(list(range(2000)), changes={7: [tighten]})
    rows, outcome = scanned(listing)
    assert rows == list(range(2000))
    assert outcome.complete
    assert len(listing.reads) < 300


@pytest.mark.parametrize("first", [0, 1, 2, 50])
def test_a_first_page_that_is_short(first: int) -> None:
    listing = MovingListing(list(range(2000)), short={0: first})
    rows, outcome = scanned(listing)
    assert rows == list(range(2000))
    assert outcome.complete
    assert len(listing.reads) <= 21 + 18


@pytest.mark.parametrize("hole", [0, 1, 99, 100, 137, 500, 1999])
@pytest.mark.parametrize("total", ["right", "missing"])
def test_a_row_that_no_page_shows_loses_only_that_row(hole: int, total: str) -> None:
    listing = MovingListing(list(range(2000)), holes={hole}, total=TOTALS[total])
    rows, outcome = scanned(listing)
    assert set(range(2000)) - set(rows) == {hole}
    assert not outcome.complete
    assert len(listing.reads) < 21 + 60


# -- gateways that do not page -------------------------------------------------------------------


def always_the_first(rows: list[int], offset: int, limit: int) -> list[int]:
    return rows[:limit]


def always_the_last(rows: list[int], offset: int, limit: int) -> list[int]:
    return rows[-limit:]


def around(rows: list[int], offset: int, limit: int) -> list[int]:
    start = offset % len(rows)
    return (rows + rows)[start : start + limit]


def held_back(rows: list[int], offset: int, limit: int) -> list[int]:
    start = max(0, min(offset, len(rows) - limit))
    return rows[start : start + limit]


_numbers = iter(range(10**9, 10**12))


def never_the_same(rows: list[int], offset: int, limit: int) -> list[int]:
    return [next(_numbers) for _ in range(limit)]


@pytest.mark.parametrize(
    "gateway", [always_the_first, always_the_last, around, held_back, never_the_same]
)
@pytest.mark.parametrize("total", [None, 0, 50, 100, 1000, 10**12])
@pytest.mark.parametrize("length", [1, 2, 100])
def test_every_scan_ends(
    gateway: Callable[[list[int], int, int], list[int]], total: int | None, length: int
) -> None:
    if gateway is never_the_same and length == 1:
        pytest.skip("a listing of single rows that never end is what it says it is")
    listed, reads = list(range(1000)), 0

    def fetch(offset: int, limit: int) -> Page:
        nonlocal reads
        reads += 1
        assert reads < 4000, "the scan does not end"
        return Page(gateway(listed, offset, min(limit, length)), total)

    scan = Scan(fetch, page_size=100, identity=int, executor=InlineExecutor(), ahead=20)
    rows = {row for page in scan for row in page}
    if not rows.issuperset(listed):
        assert not scan.outcome.complete


# -- errors, threads -----------------------------------------------------------------------------


def test_an_error_of_a_page_ends_the_scan() -> None:
    def fetch(offset: int, limit: int) -> Page:
        if offset > 500:
            raise Unavailable("it is down")
        return Page(list(range(offset, offset + limit)), 2000)

    scan = Scan(fetch, page_size=100, identity=int, executor=InlineExecutor(), ahead=4)
    with pytest.raises(Unavailable):
        for _ in scan:
            pass


@pytest.mark.parametrize("total", [None, 250, 10**6])
def test_a_gateway_that_refuses_to_read_beyond_the_end(total: int | None) -> None:
    listed = list(range(250))

    def fetch(offset: int, limit: int) -> Page:
        if offset >= len(listed):
            raise RequestRefused("offset is out of range", status=400)
        return Page(listed[offset : offset + limit], total)

    scan = Scan(fetch, page_size=100, identity=int, executor=InlineExecutor(), ahead=10)
    assert [row for page in scan for row in page] == listed
    assert scan.outcome.complete is (total != 10**6)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(10) as executor:
        yield executor


@pytest.mark.parametrize("total", ["right", "missing", "ten times"])
def test_in_threads(pool: ThreadPoolExecutor, total: str) -> None:
    listing, lock = MovingListing(list(range(10_000)), total=TOTALS[total]), threading.Lock()

    def fetch(offset: int, limit: int) -> Page:
        with lock:
            return listing.fetch(offset, limit)

    scan = Scan(fetch, page_size=100, identity=int, executor=pool, ahead=20)
    assert [row for page in scan for row in page] == list(range(10_000))
    assert scan.outcome.complete is (total != "ten times")
    assert len(listing.reads) <= 1.03 * 100 + 10


def test_in_threads_while_it_moves(pool: ThreadPoolExecutor) -> None:
    rng = random.Random(5)
    listing, lock = MovingListing(list(range(10_000))), threading.Lock()

    def fetch(offset: int, limit: int) -> Page:
        with lock:
            if rng.random() < 0.3:
                listing.insert(rng.randrange(len(listing.rows)))
            if rng.random() < 0.3:
                listing.delete(rng.randrange(len(listing.rows)))
            return listing.fetch(offset, limit)

    scan = Scan(fetch, page_size=100, identity=int, executor=pool, ahead=20)
    rows = {row for page in scan for row in page}
    assert listing.persistent <= rows
    assert not scan.outcome.complete


def test_pages_ahead_are_cancelled_when_the_scan_is_closed(pool: ThreadPoolExecutor) -> None:
    started = threading.Event()
    held = threading.Event()
    reads: list[int] = []

    def fetch(offset: int, limit: int) -> Page:
        reads.append(offset)
        if offset:
            started.set()
            assert held.wait(10)
        return Page(list(range(offset, offset + limit)), 10**6)

    with ThreadPoolExecutor(1) as single:
        scan: Any = iter(Scan(fetch, page_size=100, identity=int, executor=single, ahead=20))
        next(scan)
        held.set()
        next(scan)
        scan.close()
    assert len(reads) < 8
