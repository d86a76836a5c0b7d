"""The application listing: applications as they come, candidates once all have been seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from phenom_api.listings import applications_page
from phenom_api.paging import Scan
from source_phenom.config import SourceConfig
from source_phenom.listings.application_mapper import ApplicationMapper, MappedApplication
from source_phenom.listings.listing import Listing, Pass, RecordBuffer, is_complete
from source_phenom.listings.mapping_options import MappingOptions
from source_phenom.listings.spool import Spool
from source_phenom.models import (
    application_activities,
    applications,
    candidate_documents,
    candidates,
)
from source_phenom.reading.events import Event

_application_id = itemgetter(0)
_UNFILLED = {
    applications.MODEL: applications.ENRICHED_COLUMNS,
    candidates.MODEL: candidates.ENRICHED_COLUMNS,
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

    def scan_once(self) -> Pass:
        rows = ApplicationMapper(MappingOptions.of(self.config, self.now), self.streams)
        with Spool() as people:
            scan = self.scan_mapped(rows.page)
            for page in scan:
                yield from self._admit_page(page, people)
            yield from self._admit_candidates(people, rows)
        return is_complete(scan.outcome, "applications")

    def scan_mapped(self, page: Callable[[bytes], Any]) -> Scan:
        """A scan whose rows are what ``page`` makes of a body; they have an ``identity``.

        A row is mapped when its page has just been read: pages wait for their turn as the few bytes
        that come of them, and not as a hundred times a hundred Python objects, which by then are
        nowhere near the processor.
        """
        fetch = partial(applications_page, self.gateway, parse=page)
        return self.scan(fetch, attrgetter("identity"))

    def _admit_page(self, rows: list[MappedApplication], people: Spool) -> Iterator[Event]:
        for row in rows:
            if row.candidate is not None:
                person, *told = row.candidate
                people.add(person, (row.key, *told))
        stream = self.streams.get(applications.MODEL)
        if stream is None:
            return
        stream.counts["without_key"] += sum(row.kept and not row.key for row in rows)
        kept = [row for row in rows if row.key]
        for row in kept:
            if row.mismatches:
                stream.note(row.mismatches)
        if kept:
            yield from stream.admit([row.key for row in kept], [row.columns for row in kept])

    def _admit_candidates(self, people: Spool, rows: ApplicationMapper) -> Iterator[Event]:
        stream = self.streams.get(candidates.MODEL)
        if stream is None:
            return
        admission = RecordBuffer(stream)
        for person, source, newest in _newest(people):
            columns, mismatches = rows.candidate(newest)
            yield from admission.add(person, candidates.with_source(columns, source), mismatches)
        yield from admission.flush()


def _newest(people: Spool) -> Iterator[tuple[str, str | None, bytes]]:
    """Of everybody the key, the oldest source and the newest application."""
    for person, seen in people.groups():
        _, _, newest = max(seen, key=_application_id)
        _, source, _ = min(seen, key=_application_id)
        yield person, source, newest
