"""Reads a part of a listing page by page, from a known page on, with the proof that pages join.

It is the small brother of :class:`phenom_api.paging.Scan`. A scan has to get the best out of every
gateway; here, whatever is unusual ends the reading, and the caller makes a scan instead.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from phenom_api.completeness import Page
from phenom_api.errors import RequestRefused
from phenom_api.page_chain import Overlap, PageChain
from phenom_api.read_ahead import Readable, ReadAhead

_STEPS_BACK = 5
"""Reads in search of a page that joins, each about twice as far back as the one before."""
_FRUITLESS = 8
"""Reads without a new row after which nothing more is expected."""


class CannotContinue(Exception):
    """A part of the listing cannot be read with proof; ``reason`` is a clause in plain English."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PlacedPage:
    """A page, where it was read, and the hashes of its rows."""

    offset: int
    rows: list[Any]
    hashes: list[int]
    total: int | None = None

    @property
    def end(self) -> int:
        return self.offset + len(self.rows)


class BackwardView:
    """A listing read towards its beginning: position 0 is the row in front of ``origin``.

    The last position of this view is the first of the listing. Pages have their rows reversed.
    """

    total = None

    def __init__(self, listing: Readable, origin: int) -> None:
        self._listing = listing
        self._origin = origin
        self._most: int | None = None  # rows of a page that was shorter than it had to be

    def read(self, offset: int, limit: int) -> Page:
        stop = self._origin - offset
        if stop <= 0:
            return Page([], None)
        rows = self._ending_at(stop, limit if self._most is None else min(limit, self._most))
        if 0 < len(rows) < min(stop, limit) and self._most is None:
            self._most = len(rows)
            rows = self._ending_at(stop, len(rows))
        return Page(rows[::-1], None)

    def _ending_at(self, stop: int, limit: int) -> list[Any]:
        start = max(0, stop - limit)
        return self._listing.read(start, stop - start).rows


class JoinedPages:
    """The pages that follow a first one; each has to join the pages before it.

    :param first: where to begin. :param limit: rows to ask for at a time.
    :param length: rows that pages are believed to have; 0 if nothing is known.
    :param seen: hashes of the rows read so far; those of new rows are added.
    :param may_move_on: whether rows may move to later positions while they are read.
    :param known_end: the position behind the last row, if that is known; else ``is_end`` says
        whether the listing ends with the last row of a page.
    """

    def __init__(
        self,
        listing: Readable,
        first: PlacedPage,
        *,
        limit: int,
        length: int,
        identity: Callable[[Any], Hashable],
        executor: Executor,
        ahead: int,
        seen: set[int],
        may_move_on: bool,
        known_end: int | None = None,
        is_end: Callable[[PlacedPage], bool] | None = None,
    ) -> None:
        self._listing = listing
        self._limit = limit
        self._identity = identity
        self._ahead = ReadAhead(listing, executor, ahead)
        self._seen = seen
        self._may_move_on = may_move_on
        self._known_end = known_end
        self._is_end = is_end or self._is_at_known_end
        self._floor = min(1, first.offset)  # a page at 0 would count as joining, even in a part
        self._fruitless = 0
        self._chain = PageChain()
        self._tail: dict[int, int] = {}  # the position of each row of the last page
        self._farthest = 0  # the hash of the last new row
        self._believed_length = length
        self._last_with_room: PlacedPage | None = None  # the last page, if rows may end with it
        self.length = 1  #: rows of the longest page
        self.moved = 0  #: by how many positions the rows moved since the first page was read
        self._is_finished = False
        self._accept(first, list(range(len(first.rows))), aligned=True)

    @property
    def end(self) -> int:
        """The position behind the last row."""
        return self._chain.end

    def plan(self, pages: int, until: int | None = None) -> None:
        """Have up to so many pages read ahead.

        :param until: none of them begins behind this position; by default behind the total.
        """
        if self.length > 1 and self._last_with_room is None:
            self._ahead.plan(self.end, self._limit, self.length, pages, until)

    def cancel(self) -> None:
        self._ahead.cancel()

    def next_rows(self) -> list[Any] | None:
        """The new rows of the page that follows; None at the end.

        :raises CannotContinue: if no page can be proven to follow.
        """
        if self._is_finished:
            return None
        last, self._last_with_room = self._last_with_room, None
        if last is not None:
            if self._is_end(last):
                return None
            self._believed_length = 0
        while self._fruitless <= _FRUITLESS:
            page = self._following()
            if page is None or not self._joins(page):
                page = self._step_back()
            shift, is_known = self._shift(page), page.hashes[-1] in self._tail
            rows = self._take(page, shift)
            if rows:
                return rows
            self._fruitless += 1
            if is_known and shift is not None and shift <= 0 and self._is_end(page):
                return None
        raise CannotContinue("page after page brought no new row")

    # -- reading -----------------------------------------------------------------------------

    def _following(self) -> PlacedPage | None:
        """The page that begins with our last row; None if it is empty."""
        at = max(self._floor, self.end - min(1, self.length - 1))
        while (offset := self._ahead.next_offset) is not None and offset <= at:
            page = self._page_ahead()
            if offset == at or (page is not None and page.end > self.end):
                return page
        return self._read(at)

    def _page_ahead(self) -> PlacedPage | None:
        try:
            offset, _, page = self._ahead.next_page()
        except RequestRefused:
            return None
        finally:
            self._ahead.drop_next()
        return self._placed(offset, page)

    def _read(self, offset: int) -> PlacedPage | None:
        """A gateway may refuse an offset behind the end: that counts as an empty page."""
        try:
            return self._placed(offset, self._listing.read(offset, self._limit))
        except RequestRefused:
            return None

    def _placed(self, offset: int, page: Page) -> PlacedPage | None:
        return placed(offset, page, self._identity) if page.rows else None

    def _step_back(self) -> PlacedPage:
        """A page from further back that joins: rows in front of ours may have been deleted."""
        back = self.length
        for _ in range(_STEPS_BACK):
            at = max(self._floor, self.end - back)
            page = self._read(at)
            if page is not None and self._joins(page):
                return page
            self._fruitless += 1
            if at == self._floor:
                break
            back *= 2
        raise CannotContinue("two pages did not join")

    # -- accepting ---------------------------------------------------------------------------

    def _joins(self, page: PlacedPage) -> bool:
        overlap = self._chain.fit(page.offset, page.hashes)
        is_proven = overlap in (Overlap.ALIGNED, Overlap.SHIFTED)
        return is_proven and not self._seen.isdisjoint(page.hashes)

    def _is_at_known_end(self, page: PlacedPage) -> bool:
        return self._known_end is not None and page.end >= self._known_end

    def _shift(self, page: PlacedPage) -> int | None:
        """By how many positions our rows moved; None if the page has none of the last ones."""
        for place in range(len(page.hashes) - 1, -1, -1):
            earlier = self._tail.get(page.hashes[place])
            if earlier is not None:
                return page.offset + place - earlier
        return None

    def _take(self, page: PlacedPage, shift: int | None) -> list[Any]:
        """Accept a page that joins; returns its new rows."""
        if shift is not None and shift > 0 and not self._may_move_on:
            raise CannotContinue("rows came again at later positions")
        if page.total is not None and page.offset >= page.total:
            raise CannotContinue("the gateway shows rows behind the number that it counts")
        known = [row in self._seen for row in page.hashes]
        aligned = self._chain.fit(page.offset, page.hashes) is Overlap.ALIGNED
        if aligned and self._farthest == next(reversed(self._tail)):
            behind = max(0, self.end - page.offset)
            if any(known[behind:]):
                raise CannotContinue("rows that were read before came again")
        # Rows in front of the first known one were not asked for.
        new = [place for place in range(known.index(True), len(known)) if not known[place]]
        if new or not aligned:
            self._accept(page, new, aligned=aligned)
            self._is_finished = self._is_at_known_end(page)
            self.moved += shift or 0
        return [page.rows[place] for place in new]

    def _accept(self, page: PlacedPage, new: list[int], *, aligned: bool) -> None:
        self._chain.accept(page.offset, page.hashes, aligned=aligned)
        self._tail = {row: place for place, row in enumerate(page.hashes, page.offset)}
        self.length = max(self.length, len(page.rows))
        if new:
            has_room = len(page.rows) < max(self.length, self._believed_length)
            self._last_with_room = page if has_room and aligned else None
            self._seen.update(page.hashes[place] for place in new)
            self._farthest = page.hashes[new[-1]]


def placed(offset: int, page: Page, identity: Callable[[Any], Hashable]) -> PlacedPage:
    """A page with the hashes of its rows.

    :raises CannotContinue: if a row is twice on it.
    """
    hashes = [hash(identity(row)) for row in page.rows]
    if len(set(hashes)) < len(hashes):
        raise CannotContinue("a page had the same row twice")
    return PlacedPage(offset, page.rows, hashes, page.total)
