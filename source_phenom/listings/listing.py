"""What both listings share: scanning with the connection's concurrency, judging how it went."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, ClassVar

from phenom_api.gateway import Gateway
from phenom_api.paging import Outcome, Page, Scan
from source_phenom.config import SourceConfig
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.remapping import Remapping
from source_phenom.reading.events import Event
from source_phenom.reading.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

_ROWS_AHEAD = 20_000
"""Rows that may be fetched before they are taken, so that large pages do not fill the memory."""

Pass = Generator[Event, None, bool]
"""One pass over a listing: yields records, returns whether absence from it means deletion."""


class Listing(ABC):
    """One scan, and the streams that come out of it.

    :param streams: the selected ones among :attr:`stream_names`, by name.
    :param executor: where pages are fetched.
    """

    stream_names: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        config: SourceConfig,
        streams: Mapping[str, StreamRun],
        gateway: Gateway,
        executor: Executor,
    ) -> None:
        self.config = config
        self.streams = streams
        self.gateway = gateway
        self.ids = UnifiedIds(config.integration_id)
        self.remapping = Remapping(config.field_overrides, config.custom_fields)
        self._executor = executor

    @abstractmethod
    def one_pass(self) -> Pass:
        """Read the whole listing once and admit its records to the selected streams."""

    def scan(self, fetch: Callable[[int, int], Page], identity: Callable[[Any], Hashable]) -> Scan:
        """A scan with the connection's page size and concurrency."""
        page_size = self.config.page_size
        return Scan(
            fetch,
            page_size=page_size,
            identity=identity,
            executor=self._executor,
            ahead=max(2, min(2 * self.config.num_workers, _ROWS_AHEAD // page_size)),
        )


def is_complete(outcome: Outcome, what: str) -> bool:
    """Whether absence from a scan means deletion; where it does not, the log says why.

    :param what: the listing's name in log lines.
    """
    if outcome.open_seams:
        logger.warning(
            f"The {what} moved faster than they could be read: {outcome.open_seams} gaps between "
            "pages stayed open after reading them again. Records may be missing until the next "
            "sync; nothing is reported as deleted."
        )
    elif outcome.moved:
        logger.warning(
            f"The {what} moved while they were read ({outcome.repaired} stretches were read "
            "again). Nothing is missing; deletions are left to the next sync."
        )
    elif outcome.total is None and not outcome.agrees:
        logger.warning(
            f"The gateway lists no {what} and does not count them; deletions are left to a sync "
            "in which it does."
        )
    elif not outcome.agrees:
        logger.warning(
            f"The gateway counts {outcome.total} {what} but lists {outcome.rows}. All that it "
            "lists were read; deletions are left to a sync whose count agrees."
        )
    return outcome.complete


class Admission:
    """Collects records of one stream and admits them page by page."""

    def __init__(self, stream: StreamRun | None, size: int = 100) -> None:
        self.stream = stream
        self._size = size
        self._keys: list[str] = []
        self._bodies: list[bytes] = []

    def add(self, key: str, body: bytes, odd: Sequence[str] = ()) -> Iterator[Event]:
        """Take a record; yields events whenever a page is full."""
        self._keys.append(key)
        self._bodies.append(body)
        if odd and self.stream is not None:
            self.stream.note(odd)
        if len(self._keys) >= self._size:
            yield from self.flush()

    def flush(self) -> Iterator[Event]:
        """Admit what has been collected."""
        if self._keys and self.stream is not None:
            yield from self.stream.admit(self._keys, self._bodies)
        self._keys, self._bodies = [], []
