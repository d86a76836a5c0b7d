"""Offset paging over a listing that others may change while it is read.

An offset is a position. When a row ahead of the reader is deleted, every later row moves one
position to the left, and a reader that only adds up offsets loses one. So neighbouring pages
overlap by one row, and a page is accepted only if it joins the pages before it (see
:mod:`phenom_api.page_chain`). If it does not, the scan steps back and reads on from there.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from phenom_api.completeness import CompletenessTracker, Page, ScanOutcome
from phenom_api.errors import RequestRefused
from phenom_api.page_chain import Overlap, PageChain
from phenom_api.read_ahead import ReadAhead
from phenom_api.repeated_rows import RepeatedRows

__all__ = ["Page", "Scan", "ScanOutcome"]

_SMALL_PAGE = 35
"""Rows of a page below which the overlapping row costs more than three requests in a hundred."""
_TRIES = 12
"""Reads in search of the page that follows, before a seam is left open."""
_FEWER_TRIES = 2
"""The same if more reads will hardly help."""
_FRUITLESS = 50
"""Reads without a new row that a scan may take, in addition to one for every page with new rows."""


class Scan:
    """One pass over a listing: iterate it for the rows, page by page, then read ``outcome``.

    Pages are fetched concurrently and come out in the listing's order, without the overlap. If the
    listing moves, rows can come more than once; the caller drops rows that it has seen.

    :param fetch: reads ``limit`` rows from ``offset``; called from several threads.
    :param page_size: rows that a request should bring. Small pages ask for one row more, the one
        that overlaps; large pages bring one row less. The gateway may return fewer.
    :param identity: what makes a row the same row when its content changes; called once per row.
    :param executor: fetches the pages; its size limits the concurrency.
    :param ahead: how many pages may be fetched before the first of them is taken.
    :param start: the position to begin at; the outcome is about the rows from there on.
    :param until: called with the new rows of each page; if it returns True, the scan ends with
        that page, and the outcome is about the rows up to there.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Page],
        *,
        page_size: int,
        identity: Callable[[Any], Hashable],
        executor: Executor,
        ahead: int,
        start: int = 0,
        until: Callable[[list[Any]], bool] | None = None,
    ) -> None:
        self._tracker = CompletenessTracker(fetch)
        self._start = start
        self._until = until
        self._is_stopped = False
        self._page_size = page_size
        self._limit = page_size + (page_size < _SMALL_PAGE)
        self._identity = identity
        self._ahead = ReadAhead(self._tracker, executor, ahead)
        self._chain = PageChain(start)
        self._headway = _Headway()
        self._repeats = RepeatedRows(start)
        self._length = 1  # rows of the longest page so far
        self._ended_at = -1  # the end of a page that had room for more rows
        self._repaired = 0
        self._open_seams = 0
        self._at_last_new_row = (
            start,
            0,
            0,
        )  # the position behind it, and both counters at that time

    @property
    def outcome(self) -> ScanOutcome:
        tracker, total = self._tracker, self._tracker.total
        repeats = self._has_repeated
        ignores_offset = repeats and self._repeats.ignores_offset
        end, repaired, open_seams = self._chain.end, self._repaired, self._open_seams
        if repeats:
            end, repaired, open_seams = self._at_last_new_row
        return ScanOutcome(
            end - self._start,
            total,
            repaired,
            # The repeated rows may have taken the place of others.
            open_seams + (repeats and (total is None or total > end)),
            tracker.shrank,
            self._length == 1,
            (self._is_stopped or tracker.ends(end, repeats=repeats)) and not ignores_offset,
            repeats,
            ignores_offset,
            self._start,
            self._is_stopped,
            self._chain.count_different_rows() if repaired or repeats else None,
            not open_seams,
        )

    @property
    def expected(self) -> int | None:
        """The total that the listing claimed last; for progress displays."""
        return self._tracker.total

    def __iter__(self) -> Iterator[list[Any]]:
        try:
            rows = self._first()
            while rows is not None:
                if rows:
                    yield rows
                    if self._until is not None and self._until(rows):
                        self._is_stopped = True
                        return
                self._plan()
                rows = self._next_rows()
            if self._repeats.held_back and not self._has_repeated:
                yield self._repeats.held_back
        finally:
            self._ahead.cancel()

    def _plan(self) -> None:
        """Ask for pages ahead, more and more of them as the page length proves steady."""
        end = self._chain.end
        if not (self._is_repeating or self._headway.is_exhausted or end == self._ended_at):
            most = 1 if self._repeats.pages else 2 * self._headway.pages
            self._ahead.plan(end, self._limit, self._length, most)

    # -- page by page ------------------------------------------------------------------------

    def _first(self) -> list[Any] | None:
        """The rows of the first page; None if the listing, or the part, is empty."""
        read = self._read_where_no_row_may_be if self._start else self._read
        try:
            page = self._read(self._start, self._limit)
        except RequestRefused:
            if self._limit == self._page_size and not self._start:
                raise
            self._limit = self._page_size
            page = read(self._start, self._limit)
        if page is None:
            page = self._behind_end()
        return None if page is None else self._take(page, self._overlap(page))

    def _next_rows(self) -> list[Any] | None:
        """The rows that follow: none if a page had nothing new, None at the end of the listing."""
        if self._is_repeating or self._headway.is_exhausted:
            rows = self._take_page_ahead()
            self._open_seams += rows is None and not self._is_repeating
            return rows
        start = self._ahead.next_offset
        if start is None or start > self._chain.end - min(1, self._length - 1):
            return self._search()
        page = self._placed(*self._ahead.next_page())
        if page is None:
            self._ahead.drop_next()
            return self._search()
        if page.end < self._chain.end:
            # A page read later already had its rows.
            self._ahead.drop_next()
            return []
        rows = self._join(page, _FEWER_TRIES)
        if page.end <= self._chain.end:
            self._ahead.drop_next()
        # Otherwise it may join the pages that were read in between.
        return rows

    def _join(self, page: _PlacedPage, tries_unproven: int = _TRIES) -> list[Any] | None:
        """Accept a page if it joins; else read a page that joins.

        :param tries_unproven: how many reads may look for a proof if the overlap proves nothing.
        """
        overlap = self._overlap(page)
        if overlap in (Overlap.ALIGNED, Overlap.SHIFTED):
            return self._take(page, overlap)
        if overlap is Overlap.UNPROVEN:
            return self._step_back(page, tries_unproven)
        self._repaired += page.offset < self._chain.end
        return self._step_back(page)

    # -- searching ---------------------------------------------------------------------------

    def _search(self) -> list[Any] | None:
        """Read on from the last row; None if nothing follows it."""
        if self._chain.end == self._ended_at:
            return self._at_end()
        page = self._read(max(0, self._chain.end - 1), self._limit)
        return self._join(page) if page is not None else self._after_empty_page()

    def _step_back(self, apart: _PlacedPage | None, tries: int = _TRIES) -> list[Any] | None:
        """Read from further and further back until a page joins.

        :param apart: a page that does not join. It is accepted with an open seam if none does.
        """
        chain = self._chain
        half = max(1, self._length // 2)
        back = half
        if self._length == 1:
            tries = _FEWER_TRIES
        for _ in range(min(tries, self._headway.tries)):
            if self._is_repeating:
                return []
            if apart is not None and self._cannot_overlap(apart):
                break
            page = self._read(max(0, chain.end - back), self._limit)
            overlap = self._overlap(page) if page is not None else None
            if page is None or overlap in (None, Overlap.APART, Overlap.UNPROVEN):
                self._headway.fruitless += 1
                back = max(half, 2 * back)
                continue
            rows = self._take(page, overlap)
            if rows:
                return rows
            if apart is not None and apart.end <= chain.end:
                return []
            # The page ends with our last row, although ``apart`` has more: it was cut short.
            back = 1
        return self._take(apart, Overlap.APART) if apart is not None else self._skip_row()

    def _after_empty_page(self) -> list[Any] | None:
        """Go on after an empty page that should begin with our last row.

        Either the listing got shorter, or the gateway cannot show one of the page's rows. Smaller
        pages read the rows in front of that one.
        """
        end, length = self._chain.end, self._length
        self._headway.fruitless += 1
        last = self._read(max(0, end - length), min(end, length))
        if last is None:
            return self._step_back(None)
        if last.end < end and self._overlap(last) is Overlap.ALIGNED:
            # The rows behind it are gone.
            return self._take(last, Overlap.SHIFTED)
        rows = self._join(last)
        limit = self._limit
        while rows == [] and self._chain.end == end != self._ended_at and limit > 2:
            limit = max(2, limit // 2)
            page = self._read(max(0, end - 1), limit)
            self._headway.fruitless += page is None
            if page is not None:
                rows = self._join(page)
        is_stuck = rows == [] and self._chain.end == end != self._ended_at
        return self._skip_row() if is_stuck else rows

    def _at_end(self) -> list[Any] | None:
        """Find out whether the listing ends here: a page with room for more rows ended here."""
        later = self._behind_end()
        if later is None and not self._has_row_at_total():
            return None
        if later is None or later.offset > self._chain.end:
            # The next row is not shown, or the empty answer was wrong.
            self._ended_at = -1
            return self._after_empty_page()
        return self._join(later)

    def _behind_end(self) -> _PlacedPage | None:
        """A page with rows behind our last one; None at the end.

        One row that cannot be shown makes a page empty. So the next two positions are read one by
        one. More reads follow if pages have one row, if pages were short before, or if no total
        confirms the end.
        """
        end = self._chain.end
        places = [(end, 1), (end + 1, 1)]
        tracker, limit = self._tracker, self._limit
        if self._length == 1:
            places = [(max(0, end - 1), limit), *places, *places]
        elif tracker.total is None or not tracker.whole(end):
            places = [(max(0, end - 1), limit), *places, (end + 1, limit)]
        for offset, limit in places:
            page = self._read_where_no_row_may_be(offset, limit)
            if page is not None and page.end > end and not self._is_repetition(page):
                return page
        for place in self._ahead.arrived():
            page = self._placed(*place)
            if page is not None and page.end > end and self._has_new_row(page):
                return page
        return None

    def _is_repetition(self, page: _PlacedPage) -> bool:
        """Whether a page behind the end has old rows because the listing repeats itself.

        It has old rows too if rows were inserted ahead of us, or if the scan stepped back.
        """
        if self._has_new_row(page) or page.end <= self._headway.farthest:
            return False
        if not self._repeats.begins_again:
            last = self._read_where_no_row_may_be(self._chain.end - 1, 1)
            # Is our last row still in place? Then nothing was inserted ahead of it.
            self._repeats.begins_again = last is not None and self._overlap(last) in (
                Overlap.ALIGNED,
                Overlap.UNPROVEN,
            )
        return self._repeats.begins_again

    def _has_row_at_total(self) -> bool:
        """Whether the position of the last row, according to the total, has a new row."""
        total = self._tracker.total
        if total is None or total <= self._chain.end:
            return False
        page = self._read_where_no_row_may_be(total - 1, 1)
        return page is not None and self._has_new_row(page)

    def _skip_row(self) -> list[Any] | None:
        """Go on behind rows that no page shows; None if no row follows."""
        self._headway.fruitless += 1
        end, distance = self._chain.end, 0
        while distance <= self._length:
            page = self._read_where_no_row_may_be(end + distance, 1)
            if page is not None and self._has_new_row(page):
                return self._take(page, Overlap.APART)
            distance = max(1, 2 * distance)
        rows = self._take_page_ahead()
        total = self._tracker.total
        # If the listing got shorter, no row is missing.
        self._open_seams += rows is None and (total is None or total >= end)
        return rows

    def _take_page_ahead(self) -> list[Any] | None:
        """Go on with a page that was asked for ahead and has a new row; None if there is none."""
        while self._ahead.next_offset is not None:
            page = None
            with suppress(RequestRefused):
                page = self._placed(*self._ahead.next_page())
            self._ahead.drop_next()
            if page is not None and self._has_new_row(page):
                return self._take(page, Overlap.APART)
        return None

    def _has_new_row(self, page: _PlacedPage) -> bool:
        return bool(self._chain.never_seen(page.hashes))

    def _cannot_overlap(self, page: _PlacedPage) -> bool:
        """Whether pages have one row each, so that none can be proven to join."""
        return self._length == 1 and self._headway.pages > 1 and self._has_new_row(page)

    # -- reading and accepting ---------------------------------------------------------------

    def _read(self, offset: int, limit: int) -> _PlacedPage | None:
        return self._placed(offset, limit, self._tracker.read(offset, limit))

    def _read_where_no_row_may_be(self, offset: int, limit: int) -> _PlacedPage | None:
        """A gateway may refuse an offset behind the end: that counts as an empty page."""
        try:
            return self._read(offset, limit)
        except RequestRefused:
            return None

    def _placed(self, offset: int, limit: int, page: Page) -> _PlacedPage | None:
        """The page with the hashes of its rows; None if it is empty."""
        hashes = [hash(self._identity(row)) for row in page.rows]
        self._repeats.compare_with_first(offset, hashes)
        return _PlacedPage(offset, limit, page.rows, hashes) if page.rows else None

    def _overlap(self, page: _PlacedPage) -> Overlap:
        return self._chain.fit(page.offset, page.hashes)

    def _take(self, page: _PlacedPage, overlap: Overlap) -> list[Any]:
        """Accept a page; returns its new rows."""
        chain = self._chain
        self._length = max(self._length, len(page.rows))
        if overlap is Overlap.ALIGNED and page.end <= chain.end:
            if page.end == chain.end and len(page.rows) < min(max(2, self._length), page.limit):
                self._ended_at = chain.end
            self._headway.fruitless += 1
            return []
        self._repaired += overlap is Overlap.SHIFTED
        self._open_seams += overlap is Overlap.APART
        new = chain.accept(page.offset, page.hashes, aligned=overlap is Overlap.ALIGNED)
        unjoined = overlap is Overlap.APART and self._length > 1
        is_farthest = self._headway.count(chain.end, counts=not (chain.rereading or unjoined))
        rows = [page.rows[index] for index in new]
        if chain.unseen:
            last = chain.unseen[-1]
            self._at_last_new_row = page.offset + last + 1, self._repaired, self._open_seams
            return self._repeats.release_with_new(rows, bisect(new, last))
        # If rows were inserted ahead of us, many pages can come again before a new row does.
        has_moved = self._repaired > 0
        counts = is_farthest and (chain.is_same_page or not has_moved)
        return self._repeats.release_without_new(rows, counts=counts, is_held_back=not has_moved)

    @property
    def _is_repeating(self) -> bool:
        """Whether so many old rows came that the listing counts as ended."""
        repeats, length = self._repeats, self._length
        return repeats.shows_end(repeats.pages, length) or (
            self._headway.is_exhausted and repeats.shows_end(repeats.idle, length)
        )

    @property
    def _has_repeated(self) -> bool:
        """Whether the last rows, or rows behind the end, had been read before."""
        return self._is_repeating or self._repeats.begins_again


class _Headway:
    """Counts reads that found new rows and reads that did not.

    They end the scan of a listing that moves faster than it can be read. So a page counts as
    headway only if it joins and ends farther than all pages before.
    """

    def __init__(self) -> None:
        self.pages = 0
        self.fruitless = 0
        self.farthest = 0  #: the position behind the farthest row

    def count(self, end: int, *, counts: bool) -> bool:
        """Count a page that was accepted; returns whether it ends farther than any before.

        :param counts: whether it joins and has new rows.
        """
        is_farthest = end > self.farthest
        self.farthest = max(self.farthest, end)
        if counts and is_farthest:
            self.pages += 1
        else:
            self.fruitless += 1
        return is_farthest

    @property
    def is_exhausted(self) -> bool:
        return self.fruitless > _FRUITLESS + self.pages

    @property
    def tries(self) -> int:
        """Reads that one search may take."""
        is_half_used = self.fruitless > (_FRUITLESS + self.pages) // 2
        return _FEWER_TRIES if is_half_used else _TRIES


@dataclass(frozen=True)
class _PlacedPage:
    """A page with at least one row: where it was read, how many rows were asked for, its rows and
    their hashes."""

    offset: int
    limit: int
    rows: list[Any]
    hashes: list[int]

    @property
    def end(self) -> int:
        return self.offset + len(self.rows)
