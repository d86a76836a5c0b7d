"""The application listing: applications as they come, candidates once all have been seen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

from phenom_api.listings import applications_page
from source_phenom.config import SourceConfig
from source_phenom.listings.listing import Admission, Listing, Pass, is_complete
from source_phenom.listings.spool import Spool
from source_phenom.models import (
    application_activities,
    applications,
    candidate_documents,
    candidates,
)
from source_phenom.models.values import Odd, canonical
from source_phenom.reading.events import Event

_application_id = itemgetter(0)
_UNFILLED = {
    applications.MODEL: applications.ELSEWHERE,
    candidates.MODEL: candidates.ELSEWHERE,
}


class ApplicationListing(Listing):
    """``GET /apply/v2/applications``, offset paging, no filter."""

    stream_names = (
        applications.MODEL,
        candidates.MODEL,
        application_activities.MODEL,
        candidate_documents.MODEL,
    )

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        return _UNFILLED.get(stream, ())

    def one_pass(self) -> Pass:
        scan = self.scan(partial(applications_page, self.gateway), identity)
        with Spool() as people:
            for rows in scan:
                yield from self._admit_page(rows, people)
            yield from self._admit_candidates(people)
        return is_complete(scan.outcome, "applications")

    def _admit_page(self, rows: list[Any], people: Spool) -> Iterator[Event]:
        stream = self.streams.get(applications.MODEL)
        wants_candidates = candidates.MODEL in self.streams
        keys: list[str] = []
        bodies: list[bytes] = []
        for row in rows:
            odd: Odd = []
            key = applications.application_key(row, odd) if type(row) is dict else None
            if key is None:
                if stream is not None:
                    stream.counts["without_key"] += 1
                continue
            kept = self.is_kept(row)
            if wants_candidates:
                self._keep_candidate(row, key, kept, people)
            if kept and stream is not None:
                keys.append(key)
                bodies.append(canonical(self.application(row, key, odd)))
                if odd:
                    stream.note(odd)
        if keys and stream is not None:
            yield from stream.admit(keys, bodies)

    def application(self, row: dict[str, Any], key: str, odd: Odd) -> dict[str, Any]:
        """The record of one application, with the tenant's wishes."""
        record = applications.application(row, key, self.ids, odd)
        return self.remapping.apply(applications.MODEL, row, record)

    def candidate(self, row: dict[str, Any], person: str, odd: Odd) -> tuple[str | None, bytes]:
        """The source and the other columns of a candidate, as one application has them."""
        record = candidates.candidate(row, person, self.ids, odd)
        self.remapping.apply(candidates.MODEL, row, record)
        return self.remapping.source(row, odd), canonical(record)

    def is_kept(self, row: dict[str, Any]) -> bool:
        """Whether ``only_created_applications`` lets an application through."""
        if not self.config.only_created_applications:
            return True
        source = candidates.applicant_source(row, [])
        return source is not None and source.casefold() in self._wanted_sources

    @cached_property
    def _wanted_sources(self) -> frozenset[str]:
        return frozenset(name.casefold() for name in self.config.application_sources)

    def _keep_candidate(self, row: dict[str, Any], key: str, kept: bool, people: Spool) -> None:
        odd: Odd = []
        person = candidates.candidate_key(row, odd)
        if person is None:
            return
        source, columns = self.candidate(row, person, odd)
        people.add(person, (key, kept, source, columns, tuple(odd)))

    def _admit_candidates(self, people: Spool) -> Iterator[Event]:
        stream = self.streams.get(candidates.MODEL)
        if stream is None:
            return
        admission = Admission(stream)
        for person, seen in people.groups():
            if not any(kept for _, kept, *_ in seen):
                continue
            _, _, _, columns, odd = max(seen, key=_application_id)
            _, _, source, _, _ = min(seen, key=_application_id)
            yield from admission.add(person, candidates.with_source(columns, source), odd)
        yield from admission.flush()


def identity(row: Any) -> Any:
    """What makes a listed application itself: its id, or for want of one its content."""
    key = row.get("id") if type(row) is dict else None
    return key if type(key) is str else canonical(row)
