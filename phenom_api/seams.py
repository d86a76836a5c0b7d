"""Whether two pages of a listing join, although rows came and went between the two readings."""

from __future__ import annotations

from collections import Counter
from enum import Enum

_LANDMARKS = 4
"""Rows of every page that are remembered for the rest of the scan."""


class Fit(Enum):
    """How a page joins the chain of those before it."""

    ALIGNED = "aligned"  #: the rows that both hold stand where they should
    SHIFTED = "shifted"  #: both hold some rows, but the listing moved in between
    UNPROVEN = "unproven"  #: they look aligned, but by rows that the listing repeats
    APART = "apart"  #: nothing in common: rows may lie between them


class Chain:
    """The pages accepted so far, each of which joins the one before.

    A page is known by its offset and the hashes of its rows. Two pages join by a row that both
    hold: as rows that stay keep their order, no row that was there all the time can lie between.
    A row that the listing repeats proves nothing, for it may be another one.

    What is remembered: the last page, and a few rows (landmarks) of every earlier one, by which
    a page is recognised that lies further back because rows were inserted ahead of it.
    """

    def __init__(self) -> None:
        self.end = 0  #: the position behind the last row
        self.rereading = False  #: whether the last page had rows from before the one before it
        self._tail: list[int] = []
        self._landmarks: dict[int, int] = {}
        self._repeated: set[int] = set()

    def fit(self, offset: int, rows: list[int]) -> Fit:
        """How a page (not an empty one) joins."""
        repeated = self._repeated
        if len(set(rows)) < len(rows):
            repeated = repeated | _doubles(rows)
        start = self.end - len(self._tail)
        first, last = max(offset, start), min(offset + len(rows), self.end)
        if first < last:
            shared = rows[first - offset : last - offset]
            if shared == self._tail[first - start : last - start]:
                return Fit.UNPROVEN if repeated.issuperset(shared) else Fit.ALIGNED
        elif self._stands(offset, rows):
            return Fit.ALIGNED
        if offset == 0:
            # Nothing comes before the first row.
            return Fit.SHIFTED if self._tail else Fit.ALIGNED
        return Fit.SHIFTED if self._meets(offset, rows, repeated) else Fit.APART

    def _stands(self, offset: int, rows: list[int]) -> bool:
        """Whether a page from before the last one holds landmarks, all of them in their places."""
        places = [
            self._landmarks[row] == place
            for place, row in enumerate(rows, offset)
            if row in self._landmarks
        ]
        return bool(places) and all(places)

    def _meets(self, offset: int, rows: list[int], repeated: set[int]) -> bool:
        """Whether known rows are in the page that agree on how far the listing has moved.

        One of them is enough where the page begins with it, or where it is the last one we have;
        elsewhere a single row may have been moved there by itself.
        """
        start = self.end - len(self._tail)
        places = {row: start + index for index, row in enumerate(self._tail)}
        if rows[0] in places and rows[0] not in repeated:
            return True
        if self._tail and self._tail[-1] in rows and self._tail[-1] not in repeated:
            return True
        places = {**self._landmarks, **places}
        shifts = Counter(
            index - places[row]
            for index, row in enumerate(rows, offset)
            if row in places and row not in repeated
        )
        return any(count > 1 for count in shifts.values())

    def accept(self, offset: int, rows: list[int], *, aligned: bool) -> list[int]:
        """Take a page as the last one; returns the indexes of those of its rows that are new.

        Rows from before the last page can be among them when the page is not ``aligned``; see
        :attr:`rereading`.
        """
        tail = set(self._tail)
        if aligned:
            new = list(range(max(0, self.end - offset), len(rows)))
        else:
            new = [index for index, row in enumerate(rows) if row not in tail]
        again = {rows[index] for index in new if rows[index] in self._landmarks}
        self.rereading = not again <= self._repeated
        if aligned:
            self._repeated |= again | tail.intersection(rows[index] for index in new)
        if len(set(rows)) < len(rows):
            self._repeated |= _doubles(rows)
        self._tail = rows
        self.end = offset + len(rows)
        for index in range(0, len(rows), max(1, len(rows) // _LANDMARKS)):
            self._landmarks[rows[index]] = offset + index
        return new


def _doubles(rows: list[int]) -> set[int]:
    return {row for row, count in Counter(rows).items() if count > 1}
