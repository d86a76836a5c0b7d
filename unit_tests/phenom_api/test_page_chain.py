"""Which pages join, as a table. A chain of rows 0, 1, 2 … is read up to row 9."""

from __future__ import annotations

import pytest

from phenom_api.page_chain import Overlap, PageChain


def chain(*pages: tuple[int, list[int]]) -> PageChain:
    made = PageChain()
    for offset, rows in pages or ((0, [0, 1, 2, 3, 4]), (4, [4, 5, 6, 7, 8, 9])):
        made.accept(offset, rows, aligned=True)
    return made


@pytest.mark.parametrize(
    ("offset", "rows", "fit"),
    [
        # The overlap is at its position.
        (9, [9, 10, 11], Overlap.ALIGNED),
        (7, [7, 8, 9, 10], Overlap.ALIGNED),
        (4, [4, 5, 6, 7, 8, 9, 10], Overlap.ALIGNED),
        (2, [2, 3, 4, 5, 6, 7, 8, 9, 10], Overlap.ALIGNED),
        (9, [9], Overlap.ALIGNED),
        (5, [5, 6], Overlap.ALIGNED),
        # Rows were inserted ahead of us.
        (9, [8, 9, 10], Overlap.SHIFTED),
        (9, [7, 8], Overlap.SHIFTED),
        (9, [5, 6, 7, 8, 9, 10], Overlap.SHIFTED),
        (12, [0, 1, 2, 3, 4], Overlap.SHIFTED),
        # Rows were deleted ahead of us.
        (7, [8, 9, 10], Overlap.SHIFTED),
        (5, [9, 10, 11], Overlap.SHIFTED),
        (9, [10, 11, 12], Overlap.APART),
        (9, [20, 21], Overlap.APART),
        # Not an overlap at all.
        (10, [10, 11], Overlap.APART),
        (30, [30, 31], Overlap.APART),
        # A single known row that moved by itself.
        (9, [20, 21, 6, 22], Overlap.APART),
        (9, [20, 9, 21], Overlap.SHIFTED),
        # Nothing comes before the first page.
        (0, [20, 21], Overlap.SHIFTED),
        # An earlier page, at its old position.
        (0, [0, 1, 2], Overlap.ALIGNED),
        (1, [1, 2], Overlap.ALIGNED),
        (1, [2, 3], Overlap.SHIFTED),
    ],
)
def test_fit(offset: int, rows: list[int], fit: Overlap) -> None:
    assert chain().fit(offset, rows) is fit


def test_the_first_page_fits() -> None:
    assert PageChain().fit(0, [1, 2]) is Overlap.ALIGNED


def test_a_repeated_row_proves_nothing() -> None:
    # Either 7 followed the first 5 and was missed, or it never existed.
    repeating = chain((0, [1, 2, 5, 3, 5]))
    assert repeating.fit(4, [5, 8, 9]) is Overlap.UNPROVEN
    assert repeating.fit(3, [3, 5, 8, 9]) is Overlap.ALIGNED
    assert repeating.fit(4, [8, 5, 9]) is Overlap.APART
    assert chain((0, [1, 2, 3])).fit(2, [3, 8, 3]) is Overlap.UNPROVEN


def test_a_row_that_was_repeated_later_proves_nothing_either() -> None:
    repeating = chain((0, [5, 1, 2]), (2, [2, 3, 5]))
    assert repeating.fit(4, [5, 8, 9]) is Overlap.UNPROVEN


def test_new_rows_of_an_aligned_page() -> None:
    made = chain()
    assert made.accept(7, [7, 8, 9, 10, 11], aligned=True) == [3, 4]
    assert made.end == 12
    assert not made.rereading


def test_new_rows_of_a_shifted_page() -> None:
    made = chain()
    assert made.accept(9, [8, 9, 10, 11], aligned=False) == [2, 3]
    assert made.end == 13
    assert not made.rereading


def test_rows_that_no_page_had() -> None:
    made = chain()
    assert made.never_seen([3, 10, 9, 11]) == {10, 11}
    made.accept(9, [9, 3, 10, 3, 11, 8], aligned=True)
    assert made.unseen == [2, 4]
    assert made.never_seen([10, 11, 12]) == {12}


@pytest.mark.parametrize("length", [1, 2, 7, 100])
def test_no_row_is_new_twice_if_the_listing_begins_again(length: int) -> None:
    for start in range(0, 200, 13):
        made = chain(*((offset, list(range(offset, offset + 100))) for offset in (0, 99)))
        made.accept(199, list(range(start, start + length))[: 199 - start], aligned=False)
        assert made.rereading


def test_rows_stay_known_after_many_searches() -> None:
    made = chain()
    for row in range(10, 100):
        assert made.never_seen([row, row - 1]) == {row}
        made.accept(row - 1, [row - 1, row], aligned=True)
    assert not made.never_seen(range(100))


def test_rereading_is_noticed() -> None:
    made = chain()
    made.accept(12, [0, 1, 2, 3, 4], aligned=False)
    assert made.rereading
