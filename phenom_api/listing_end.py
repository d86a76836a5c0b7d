"""Finds a page near the end of a listing that may have become shorter or longer."""

from __future__ import annotations

from collections.abc import Callable

from phenom_api.joined_pages import CannotContinue, PlacedPage

_MOST_READS = 60
_STEPS = (8, 64)
"""Pages to go back at first, where nothing tells how much shorter the listing became."""
_NEAR = 3
"""Pages from which on the end is read to, instead of being searched for."""


def two_pages(length: int) -> int:
    """The rows of two pages that overlap by one."""
    return 2 * (length - 1) + 1


class EndSearch:
    """Finds a page from which the end can be read to.

    :param read: reads a page at an offset; it may be empty.
    :param expected: the positions that the listing had. :param limit: rows that are asked for.
    :param length: rows that pages are believed to have; 0 if nothing is known.
    :param most_new: rows behind ``expected`` that may be read one page after the other.
    """

    def __init__(
        self,
        read: Callable[[int], PlacedPage],
        *,
        expected: int,
        limit: int,
        length: int,
        most_new: int,
    ) -> None:
        self._read = read
        self._expected = expected
        self._length = length or limit
        self.page_length = length  #: rows that pages have; 0 if that is still not known
        self._most_new = most_new
        self._total: int | None = None
        self._low: PlacedPage | None = None
        self.known_end: int | None = None  #: a position behind the last row, if one was found

    def page(self) -> PlacedPage | None:
        """A page about two pages in front of where new rows begin; None if there are no rows."""
        offset = max(0, self._expected - two_pages(self._length))
        for number in range(_MOST_READS):
            page = self._look(offset)
            if page.rows:
                if self._is_near(page):
                    return page
            elif offset == 0:
                return None
            following = self._following_offset(number)
            if self._low is not None and following <= self._low.offset:
                return self._low
            offset = following
        raise CannotContinue("the end of the listing was not found")

    def _look(self, offset: int) -> PlacedPage:
        page = self._read(offset)
        self._total = page.total
        if not page.rows:
            self.known_end = offset
            return page
        self._low, length = page, len(page.rows)
        if length >= self._length:
            self._length = self.page_length = length
        elif page.end not in (page.total, self.known_end):
            # Either this page ends with the last row, or pages have become shorter.
            behind = self._read(page.end)
            if not behind.rows:
                self.known_end = page.end
                return page
            self._length = self.page_length = max(length, len(behind.rows))
            self._low = behind
            return behind
        return page

    def _is_near(self, page: PlacedPage) -> bool:
        goal = self._goal()
        if goal is not None:
            return page.end + 2 * self._length >= goal
        assert self.known_end is not None
        return page.end + _NEAR * self._length >= self.known_end

    def _goal(self) -> int | None:
        """Where rows are expected to end; None if only a position behind the last one is known."""
        claimed = self._claimed_end()
        return self._expected if claimed is None and self.known_end is None else claimed

    def _claimed_end(self) -> int | None:
        """The position that the total suggests to begin in front of."""
        total = self._total
        if total is None or (self.known_end is not None and total > self.known_end):
            return None
        if self._low is not None and total < self._low.end:
            return None
        return total if total > self._expected + self._most_new else min(total, self._expected)

    def _following_offset(self, number: int) -> int:
        low, high = self._low, self.known_end
        goal = self._goal()
        if goal is not None:
            offset = max(0, goal - two_pages(self._length))
            if high is None or offset < high:
                return offset
        assert high is not None
        if low is not None:
            return (low.end + high - self._length) // 2
        if number < len(_STEPS):
            return max(0, self._expected - _STEPS[number] * self._length)
        return high // 2
