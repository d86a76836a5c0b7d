"""Completes the records of one stream from the Candidates API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from phenom_api.errors import PhenomError
from phenom_api.gateway import Operation
from source_phenom.config import SourceConfig
from source_phenom.listings.candidate_groups import CandidateGroup, CandidateGroups
from source_phenom.listings.enriched_mapper import EnrichedApplication
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.first_sources import SourceTable
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.listings.spool import Spool
from source_phenom.listings.staged_files import StagedFiles
from source_phenom.models.hiring_status import OwnApplication
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import canonical
from source_phenom.snapshot import digest_with_details
from source_phenom.streams.events import Event


@dataclass(frozen=True)
class PassContext:
    """One scan of the application listing, shared by its streams.

    :param groups: collects the rows about each candidate; processed after the listing.
    :param by_job: collects, by job, the applications to look up among the job's applicants.
    :param search_refusal: the error if the candidate search is refused.
    :param is_second: whether an earlier scan of this run missed many records.
    :param sources: gives the labels of candidates their numbers.
    :param files: fetches the files of documents; None if no stream includes files.
    :param own_applications: of candidates who were asked about already, by the spellings of the id.
    """

    config: SourceConfig
    reader: GatewayReader
    operations: Mapping[str, Operation]
    ids: UnifiedIds
    groups: CandidateGroups
    by_job: Spool
    search_refusal: PhenomError | None
    is_second: bool
    sources: SourceTable
    files: StagedFiles | None
    own_applications: dict[frozenset[str], list[OwnApplication]] = field(default_factory=dict)


class StreamEnricher(ABC):
    """One stream in one scan: which candidates it asks about, and how it uses the answers.

    The listing calls, in this order: :meth:`prepare` once, :meth:`take_page` for every page,
    :meth:`partition` for every page of candidates, :meth:`ask` and :meth:`complete` for every
    candidate that it picked, :meth:`finish` once. Each may raise :class:`PhenomError`, which fails
    this stream alone.
    """

    is_resumable: ClassVar[bool] = False
    """Whether records in the state of an interrupted first sync need not be read again."""

    def __init__(self, run: EnrichmentRun, context: PassContext) -> None:
        self.run = run
        self.stream = run.stream
        self.context = context

    def prepare(self) -> None:
        """Read what is needed before the listing."""
        return

    def take_page(self, rows: Sequence[EnrichedApplication]) -> Iterator[Event]:
        """Take a page of the listing."""
        yield from ()

    @abstractmethod
    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        """Complete the candidates that need no request; add the others to ``asked``."""

    @abstractmethod
    def ask(self, group: CandidateGroup) -> Any:
        """Ask the gateway about a candidate. Called in other threads, several at a time."""

    @abstractmethod
    def complete(self, group: CandidateGroup, answer: Any) -> Iterator[Event]:
        """Add a candidate's records, with what :meth:`ask` returned."""

    def finish(self) -> Iterator[Event]:
        """Add what is left at the end of the scan."""
        yield from ()


def enriched_digest(record: int, details: Mapping[str, Any]) -> int:
    """A record's digest with a second half for its columns from other APIs.

    :param record: the fingerprint of the listed columns.
    """
    is_empty = all(value is None for value in details.values())
    return digest_with_details(record, None if is_empty else canonical(details))
