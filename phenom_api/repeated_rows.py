"""Detects a listing that repeats rows instead of ending."""

from __future__ import annotations

from typing import Any

_PAGES, _ROWS = 3, 20
"""A listing has ended after so many pages, with at least so many rows, without a new row."""


class RepeatedRows:
    """Holds back the rows that were read before and come again behind the last new row.

    If a new row follows, they are rows that the listing has twice, and they are released. If none
    does, the listing ended with its last new row.

    :param start: the offset of the first page.
    """

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self.begins_again = False  #: whether rows that were read before were seen behind the end
        self.idle = 0  #: pages since the last new row
        self.pages = 0  #: how many of those a moving listing does not explain
        self.held_back: list[Any] = []
        self._beginning: list[int] = []
        self._is_offset_heeded: bool | None = None

    @property
    def ignores_offset(self) -> bool:
        """Whether every page was the same as the first."""
        return self._is_offset_heeded is False

    def compare_with_first(self, offset: int, rows: list[int]) -> None:
        """Compare a page, of any offset, with the first page."""
        if not self._beginning:
            self._beginning = rows if offset == self._start else []
        elif offset != self._start and rows and not self._is_offset_heeded:
            first = self._beginning[: len(rows)]
            self._is_offset_heeded = rows[: len(first)] != first

    def shows_end(self, pages: int, length: int) -> bool:
        """Whether so many pages of this length show that no new row will come."""
        return pages >= max(_PAGES, _ROWS // length)

    def release_with_new(self, rows: list[Any], count: int) -> list[Any]:
        """Release the rows held back and the first ``count`` of a page that ends with a new row."""
        released = self.held_back + rows[:count] if self.held_back else rows[:count]
        self.held_back = rows[count:]
        self.idle, self.pages, self.begins_again = 0, 0, False
        return released

    def release_without_new(
        self, rows: list[Any], *, counts: bool, is_held_back: bool
    ) -> list[Any]:
        """The rows to release of a page without a new row.

        :param counts: a moving listing does not explain the page.
        """
        self.idle += 1
        self.pages += counts
        if not is_held_back:
            return rows
        self.held_back = self.held_back + rows
        return []
