"""Offset paging over a listing that others may be changing while it is read.

Offsets are positions, not places: a row that is deleted ahead of the reader moves every later row
one position to the left, and a reader that simply adds up offsets loses one. So neighbouring
pages overlap by one row. Two pages *join* when they have a row in common; as the relative order
of rows is stable, a chain of joined pages holds every row that was there during the whole scan.
Where two neighbours do not join, the scan steps back and reads the stretch again until they do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

_REPAIR_READS = 12
"""Pages read again for one broken seam before it is left open."""
_BLIND_PAGES = 8
"""Pages asked for ahead where the listing gives no total to plan by."""


@dataclass(frozen=True)
class Page:
    """One answer of a listing: its rows, and the total it claims (None where it claims none)."""

    rows: list[Any]
    total: int | None


@dataclass(frozen=True)
class Outcome:
    """How far a finished scan can be trusted.

    :param rows: how many positions the listing had, as read.
    :param total: what the listing last said that it has, None when it never said.
    :param repaired: seams that did not hold at first and were read again.
    :param open_seams: seams that no amount of reading again would close.
    """

    rows: int
    total: int | None
    repaired: int = 0
    open_seams: int = 0

    @property
    def agrees(self) -> bool:
        """Whether the listing's own count is what was read."""
        return self.total is None or self.total == self.rows

    @property
    def complete(self) -> bool:
        """Whether a row that this scan did not see can be taken for gone."""
        return self.agrees and not self.repaired and not self.open_seams


class Scan:
    """One pass over a listing: iterate it for the rows, page by page, then ask ``outcome``.

    Pages are fetched concurrently and come out in the listing's order, without the overlap. A
    row can still come twice when it moved by more than a page; whoever keeps a record of what it
    has seen drops it.

    :param fetch: reads ``limit`` rows from ``offset``; called from several threads.
    :param page_size: rows asked for. What counts is how many really come.
    :param identity: what makes a row itself (not its content); called once a row.
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
        self._fetch = fetch
        self._page_size = page_size
        self._identity = identity
        self._executor = executor
        self._ahead = max(1, ahead)
        self._length = 1
        self._tail: list[Hashable] = []
        self._end = 0
        self._last_short = False
        self._total: int | None = None
        self._repaired = 0
        self._open_seams = 0
        self._pages = 0

    @property
    def outcome(self) -> Outcome:
        return Outcome(self._end, self._total, self._repaired, self._open_seams)

    @property
    def expected(self) -> int | None:
        """The total that the listing claims, as last heard; for progress displays."""
        return self._total

    def __iter__(self) -> Iterator[list[Any]]:
        yield self._take(0, self._read(0))
        pending: deque[tuple[int, Future[Page]]] = deque()
        try:
            while True:
                planned = pending[-1][0] + self._length if pending else self._end
                while len(pending) < self._ahead and planned < self._horizon():
                    start = self._next_start(planned)
                    pending.append((start, self._executor.submit(self._read, start)))
                    planned = start + self._length
                if not pending:
                    rows = self._probe()
                    if not rows:
                        return
                    yield rows
                    continue
                offset, future = pending.popleft()
                page = future.result()
                if not page.rows:
                    # Beyond the end, or a hole: the probe at the end of what we have will tell.
                    _drop(pending)
                    rows = self._probe()
                    if not rows:
                        return
                    yield rows
                elif self._joins(offset, page):
                    yield self._take(offset, page)
                else:
                    yield from self._bridge(offset, page)
        finally:
            _drop(pending)

    def _horizon(self) -> int:
        """The position up to which it makes sense to ask for pages now."""
        if self._total is not None and self._total >= self._end:
            return self._total
        return self._end + self._length * min(_BLIND_PAGES, self._pages)

    def _next_start(self, planned: int) -> int:
        return planned - 1 if self._length > 1 else planned

    def _read(self, offset: int) -> Page:
        page = self._fetch(offset, self._page_size)
        if page.total is not None:
            self._total = page.total
        return page

    def _probe(self) -> list[Any]:
        """What follows the last row we have; nothing at the end of the listing."""
        if self._at_end():
            return []
        offset = self._next_start(self._end) if self._end else 0
        page = self._read(offset)
        if not page.rows:
            return []
        if self._joins(offset, page):
            return self._take(offset, page)
        return [row for rows in self._bridge(offset, page) for row in rows]

    def _at_end(self) -> bool:
        """Whether a short last page and the listing's own count agree that this was all."""
        return self._total == self._end and (self._end == 0 or self._last_short)

    def _joins(self, offset: int, page: Page) -> bool:
        if not self._tail or (offset == 0 and page.rows):
            return offset == 0
        if self._length == 1:
            return offset == self._end
        if page.rows and self._identity(page.rows[0]) == self._tail[-1]:
            return True
        known = set(self._tail)
        return any(self._identity(row) in known for row in page.rows)

    def _take(self, offset: int, page: Page) -> list[Any]:
        """Accept a page that joins: returns its rows without those that we have."""
        known = set(self._tail)
        identities = [self._identity(row) for row in page.rows]
        fresh = [
            row
            for row, identity in zip(page.rows, identities, strict=True)
            if identity not in known
        ]
        if page.rows:
            self._length = max(self._length, len(page.rows))
            self._last_short = len(page.rows) < self._length
            self._end = offset + len(page.rows)
            self._tail = identities if len(identities) > 1 else (self._tail + identities)[-2:]
        self._pages += 1
        return fresh

    def _bridge(self, offset: int, page: Page) -> Iterator[list[Any]]:
        """Read again what lies between the last row we have and ``page``, until they join."""
        self._repaired += 1
        back = max(1, self._length // 2)
        for _ in range(_REPAIR_READS):
            start = max(0, self._end - back)
            between = self._read(start)
            if not self._joins(start, between):
                back = min(back * 2, self._end)
                continue
            yield self._take(start, between)
            back = max(1, self._length // 2)
            if self._joins(offset, page):
                yield self._take(offset, page)
                return
        self._open_seams += 1
        yield self._take(offset, page)


def _drop(pending: deque[tuple[int, Future[Page]]]) -> None:
    while pending:
        pending.pop()[1].cancel()
