"""The application listing with an acting user: what the Candidates API knows goes with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

from phenom_api import candidates as api
from phenom_api.errors import GatewayClosed, PhenomError, Unavailable, Unreachable
from phenom_api.gateway import Gateway
from source_phenom.config import SourceConfig
from source_phenom.listings.application_enricher import ApplicationEnricher
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.candidate_child_stream import CandidateChildStream
from source_phenom.listings.candidate_enricher import CandidateEnricher
from source_phenom.listings.candidate_groups import (
    CandidateGroup,
    CandidateGroups,
    Padded,
    PendingApplication,
    SearchHit,
)
from source_phenom.listings.change_lookup import ChangeLookup, changed_at
from source_phenom.listings.enriched_mapper import EnrichedApplication, EnrichedMapper
from source_phenom.listings.enrichment_state import ChangedCandidates, EnrichmentRun
from source_phenom.listings.listing import Pass, is_complete
from source_phenom.listings.mapping_options import MappingOptions
from source_phenom.listings.ordered_prefetch import OrderedPrefetch
from source_phenom.listings.people import Directory
from source_phenom.listings.spool import Spool
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models import (
    application_activities,
    applications,
    candidate_documents,
    candidates,
)
from source_phenom.models.values import Mismatches, mail_address, objects, padded, text
from source_phenom.reading.events import Event
from source_phenom.reading.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")


class _Wanted(NamedTuple):
    """A person, and the parts of the pass that want to know something of them."""

    person: CandidateGroup
    parts: list[StreamEnricher]


class EnrichedListing(ApplicationListing):
    """One scan of the applications, one candidate search, and questions about who changed.

    Each selected stream is a :class:`StreamEnricher` of it, and fails alone.
    """

    detailed_names = (applications.MODEL, candidates.MODEL)

    def __init__(
        self,
        config: SourceConfig,
        streams: Mapping[str, StreamRun],
        gateway: Gateway,
        executor: Executor,
        directory: Directory,
    ) -> None:
        super().__init__(config, streams, gateway, executor, directory)
        make: dict[str, Callable[[EnrichmentRun], StreamEnricher]] = {
            applications.MODEL: self._standings,
            candidates.MODEL: self._profiles,
            application_activities.MODEL: self._activities,
            candidate_documents.MODEL: self._documents,
        }
        self._parts = {
            name: make[name](EnrichmentRun(stream, config)) for name, stream in streams.items()
        }
        self._newest = ""
        self._is_second = False

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        return ()

    # -- the parts ---------------------------------------------------------------------------

    def _standings(self, followed: EnrichmentRun) -> StreamEnricher:
        counts = self.remapping.default_counts(applications.MODEL, "outcome")
        return ApplicationEnricher(
            followed, self.config, self.gateway, self._executor, default_counts=counts
        )

    def _profiles(self, followed: EnrichmentRun) -> StreamEnricher:
        return CandidateEnricher(followed, self.config, self.gateway, self._executor, self.scan)

    def _activities(self, followed: EnrichmentRun) -> StreamEnricher:
        def records(
            rows: list[dict[str, Any]], person: CandidateGroup, mismatches: Mismatches
        ) -> Iterable[tuple[str, dict[str, Any]]]:
            return application_activities.activities(
                rows,
                person.key,
                person.applications,
                self.ids,
                mismatches,
                person.other_applications,
            )

        read = partial(api.hiring_status_activities, self.gateway, size=self.config.page_size)
        return CandidateChildStream(followed, read, records)

    def _documents(self, followed: EnrichmentRun) -> StreamEnricher:
        def records(
            rows: list[dict[str, Any]], person: CandidateGroup, mismatches: Mismatches
        ) -> Iterable[tuple[str, dict[str, Any]]]:
            return candidate_documents.documents(
                rows, person.key, self.ids, mismatches, person.other_applications
            )

        return CandidateChildStream(followed, partial(api.attachments, self.gateway), records)

    def _live(self) -> list[StreamEnricher]:
        return [part for name, part in self._parts.items() if name not in self.failed]

    def _give_up(self, part: StreamEnricher, error: PhenomError) -> None:
        if isinstance(error, GatewayClosed):
            raise error
        self.failed[part.stream.name] = error

    def _attempt(self, part: StreamEnricher, events: Iterator[Event]) -> Iterator[Event]:
        """What a part has to say, up to where the gateway fails it."""
        try:
            yield from events
        except PhenomError as error:
            self._give_up(part, error)

    # -- one pass ----------------------------------------------------------------------------

    def scan_once(self) -> Pass:
        with Spool() as people, Spool() as by_job:
            live = [part.stream.name for part in self._live()]
            rows = EnrichedMapper(MappingOptions.of(self.config, self.now), live)
            persons = CandidateGroups(people, rows.candidate)
            changes = ChangeLookup(self.gateway, self.scan, self.now.date())
            refused = self._search(changes, persons)
            this_round = PassContext(
                persons, by_job, self.config.page_size, refused, self._is_second
            )
            for part in self._live():
                if refused is None and changes.is_whole and part.covers_as_it_goes:
                    part.followed.cover_first(changes.until)
                try:
                    part.start(this_round)
                except PhenomError as error:
                    self._give_up(part, error)
            if not self._live():
                return False
            scan = self.scan_mapped(rows.page)
            for page in scan:
                yield from self._take_page(page, persons)
            yield from self._go_through(persons)
            for part in self._live():
                yield from self._attempt(part, part.finish())
        is_whole = changes.is_whole and not scan.outcome.open_seams
        if refused is None and is_whole and not self._is_second:
            for part in self._live():
                part.followed.cover(changes.until, self._newest)
        self._is_second = True
        return is_complete(scan.outcome, "applications")

    def _search(self, changes: ChangeLookup, persons: CandidateGroups) -> PhenomError | None:
        """Find out who changed; returns why that cannot be had. What may pass is raised."""
        followed = [part.followed for part in self._live()]
        horizon = min((each.since for each in followed if not each.is_full), default=None)
        is_full = any(each.is_full for each in followed)
        with_dates = any(part.stream.name == candidates.MODEL for part in self._live())
        recent = ChangedCandidates()
        try:
            for row in changes.since(None if is_full else horizon):
                user_id = text(row.get("userId"), "", [])
                if user_id is None:
                    continue
                candidate = user_id.strip()
                if padded(user_id) is not None:
                    persons.add(candidate, Padded(user_id))
                if with_dates:
                    persons.add(
                        candidate, SearchHit(row.get("dateCreated"), row.get("updatedDate"))
                    )
                when = changed_at(row)
                if horizon is not None and (when is None or when > horizon):
                    recent.add(when, user_id, _addresses(row))
        except (GatewayClosed, Unavailable, Unreachable):
            raise
        except PhenomError as error:
            logger.warning(
                f"{error.message} Without it nothing tells who changed: every sync has to ask the "
                "Candidates API about everybody."
            )
            for each in followed:
                each.is_full = True
            return error
        for each in followed:
            each.recent = recent
        return None

    def _take_page(
        self, rows: list[EnrichedApplication], persons: CandidateGroups
    ) -> Iterator[Event]:
        live = {part.stream.name: part for part in self._live()}
        standings = live.pop(applications.MODEL, None)
        waiting: list[tuple[str | None, PendingApplication]] = []
        for row in rows:
            if row.left_out is not None:
                candidate = row.person and candidates.candidate_id(row.person)
                if row.person is not None:
                    persons.add(row.person, row.left_out)
                if isinstance(standings, ApplicationEnricher):
                    standings.leave_out(candidate, row.left_out)
            if not row.key:
                if standings is not None and row.kept:
                    standings.stream.counts["without_key"] += 1
                continue
            self._newest = max(self._newest, row.key)
            if row.person is not None and row.padded_id is not None:
                persons.add(row.person, Padded(row.padded_id))
            if row.person is not None and row.listed is not None and live:
                persons.add(row.person, row.listed)
            if row.waiting is not None and standings is not None:
                waiting.append((row.person and candidates.candidate_id(row.person), row.waiting))
                standings.stream.note(row.mismatches)
        if isinstance(standings, ApplicationEnricher) and waiting:
            yield from self._attempt(standings, standings.listed(waiting))

    def _go_through(self, persons: CandidateGroups) -> Iterator[Event]:
        most = 2 * self.config.num_workers
        with OrderedPrefetch(self._ask, self._executor, most) as questions:
            for page in persons.pages():
                wanted: dict[str, list[StreamEnricher]] = {}
                for part in self._live():
                    asked: list[CandidateGroup] = []
                    yield from self._attempt(part, part.partition(page, asked))
                    for person in asked:
                        wanted.setdefault(person.key, []).append(part)
                for person in page:
                    if person.key in wanted:
                        for answered in questions.about(_Wanted(person, wanted[person.key])):
                            yield from self._take(*answered)
            for answered in questions.rest():
                yield from self._take(*answered)

    def _ask(self, wanted: _Wanted) -> list[Any]:
        """Per part its answer, or the error that it has to give up for. In other threads."""
        answers: list[Any] = []
        for part in wanted.parts:
            try:
                known = part.stream.name in self.failed
                answers.append(None if known else part.ask(wanted.person))
            except PhenomError as error:
                answers.append(error)
        return answers

    def _take(self, wanted: _Wanted, answers: list[Any]) -> Iterator[Event]:
        for part, answer in zip(wanted.parts, answers, strict=True):
            if part.stream.name in self.failed:
                continue
            if isinstance(answer, PhenomError):
                self._give_up(part, answer)
            else:
                yield from self._attempt(part, part.admit(wanted.person, answer))


def _addresses(row: dict[str, Any]) -> list[str]:
    """The e-mail addresses of a candidate that was found, in lower case."""
    listed = (each.get("email") for each in objects(row.get("emailList"), "", []))
    found = (mail_address(each, "", []) for each in listed)
    return [address.lower() for address in found if address is not None]
