"""A listing that changes while it is read, and an executor with a random order of events."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from phenom_api.paging import Page, Scan, ScanOutcome

Row = int
Change = Callable[["MovingListing"], None]


@dataclass
class MovingListing:
    """A listing whose rows are numbers, all different by default.

    :param clamp: the most rows of a page. :param total: from the true count to the claimed one.
    :param changes: what happens before a read, by the read's number (0 is the first).
    :param short: how many rows a page holds at most, by the read's number; 0 is an empty page.
    :param holes: positions that no page shows: a page that covers one is empty.
    :param hidden: rows that pages leave out, so that those pages are shorter.
    :param persistent: the rows that were never deleted. :param first: the rows at first.
    """

    rows: list[Row]
    clamp: int = 1000
    total: Callable[[int], int | None] = lambda count: count
    changes: dict[int, list[Change]] = field(default_factory=dict)
    short: dict[int, int] = field(default_factory=dict)
    holes: set[int] = field(default_factory=set)
    hidden: set[Row] = field(default_factory=set)
    reads: list[tuple[int, int]] = field(default_factory=list)
    answers: list[Page] = field(default_factory=list)
    next_row: int = 10**9
    persistent: set[Row] = field(default_factory=set)
    first: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.persistent, self.first = set(self.rows), list(self.rows)

    def fetch(self, offset: int, limit: int) -> Page:
        number = len(self.reads)
        self.reads.append((offset, limit))
        for change in self.changes.get(number, ()):
            change(self)
        limit = min(limit, self.clamp, self.short.get(number, limit))
        if any(offset <= hole < offset + limit for hole in self.holes):
            limit = 0
        rows = [row for row in self.rows[offset : offset + limit] if row not in self.hidden]
        self.answers.append(Page(rows, self.total(len(self.rows))))
        return self.answers[-1]

    def insert(self, position: int, count: int = 1) -> None:
        fresh = list(range(self.next_row, self.next_row + count))
        self.next_row += count
        self.rows[position:position] = fresh

    def delete(self, position: int, count: int = 1) -> None:
        self.persistent.difference_update(self.rows[position : position + count])
        del self.rows[position : position + count]


class DrawnExecutor(Executor):
    """Runs a task when its result is waited for, and other tasks before or after, at random."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._waiting: list[tuple[_DrawnFuture, Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        answer = _DrawnFuture(self)
        self._waiting.append((answer, lambda: fn(*args, **kwargs)))
        while self._waiting and self._rng.random() < 0.3:
            self._run_one()
        return answer

    def run_until(self, answer: Future[Any]) -> None:
        while not Future.done(answer):
            self._run_one()

    def _run_one(self) -> None:
        answer, task = self._waiting.pop(self._rng.randrange(len(self._waiting)))
        if answer.set_running_or_notify_cancel():
            try:
                answer.set_result(task())
            except Exception as error:
                answer.set_exception(error)


class _DrawnFuture(Future[Any]):
    def __init__(self, executor: DrawnExecutor) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> Any:
        self._executor.run_until(self)
        return super().result(timeout)


class InlineExecutor(Executor):
    """Runs each task at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(fn(*args, **kwargs))
        except Exception as error:
            answer.set_exception(error)
        return answer


def scanned(
    listing: MovingListing,
    *,
    page_size: int = 100,
    executor: Executor | None = None,
    ahead: int = 20,
    most_reads: int = 100_000,
) -> tuple[list[Row], ScanOutcome]:
    """All rows of a scan, repeats included, and its outcome."""

    def fetch(offset: int, limit: int) -> Page:
        assert len(listing.reads) < most_reads, "the scan does not end"
        return listing.fetch(offset, limit)

    scan = Scan(
        fetch,
        page_size=page_size,
        identity=lambda row: row,
        executor=executor or InlineExecutor(),
        ahead=ahead,
    )
    rows = [row for page in scan for row in page]
    return rows, scan.outcome


def without_repeats(rows: Iterable[Row]) -> list[Row]:
    return list(dict.fromkeys(rows))
