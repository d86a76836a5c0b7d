"""Streams of what candidates have in the Candidates API alone: their history, their documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from phenom_api import candidates as api
from phenom_api.errors import RequestRefused
from source_phenom.listings.candidate_groups import CandidateGroup
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.listing import RecordBuffer
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models.candidates import child_key_prefix
from source_phenom.models.values import Mismatches, record_json
from source_phenom.reading.events import Event

_STRANGE = 20
"""Candidates that may be gone without a single one being there, before that is not believed."""

Records = Callable[
    [list[dict[str, Any]], CandidateGroup, Mismatches], Iterable[tuple[str, dict[str, Any]]]
]


class CandidateChildStream(StreamEnricher):
    """Records that are read candidate by candidate, and kept where a candidate did not change.

    :param read: the rows of a candidate id. :param records: keys and records out of the rows.
    """

    def __init__(
        self, followed: EnrichmentRun, read: Callable[[str], list[Any]], records: Records
    ) -> None:
        super().__init__(followed)
        self._read = read
        self._records = records
        self._admission = RecordBuffer(self.stream)
        self._unasked: set[str] = set()
        self._doubted: set[str] | None = None
        self._asked = 0
        self._gone: RequestRefused | None = None
        self._gone_count = 0

    def start(self, this_round: PassContext) -> None:
        """In a second pass those are asked again of whose records some were not seen."""
        if this_round.is_second:
            self._doubted = {_owner(key) for key in self.stream.missing()}
        self._asked = self._gone_count = 0

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        before = len(asked)
        for person in page:
            if person.id is None or not person.listed:
                continue
            if self._is_asked(person):
                asked.append(person)
            else:
                self._unasked.add(child_key_prefix(person.key))
        self._asked += len(asked) - before
        yield from ()

    def _is_asked(self, person: CandidateGroup) -> bool:
        if self._doubted is not None:
            return child_key_prefix(person.key) in self._doubted
        followed = self.followed
        if followed.needs_refresh(person.id):
            return True
        return followed.before is not None and person.newest.key > followed.before.newest

    def ask(self, person: CandidateGroup) -> list[Any]:
        """None of them where the gateway does not know the candidate any more."""
        try:
            return api.of_any(self._read, person.ids)
        except RequestRefused as error:
            if error.status not in api.GONE:
                raise
            self._gone = error
            self._gone_count += 1
            return []

    def admit(self, person: CandidateGroup, answer: list[Any]) -> Iterator[Event]:
        mismatches: Mismatches = []
        rows = [row for row in answer if type(row) is dict]
        for key, record in self._records(rows, person, mismatches):
            yield from self._admission.add(key, record_json(record, mismatches))
        self.stream.note(mismatches)

    def finish(self) -> Iterator[Event]:
        yield from self._admission.flush()
        if self._gone is not None and self._asked == self._gone_count >= _STRANGE:
            # It is rather the operation that is gone.
            raise self._gone
        self.stream.keep_where(lambda key: _owner(key) in self._unasked)


def _owner(key: str) -> str:
    return key.partition(":")[0]
