"""The application listing: applications as they come, candidates once all have been seen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property, partial
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from phenom_api.answers import parse_json
from phenom_api.listings import applications_page
from phenom_api.paging import Page, Scan
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


class OfCandidate(NamedTuple):
    """A candidate as one application has them: by the key of the record."""

    key: str
    source: str | None
    columns: bytes
    odd: tuple[str, ...]


class Mapped(NamedTuple):
    """What one application of the listing comes to.

    :param identity: tells it from the others. :param key: empty where it cannot be a record.
    :param kept: whether ``only_created_applications`` lets it through.
    :param columns, odd: of its own record. :param candidate: None where there is none; both are
        made for the streams that are selected.
    """

    identity: Hashable
    key: str = ""
    kept: bool = False
    columns: bytes = b""
    odd: tuple[str, ...] = ()
    candidate: OfCandidate | None = None


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
        scan = self.scan_mapped(self._mapped)
        with Spool() as people:
            for rows in scan:
                yield from self._admit_page(rows, people)
            yield from self._admit_candidates(people)
        return is_complete(scan.outcome, "applications")

    def scan_mapped(self, mapped: Callable[[Any], Any]) -> Scan:
        """A scan whose rows are what ``mapped`` makes of them; they need an ``identity``.

        A row is mapped in the thread that read it, when its page has just been parsed: pages wait
        for their turn as the few bytes that come of them, and not as a hundred times a hundred
        Python objects, which by then are nowhere near the processor.
        """
        return self.scan(partial(self._mapped_page, mapped), attrgetter("identity"))

    def _mapped_page(self, mapped: Callable[[Any], Any], offset: int, limit: int) -> Page:
        page = applications_page(self.gateway, offset, limit, parse=self._parse)
        return Page(list(map(mapped, page.rows)), page.total)

    @cached_property
    def _parse(self) -> Callable[[bytes], Any]:
        """Of a page: whole only where more is made of a candidate than who that is."""
        wishes = (*self.config.field_overrides, *(self.config.custom_fields or ()))
        if candidates.MODEL in self.streams or any(
            wish.model == applications.MODEL for wish in wishes
        ):
            return parse_json
        # Here, as `check` starts with the listings and without a reader's libraries.
        from phenom_api.without_profiles import parse_without_profiles

        return parse_without_profiles

    def _mapped(self, row: Any) -> Mapped:
        odd: Odd = []
        key = applications.application_key(row, odd) if type(row) is dict else None
        if key is None:
            return Mapped(identity(row))
        kept, columns = self.is_kept(row), b""
        if kept and applications.MODEL in self.streams:
            columns = canonical(self.application(row, key, odd))
        candidate = self._of_candidate(row) if candidates.MODEL in self.streams else None
        return Mapped(identity(row), key, kept, columns, tuple(odd), candidate)

    def _of_candidate(self, row: dict[str, Any]) -> OfCandidate | None:
        odd: Odd = []
        person = candidates.candidate_key(row, odd)
        if person is None:
            return None
        source, columns = self.candidate(row, person, odd)
        return OfCandidate(person, source, columns, tuple(odd))

    def _admit_page(self, rows: list[Mapped], people: Spool) -> Iterator[Event]:
        for row in rows:
            if row.candidate is not None:
                person, *told = row.candidate
                people.add(person, (row.key, row.kept, *told))
        stream = self.streams.get(applications.MODEL)
        if stream is None:
            return
        stream.counts["without_key"] += sum(not row.key for row in rows)
        kept = [row for row in rows if row.kept]
        for row in kept:
            if row.odd:
                stream.note(row.odd)
        if kept:
            yield from stream.admit([row.key for row in kept], [row.columns for row in kept])

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
