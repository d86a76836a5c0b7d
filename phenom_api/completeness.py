"""Decides from a scan's answers whether the listing was read completely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """One page of a listing: its rows, and the total that the answer claims, if it claims one."""

    rows: list[Any]
    total: int | None


@dataclass(frozen=True)
class ScanOutcome:
    """How far a finished scan, of a listing or a part of it, can be trusted.

    :param rows: positions that were read.
    :param total: the total that the listing claimed last, None if it never claimed one.
    :param repaired: how often rows had moved; the rows that were missed then were read.
    :param open_seams: places between two pages where rows may be missing.
    :param shrank: the total went down while the listing was read.
    :param single_rows: no page had more than one row, so that nothing proves that pages join.
    :param ended: the pages confirm the end, see :meth:`CompletenessTracker.ends`.
    :param repeats: rows that had been read before came again behind the last row.
    :param ignores_offset: every page was the first page, whatever the offset.
    :param start: the position where the scan began; nothing is known about rows in front of it.
    :param stopped: the caller ended the scan: nothing is known about the rows behind its last one.
    :param different_rows: rows without those that came again; counted only if that may matter.
    :param are_pages_joined: all pages join, whatever the total says.
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
    start: int = 0
    stopped: bool = False
    different_rows: int | None = None
    are_pages_joined: bool = True

    @property
    def end(self) -> int:
        """The position behind the last row that was read."""
        return self.start + self.rows

    @property
    def agrees(self) -> bool:
        """Whether the total is the number of rows, as far as the scan was to read them.

        An empty listing without a total does not prove that there are no rows.
        """
        if self.stopped or self.total is None:
            return self.rows > 0
        return self.total == self.end

    @property
    def moved(self) -> bool:
        """Whether the listing moved, other than by growing at its end."""
        return self.repaired > 0 or self.shrank

    @property
    def complete(self) -> bool:
        """Whether a row that this scan did not see was deleted, or is not in the part read."""
        return self.agrees and self.ended and not self.open_seams and not self.moved

    @property
    def is_joined(self) -> bool:
        """Whether no row was missed that was listed all the time, if rows keep their order."""
        return self.are_pages_joined and not (self.shrank or self.ignores_offset)

    def ignored_offset(self, what: str) -> str:
        """The beginning of the log line about ``what`` if ``ignores_offset``."""
        return (
            f"The gateway ignores the offset when it lists {what}: every page is the first one "
            f"again. Its {self.rows} rows were read, others may be missing"
        )


class CompletenessTracker:
    """Reads pages, from any thread, and records what they say about the listing's length."""

    def __init__(self, fetch: Callable[[int, int], Page]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._largest = 0
        self._longest = 0
        self._farthest = 0
        # By the length of pages with fewer rows than requested: the first position behind one.
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
            # A page that ends with the last row is not short.
            if length < limit and (total is None or end < total):
                self._short[length] = min(end, self._short.get(length, end))
            if total is not None:
                # Answers can arrive out of order: compare only with totals known before this
                # request.
                self.shrank |= total < earlier
                self._steady &= self.total in (None, total)
                self._largest = max(self._largest, total)
                self.total = total
        return page

    def ends(self, end: int, *, repeats: bool = False) -> bool:
        """Whether a listing that was read up to ``end`` ends there.

        It does if no row was seen behind the end and every page was full. If pages in the middle
        were short or empty, the last page may be one of those: then a total that never changed
        has to confirm the end. The same holds if the listing ``repeats`` rows behind its end.
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
