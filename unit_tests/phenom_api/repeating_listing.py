"""Listings that begin again behind their end, or repeat themselves in some other way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from phenom_api.paging import Page


class Row(NamedTuple):
    """A row of a gateway: its identity, and its content, which may change."""

    number: int
    content: int = 0


Serve = Callable[[Sequence[Any], int, int], Sequence[Any]]
"""The rows of a page, from all rows, an offset and a limit."""


def ends(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[offset:][:limit]


def begins_again(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """The page that reaches the end is short; the one behind it is the first one again."""
    return rows[offset % len(rows) :][:limit]


def goes_round(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """The first row follows the last one on the same page."""
    return [rows[(offset + index) % len(rows)] for index in range(limit)]


def last_page_again(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[offset:][:limit] if offset < len(rows) else rows[-limit:]


def last_row_again(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[min(offset, len(rows) - 1) :][:limit]


def first_page_again(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[offset:][:limit] if offset < len(rows) else rows[:limit]


def ignores_offset(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[:limit]


def ignores_both(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows


def ignores_limit(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return rows[offset % len(rows) :]


def held_back(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """The offset is lowered until the page is full."""
    return rows[max(0, min(offset, len(rows) - limit)) :][:limit]


def held_back_by_a_page(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """The same, but with pages of 30 rows."""
    return rows[max(0, min(offset, len(rows) - 30)) :][: min(limit, 30)]


def shorter_cycle(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """Begins again before all rows were shown."""
    return begins_again(rows[: max(1, len(rows) * 2 // 3)], offset, limit)


def rests_in_the_middle(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """Behind the end, a few rows of the middle come again and again."""
    middle = rows[len(rows) // 2 :][:7]
    if offset < len(rows):
        return rows[offset:][:limit]
    return [middle[(offset + index) % len(middle)] for index in range(limit)]


def backwards(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """Behind the end, the listing comes again in reverse order."""
    return goes_round([*rows, *reversed(rows)], offset, limit)


def counts_from_one(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    return begins_again(rows, max(0, offset - 1), limit)


def counts_pages(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """Takes an offset for a page's number."""
    return begins_again(rows, offset * limit, limit)


def numbers_pages(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """The same, but pages behind the end are empty."""
    return rows[offset * limit :][:limit]


def scattered(rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
    """Every page has another order."""
    steps = (step for step in range(offset % 97 + 2, 10_000) if math.gcd(step, len(rows)) == 1)
    step = next(steps)
    return [rows[(offset + index * step) % len(rows)] for index in range(min(limit, len(rows)))]


IN_ORDER: list[Serve] = [
    begins_again,
    goes_round,
    last_page_again,
    last_row_again,
    first_page_again,
    ignores_offset,
    ignores_both,
    ignores_limit,
    held_back,
    held_back_by_a_page,
    shorter_cycle,
    rests_in_the_middle,
    backwards,
    counts_from_one,
]
"""Gateways that show every row at one position or more."""
AT_RANDOM: list[Serve] = [counts_pages, numbers_pages, scattered]
"""Gateways whose pages join nowhere."""


@dataclass
class RepeatingListing:
    """A listing whose pages come from ``serve``.

    :param total: from the true count and the number of the answer to the claimed count.
    :param clamp: the most rows of a page. :param changing: whether the content of the rows
        changes from one answer to the next.
    """

    count: int
    serve: Serve
    total: Callable[[int, int], int | None] = lambda count, answers: count
    clamp: int = 1000
    changing: bool = False
    most_reads: int = 3_000
    reads: list[tuple[int, int]] = field(default_factory=list)
    served: set[int] = field(default_factory=set)
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [Row(number) for number in range(self.count)]

    def fetch(self, offset: int, limit: int) -> Page:
        self.reads.append((offset, limit))
        assert len(self.reads) < self.most_reads, "the reading does not end"
        rows = self.serve(self.rows, offset, min(limit, self.clamp))
        if self.changing:
            rows = [Row(row.number, len(self.reads)) for row in rows]
        self.served.update(row.number for row in rows)
        return Page(list(rows), self.total(self.count, len(self.reads)))


TOTALS: dict[str, Callable[[int, int], int | None]] = {
    "right": lambda count, answers: count,
    "missing": lambda count, answers: None,
    "zero": lambda count, answers: 0,
    "one too many": lambda count, answers: count + 1,
    "half": lambda count, answers: count // 2,
    "twice": lambda count, answers: 2 * count,
    "absurd": lambda count, answers: 10**12,
    "growing": lambda count, answers: count + 10 * answers,
}
