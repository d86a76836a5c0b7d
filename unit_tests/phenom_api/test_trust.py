"""When a scan is complete, so that the rows that it did not see count as deleted.

No scan can notice a missing row if a gateway with only the rows that were read could have given the
same answers (see ``explains``). This happens if a gateway never shows a row and does not count it
either, or if several bad answers in sequence agree. A scan that misses any other row must not be
complete.
"""

from __future__ import annotations

import random

import pytest

from phenom_api.completeness import CompletenessTracker
from phenom_api.paging import Page, ScanOutcome
from unit_tests.phenom_api.hostile import TOTALS, Total, explains, scans
from unit_tests.phenom_api.moving_listing import DrawnExecutor, MovingListing, scanned

# -- hostile gateways ----------------------------------------------------------------------------

SCANS = 4000


def test_no_hostile_gateway_makes_a_scan_complete_against_the_evidence() -> None:
    fooled = 0
    for scan in scans(range(SCANS)):
        if scan.missed and scan.outcome.complete:
            assert scan.explained, f"seed {scan.seed}: {scan.missed} missed"
            fooled += bool(scan.showable)
    # Several bad answers in sequence can look like the end. This needs so many that it is rare.
    assert fooled < 0.002 * SCANS


def test_what_explains_the_answers_to_a_scan() -> None:
    rows = [1, 2, 3, 4, 5]
    whole = Page([1, 2, 3], None)
    assert explains(rows, [(0, 3), (3, 3), (5, 1)], [whole, Page([4, 5], None), Page([], None)])
    assert explains(rows, [(0, 3), (2, 3), (5, 1)], [Page([1], 5), Page([3, 4], 5), Page([], 5)])
    assert explains(rows, [(0, 5), (0, 5)], [Page([1, 2, 3, 4], 4), Page(rows, 5)])
    # A short page without a total, a total of other rows, a row at the wrong position.
    assert not explains(rows, [(0, 3), (3, 3)], [whole, Page([4], None)])
    assert not explains(rows, [(0, 3), (3, 3)], [Page([1, 2, 3], 6), Page([4, 5], 6)])
    assert not explains(rows, [(0, 3), (2, 3)], [whole, Page([4, 5], None)])


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
@pytest.mark.parametrize("clamp", [1, 3, 1000])
def test_a_hidden_row_and_one_bad_answer_lose_no_other_row(total: Total, clamp: int) -> None:
    """Together they can look like the end of the listing, even if the total confirms it."""
    trusted = 0
    for count in (1, 2, 3, 5, 7):
        for hole in (None, *range(count)):
            for read in range(14):
                for length in (0, 1):
                    listing = MovingListing(
                        list(range(count)),
                        clamp=clamp,
                        total=total,
                        short={read: length},
                        holes=set() if hole is None else {hole},
                    )
                    rows, outcome = scanned(listing, page_size=3)
                    trusted += outcome.complete
                    if outcome.complete:
                        assert set(range(count)) - set(rows) <= {hole}, (count, hole, read, length)
    assert trusted or clamp == 1 or total(7) not in (None, 7)


# -- gateways that are only unusual --------------------------------------------------------------


@pytest.mark.parametrize("least", [1, 2, 9])
@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_length_are_trusted_if_the_total_agrees(least: int, seed: int) -> None:
    rng = random.Random(seed)
    short = {number: rng.randint(least, 10) for number in range(2000)}
    listing = MovingListing(list(range(300)), short=short)
    rows, outcome = scanned(listing, page_size=10, executor=DrawnExecutor(rng))
    assert rows == list(range(300))
    assert outcome.complete
    assert not outcome.moved


@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_length_are_not_trusted_without_a_total(seed: int) -> None:
    rng = random.Random(seed)
    short = {number: rng.randint(2, 10) for number in range(2000)}
    listing = MovingListing(list(range(300)), short=short, total=TOTALS["missing"])
    rows, outcome = scanned(listing, page_size=10, executor=DrawnExecutor(rng))
    assert rows == list(range(300))
    assert not outcome.ended
    assert not outcome.complete


@pytest.mark.parametrize("at", range(30))
@pytest.mark.parametrize("length", [0, 1, 5])
def test_one_short_page_loses_no_row(at: int, length: int) -> None:
    for total in (TOTALS["right"], TOTALS["missing"]):
        listing = MovingListing(list(range(250)), short={at: length}, total=total)
        rows, outcome = scanned(listing, page_size=10)
        assert rows == list(range(250))
        assert outcome.complete or total is TOTALS["missing"]


def test_several_bad_answers_that_look_like_the_end() -> None:
    """Without a total, more than the next few answers must confirm the end."""
    for begin in range(3, 25):
        for spell in range(1, 5):
            short = {begin: 1, **dict.fromkeys(range(begin + 1, begin + spell), 0)}
            listing = MovingListing(list(range(250)), short=short, total=TOTALS["missing"])
            rows, outcome = scanned(listing, page_size=10, ahead=1)
            assert rows == list(range(250)) or not outcome.complete, (begin, spell)


def test_a_row_seen_behind_the_end_makes_a_scan_incomplete() -> None:
    """Pages were asked for ahead of the one that seemed to be the last."""
    listing = MovingListing(list(range(250)), total=TOTALS["half"])
    listing.short = dict.fromkeys(range(13, 40), 0)
    rows, outcome = scanned(listing, page_size=10)
    assert set(rows) != set(range(250))
    assert not outcome.complete


def test_a_row_seen_behind_the_end_counts_more_than_the_total() -> None:
    listing = MovingListing(list(range(9)), total=lambda count: 5)
    tracker = CompletenessTracker(listing.fetch)
    tracker.read(0, 5)
    assert tracker.ends(5)
    tracker.read(7, 1)
    assert not tracker.ends(5)


@pytest.mark.parametrize(
    "outcome",
    [
        ScanOutcome(5, 4),
        ScanOutcome(5, 6),
        ScanOutcome(0, None),
        ScanOutcome(5, 5, repaired=1),
        ScanOutcome(5, 5, open_seams=1),
        ScanOutcome(5, 5, shrank=True),
        ScanOutcome(5, 5, ended=False),
    ],
)
def test_any_doubt_makes_a_scan_incomplete(outcome: ScanOutcome) -> None:
    assert not outcome.complete
    assert ScanOutcome(5, 5).complete
    assert ScanOutcome(5, None).complete
    assert ScanOutcome(0, 0).complete
