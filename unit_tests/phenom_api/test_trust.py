"""When a scan may call itself complete, so that what it did not see is taken for deleted.

A row can be hidden so that nobody can know of it: where every answer is one that a gateway with
just the rows that were read could have given. Such rows are not counted here. They are defined by
the answers alone (see ``explains``), not by how they came about: by a gateway that never shows a
row and does not count it either, or by several bad answers in a row that happen to tell the same
story. Whatever else is missing must keep a scan from calling itself complete.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.paging import Outcome, Page
from unit_tests.phenom_api.moving_listing import (
    Change,
    DrawnExecutor,
    InlineExecutor,
    MovingListing,
    Row,
    scanned,
    without_repeats,
)

Total = Callable[[int], int | None]

TOTALS: dict[str, Total] = {
    "right": lambda count: count,
    "missing": lambda count: None,
    "zero": lambda count: 0,
    "one": lambda count: 1,
    "one too many": lambda count: count + 1,
    "a few too many": lambda count: count + 5,
    "absurd": lambda count: 10**12,
    "one too few": lambda count: max(0, count - 1),
    "half": lambda count: count // 2,
}


def explains(
    rows: Sequence[Row], reads: Sequence[tuple[int, int]], answers: Sequence[Page]
) -> bool:
    """Whether a gateway that lists just ``rows`` could have answered so.

    Every page is the run of rows that begins at its offset. Either a count was named and was
    theirs each time; pages may then be shorter than asked for, or empty. Or every page has all
    that it could hold; the listing may then have grown at its end, which the counts, if any were
    named, say as well.
    """
    counts = [answer.total for answer in answers if answer.total is not None]
    longest = max((len(answer.rows) for answer in answers), default=0)
    runs, whole = True, counts == sorted(counts) and counts[-1:] in ([], [len(rows)])
    for (offset, limit), answer in zip(reads, answers, strict=True):
        there = rows[: answer.total]
        runs &= answer.rows == list(rows[offset : offset + len(answer.rows)])
        whole &= len(answer.rows) == len(there[offset : offset + min(limit, longest)])
    return runs and (whole or set(counts) == {len(rows)})


def assert_trustworthy(listing: MovingListing, rows: list[Row], outcome: Outcome) -> None:
    missed = listing.persistent.difference(rows)
    if missed and outcome.complete:
        assert explains(without_repeats(rows), listing.reads, listing.answers), missed


# -- hostile gateways ----------------------------------------------------------------------------


@st.composite
def _changes(draw: st.DrawFn, reads: int) -> dict[int, list[Change]]:
    made: dict[int, list[Change]] = {}
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 3]))):
        insert, where = draw(st.booleans()), draw(st.floats(0, 1))
        count = draw(st.sampled_from([1, 1, 2, 5]))

        def change(
            listing: MovingListing, insert: bool = insert, where: float = where, count: int = count
        ) -> None:
            position = int(where * len(listing.rows))
            listing.insert(position, count) if insert else listing.delete(position, count)

        made.setdefault(draw(st.integers(0, reads)), []).append(change)
    return made


@st.composite
def _hostile(draw: st.DrawFn) -> tuple[MovingListing, int]:
    """A listing with wrong counts, hidden rows, short and empty pages, singly or in a row."""
    count = draw(st.sampled_from([0, 1, 2, 5, 20, 60, 200]) | st.integers(0, 100))
    length = draw(st.sampled_from([1, 2, 3, 5, 10, 10, 40]))
    reads = 2 * count // max(1, length - 1) + 12
    positions = st.integers(0, max(0, count - 1))
    short = dict(
        draw(st.lists(st.tuples(st.integers(0, reads), st.sampled_from([0, 0, 1, 2])), max_size=6))
    )
    first_bad = draw(st.integers(0, reads))
    for number in range(draw(st.sampled_from([0, 0, 2, 3, 4]))):
        short[first_bad + number] = draw(st.sampled_from([0, 0, 1, 2]))
    seed = draw(st.integers(0, 10**6))
    total = draw(st.sampled_from([*TOTALS.values(), _restless(seed)]))
    listing = MovingListing(
        list(range(count)),
        clamp=draw(st.sampled_from([length, 1000])),
        total=total,
        changes=draw(_changes(reads)),
        short=short,
        holes=draw(st.sets(positions, max_size=3)) if count else set(),
        hidden=draw(st.sampled_from([set(), set(), draw(st.sets(positions, max_size=2))])),
    )
    return listing, length


def _restless(seed: int) -> Total:
    rng = random.Random(seed)
    return lambda count: rng.choice([None, 0, count // 2, count, count, count + 3, 10**9])


@given(_hostile(), st.integers(0, 10**6), st.sampled_from([1, 4, 20]))
@settings(max_examples=400, deadline=None)
def test_no_hostile_gateway_makes_a_scan_trust_what_it_could_know_to_be_wrong(
    hostile: tuple[MovingListing, int], seed: int, ahead: int
) -> None:
    listing, length = hostile
    executor = DrawnExecutor(random.Random(seed)) if seed % 3 else InlineExecutor()
    rows, outcome = scanned(
        listing, page_size=length, executor=executor, ahead=ahead, most_reads=6000
    )
    assert_trustworthy(listing, rows, outcome)


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


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(5, 4),
        Outcome(5, 6),
        Outcome(0, None),
        Outcome(5, 5, repaired=1),
        Outcome(5, 5, open_seams=1),
        Outcome(5, 5, shrank=True),
        Outcome(5, 5, ended=False),
    ],
)
def test_any_doubt_is_enough(outcome: Outcome) -> None:
    assert not outcome.complete
    assert Outcome(5, 5).complete
    assert Outcome(5, None).complete
    assert Outcome(0, 0).complete
