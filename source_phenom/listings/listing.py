"""What all listings share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from phenom_api.errors import PhenomError
from phenom_api.gateway import Operation
from source_phenom.config import SourceConfig
from source_phenom.listings.directory import Directory
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.listings.spool import Spool, TextStore
from source_phenom.listings.staged_files import StagedFiles
from source_phenom.personal_data import personal_data
from source_phenom.streams.events import Event
from source_phenom.streams.stream_run import StreamRun

Scanning = Generator[Event, None, bool]
"""Yields the events of one scan; returns whether a record that it did not show was deleted."""


@dataclass(frozen=True)
class ListingContext:
    """What a listing reads with.

    :param operations: the operations of the manifest, by the request's name.
    :param directory: the tenant's users, for their names. :param now: the current time.
    :param files: fetches the files of records; None if no stream includes files.
    """

    config: SourceConfig
    operations: Mapping[str, Operation]
    reader: GatewayReader
    directory: Directory
    now: Callable[[], datetime]
    files: StagedFiles | None = None


class Listing(ABC):
    """One scan of the gateway, and the streams that are made of its rows.

    :param streams: the selected streams of the listing, by name; at least one.
    """

    detailed_names: ClassVar[tuple[str, ...]] = ()
    """Streams with columns from other APIs that are not read in every run."""

    def __init__(self, context: ListingContext, streams: Mapping[str, StreamRun]) -> None:
        self.config = config = context.config
        self.streams = dict(streams)
        """The streams that are still to be ended."""
        self.operations = context.operations
        self.reader = context.reader
        self.directory = context.directory
        self.utc_now = context.now
        self.files = context.files
        self.now = next(stream.now for stream in streams.values())
        self.personal = personal = personal_data(config)
        self.ids = personal.ids(config.integration_id)
        self.remapping = personal.remapping(config)
        self.failed: dict[str, PhenomError] = {}
        """Streams that cannot be read any further, while the others of the listing can."""

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        """Columns that this configuration leaves null in every record of a stream.

        The listing leaves them out of the records that it adds.
        """
        return ()

    @classmethod
    def labelled_names(cls, config: SourceConfig) -> tuple[str, ...]:
        """Streams whose records have labels, see :class:`StreamRun`."""
        return ()

    def prepare(self) -> None:
        """Read other APIs that the streams need, once; may fill :attr:`failed`."""
        return

    def read_changes(self) -> Scanning:
        """Read only what changed, if that is possible; returns whether it was.

        If it was not, a full scan follows. Records that were added before are not emitted again.
        """
        yield from ()
        return False

    @abstractmethod
    def scan(self, *, is_second: bool) -> Scanning:
        """Read the whole listing and add its records to the selected streams.

        :param is_second: whether an earlier scan of this run missed many records.
        """

    def spool(self) -> Spool:
        """Groups rows on disk."""
        return Spool(encrypted=self.personal.is_hidden)

    def text_store(self) -> TextStore:
        """Keeps texts on disk."""
        return TextStore(encrypted=self.personal.is_hidden)

    def add(
        self,
        stream: str,
        key: str,
        body: bytes,
        mismatches: Sequence[str] = (),
        label: int | None = None,
    ) -> Iterator[Event]:
        """Add a record to a stream, if that is selected."""
        if stream in self.streams:
            yield from self.streams[stream].add(key, body, mismatches, label=label)
