"""Fetches the pages of a listing that will be needed next, concurrently."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Protocol

from phenom_api.completeness import Page

_UNCONFIRMED_PAGES = 4
"""Pages that are fetched ahead although no total confirms that they exist. Each may be behind the
end, and a scan must not cost more than ten requests beyond its pages."""


class Readable(Protocol):
    """Something with rows at positions, which may claim how many there are."""

    @property
    def total(self) -> int | None: ...

    def read(self, offset: int, limit: int) -> Page: ...


class ReadAhead:
    """Pages that were asked for and not yet taken, in the order of their offsets.

    :param listing: reads the pages, in threads of ``executor``.
    :param most: how many pages may be asked for at a time.
    """

    def __init__(self, listing: Readable, executor: Executor, most: int) -> None:
        self._listing = listing
        self._executor = executor
        self._most = max(1, most)
        self._pending: deque[tuple[int, int, Future[Page]]] = deque()
        self._probe: tuple[int, Future[Page]] | None = None

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; None if there is none."""
        return self._pending[0][0] if self._pending else None

    def next_page(self) -> tuple[int, int, Page]:
        """Offset, limit and answer of the next page; waits for it. It stays the next one."""
        offset, limit, answer = self._pending[0]
        return offset, limit, answer.result()

    def drop_next(self) -> None:
        self._pending.popleft()

    def arrived(self) -> Iterator[tuple[int, int, Page]]:
        """Offset, limit and answer of the pages that are here already."""
        for offset, limit, answer in self._pending:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                yield offset, limit, answer.result()

    def cancel(self) -> None:
        while self._pending:
            self._pending.pop()[2].cancel()

    def plan(self, end: int, limit: int, length: int, most: int, until: int | None = None) -> None:
        """Ask for pages from ``end`` on until ``most`` are pending.

        :param length: rows that a page is expected to have. If that is more than one, each page
            overlaps the one before by one row.
        :param until: the position up to which pages are worth asking for; by default the total, if
            that is credible.
        """
        overlap = min(1, length - 1)
        horizon = self._horizon(end, length - overlap) if until is None else until
        planned = self._pending[-1][0] + length if self._pending else end
        while len(self._pending) < min(most, self._most) and planned < horizon:
            start = max(0, planned - overlap)
            self._pending.append((start, limit, self._submit(start, limit)))
            planned = start + length

    def _horizon(self, end: int, stride: int) -> int:
        """The position up to which pages are worth asking for."""
        total = self._listing.total
        if end == total:
            return end
        unconfirmed = end + stride * _UNCONFIRMED_PAGES
        if total is None or total < end:
            return unconfirmed
        return total if total <= unconfirmed or self._is_long_enough(total, stride) else unconfirmed

    def _is_long_enough(self, total: int, stride: int) -> bool:
        """Whether the position of the last row, according to the total, has a row.

        Asked once, while the first pages are read. A total that is far too large would otherwise
        cause many requests for pages that do not exist.
        """
        if self._probe is None:
            self._probe = total, self._submit(total - 1, 1)
        probed, answer = self._probe
        if not answer.done() or answer.cancelled() or answer.exception() is not None:
            return False
        return bool(answer.result().rows) and total <= probed + stride * _UNCONFIRMED_PAGES

    def _submit(self, offset: int, limit: int) -> Future[Page]:
        return self._executor.submit(self._listing.read, offset, limit)
