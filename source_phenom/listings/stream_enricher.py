"""What one stream does in a pass over persons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from phenom_api.errors import PhenomError
from source_phenom.listings.candidate_groups import CandidateGroup, CandidateGroups
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.listing import FILLED_FROM, from_elsewhere
from source_phenom.listings.spool import Spool
from source_phenom.reading.events import Event


@dataclass(frozen=True)
class PassContext:
    """One pass, as its parts share it.

    :param persons: takes what is met of persons; gone through when the listing has been read.
    :param by_job: takes, by job, what is to be looked for among the job's applicants.
    :param page_size: rows asked for at a time.
    :param search_refused: why the candidate search could not be had.
    :param is_second: whether the pass is there to make sure of what the first one missed.
    """

    persons: CandidateGroups
    by_job: Spool
    page_size: int
    search_refused: PhenomError | None
    is_second: bool


class StreamEnricher(ABC):
    """One stream that the Candidates API fills, or part of whose columns it fills.

    A pass hands every page of persons to :meth:`partition`, has the gateway asked about those whom
    it picks, many at a time, and hands over the answers in order.
    """

    covers_as_it_goes: ClassVar[bool] = False
    """Whether everything in the stream's state has been read, also where a run ends early."""

    def __init__(self, followed: EnrichmentRun) -> None:
        self.followed = followed
        self.stream = followed.stream

    def _is_available(
        self, name: str, read: Callable[[], object], without: str, *, always_tried: bool = True
    ) -> bool:
        """Whether another API that fills columns answers; see :func:`from_elsewhere`.

        :param always_tried: every full run asks it, so that what answers in another run for the
            first time was refused before.
        """

        def done() -> bool:
            read()
            return True

        before = self.stream.memory.get(FILLED_FROM)
        found = from_elsewhere(self.stream, name, done, without) or False
        is_new = self.stream.memory.get(FILLED_FROM) != before
        if is_new and always_tried and not self.followed.is_full:
            self.followed.renew()
        return found

    @abstractmethod
    def start(self, this_round: PassContext) -> None:
        """Get ready for a pass."""

    @abstractmethod
    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        """Settle those about whom nothing has to be asked; the others go into ``asked``."""

    @abstractmethod
    def ask(self, person: CandidateGroup) -> Any:
        """Ask the gateway. Called in other threads, several at a time.

        :raises PhenomError: the stream cannot be read any further.
        """

    @abstractmethod
    def admit(self, person: CandidateGroup, answer: Any) -> Iterator[Event]:
        """Settle a person with what :meth:`ask` returned."""

    @abstractmethod
    def finish(self) -> Iterator[Event]:
        """Settle what is left at the end of the pass."""
