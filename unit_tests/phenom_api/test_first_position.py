"""The first position that matters, by bisection."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.completeness import Page
from phenom_api.errors import RequestRefused
from phenom_api.first_position import first_position


class Listing:
    """Rows that are their own times; None is a row that does not tell."""

    def __init__(self, rows: list[int | None], total: int | None, clamp: int = 1000) -> None:
        self.rows, self.total, self.clamp, self.reads = rows, total, clamp, 0

    def fetch(self, offset: int, limit: int) -> Page:
        self.reads += 1
        return Page(self.rows[offset : offset + min(limit, self.clamp)], self.total)

    def search(self, start: int, *, hint: int = 0, rows: int | None = None) -> int:
        self.reads = 0
        return first_position(
            self.fetch,
            lambda row: None if row is None else row < start,
            rows=len(self.rows) if rows is None else rows,
            hint=hint,
        )


@pytest.mark.parametrize("total", [None, 100_000, 50_000, 10**9])
@pytest.mark.parametrize("start", [-5, 0, 1, 300, 49_999, 99_999, 200_000])
def test_it_is_found_in_few_reads(total: int | None, start: int) -> None:
    listing = Listing(list(range(100_000)), total)
    position = listing.search(start)
    assert start - 101 <= position or position >= 100_000 - 101
    assert position <= max(0, start - 1)
    assert listing.reads <= 45
    again = listing.search(start, hint=position)
    assert again <= max(0, start - 1)
    if 0 < start <= 99_000:
        assert listing.reads <= 3 or position == 0


def test_rows_that_were_deleted_since() -> None:
    position = Listing(list(range(100_000)), None).search(50_000)
    listing = Listing(list(range(3000, 100_000)), None)
    assert 46_800 <= listing.search(50_000, hint=position) < 47_000
    assert listing.reads <= 12


@given(
    st.lists(st.integers(0, 1000) | st.none(), max_size=400),
    st.integers(-10, 1010),
    st.integers(0, 800),
    st.integers(0, 800),
    st.sampled_from([1, 3, 1000]),
    st.none() | st.integers(0, 2000),
)
@settings(max_examples=200, deadline=None)
def test_no_row_in_front_matters(
    rows: list[int | None], start: int, hint: int, believed: int, clamp: int, total: int | None
) -> None:
    times = iter(sorted(row for row in rows if row is not None))
    rows = [None if row is None else next(times) for row in rows]
    position = Listing(rows, total, clamp).search(start, hint=hint, rows=believed)
    assert all(row is None or row < start for row in rows[:position])
    if position:
        row = rows[position]
        assert row is not None
        assert row < start


def test_a_gateway_that_refuses_offsets_behind_the_end() -> None:
    listing = Listing(list(range(500)), None)

    def fetch(offset: int, limit: int) -> Page:
        if offset >= 500:
            raise RequestRefused("no", status=400)
        return listing.fetch(offset, limit)

    position = first_position(fetch, lambda row: row is not None and row < 400, rows=5000)
    assert 299 <= position < 400
