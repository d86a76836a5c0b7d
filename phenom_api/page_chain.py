"""Decides whether two pages of a listing join, although rows may have moved in between."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from enum import Enum

_LANDMARKS = 4
"""Rows of every page whose places are remembered for the rest of the scan."""
_SEARCHES = 20
"""Searches in the array of all rows before it is copied to a set, which is eight times as large."""


class Overlap(Enum):
    """How a page joins the pages before it."""

    ALIGNED = "aligned"  #: the rows that both have are at the expected positions
    SHIFTED = "shifted"  #: both have some rows, but the listing moved in between
    UNPROVEN = "unproven"  #: they look aligned, but only by rows that the listing repeats
    APART = "apart"  #: no row in common: rows may lie between them


class PageChain:
    """The pages accepted so far, each of which joins the one before.

    A page consists of its offset and the hashes of its rows. Two pages join if both have the same
    row: rows keep their order, so no row that was there all the time can lie between them. A row
    that the listing repeats proves nothing, because it may be the other one.

    The chain keeps the last page; a few rows (landmarks) of every earlier page, which identify a
    page that is further back because rows were inserted ahead of it; and all hashes, in an array.
    The array is searched only if a page may have old rows: if it has a landmark, or is shorter than
    the distance between two landmarks.

    :param start: the position of the first row that matters.
    """

    def __init__(self, start: int = 0) -> None:
        self.end = start  #: the position behind the last row
        self.unseen: list[int] = []  #: indexes of the last page's rows that no page had before
        self.is_same_page = False  #: whether the last page has only rows of the page before it
        self._tail: list[int] = []
        self._rows = array("q")
        self._row_set: set[int] | None = None
        self._landmarks: dict[int, int] = {}
        self._spacing = 0
        self._repeated: set[int] = set()
        self._searches = 0

    @property
    def rereading(self) -> bool:
        """Whether the last page had nothing but rows that were there before."""
        return not self.unseen

    def count_different_rows(self) -> int:
        """How many rows the pages had, without those that came again."""
        return len(self._row_set or set(self._rows))

    def fit(self, offset: int, rows: list[int]) -> Overlap:
        """How a page (not an empty one) joins."""
        repeated = self._repeated
        if len(set(rows)) < len(rows):
            repeated = repeated | _duplicates(rows)
        start = self.end - len(self._tail)
        first, last = max(offset, start), min(offset + len(rows), self.end)
        if first < last:
            shared = rows[first - offset : last - offset]
            if shared == self._tail[first - start : last - start]:
                return Overlap.UNPROVEN if repeated.issuperset(shared) else Overlap.ALIGNED
        elif self._has_landmarks_in_place(offset, rows):
            return Overlap.ALIGNED
        if not self._tail and offset <= self.end:
            return Overlap.ALIGNED
        if offset == 0:
            # Nothing comes before the first row.
            return Overlap.SHIFTED
        return Overlap.SHIFTED if self._has_moved_rows(offset, rows, repeated) else Overlap.APART

    def _has_landmarks_in_place(self, offset: int, rows: list[int]) -> bool:
        """Whether the page has landmarks, all of them at their positions."""
        places = [
            self._landmarks[row] == place
            for place, row in enumerate(rows, offset)
            if row in self._landmarks
        ]
        return bool(places) and all(places)

    def _has_moved_rows(self, offset: int, rows: list[int], repeated: set[int]) -> bool:
        """Whether the page has known rows that moved together.

        One row is enough if the page begins with it, or if it is our last row. Elsewhere a single
        row may have moved by itself.
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
        """Make a page the last one; returns the indexes of its rows that the page before lacks.

        Rows of earlier pages can be among them; :attr:`unseen` leaves those out.
        """
        tail = set(self._tail)
        if aligned:
            new = list(range(max(0, self.end - offset), len(rows)))
        else:
            new = [index for index, row in enumerate(rows) if row not in tail]
        duplicates = _duplicates(rows) if len(set(rows)) < len(rows) else set()
        again = {rows[index] for index in new if rows[index] in self._landmarks}
        if aligned:
            again |= tail.intersection(rows[index] for index in new)
            self._repeated |= again
        self._repeated |= duplicates
        is_certain = len(new) > self._spacing and not (again or duplicates)
        self.unseen = new if is_certain else self._unseen_of(rows, new)
        self.is_same_page = not self.unseen and tail.issuperset(rows)
        if len(self.unseen) < len(rows):
            self._remember([rows[index] for index in self.unseen])
        else:
            self._remember(rows)
        self._tail = rows
        self.end = offset + len(rows)
        spacing = max(1, len(rows) // _LANDMARKS)
        self._spacing = max(self._spacing, spacing)
        for index in range(0, len(rows), spacing):
            self._landmarks[rows[index]] = offset + index
        return new

    def never_seen(self, rows: Iterable[int]) -> set[int]:
        """The rows that no page had."""
        if self._row_set is None:
            self._searches += 1
            if self._searches <= _SEARCHES:
                return set(rows).difference(self._rows)
            self._row_set = set(self._rows)
        return set(rows) - self._row_set

    def _unseen_of(self, rows: list[int], new: list[int]) -> list[int]:
        """The ``new`` indexes of rows that occur for the first time."""
        left = self.never_seen(rows[index] for index in new)
        unseen = []
        for index in new:
            if rows[index] in left:
                left.remove(rows[index])
                unseen.append(index)
        return unseen

    def _remember(self, rows: list[int]) -> None:
        self._rows.fromlist(rows)
        if self._row_set is not None:
            self._row_set.update(rows)


def _duplicates(rows: list[int]) -> set[int]:
    return {row for row, count in Counter(rows).items() if count > 1}
