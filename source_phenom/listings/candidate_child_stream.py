"""Streams that only the Candidates API has: a candidate's activities and documents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from phenom_api import candidates as api
from phenom_api.errors import RequestRefused
from source_phenom.listings.candidate_groups import CandidateGroup
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models import application_activities, candidate_documents
from source_phenom.models.candidates import child_key_prefix
from source_phenom.models.values import Mismatches, record_json
from source_phenom.personal_data import personal_data
from source_phenom.snapshot import fingerprint
from source_phenom.streams.events import Event

_IMPLAUSIBLE = 20
"""If the gateway knows none of so many candidates, the operation itself is missing."""


class CandidateChildStream(StreamEnricher):
    """Records that are read candidate by candidate, and kept if the candidate did not change."""

    def __init__(self, run: EnrichmentRun, context: PassContext) -> None:
        super().__init__(run, context)
        self._unasked: set[str] = set()
        self._asked = 0
        self._gone: list[RequestRefused] = []
        self._hide = personal_data(context.config).step(self.stream.name)
        self._incomplete: set[str] | None = None
        if context.is_second:
            self._incomplete = {_owner(key) for key in self.stream.missing()}

    @abstractmethod
    def rows_of(self, candidate_id: str) -> list[Any]:
        """Ask the gateway for a candidate's rows."""

    @abstractmethod
    def records_of(
        self, rows: list[dict[str, Any]], group: CandidateGroup, mismatches: Mismatches
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        """Keys and records from a candidate's rows."""

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        for group in page:
            if group.id is None or not group.listed:
                continue
            if self._must_ask(group):
                asked.append(group)
                self._asked += 1
            else:
                self._unasked.add(child_key_prefix(group.key))
        yield from ()

    def _must_ask(self, group: CandidateGroup) -> bool:
        if self._incomplete is not None:
            return child_key_prefix(group.key) in self._incomplete
        if self.run.needs_refresh(group.id):
            return True
        before = self.run.before
        return before is not None and group.newest.key > before.newest

    def ask(self, group: CandidateGroup) -> list[Any]:
        """The candidate's rows; none if the gateway does not know the candidate any more."""
        try:
            return api.of_any(self.rows_of, group.ids)
        except RequestRefused as error:
            if error.status not in api.GONE:
                raise
            self._gone.append(error)
            return []

    def complete(self, group: CandidateGroup, answer: list[Any]) -> Iterator[Event]:
        mismatches: Mismatches = []
        rows = [row for row in answer if type(row) is dict]
        for key, record in self.records_of(rows, group, mismatches):
            if self._hide is not None:
                self._hide(record)
            body = record_json(record, mismatches)
            yield from self.stream.add(key, body, digest=self.digest(key, body))
        self.stream.count_mismatches(mismatches)

    def digest(self, key: str, body: bytes) -> int:
        return fingerprint(body)

    def finish(self) -> Iterator[Event]:
        """Keep the records of the candidates that were not asked about."""
        if self._asked == len(self._gone) >= _IMPLAUSIBLE:
            # Every candidate returned 404: the endpoint is gone, not the people.
            raise self._gone[-1]
        if self._unasked:
            self.stream.keep_unchanged_where(lambda key: _owner(key) in self._unasked)
        yield from ()


class ApplicationActivities(CandidateChildStream):
    """The hiring status history of the candidates."""

    def rows_of(self, candidate_id: str) -> list[Any]:
        reader = self.context.reader
        operation = self.context.operations["activities_of_candidate"]
        return api.hiring_status_activities(
            reader.gateway, candidate_id, size=reader.page_size, operation=operation
        )

    def records_of(
        self, rows: list[dict[str, Any]], group: CandidateGroup, mismatches: Mismatches
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        return application_activities.activities(
            rows,
            group.key,
            group.applications,
            self.context.ids,
            mismatches,
            group.excluded_applications,
        )


class CandidateDocuments(CandidateChildStream):
    """The names and types of the candidates' files."""

    def rows_of(self, candidate_id: str) -> list[Any]:
        operation = self.context.operations["documents_of_candidate"]
        return api.attachments(self.context.reader.gateway, candidate_id, operation=operation)

    def records_of(
        self, rows: list[dict[str, Any]], group: CandidateGroup, mismatches: Mismatches
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        return candidate_documents.documents(
            rows, group.key, self.context.ids, mismatches, group.excluded_applications
        )

    def digest(self, key: str, body: bytes) -> int:
        """The digest, which goes on telling that an earlier sync sent the document's file."""
        sent = digest_with_file(body)
        return sent if self.is_remembered(key, sent) else fingerprint(body)

    def is_remembered(self, key: str, digest: int) -> bool:
        """Whether the previous run knew the document by this digest. Safe in other threads."""
        (before,) = self.stream.remembered([key])
        return before is not None and before.digest == digest


def digest_with_file(body: bytes) -> int:
    """The digest of a document whose file was sent with the record."""
    return fingerprint(body + b"file")


def _owner(key: str) -> str:
    return key.partition(":")[0]
