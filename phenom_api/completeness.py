"""What the answers to a scan prove: how long the listing is, and whether anything is missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """One answer of a listing: its rows, and the total it claims (None where it claims none)."""

    rows: list[Any]
    total: int | None


@dataclass(frozen=True)
class ScanOutcome:
    """How far a finished scan can be trusted.

    :param rows: how many positions the listing had, as read.
    :param total: what the listing last said that it has, None when it never said.
    :param repaired: how often the listing was seen to have moved; what was missing was read.
    :param open_seams: places between two pages where rows may be missing all the same.
    :param shrank: the total went down while the listing was read.
    :param single_rows: no page held more than one row, so that none could be proven to join.
    :param ended: the end was the end, as far as the pages tell (:meth:`CompletenessTracker.ends`).
    :param repeats: behind the last row came rows that had been read before.
    :param ignores_offset: every page was the first one again, whatever offset was asked for.
    """

    rows: int
    total: int | None
    repaired: int = 0
    open_seams: int = 0
    shrank: bool = False
    single_rows: bool = False
    ended: bool = True
    repeats: bool = False
    ignores_offset: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the listing's own count is what was read.

        Without a count, an empty listing is no evidence that there is nothing.
        """
        return self.rows > 0 if self.total is None else self.total == self.rows

    @property
    def moved(self) -> bool:
        """Whether the listing was seen to move other than by growing at its end."""
        return self.repaired > 0 or self.shrank

    @property
    def complete(self) -> bool:
        """Whether a row that this scan did not see can be taken for gone."""
        return self.agrees and self.ended and not self.open_seams and not self.moved

    def ignored_offset(self, what: str) -> str:
        """What to say of ``what`` where ``ignores_offset``: a sentence without its end."""
        return (
            f"The gateway ignores the offset when it lists {what}: every page is the first one "
            f"again. Its {self.rows} rows were read, others may be missing"
        )


class CompletenessTracker:
    """Reads pages, from any thread, and keeps account of what every one of them says."""

    def __init__(self, fetch: Callable[[int, int], Page]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._largest = 0
        self._longest = 0
        self._farthest = 0
        # By the length of pages that had less than was asked for: the first position behind one.
        self._short: dict[int, int] = {}
        self.total: int | None = None
        self.shrank = False
        self._steady = True

    def read(self, offset: int, limit: int) -> Page:
        earlier = self._largest
        page = self._fetch(offset, limit)
        length, total = len(page.rows), page.total
        end = offset + length
        with self._lock:
            self._longest = max(self._longest, length)
            if length:
                self._farthest = max(self._farthest, end)
            # One that ends with what was the last row then is not short.
            if length < limit and (total is None or end < total):
                self._short[length] = min(end, self._short.get(length, end))
            if total is not None:
                # Answers overtake each other: only one asked for after the other was there tells.
                self.shrank |= total < earlier
                self._steady &= self.total in (None, total)
                self._largest = max(self._largest, total)
                self.total = total
        return page

    def ends(self, end: int, *, repeats: bool = False) -> bool:
        """Whether a listing that was read up to ``end`` ends there.

        No row was seen behind it, and every page had what it could hold. Where pages are short in
        the middle, or empty, the end looks no different: there it takes a count that stays. So it
        does where the listing ``repeats`` itself behind the end, which is not the same as ending.
        """
        with self._lock:
            counted = self.total is not None and self._steady
            if repeats:
                return counted
            return self._farthest <= end and (counted or self._whole(end))

    def whole(self, end: int) -> bool:
        """Whether no page before ``end`` was shorter than the longest one."""
        with self._lock:
            return self._whole(end)

    def _whole(self, end: int) -> bool:
        return all(length >= self._longest or stop >= end for length, stop in self._short.items())
