"""What both listings share: scanning with the connection's concurrency, judging how it went."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from phenom_api.errors import GatewayClosed, PhenomError, Unavailable, Unreachable
from phenom_api.gateway import Gateway
from phenom_api.paging import Page, Scan, ScanOutcome
from source_phenom.config import SourceConfig
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.remapping import Remapping
from source_phenom.reading.events import Event
from source_phenom.reading.stream_run import StreamRun, how_to_reset

if TYPE_CHECKING:
    from source_phenom.listings.people import Directory

logger = logging.getLogger("airbyte.phenom")

_ROWS_AHEAD = 20_000
"""Rows that may be fetched before they are taken, so that large pages do not fill the memory."""

Pass = Generator[Event, None, bool]
"""One pass over a listing: yields records, returns whether absence from it means deletion."""

Found = TypeVar("Found")
FILLED_FROM = "filled_from"
"""Member of a stream's state: the other APIs that its columns have come from."""


class Listing(ABC):
    """One scan, and the streams that come out of it.

    :param streams: the selected ones among :attr:`stream_names`, by name.
    :param executor: where pages are fetched.
    :param directory: the tenant's people, for whoever wants their names.
    """

    stream_names: ClassVar[tuple[str, ...]]
    detailed_names: ClassVar[tuple[str, ...]] = ()
    """Those whose records have columns from elsewhere that are not always read."""

    def __init__(
        self,
        config: SourceConfig,
        streams: Mapping[str, StreamRun],
        gateway: Gateway,
        executor: Executor,
        directory: Directory,
    ) -> None:
        self.config = config
        self.streams = streams
        self.now = next(stream.now for stream in streams.values())
        self.gateway = gateway
        self.ids = UnifiedIds(config.integration_id)
        self.remapping = Remapping(config.field_overrides, config.custom_fields)
        self.directory = directory
        self.failed: dict[str, PhenomError] = {}
        """Streams that cannot be read to the end while the others of the listing can."""
        self._executor = executor

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        """Columns of a stream that this configuration leaves null in every record.

        Its records are admitted without them.
        """
        return ()

    def prepare(self) -> Mapping[str, PhenomError]:
        """Read what the streams need beside the listing itself, once.

        Returns the streams that cannot be read for want of it, and why.
        """
        return {}

    @abstractmethod
    def scan_once(self) -> Pass:
        """Read the whole listing once and admit its records to the selected streams."""

    def scan(self, fetch: Callable[[int, int], Page], identity: Callable[[Any], Hashable]) -> Scan:
        """A scan with the connection's page size and concurrency."""
        return Scan(
            fetch,
            page_size=self.config.page_size,
            identity=identity,
            executor=self._executor,
            ahead=pages_ahead(self.config),
        )


def pages_ahead(config: SourceConfig) -> int:
    """How many pages of a listing may be fetched before the first of them is taken."""
    return max(2, min(2 * config.num_workers, _ROWS_AHEAD // config.page_size))


def from_elsewhere(
    stream: StreamRun, api: str, read: Callable[[], Found], without: str
) -> Found | None:
    """What fills columns of ``stream`` out of another API; None where that refuses.

    The log says then what it costs. A refusal is raised all the same where the columns were
    filled before: to empty them now and to fill them again when the permission is back would
    emit every record twice. So is always what may pass by itself.

    :param api: what the state remembers it by.
    :param without: a sentence about the columns without it.
    :raises PhenomError: the stream has to wait.
    """
    remembered = stream.memory.get(FILLED_FROM)
    filled_from = {name for name in remembered if type(name) is str} if remembered else set()
    try:
        found = read()
    except (GatewayClosed, Unavailable, Unreachable):
        raise
    except PhenomError as error:
        if api in filled_from:
            waiting = copy(error)
            waiting.message += (
                f" Earlier syncs filled columns of {stream.name} from there. Rather than empty "
                "them, the stream waits until it can be read again; reset the stream to go on "
                f"without: {how_to_reset(stream.name)}."
            )
            raise waiting from None
        logger.warning(f"{error.message} {without}")
        return None
    stream.memory[FILLED_FROM] = sorted({*filled_from, api})
    return found


def is_complete(outcome: ScanOutcome, what: str) -> bool:
    """Whether absence from a scan means deletion; where it does not, the log says why.

    :param what: the listing's name in log lines.
    """
    if outcome.ignores_offset and not outcome.complete:
        logger.warning(
            f"{outcome.ignored_offset(what)}; nothing is reported as deleted. Tell Phenom; until "
            "it is mended, a page_size larger than the listing may help."
        )
    elif outcome.repeats and (outcome.open_seams or not outcome.agrees):
        counts = "does not count them" if outcome.total is None else f"counts {outcome.total}"
        logger.warning(
            f"The gateway lists {outcome.rows} rows of the {what}, then rows that it listed "
            f"before, and {counts}. All that it lists were read; nothing is reported as deleted."
        )
    elif outcome.open_seams and outcome.single_rows:
        logger.warning(
            f"The gateway lists {what} one row at a time, so that nothing shows whether one was "
            "skipped; nothing is reported as deleted. Ask Phenom for a larger limit."
        )
    elif outcome.open_seams:
        cause = (
            f"The {what} moved faster than they could be read"
            if outcome.moved
            else f"The gateway leaves out rows of the {what}"
        )
        logger.warning(
            f"{cause}: {outcome.open_seams} gaps between pages stayed open after reading them "
            "again. Records may be missing until the next sync; nothing is reported as deleted."
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
    elif not outcome.ended:
        logger.warning(
            f"The gateway lists {outcome.rows} {what}, but pages before the last one were short "
            "or empty, and no steady count confirms that these are all; deletions are left to a "
            "sync in which pages are whole or a count agrees."
        )
    return outcome.complete


class RecordBuffer:
    """Collects records of one stream and admits them page by page."""

    def __init__(self, stream: StreamRun | None, size: int = 100) -> None:
        self.stream = stream
        self._size = size
        self._keys: list[str] = []
        self._bodies: list[bytes] = []
        self._digests: list[int] = []

    def add(
        self, key: str, body: bytes, mismatches: Sequence[str] = (), digest: int | None = None
    ) -> Iterator[Event]:
        """Take a record; yields events whenever a page is full.

        :param digest: of a detailed record; all of a stream's are, or none.
        """
        self._keys.append(key)
        self._bodies.append(body)
        if digest is not None:
            self._digests.append(digest)
        if mismatches and self.stream is not None:
            self.stream.note(mismatches)
        if len(self._keys) >= self._size:
            yield from self.flush()

    def flush(self) -> Iterator[Event]:
        """Admit what has been collected."""
        if self._keys and self.stream is not None:
            yield from self.stream.admit(self._keys, self._bodies, self._digests or None)
        self._keys, self._bodies, self._digests = [], [], []
