"""What a full scan finds out about the application listing itself, for the next syncs."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from phenom_api.completeness import Page, ScanOutcome
from phenom_api.first_position import first_position
from phenom_api.listing_order import Order
from source_phenom.config import SourceConfig, second_of
from source_phenom.listings.creation_order import (
    DISORDER,
    OrderEvidence,
    RecentIds,
    Seconds,
    creation_seconds,
)
from source_phenom.listings.first_sources import FirstSource
from source_phenom.listings.listing_memory import (
    START_DATE,
    ListingMemory,
    forget,
    settings_of,
)
from source_phenom.listings.scan_plan import next_full_scan
from source_phenom.models import applications
from source_phenom.models.candidates import candidate_of_child
from source_phenom.models.ids import creation_second
from source_phenom.models.timestamps import rfc3339
from source_phenom.streams.stream_run import StreamRun


class ListedRow(Protocol):
    """A row of the listing.

    :param left_out: the key of its candidate's record, if ``start_date`` alone leaves it out.
    """

    @property
    def identity(self) -> Any: ...
    @property
    def left_out(self) -> str | None: ...


logger = logging.getLogger("airbyte.phenom")

_PAGES_AGAIN = 8
"""Pages that a scan reads again at most, where a few rows were inserted in front."""


class EarlierScans(NamedTuple):
    """What the incoming state of a stream says about the listing.

    :param start: the second of ``start_date``; None if the state can have records of any time.
    :param start_date: the earliest ``start_date`` with which its records were read.
    """

    memory: ListingMemory | None
    start: int | None
    start_date: str | None
    has_state: bool

    @classmethod
    def of(cls, stream: StreamRun) -> EarlierScans:
        written = stream.memory.get(START_DATE)
        start = second_of(written) if type(written) is str else None
        start_date = written if start is not None else None
        has_state = stream.continues_earlier_run
        return cls(ListingMemory.of(stream.memory), start, start_date, has_state)

    def earliest_start(self, config: SourceConfig) -> str | None:
        """The ``start_date`` of the state or of the configuration, whichever is earlier."""
        now = config.start_second
        if not self.has_state or (now is not None and self.start is not None and now < self.start):
            return config.start_date
        return self.start_date if now is not None else None


class ListingPart(NamedTuple):
    """The part of a listing that ``start_date`` does not leave out.

    :param start: the position of its first row. :param until: whether it ends with a page; None if
        it ends with the listing. :param begins_with: whether its first row is still in place.
    """

    start: int = 0
    until: Callable[[list[ListedRow]], bool] | None = None
    begins_with: Callable[[ListedRow], bool] = lambda _: True


class GrownFront:
    """The rows in front of those that a scan began with.

    :param beginning: the rows of the scan's first page.
    """

    MOST_ROWS = 10_000

    def __init__(self, beginning: Sequence[ListedRow]) -> None:
        self._beginning = [row.identity for row in beginning]
        self.rows: list[ListedRow] = []
        self.count = 0
        """How many rows are new."""

    def ends_with(self, page: Sequence[ListedRow]) -> bool:
        """Take a page; returns whether no more of them are needed."""
        self.rows += page
        self.count = len(self.rows)
        for place in range(len(self.rows) - len(page), len(self.rows)):
            if self.rows[place].identity in self._beginning:
                self.count = place
                return True
        return self.count >= self.MOST_ROWS

    @property
    def is_joined(self) -> bool:
        """Whether the scan's rows follow, in their order."""
        listed = [row.identity for row in self.rows[self.count :]][: len(self._beginning)]
        return bool(listed) and listed == self._beginning[: len(listed)]


class FullScan:
    """Sees all rows of one full scan, page by page.

    :param earlier: of each stream, by name. :param now: the time of the run.
    :param reads_all: whether also the rows that ``start_date`` leaves out have to be read.
    :ivar outcome: of the scan.
    """

    def __init__(
        self,
        config: SourceConfig,
        streams: Mapping[str, StreamRun],
        earlier: Mapping[str, EarlierScans],
        now: datetime,
        *,
        reads_all: bool = False,
    ) -> None:
        self.outcome = ScanOutcome(0, None)
        self._now = now
        self._reads_all = reads_all
        self._config = config
        self._streams = streams
        self._earlier = earlier
        self._is_wanted = bool(config.full_scan_hours) or config.start_date is not None
        self._order = OrderEvidence()
        self._recent = RecentIds()
        self._page_length = 0
        self._is_ordered = True
        self._last_pages: deque[set[Any]] = deque(maxlen=_PAGES_AGAIN)
        # The order by which a part was chosen, so that other rows are not read.
        self._assumed: Order | None = None
        # Per stream, the candidates of rows that are left out now, and were not before.
        self._left_out: dict[str, set[str]] = {
            name: set() for name, scans in earlier.items() if self._leaves_more_out(scans)
        }
        for name, stream in streams.items():
            forget(stream)
            # Until the scan is complete, the state can have records of both scans.
            _note_start(stream, earlier[name].earliest_start(config))

    def _leaves_more_out(self, scans: EarlierScans) -> bool:
        """Whether ``start_date`` may leave out records of the incoming state."""
        start = self._config.start_second
        if start is None or not scans.has_state:
            return False
        return scans.start is None or scans.start < start

    def part(self, fetch: Callable[[int, int], Page]) -> ListingPart:
        """The part that has to be read, as far as the order of the listing is known.

        :param fetch: reads rows from an offset up to a limit.
        """
        memories = [each.memory for each in self._earlier.values() if each.memory is not None]
        orders = {memory.order for memory in memories}
        first = self._first_second()
        if first is None or self._reads_all or len(orders) != 1 or None in orders:
            return ListingPart()

        def is_before(row: ListedRow) -> bool | None:
            """Whether it matters neither itself, nor any row on its older side."""
            second = applications.created_at(str(row.identity), self._now)
            return None if second is None else second < first - DISORDER

        def are_before(rows: Sequence[ListedRow]) -> bool:
            # Most pages end with a row that matters: one look is enough.
            return bool(rows and is_before(rows[-1])) and all(map(is_before, rows))

        if Order.DESCENDING in orders:
            self._assumed = Order.DESCENDING
            return ListingPart(until=are_before)
        latest = max(memories, key=lambda memory: memory.newest)
        near = max(1, latest.page_length)
        start = first_position(fetch, is_before, rows=latest.rows, hint=latest.start, near=near)
        front = max(0, start - near)
        if start == 0 or not are_before(fetch(front, start - front).rows):
            # A single old row at a later position misleads the search.
            return ListingPart()
        self._assumed = Order.ASCENDING
        return ListingPart(start, None, lambda row: bool(is_before(row)))

    @property
    def is_part_wrong(self) -> bool:
        """Whether the rows that were read contradict the order by which the part was chosen."""
        return self._assumed is not None and not self._order.allows(self._assumed)

    def start_over(self) -> None:
        """Forget the rows that were read: the whole listing will be."""
        self._assumed = None
        self._order, self._recent, self._is_ordered = OrderEvidence(), RecentIds(), True
        self._last_pages.clear()

    def _first_second(self) -> int | None:
        """Rows that were created before this need not be read; None if all have to be.

        In the first scan after ``start_date`` was moved forward, the rows in between are read once
        more: they tell which candidates it leaves out. Others that are missing were deleted.
        """
        starts = [self._config.start_second]
        starts += [scans.start for scans in self._earlier.values() if scans.has_state]
        known = [start for start in starts if start is not None]
        return min(known) if len(known) == len(starts) else None

    @property
    def may_have_grown_in_front(self) -> bool:
        """Whether new rows in front may be all that keeps the scan from being complete.

        With ``start_date``, what was left out meanwhile cannot be told from what was deleted.
        """
        return (
            self._is_wanted
            and self._config.start_date is None
            and not self.outcome.complete
            and self._order.order is Order.DESCENDING
        )

    def take_front(self, front: GrownFront, outcome: ScanOutcome) -> bool:
        """Take the rows in front of the first one of this scan; returns whether all are known now.

        Rows keep their places in an ordered listing, and all pages joined: so no row was missed
        that was listed all the time. The number of rows confirms it, and that none was deleted.

        :param outcome: of the scan that read the front.
        """
        ids = [row.identity for row in front.rows]
        seconds = creation_seconds(ids)
        is_joined = self.outcome.is_joined and front.is_joined and outcome.complete
        if not is_joined or seconds is None:
            return False
        order = OrderEvidence()
        order.add(seconds)
        new = front.rows[: front.count]
        known = self.outcome.different_rows
        if not order.allows(Order.DESCENDING) or outcome.total != (known or 0) + len(new):
            return False
        self._recent.add(ids[: len(new)], seconds[: len(new)])
        self.outcome = ScanOutcome(outcome.total, outcome.total)
        return True

    def take_page(self, rows: Sequence[ListedRow]) -> None:
        if not self._is_wanted:
            return
        self._page_length = max(self._page_length, len(rows))
        if self._left_out:
            self._note_left_out(rows)
        if not self._is_ordered:
            return
        ids = self._without_those_again([row.identity for row in rows])
        if not ids:
            return
        seconds = creation_seconds(ids)
        if seconds is not None and not self._are_told(seconds):
            seconds = None
        self._order.add(seconds)
        if seconds is None:
            self._is_ordered = False
        else:
            self._recent.add(ids, seconds)

    def _without_those_again(self, ids: list[Any]) -> list[Any]:
        """The ids that the last pages did not have: where rows moved, pages are read again."""
        last = self._last_pages
        left = [each for each in ids if not any(each in page for page in last)]
        last.append(set(left))
        return left

    def _are_told(self, seconds: Seconds) -> bool:
        """Whether ``start_date`` can tell the times. A row whose time it cannot tell is kept."""
        if self._config.start_date is None:
            return True
        return int(seconds.min()) >= applications.FIRST_CREATED_AT

    def _note_left_out(self, rows: Sequence[ListedRow]) -> None:
        for row in rows:
            if row.left_out is None:
                continue
            second = creation_second(row.identity) if type(row.identity) is str else None
            for name, keys in self._left_out.items():
                start = self._earlier[name].start
                if start is None or (second is not None and second >= start):
                    keys.add(row.left_out)

    def _found_order(self) -> Order | None:
        """The order; that of earlier scans if the part that was read is too short to tell."""
        order = self._order.order
        if order is None and self._assumed is not None and self._order.allows(self._assumed):
            return self._assumed
        return order

    def end(
        self,
        *,
        is_complete: bool,
        now: datetime,
        sources: Sequence[FirstSource] | None = None,
        failed: Collection[str] = (),
    ) -> None:
        """Leave out what ``start_date`` leaves out; remember the listing if the scan was complete.

        :param now: the end of the scan. :param sources: what the labels of candidates mean; None if
            there were too many. :param failed: streams that were not read to the end.
        """
        config, outcome = self._config, self.outcome
        if config.full_scan_hours:
            self._announce(is_complete=is_complete, now=now)
        for name, stream in self._streams.items():
            if name in failed:
                continue
            self._leave_out(name, stream, now)
            if is_complete:
                _note_start(stream, config.start_date)
            if is_complete and self._is_wanted:
                ListingMemory(
                    order=self._found_order(),
                    rows=outcome.total if outcome.stopped and outcome.total else outcome.end,
                    page_length=self._page_length,
                    scanned_at=int(now.timestamp()),
                    newest=self._recent.newest,
                    recent=self._recent.ids() if self._is_ordered else None,
                    settings=settings_of(config),
                    start=outcome.start,
                    sources=tuple(sources) if stream.is_labelled and sources is not None else None,
                ).remember(stream)

    def _announce(self, *, is_complete: bool, now: datetime) -> None:
        names = ", ".join(self._streams)
        if not is_complete:
            logger.info(f"{names}: the full scan was not complete, so the next sync makes another.")
        elif self._found_order() is None:
            logger.info(
                f"{names}: the listing is not in order of creation, so every sync is a full scan."
            )
        else:
            due = next_full_scan(self._config, int(now.timestamp()))
            logger.info(f"{names}: the next full scan is due at {rfc3339(due)}.")

    def _leave_out(self, name: str, stream: StreamRun, now: datetime) -> None:
        start = self._config.start_second
        if start is None:
            return
        if name == applications.MODEL:
            stream.leave_out(lambda key: applications.is_created_before(key, start, now))
        elif name in self._left_out:
            keys = self._left_out[name]
            stream.leave_out(lambda key: key in keys or candidate_of_child(key) in keys)


def _note_start(stream: StreamRun, start_date: str | None) -> None:
    """Say in the state that it has no record that this ``start_date`` leaves out."""
    if start_date is None:
        stream.memory.pop(START_DATE, None)
    else:
        stream.memory[START_DATE] = start_date
