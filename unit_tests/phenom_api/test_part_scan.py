"""Scans of a part of a listing."""

from __future__ import annotations

import pytest

from phenom_api.paging import Scan, ScanOutcome
from unit_tests.phenom_api.hostile import TOTALS
from unit_tests.phenom_api.moving_listing import InlineExecutor, MovingListing


def part(
    listing: MovingListing, *, start: int = 0, last: int | None = None
) -> tuple[list[int], ScanOutcome]:
    """The rows of a scan from ``start`` on, or until a page with nothing below ``last``."""
    scan = Scan(
        listing.fetch,
        page_size=100,
        identity=int,
        executor=InlineExecutor(),
        ahead=4,
        start=start,
        until=None if last is None else lambda rows: min(rows) >= last,
    )
    return [row for page in scan for row in page], scan.outcome


@pytest.mark.parametrize("total", ["right", "missing", "one too many", "half"])
@pytest.mark.parametrize("start", [0, 1, 99, 500, 949, 999])
def test_from_a_position_on(total: str, start: int) -> None:
    listing = MovingListing(list(range(1000)), total=TOTALS[total])
    rows, outcome = part(listing, start=start)
    assert rows == list(range(start, 1000))
    assert (outcome.start, outcome.rows, outcome.end) == (start, 1000 - start, 1000)
    assert outcome.complete is (total in {"right", "missing"})
    assert len(listing.reads) <= (1000 - start) // 99 + 10


@pytest.mark.parametrize("total", ["right", "missing"])
def test_an_empty_part(total: str) -> None:
    rows, outcome = part(MovingListing(list(range(1000)), total=TOTALS[total]), start=1000)
    assert rows == []
    assert outcome.complete is (total == "right")
    assert not part(MovingListing(list(range(900))), start=1000)[1].complete


@pytest.mark.parametrize("total", TOTALS)
def test_until_the_caller_has_enough(total: str) -> None:
    listing = MovingListing(list(range(5000)), total=TOTALS[total])
    rows, outcome = part(listing, last=300)
    assert rows == list(range(len(rows)))
    assert 400 <= len(rows) <= 500
    assert outcome.stopped
    assert outcome.complete
    assert len(listing.reads) <= 12


def test_rows_deleted_meanwhile_make_it_incomplete() -> None:
    listing = MovingListing(list(range(2000)))
    listing.changes[3] = [lambda listing: listing.delete(0, 5)]
    rows, outcome = part(listing, start=1000)
    assert listing.persistent & set(range(1000, 2000)) <= set(rows)
    assert not outcome.complete


def test_a_row_missing_at_the_seam_makes_it_incomplete() -> None:
    rows, outcome = part(MovingListing(list(range(2000)), holes={1500}), start=1000)
    assert set(range(1000, 2000)) - set(rows) == {1500}
    assert not outcome.complete
