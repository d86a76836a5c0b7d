"""Reads a listing from the end where new rows appear, as far as there is something new.

A listing of a million rows takes 10,000 requests, and between two syncs only a few rows come.
Where it is in order of creation, they are together at one end. A delta reads that end, with the
same proof that pages join as :class:`phenom_api.paging.Scan`. Whatever is unusual makes it
unusable: the caller then scans the whole listing, so nothing is lost.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from phenom_api.completeness import CompletenessTracker, Page
from phenom_api.errors import RequestRefused
from phenom_api.joined_pages import BackwardView, CannotContinue, JoinedPages, PlacedPage, placed
from phenom_api.listing_end import EndSearch
from phenom_api.listing_order import Order

_SMALL_PAGE = 35
"""Rows of a page below which one row more is asked for, the one that overlaps."""
_UNCERTAIN_PAGES = 4
"""Pages that are read ahead where nothing tells that they are needed."""
_MOST_WAITING = 20_000
"""New rows of an ascending listing that may wait until its end is found. If its total promises
more, the end is looked for first; without a total, twice as many end the delta."""


@dataclass(frozen=True)
class DeltaPage:
    """The rows of a page that no page before had, in the listing's order.

    :param is_whole: whether it has as many rows as pages have.
    """

    rows: list[Any]
    is_whole: bool


@dataclass(frozen=True)
class DeltaOutcome:
    """What a delta found out about the listing.

    :param reason: why the delta must not be used, a clause in plain English; else empty. If it is
        empty, the rows that came are all rows from the growing end to the farthest one.
    :param rows_read: rows that came. :param requests: pages that were asked for.
    :param rows: positions that the listing has now, as far as known. A descending listing without
        a total does not tell; then it is the number that was expected.
    :param total: the total that the listing claimed last. :param page_length: rows of a page.
    """

    reason: str
    rows_read: int
    requests: int
    rows: int
    total: int | None
    page_length: int

    @property
    def is_usable(self) -> bool:
        return not self.reason


class DeltaScan:
    """Iterate it for the pages, newest page first; call :meth:`judge` after each of them.

    It ends when two whole pages in a row held nothing but remembered rows, or at the other end of
    the listing. Then read ``outcome``.

    :param fetch: reads ``limit`` rows from ``offset``; called from several threads.
    :param page_size, identity, executor, ahead: as in :class:`phenom_api.paging.Scan`.
    :param order: at which end new rows appear.
    :param expected_rows: positions that the listing had at the last sync.
    :param page_length: rows that pages had at the last sync; 0 if that is not known.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Page],
        *,
        page_size: int,
        identity: Callable[[Any], Hashable],
        executor: Executor,
        ahead: int,
        order: Order,
        expected_rows: int,
        page_length: int = 0,
    ) -> None:
        self._requests = _Counted(fetch)
        self._listing = CompletenessTracker(self._requests)
        self._page_size = page_size
        self._limit = page_size + (page_size < _SMALL_PAGE)
        self._identity = identity
        self._executor = executor
        self._ahead = ahead
        self._order = order
        self._expected = expected_rows
        self._believed_length = min(page_length, self._limit) if page_length > 1 else 0
        self._length = 1
        self._seen: set[int] = set()
        self._readers: list[JoinedPages] = []
        self._end: int | None = None
        self._reason = "the delta was not read to its end"
        self._rows_read = 0
        self._remembered = False
        # Of the last two pages: the number of rows, 0 if not all are remembered.
        self._last_two: deque[int] = deque([0, 0], maxlen=2)
        self._new_pages = 0

    def judge(self, remembered: bool) -> None:
        """Say whether all rows of the page that came last are remembered as they are now."""
        self._remembered = remembered

    @property
    def outcome(self) -> DeltaOutcome:
        total = self._listing.total
        rows = self._end
        if rows is None:
            rows = self._expected if total is None else total
        return DeltaOutcome(
            self._reason, self._rows_read, self._requests.count, rows, total, self._length
        )

    def __iter__(self) -> Iterator[DeltaPage]:
        try:
            is_ascending = self._order is Order.ASCENDING
            yield from self._ascending() if is_ascending else self._descending()
            self._reason = ""
        except CannotContinue as error:
            self._reason = error.reason
        finally:
            for reader in self._readers:
                reader.cancel()

    # -- the two orders ----------------------------------------------------------------------

    def _descending(self) -> Iterator[DeltaPage]:
        first = self._read(0)
        if not first.rows:
            self._end_empty()
            return
        reader = self._reader(first, may_move_on=True)
        rows: list[Any] | None = first.rows
        while rows is not None:
            yield from self._offer(rows)
            if self._is_done:
                return
            self._plan_descending(reader)
            rows = self._next_rows(reader)
        self._end = reader.end

    def _ascending(self) -> Iterator[DeltaPage]:
        search = EndSearch(
            self._read,
            expected=self._expected,
            length=self._believed_length,
            limit=self._limit,
            most_new=_MOST_WAITING,
        )
        first = search.page()
        if first is None:
            self._end_empty()
            return
        self._believed_length = search.page_length
        reader = self._reader(first, may_move_on=False)
        waiting = [first.rows]
        self._plan_ascending(reader, len(waiting), search.known_end)
        while (rows := self._next_rows(reader)) is not None:
            waiting.append(rows)
            if reader.end > max(first.end, self._expected) + 2 * _MOST_WAITING:
                raise CannotContinue("too many rows are new")
            self._plan_ascending(reader, len(waiting), search.known_end)
        self._end, pages = reader.end, len(waiting)
        while waiting and not self._is_done:
            yield from self._offer(waiting.pop())
        if first.offset and not self._is_done:
            if pages == 1:
                # It ends with the last row, so it does not tell how long pages are now.
                self._believed_length = self._limit
            yield from self._backward(first, first.end + reader.moved)

    def _backward(self, first: PlacedPage, end: int) -> Iterator[DeltaPage]:
        """The pages in front of ``first``, which now ends at ``end``."""
        origin = end + 1
        view = BackwardView(self._listing, origin)
        seed = PlacedPage(1, first.rows[::-1], first.hashes[::-1])
        reader = self._reader(seed, may_move_on=True, view=view, known_end=origin)
        while not self._is_done:
            reader.plan(min(_UNCERTAIN_PAGES, self._needed), origin)
            rows = self._next_rows(reader)
            if rows is None:
                return
            yield from self._offer(rows[::-1])

    # -- pages -------------------------------------------------------------------------------

    def _offer(self, rows: list[Any]) -> Iterator[DeltaPage]:
        self._remembered = False
        self._rows_read += len(rows)
        yield DeltaPage(rows, self._is_whole(len(rows)))
        self._last_two.append(len(rows) if self._remembered else 0)
        self._new_pages += not self._remembered

    def _is_whole(self, rows: int) -> bool:
        return rows >= max(1, self._length - 1)

    @property
    def _is_done(self) -> bool:
        return all(map(self._is_whole, self._last_two))

    @property
    def _needed(self) -> int:
        """Pages that will be read at least; more are likely after many pages with new rows."""
        return 1 if self._last_two[-1] else 1 + self._new_pages

    def _plan_descending(self, reader: JoinedPages) -> None:
        stride, total = max(1, self._length - 1), self._listing.total
        surely = 0 if total is None else (total - self._expected - reader.end) // stride
        if surely > _UNCERTAIN_PAGES:
            reader.plan(surely)
        else:
            pages = min(_UNCERTAIN_PAGES, self._needed)
            reader.plan(pages, reader.end + stride * pages)

    def _plan_ascending(self, reader: JoinedPages, pages: int, known_end: int | None) -> None:
        """Read on up to the total; without one, few pages more than the new ones so far.

        :param pages: how many were read.
        """
        if self._listing.total is not None:
            reader.plan(self._ahead)
            return
        stride = max(1, self._length - 1)
        ahead = max((self._expected - reader.end) // stride, min(_UNCERTAIN_PAGES, pages // 3))
        if known_end is not None:
            ahead = min(_UNCERTAIN_PAGES, (known_end - reader.end) // stride)
        reader.plan(ahead, reader.end + stride * ahead)

    def _next_rows(self, reader: JoinedPages) -> list[Any] | None:
        rows = reader.next_rows()
        self._length = max(self._length, reader.length)
        return rows

    def _reader(
        self,
        first: PlacedPage,
        *,
        may_move_on: bool,
        view: BackwardView | None = None,
        known_end: int | None = None,
    ) -> JoinedPages:
        self._length = max(self._length, len(first.rows))
        reader = JoinedPages(
            view or self._listing,
            first,
            limit=self._limit if view is None else max(self._length, self._believed_length),
            length=self._believed_length,
            identity=self._identity,
            executor=self._executor,
            ahead=self._ahead,
            seen=self._seen,
            may_move_on=may_move_on,
            known_end=known_end,
            is_end=self._is_end if view is None else None,
        )
        self._readers.append(reader)
        return reader

    def _read(self, offset: int) -> PlacedPage:
        """The page at an offset, perhaps an empty one.

        A gateway may refuse a row too many, and an offset behind the end.
        """
        while True:
            try:
                page = self._listing.read(offset, self._limit)
            except RequestRefused:
                if self._limit > self._page_size:
                    self._limit = self._page_size
                    continue
                if offset == 0:
                    raise
                page = Page([], None)
            return placed(offset, page, self._identity)

    # -- the end -----------------------------------------------------------------------------

    def _is_end(self, page: PlacedPage) -> bool:
        """Whether the listing ends with a page behind which no new row came.

        A page with room for more rows that ends at the total proves it.
        """
        has_room = len(page.rows) < self._length
        if has_room and page.total == page.end:
            return True
        if self._has_row_behind(page.end):
            return False
        # If rows in front were deleted meanwhile, those two positions prove nothing.
        if not has_room and self._read(page.end - 1).hashes != page.hashes[-1:]:
            return False
        if page.total is not None and page.total > page.end:
            raise CannotContinue(f"the gateway counts {page.total} rows but shows {page.end}")
        return True

    def _has_row_behind(self, end: int) -> bool:
        """Whether one of the next two positions has a row.

        A page may be cut short, and one row that cannot be shown makes a page empty. So they are
        read one by one.
        """
        with suppress(RequestRefused):
            return any(self._listing.read(offset, 1).rows for offset in (end, end + 1))
        return False

    def _end_empty(self) -> None:
        """The first page is empty: make sure that there is nothing to read."""
        if self._expected or self._listing.total or self._has_row_behind(0):
            raise CannotContinue("the listing came without rows")
        self._end = 0


class _Counted:
    """Counts the reads, from any thread."""

    def __init__(self, fetch: Callable[[int, int], Page]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, offset: int, limit: int) -> Page:
        with self._lock:
            self.count += 1
        return self._fetch(offset, limit)
