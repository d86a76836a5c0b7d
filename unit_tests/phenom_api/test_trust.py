"""When a scan may call itself complete, so that what it did not see is taken for deleted.

A row can be hidden so that nobody can know of it: where every answer is one that a gateway with
just the rows that were read could have given. Such rows are not counted here. They are defined by
the answers alone (see ``explains``), not by how they came about: by a gateway that never shows a
row and does not count it either, or by several bad answers in a row that happen to tell the same
story. Whatever else is missing must keep a scan from calling itself complete.
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


def test_no_hostile_gateway_makes_a_scan_trust_what_it_could_know_to_be_wrong() -> None:
    fooled = 0
    for scan in scans(range(SCANS)):
        if scan.missed and scan.outcome.complete:
            assert scan.explained, f"seed {scan.seed}: {scan.missed} missed"
            fooled += bool(scan.showable)
    # Several bad answers in a row can make up an end, but it takes as many as to be seldom.
    assert fooled < 0.002 * SCANS


def test_what_explains_the_answers_to_a_scan() -> None:
    rows = [1, 2, 3, 4, 5]
    whole = Page([1, 2, 3], None)
    assert explains(rows, [(0, 3), (3, 3), (5, 1)], [whole, Page([4, 5], None), Page([], None)])
    assert explains(rows, [(0, 3), (2, 3), (5, 1)], [Page([1], 5), Page([3, 4], 5), Page([], 5)])
    assert explains(rows, [(0, 5), (0, 5)], [Page([1, 2, 3, 4], 4), Page(rows, 5)])
    # A short page that nothing counts, a count of other rows, a row in another's place.
    assert not explains(rows, [(0, 3), (3, 3)], [whole, Page([4], None)])
    assert not explains(rows, [(0, 3), (3, 3)], [Page([1, 2, 3], 6), Page([4, 5], 6)])
    assert not explains(rows, [(0, 3), (2, 3)], [whole, Page([4, 5], None)])


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
@pytest.mark.parametrize("clamp", [1, 3, 1000])
def test_a_row_that_is_never_shown_and_one_bad_answer_cost_no_other_row(
    total: Total, clamp: int
) -> None:
    """Whichever row it is and whenever the answer is bad: the end that both make up is seen
    through, also where the count confirms it."""
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


# -- gateways that are merely peculiar -----------------------------------------------------------


@pytest.mark.parametrize("least", [1, 2, 9])
@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_length_are_trusted_where_the_count_agrees(least: int, seed: int) -> None:
    rng = random.Random(seed)
    short = {number: rng.randint(least, 10) for number in range(2000)}
    listing = MovingListing(list(range(300)), short=short)
    rows, outcome = scanned(listing, page_size=10, executor=DrawnExecutor(rng))
    assert rows == list(range(300))
    assert outcome.complete
    assert not outcome.moved


@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_length_are_not_where_nothing_is_counted(seed: int) -> None:
    rng = random.Random(seed)
    short = {number: rng.randint(2, 10) for number in range(2000)}
    listing = MovingListing(list(range(300)), short=short, total=TOTALS["missing"])
    rows, outcome = scanned(listing, page_size=10, executor=DrawnExecutor(rng))
    assert rows == list(range(300))
    assert not outcome.ended
    assert not outcome.complete


@pytest.mark.parametrize("at", range(30))
@pytest.mark.parametrize("length", [0, 1, 5])
def test_one_short_page_is_made_up_for(at: int, length: int) -> None:
    for total in (TOTALS["right"], TOTALS["missing"]):
        listing = MovingListing(list(range(250)), short={at: length}, total=total)
        rows, outcome = scanned(listing, page_size=10)
        assert rows == list(range(250))
        assert outcome.complete or total is TOTALS["missing"]


def test_a_bad_spell_at_which_the_listing_seems_to_end() -> None:
    """Where nothing is counted, an end has to show in more than the next few answers."""
    for begin in range(3, 25):
        for spell in range(1, 5):
            short = {begin: 1, **dict.fromkeys(range(begin + 1, begin + spell), 0)}
            listing = MovingListing(list(range(250)), short=short, total=TOTALS["missing"])
            rows, outcome = scanned(listing, page_size=10, ahead=1)
            assert rows == list(range(250)) or not outcome.complete, (begin, spell)


def test_a_row_seen_behind_the_end_is_not_forgotten() -> None:
    """Pages were asked for ahead of the one that seemed to be the last."""
    listing = MovingListing(list(range(250)), total=TOTALS["half"])
    listing.short = dict.fromkeys(range(13, 40), 0)
    rows, outcome = scanned(listing, page_size=10)
    assert set(rows) != set(range(250))
    assert not outcome.complete


def test_a_row_seen_behind_the_end_outweighs_the_count() -> None:
    listing = MovingListing(list(range(9)), total=lambda count: 5)
    evidence = CompletenessTracker(listing.fetch)
    evidence.read(0, 5)
    assert evidence.ends(5)
    evidence.read(7, 1)
    assert not evidence.ends(5)


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
def test_any_doubt_is_enough(outcome: ScanOutcome) -> None:
    assert not outcome.complete
    assert ScanOutcome(5, 5).complete
    assert ScanOutcome(5, None).complete
    assert ScanOutcome(0, 0).complete
