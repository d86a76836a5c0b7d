"""Detects a listing that repeats rows instead of ending."""

from __future__ import annotations

from typing import Any

_PAGES, _ROWS = 3, 20
"""Pages, and rows at least, without a new row, after which a listing has ended."""


class RepeatedRows:
    """Holds back the rows that were read before and come again behind the last new row.

    If a new row follows, they are rows that the listing has twice, and they are released. If none
    does, the listing ended with its last new row.
    """

    def __init__(self) -> None:
        self.begins_again = False  #: whether rows that were read before were seen behind the end
        self.idle = 0  #: pages since the last new row
        self.pages = 0  #: those of them that are not explained by a listing that moved
        self.held_back: list[Any] = []
        self._beginning: list[int] = []
        self._is_offset_heeded: bool | None = None

    @property
    def ignores_offset(self) -> bool:
        """Whether every page was the same as the first."""
        return self._is_offset_heeded is False

    def look_at(self, offset: int, rows: list[int]) -> None:
        """Compare a page, of any offset, with the first page."""
        if not self._beginning:
            self._beginning = rows if offset == 0 else []
        elif offset and rows and not self._is_offset_heeded:
            first = self._beginning[: len(rows)]
            self._is_offset_heeded = rows[: len(first)] != first

    def are_enough(self, pages: int, length: int) -> bool:
        """Whether so many pages of this length show that no new row will come."""
        return pages >= max(_PAGES, _ROWS // length)

    def before_new(self, rows: list[Any], count: int) -> list[Any]:
        """Release the rows held back and the first ``count`` of a page that ends with a new row."""
        released = self.held_back + rows[:count] if self.held_back else rows[:count]
        self.held_back = rows[count:]
        self.idle, self.pages, self.begins_again = 0, 0, False
        return released

    def without_new(self, rows: list[Any], *, counts: bool, is_held_back: bool) -> list[Any]:
        """The rows to release of a page without a new row.

        :param counts: the page is not explained by a listing that moved.
        """
        self.idle += 1
        self.pages += counts
        if not is_held_back:
            return rows
        self.held_back = self.held_back + rows
        return []
