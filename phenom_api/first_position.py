"""Finds where the rows that matter begin, in a listing whose oldest rows come first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phenom_api.completeness import Page
from phenom_api.errors import RequestRefused

_ROWS = 20
"""Rows of a read: some may not tell their time."""
_UNTOLD_READS = 3
"""Reads in a row that may tell no time; then the rows there count as rows that matter."""
_MOST_READS = 80

IsBefore = Callable[[Any], "bool | None"]
"""Whether a row, and with it all rows in front of it, does not matter; None if it does not tell.

The caller allows for a margin: if rows may be out of order by ten minutes, a row is "before" only
if it is ten minutes older than the first row that matters.
"""


def first_position(
    fetch: Callable[[int, int], Page],
    is_before: IsBefore,
    *,
    rows: int,
    hint: int = 0,
    near: int = 100,
) -> int:
    """A position such that no row in front of it matters, found by bisection.

    It is 0, or the position of a row that is "before", so that the reader can see whether it is
    still right: if the first row that it reads there is not "before" any more, rows in front were
    deleted meanwhile, and it has to search again or begin at 0.

    :param fetch: reads ``limit`` rows from ``offset``.
    :param rows: positions that the listing is believed to have.
    :param hint: what an earlier search returned; if nothing moved, one read confirms it.
    :param near: rows that may be read in vain: a shorter way is not searched for.
    """
    return _Search(fetch, is_before, rows, near).run(hint)


class _Search:
    def __init__(
        self, fetch: Callable[[int, int], Page], is_before: IsBefore, rows: int, near: int
    ) -> None:
        self._fetch = fetch
        self._is_before = is_before
        self._bound = rows  # where the listing is believed to end
        self._near = max(_ROWS, near)
        self._low = -1  # the last position that is known to be "before"
        self._high: int | None = None  # a position that is not, or that is behind the end

    def run(self, hint: int) -> int:
        step = self._near
        if hint > 0:
            self._look(max(0, hint - _ROWS // 2))
        for _ in range(_MOST_READS):
            low, high = self._low, self._high
            if high is not None and high - low <= self._near:
                break
            end = max(self._bound, low + 2) if high is None else high
            middle = (low + end) // 2
            if hint > 0 and high is None:
                middle = min(middle, low + step)
            elif hint > 0 and low < 0:
                middle = max(middle, end - step)
            if low >= self._bound - 1 and high is None:
                middle = low + step
            step *= 4
            self._look(max(0, middle))
        return max(0, self._low) if self._high is not None else 0

    def _look(self, offset: int) -> None:
        """Read a few rows from an offset on, and learn from those that tell their time."""
        start = offset
        for _ in range(_UNTOLD_READS):
            page = self._read(start)
            if not page.rows:
                break
            verdicts = [self._is_before(row) for row in page.rows]
            before = max((at for at, is_before in enumerate(verdicts) if is_before), default=-1)
            after = [at for at, is_before in enumerate(verdicts) if is_before is False]
            if before >= 0:
                self._low = max(self._low, start + before)
            matter = next((at for at in after if at > before), None)
            if matter is not None:
                self._lower(start + matter)
            if before >= 0 or matter is not None:
                return
            start += len(page.rows)
        self._lower(offset)

    def _lower(self, position: int) -> None:
        """Note that this position matters, or is behind the end."""
        if self._high is None or position < self._high:
            self._high = position
        # Rows were deleted during the search: what was known in front does not hold any more.
        if self._high <= self._low:
            self._low = -1

    def _read(self, offset: int) -> Page:
        """A gateway may refuse an offset behind the end: that counts as an empty page."""
        try:
            page = self._fetch(offset, _ROWS)
        except RequestRefused:
            if offset == 0:
                raise
            return Page([], None)
        if page.total is not None and page.rows:
            self._bound = page.total
        return page
