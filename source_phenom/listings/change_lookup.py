"""Which candidates changed since a moment: reads the candidate search."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from phenom_api.candidates import search_identity, search_page, updated
from phenom_api.errors import RequestRefused
from phenom_api.gateway import Gateway
from phenom_api.paging import Page, Scan
from source_phenom.models.timestamps import parse_rfc3339, timestamp

logger = logging.getLogger("airbyte.phenom")

OVERLAP = timedelta(minutes=10)
"""Each search starts this long before the end of the earlier one: the index may lag behind."""

_DAY = timedelta(days=1)
_FIRST_DAY = date(2000, 1, 1)
MOST_ROWS = 9_000
"""Rows of one search that are read: search engines allow no more than 10,000."""

Scanner = Callable[[Callable[[int, int], Page], Callable[[Any], Hashable]], Scan]
"""Reads a listing page by page; see :meth:`GatewayReader.scan`."""


class ChangeLookup:
    """Reads the candidates that changed after a moment, or all of them.

    The search has no total, takes days instead of times, and has no fixed order. It is read like a
    listing. If it has too many rows, it is split into several searches of some days each.

    :param today: the day of this machine's clock.
    """

    def __init__(self, gateway: Gateway, scan: Scanner, today: date) -> None:
        self._gateway = gateway
        self._scan = scan
        self._today = today
        self.until = 0
        self.is_whole = True
        self._is_long: bool | None = None

    def since(self, moment: int | None) -> Iterator[Any]:
        """Rows of candidates that changed after ``moment``; None for all. Some come twice.

        Afterwards ``until`` is the latest change that was seen, in epoch milliseconds like
        ``moment``, and ``is_whole`` says whether no row can be missing.

        :raises PhenomError: the search is refused, or does not answer.
        """
        if moment is None:
            yield from self._within(None, None)
            return
        # One day more: it is not documented whether the day itself counts, nor in which zone.
        yield from self._within(_day(moment) - _DAY, None)

    def _within(self, first: date | None, last: date | None) -> Iterator[Any]:
        """The rows whose last change lies between two days, both included."""
        begin, end = first or _FIRST_DAY, last or self._today + 2 * _DAY
        can_divide = end > begin
        search = partial(search_page, self._gateway, updated(_before(first), _after(last)))
        seems_long = can_divide and self._seems_longer_than(MOST_ROWS, search)
        if not (seems_long and self._is_long):
            scan, count = self._scan(search, search_identity), 0
            try:
                for rows in scan:
                    for row in rows:
                        if type(row) is dict:
                            self.until = max(self.until, changed_at(row) or 0)
                            yield row
                    count += len(rows)
                    if seems_long and count > MOST_ROWS:
                        self._is_long = True
                        break
                else:
                    # It is not long: the rows behind its end had been listed before.
                    self._is_long = False if seems_long else self._is_long
                    self.is_whole &= not scan.outcome.open_seams
                    if scan.outcome.ignores_offset:
                        logger.warning(
                            f"{scan.outcome.ignored_offset('the candidates that changed')}; the "
                            "next sync looks for the same changes again."
                        )
                    return
            except RequestRefused:
                if not can_divide or not scan.outcome.rows:
                    raise
        middle = begin + (end - begin) // 2
        yield from self._within(begin, middle)
        yield from self._within(middle + _DAY, last)

    def _seems_longer_than(self, most: int, search: Callable[[int, int], Page]) -> bool:
        """Whether the search has a row at position ``most``, even if it was listed before."""
        if self._is_long is False:
            return False
        try:
            return bool(search(most - 1, 1).rows)
        except RequestRefused:
            return False


def changed_at(row: dict[str, Any]) -> int | None:
    """When a candidate was last changed, in epoch milliseconds; None if the row does not say."""
    moment = timestamp(row.get("updatedDate"))
    if moment is None:
        return None
    return int(parse_rfc3339(moment).timestamp() * 1000)


def _before(day: date | None) -> date | None:
    return day and day - _DAY


def _after(day: date | None) -> date | None:
    return day and day + _DAY


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / 1000, timezone.utc).date()
