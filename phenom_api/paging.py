"""Offset paging over a listing that others may be changing while it is read.

Offsets are positions, not places: a row that is deleted ahead of the reader moves every later row
one position to the left, and a reader that simply adds up offsets loses one. So neighbouring
pages overlap by one row, and a page is accepted only where it joins those before it (see
:mod:`phenom_api.page_chain`). Where it does not, the scan steps back and reads on from there.
"""

from __future__ import annotations

from bisect import bisect
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from phenom_api.completeness import CompletenessTracker, Page, ScanOutcome
from phenom_api.errors import PhenomError, RequestRefused
from phenom_api.page_chain import Overlap, PageChain
from phenom_api.repeated_rows import RepeatedRows

__all__ = ["Page", "Scan", "ScanOutcome"]

_BLIND_PAGES = 4
"""Pages asked for ahead where nothing says that the listing is that long. Each of them may turn
out to be beyond its end, and a quiet listing must not cost more than ten requests too many."""
_SMALL = 35
"""Rows of a page below which the row that overlaps costs more than three requests in a hundred."""
_TRIES = 12
"""Reads in search of what follows the last row, before the seam there is left open."""
_TRIES_UNPROVEN = 2
"""The same where going back further will not help: rows that the listing repeats stay so."""
_MOVED = (Overlap.SHIFTED, Overlap.APART)
_FRUITLESS = 50
"""Reads without anything new that a scan may take, beside one for every page that had some."""


class Scan:
    """One pass over a listing: iterate it for the rows, page by page, then ask ``outcome``.

    Pages are fetched concurrently and come out in the listing's order, without the overlap. When
    the listing moves, rows can come again; whoever keeps a record of what it has seen drops them.

    :param fetch: reads ``limit`` rows from ``offset``; called from several threads.
    :param page_size: rows that a request is to bring. Small pages ask for one row more, which is
        the one that overlaps; large ones bring one row less. What counts is how many really come.
    :param identity: what makes a row itself (not its content); called once a row that is read.
    :param executor: where the pages are fetched; its size bounds the concurrency.
    :param ahead: how many pages may be fetched before the first of them is taken.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Page],
        *,
        page_size: int,
        identity: Callable[[Any], Hashable],
        executor: Executor,
        ahead: int,
    ) -> None:
        self._evidence = CompletenessTracker(fetch)
        self._page_size = page_size
        self._limit = page_size + (page_size < _SMALL)
        self._identity = identity
        self._executor = executor
        self._ahead = max(1, ahead)
        self._chain = PageChain()
        self._pending: deque[tuple[int, Future[Page]]] = deque()
        self._length = 1
        self._pages = 0
        self._fruitless = 0
        self._farthest = 0
        self._ended_at = -1
        self._probe: tuple[int, Future[Page]] | None = None
        self._repaired = 0
        self._open_seams = 0
        self._repeats = RepeatedRows()
        self._proven = (0, 0, 0)

    @property
    def outcome(self) -> ScanOutcome:
        evidence, total = self._evidence, self._evidence.total
        repeats = self._has_repeated
        ignores_offset = repeats and self._repeats.ignores_offset
        end, repaired, open_seams = self._chain.end, self._repaired, self._open_seams
        if repeats:
            end, repaired, open_seams = self._proven
        return ScanOutcome(
            end,
            total,
            repaired,
            # Who repeats rows may do so in the place of others.
            open_seams + (repeats and (total is None or total > end)),
            evidence.shrank,
            self._length == 1,
            evidence.ends(end, repeats=repeats) and not ignores_offset,
            repeats,
            ignores_offset,
        )

    @property
    def expected(self) -> int | None:
        """The total that the listing claims, as last heard; for progress displays."""
        return self._evidence.total

    def __iter__(self) -> Iterator[list[Any]]:
        try:
            rows = self._first()
            while rows is not None:
                if rows:
                    yield rows
                self._plan()
                rows = self._following()
            if self._repeats.held_back and not self._has_repeated:
                yield self._repeats.held_back
        finally:
            while self._pending:
                self._pending.pop()[1].cancel()

    # -- reading ahead -----------------------------------------------------------------------

    @property
    def _overlap(self) -> int:
        return 1 if self._length > 1 else 0

    @property
    def _stride(self) -> int:
        return self._length - self._overlap

    def _plan(self) -> None:
        """Ask for pages ahead: more and more of them, as the page length proves itself."""
        if self._is_repeating or self._is_exhausted:
            return
        horizon = self._horizon()
        most = 1 if self._repeats.pages else min(self._ahead, 2 * self._pages)
        planned = self._chain.end
        if self._pending:
            planned = self._pending[-1][0] + self._length
        while len(self._pending) < most and planned < horizon:
            start = max(0, planned - self._overlap)
            self._pending.append((start, self._submit(start, self._limit)))
            planned = start + self._length

    def _horizon(self) -> int:
        """The position up to which it makes sense to ask for pages now."""
        end, total = self._chain.end, self._evidence.total
        if end in (total, self._ended_at):
            return end
        blind = end + self._stride * _BLIND_PAGES
        if total is None or total < end:
            return blind
        return total if total <= blind or self._is_long_enough(total) else min(total, blind)

    def _is_long_enough(self, total: int) -> bool:
        """Whether the listing has a row where its total says that the last one is.

        Asked once, and while the first pages are read, so that a total that is far too large does
        not make us ask for many pages that are not there.
        """
        if self._probe is None:
            self._probe = total, self._submit(total - 1, 1)
        probed, answer = self._probe
        if not answer.done() or answer.cancelled() or answer.exception() is not None:
            return False
        return bool(answer.result().rows) and total <= probed + self._stride * _BLIND_PAGES

    def _submit(self, offset: int, limit: int) -> Future[Page]:
        return self._executor.submit(self._evidence.read, offset, limit)

    # -- page by page ------------------------------------------------------------------------

    def _first(self) -> list[Any] | None:
        """The beginning of the listing; None when it is empty."""
        try:
            page = self._evidence.read(0, self._limit)
        except RequestRefused:
            if self._limit == self._page_size:
                raise
            self._limit = self._page_size
            page = self._evidence.read(0, self._limit)
        if page.rows:
            return self._take(self._placed(0, self._limit, page), Overlap.ALIGNED)
        later = self._past_end()
        if later is None:
            return None
        return (
            self._take(later, Overlap.ALIGNED)
            if later.offset == 0
            else self._accept_unjoined(later)
        )

    def _following(self) -> list[Any] | None:
        """Rows that follow; none when a page had nothing new, None at the end of the listing."""
        if self._is_repeating or self._is_exhausted:
            rows = self._asked_for_already()
            self._open_seams += rows is None and not self._is_repeating
            return rows
        if not self._pending or self._pending[0][0] > self._chain.end - self._overlap:
            return self._beyond()
        offset, answer = self._pending.popleft()
        page = self._placed(offset, self._limit, answer.result())
        if not page.rows:
            return self._beyond()
        if page.end < self._chain.end:
            # Overtaken by a later reading of the same stretch.
            return []
        fit = self._chain.fit(offset, page.hashes)
        if fit in (Overlap.ALIGNED, Overlap.SHIFTED):
            return self._take(page, fit)
        moved = fit is Overlap.APART and offset < self._chain.end
        self._repaired += moved
        rows = self._beyond(page, _TRIES if moved else _TRIES_UNPROVEN)
        if page.end > self._chain.end:
            # It may join what was read in between.
            self._pending.appendleft((offset, answer))
        return rows

    def _beyond(self, apart: _Placed | None = None, tries: int = _TRIES) -> list[Any] | None:
        """Search, read by read, for what follows the last row; None when nothing does.

        There are three reasons to be here. A page is `apart`, because the listing moved: the scan
        steps back, ever further, until it meets a row that it knows. A page is empty, because the
        listing got shorter or because the gateway cannot show some row: smaller pages get as close
        to that row as can be. Or this is the end, which an empty page and a page that ends with
        our last row have to tell independently of each other.
        """
        chain = self._chain
        back, limit = (1 if apart is None else self._half), self._limit
        if self._fruitless > (_FRUITLESS + self._pages) // 2:
            tries = _TRIES_UNPROVEN
        for _ in range(tries):
            if self._is_repeating:
                return []
            if chain.end == self._ended_at:
                apart = self._past_end()
                if apart is not None:
                    back = self._half
                elif self._is_more():
                    self._ended_at, limit = -1, max(2, limit // 2)
                else:
                    return None
            if apart is not None and self._cannot_overlap(apart):
                break
            end, start = chain.end, max(0, chain.end - back)
            # After an empty page: is our last page, and no more than that, still there?
            size = limit if back == 1 or apart is not None else min(back, self._limit)
            page = self._placed(start, size, self._evidence.read(start, size))
            fit = chain.fit(start, page.hashes) if page.rows else None
            if fit is None:
                self._fruitless += 1
                if back > 1:
                    back *= 2
                elif limit == self._limit and self._length > 1:
                    back = self._length
                elif limit > 2:
                    limit = max(2, limit // 2)
                else:
                    break
            elif fit in (Overlap.APART, Overlap.UNPROVEN):
                self._fruitless += 1
                if apart is None:
                    self._repaired += fit is Overlap.APART
                    apart = page
                back = max(self._half, 2 * back)
            elif fit is Overlap.ALIGNED and page.end < chain.end and self._is_last_in_place():
                self._fruitless += 1
                back = 1
            else:
                rows = self._take(page, fit)
                if rows:
                    return rows
                if back > 1 and apart is None and chain.end == end:
                    limit = max(2, limit // 2)
                back = 1
        return self._accept_unjoined(apart) if apart is not None else self._leap(chain.end + 1)

    def _is_last_in_place(self) -> bool:
        """Whether our last row stands where it stood: a page that ends before it is short then,
        and what came after that page is not gone."""
        place = self._chain.end - 1
        page = self._read_past_end(place, 1)
        fit = self._chain.fit(place, page.hashes) if page is not None else Overlap.APART
        return fit in (Overlap.ALIGNED, Overlap.UNPROVEN)

    @property
    def _half(self) -> int:
        return max(1, self._length // 2)

    def _cannot_overlap(self, page: _Placed) -> bool:
        """Whether pages hold a single row, so that nothing can prove that they join."""
        more_than_once = self._pages > 1 or self._ended_at > 0
        return more_than_once and self._length == 1 == len(page.rows)

    def _past_end(self) -> _Placed | None:
        """What comes behind our last row, or in its place; None at the end."""
        chain, end = self._chain, self._chain.end
        for offset, limit in self._places_past(end):
            page = self._read_past_end(offset, limit)
            if page is None:
                continue
            if offset < end:
                has_moved = page.end > end or chain.fit(offset, page.hashes) in _MOVED
            else:
                has_moved = self._has_news(page) or not self._is_repetition(offset)
            if has_moved:
                return page
        for offset, answer in self._pending:
            # Nobody waits for those that are still on their way.
            if answer.done() and not answer.cancelled():
                with suppress(PhenomError):
                    page = self._placed(offset, self._limit, answer.result())
                    if page.end > end and self._has_news(page):
                        return page
        return None

    def _has_news(self, page: _Placed | None) -> bool:
        """Whether a page has a row that was never read before."""
        return page is not None and bool(self._chain.never_seen(page.hashes))

    def _is_repetition(self, offset: int) -> bool:
        """Whether rows behind the end that were read before are there for a second time.

        Otherwise rows were inserted ahead of us, or we stepped back: they are those read last.
        """
        if offset < self._farthest:
            return False
        self._repeats.begins_again = self._repeats.begins_again or self._is_last_in_place()
        return self._repeats.begins_again

    def _places_past(self, end: int) -> Iterator[tuple[int, int]]:
        """Offsets and limits by which a row behind the last one would show, if there were one.

        A page can be empty for the sake of a single one of its rows: so they are asked for singly,
        and the second one as well. Where no count confirms the end, or no page had more than a row
        (so that a page that ends with our last row tells nothing), it had better be seen twice. A
        gateway that has left out rows before is asked for more of them.
        """
        evidence, limit = self._evidence, self._limit
        singly = ((end, 1), (end + 1, 1))
        if evidence.total is None or self._length == 1:
            yield max(0, end - 1), limit
        yield from singly
        if evidence.total is None:
            yield end + 1, limit
        if self._length == 1:
            yield from singly
        if not evidence.whole(end):
            yield from ((end + 2**power, 1) for power in range(1, limit.bit_length() + 1))
            yield from ((end, limit), (end + 1, limit))

    def _is_more(self) -> bool:
        """Whether the last row by the listing's own count is there, beyond our last one."""
        total = self._evidence.total
        if total is None or total <= self._chain.end:
            return False
        return self._has_news(self._read_past_end(total - 1, 1))

    def _leap(self, offset: int) -> list[Any] | None:
        """Go on behind a row that no page will show; None where nothing is there either."""
        self._fruitless += 1
        page = self._read_past_end(offset)
        if page is not None and (self._has_news(page) or not self._is_repetition(offset)):
            return self._accept_unjoined(page)
        rows = self._asked_for_already()
        if rows is not None:
            return rows
        page = self._past_end()
        if page is not None:
            return self._accept_unjoined(page)
        total = self._evidence.total
        # What we took for the last row may not be the last one.
        self._open_seams += total is None or total > self._chain.end
        return None

    def _asked_for_already(self) -> list[Any] | None:
        """Go on with a page that was asked for ahead, where one has a row that is new."""
        while self._pending:
            offset, answer = self._pending.popleft()
            with suppress(RequestRefused):
                page = self._placed(offset, self._limit, answer.result())
                if self._has_news(page):
                    return self._accept_unjoined(page)
        return None

    def _read_past_end(self, offset: int, limit: int | None = None) -> _Placed | None:
        """A page from where no row may be: a gateway can also refuse to answer that."""
        limit = limit or self._limit
        try:
            page = self._evidence.read(offset, limit)
        except RequestRefused:
            return None
        return self._placed(offset, limit, page) if page.rows else None

    # -- accepting ---------------------------------------------------------------------------

    def _placed(self, offset: int, limit: int, page: Page) -> _Placed:
        hashes = [hash(self._identity(row)) for row in page.rows]
        self._repeats.look_at(offset, hashes)
        return _Placed(offset, limit, page.rows, hashes)

    def _accept_unjoined(self, page: _Placed) -> list[Any]:
        self._open_seams += 1
        return self._take(page, Overlap.APART)

    def _take(self, page: _Placed, fit: Overlap) -> list[Any]:
        """Accept a page; returns its new rows."""
        chain, size = self._chain, len(page.rows)
        self._length = max(self._length, size)
        if fit is Overlap.ALIGNED and page.end <= chain.end:
            could_hold_more = size < min(max(2, self._length), page.limit)
            if page.end == chain.end or not could_hold_more:
                if could_hold_more:
                    self._ended_at = chain.end
                self._fruitless += 1
                return []
            # It ends before our last row: what came after it is gone.
            fit = Overlap.SHIFTED
        self._repaired += fit is Overlap.SHIFTED
        new = chain.accept(page.offset, page.hashes, aligned=fit is Overlap.ALIGNED)
        # What joins nothing, or is behind us, is no headway: a listing that moves faster than it
        # can be read must come to an end all the same.
        unjoined = fit is Overlap.APART and self._length > 1
        fruitless = chain.rereading or unjoined or chain.end <= self._farthest
        self._fruitless += fruitless
        self._pages += not fruitless
        is_ahead = chain.end > self._farthest
        self._farthest = max(self._farthest, chain.end)
        rows = [page.rows[index] for index in new]
        if chain.unseen:
            last = chain.unseen[-1]
            self._proven = (page.offset + last + 1, self._repaired, self._open_seams)
            return self._repeats.before_new(rows, bisect(new, last))
        has_moved = self._repaired > 0
        # After rows were inserted ahead of us, many pages can come again before new ones do.
        counts = is_ahead and (chain.is_same_page or not has_moved)
        return self._repeats.without_new(rows, counts=counts, is_held_back=not has_moved)

    @property
    def _is_exhausted(self) -> bool:
        return self._fruitless > _FRUITLESS + self._pages

    @property
    def _is_repeating(self) -> bool:
        """Whether the listing has nothing more but what was read before."""
        repeats, length = self._repeats, self._length
        return repeats.are_enough(repeats.pages, length) or (
            self._is_exhausted and repeats.are_enough(repeats.idle, length)
        )

    @property
    def _has_repeated(self) -> bool:
        """Whether what was read last, or showed behind the end, had been read before."""
        return self._is_repeating or self._repeats.begins_again


@dataclass(frozen=True)
class _Placed:
    """A page that was read: where, how many rows were asked for, its rows and their hashes."""

    offset: int
    limit: int
    rows: list[Any]
    hashes: list[int]

    @property
    def end(self) -> int:
        return self.offset + len(self.rows)
