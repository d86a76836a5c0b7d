"""Whether a listing goes on, or shows again what was read before."""

from __future__ import annotations

from typing import Any

_PAGES, _ROWS = 3, 20
"""What comes again behind the last row, with nothing new among it, before a listing has ended."""


class RepeatedRows:
    """Keeps account of rows that come again behind the last one that was new.

    They are held back until a new row follows: then they are rows that the listing has twice. If
    none does, the listing ended with its last new row.
    """

    def __init__(self) -> None:
        self.begins_again = False  #: whether rows that were read before showed behind the end
        self.idle = 0  #: pages since the last new row
        self.pages = 0  #: those among them that no movement of the listing explains
        self.held_back: list[Any] = []
        self._beginning: list[int] = []
        self._is_offset_heeded: bool | None = None

    @property
    def ignores_offset(self) -> bool:
        """Whether every page was the first one again."""
        return self._is_offset_heeded is False

    def look_at(self, offset: int, rows: list[int]) -> None:
        """Take note of a page, wherever it belongs."""
        if not self._beginning:
            self._beginning = rows if offset == 0 else []
        elif offset and rows and not self._is_offset_heeded:
            first = self._beginning[: len(rows)]
            self._is_offset_heeded = rows[: len(first)] != first

    def are_enough(self, pages: int, length: int) -> bool:
        """Whether so many pages of this length show that nothing else will come."""
        return pages >= max(_PAGES, _ROWS // length)

    def before_new(self, rows: list[Any], count: int) -> list[Any]:
        """Of a page's rows the first ``count``, the last of which is new, with those held back."""
        released = self.held_back + rows[:count] if self.held_back else rows[:count]
        self.held_back = rows[count:]
        self.idle, self.pages, self.begins_again = 0, 0, False
        return released

    def without_new(self, rows: list[Any], *, counts: bool, is_held_back: bool) -> list[Any]:
        """The same of a page without a new row.

        :param counts: whether no movement of the listing explains it.
        """
        self.idle += 1
        self.pages += counts
        if not is_held_back:
            return rows
        self.held_back = self.held_back + rows
        return []
