"""The application listing with an acting user: the Candidates API completes its records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from phenom_api.errors import PhenomError
from source_phenom.config import SourceConfig
from source_phenom.listings.application_enricher import ApplicationEnricher
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.candidate_child_stream import ApplicationActivities, CandidateDocuments
from source_phenom.listings.candidate_enricher import CandidateEnricher
from source_phenom.listings.candidate_groups import (
    CandidateGroup,
    CandidateGroups,
    PaddedId,
    SearchHit,
)
from source_phenom.listings.change_lookup import ChangeLookup, changed_at
from source_phenom.listings.changed_applications import ChangedApplications
from source_phenom.listings.completeness import is_complete
from source_phenom.listings.delta_rows import DeltaImpossible, DeltaRows
from source_phenom.listings.document_files import DocumentFiles
from source_phenom.listings.enriched_delta import EnrichedDelta, collect
from source_phenom.listings.enriched_mapper import EnrichedApplication, EnrichedMapper
from source_phenom.listings.enrichment_state import ChangedCandidates, EnrichmentRun
from source_phenom.listings.first_sources import SourceTable
from source_phenom.listings.full_scan import FullScan
from source_phenom.listings.listing import ListingContext, Scanning
from source_phenom.listings.listing_memory import forget
from source_phenom.listings.scan_plan import DeltaPlan, FullScanPlan
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models import (
    application_activities,
    applications,
    candidate_documents,
    candidates,
)
from source_phenom.models.values import mail_address, objects, padded, text
from source_phenom.streams.events import Event
from source_phenom.streams.failures import ends_listing, is_refusal
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

_ENRICHERS: Mapping[str, Callable[[EnrichmentRun, PassContext], StreamEnricher]] = {
    applications.MODEL: ApplicationEnricher,
    candidates.MODEL: CandidateEnricher,
    application_activities.MODEL: ApplicationActivities,
    candidate_documents.MODEL: CandidateDocuments,
}


_PAGE = 100
_FEW = 1_000
"""So many candidates are read one by one, even if a full scan needs fewer requests."""


class _Request(NamedTuple):
    """A candidate, and the streams that ask the gateway about it."""

    group: CandidateGroup
    enrichers: list[StreamEnricher]


class EnrichedListing(ApplicationListing):
    """One scan of the applications, one candidate search, then requests about changed candidates.

    Each selected stream has a :class:`StreamEnricher`, and fails alone.
    """

    detailed_names = (applications.MODEL, candidates.MODEL)

    def __init__(self, context: ListingContext, streams: Mapping[str, StreamRun]) -> None:
        super().__init__(context, streams)
        self._runs = {name: EnrichmentRun(stream, self.config) for name, stream in streams.items()}

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        return ()

    def scan(self, *, is_second: bool) -> Scanning:
        runs = [run for name, run in self._runs.items() if name not in self.failed]
        with self.spool() as by_candidate, self.spool() as by_job:
            mapper = EnrichedMapper(self.config, self.now, [run.stream.name for run in runs])
            groups = CandidateGroups(by_candidate, mapper.candidate)
            changes = ChangeLookup(self.reader.gateway, self.reader.scan, self.now.date())
            refusal = self._find_changes(changes, runs, groups)
            context = PassContext(
                self.config,
                self.reader,
                self.operations,
                self.ids,
                groups,
                by_job,
                refusal,
                is_second,
                self._sources,
                self.files,
            )
            enrichers = [_enricher(run, context) for run in runs]
            for enricher in enrichers:
                if refusal is None and changes.is_whole and enricher.is_resumable:
                    enricher.run.cover_first_sync(changes.until)
                self._prepare(enricher)
            if not self._live(enrichers):
                return False
            newest = ""
            live = {each.stream.name: each.stream for each in self._live(enrichers)}
            full_scan = FullScan(self.config, live, self._earlier, self.now, reads_all=True)
            for page in self._pages(mapper, full_scan):
                newest = max([newest, *(row.key for row in page)])
                collect(page, groups)
                yield from self._take_page(page, enrichers)
            yield from self._complete(groups.pages(), enrichers)
            for enricher in self._live(enrichers):
                yield from self._attempt(enricher, enricher.finish())
        is_whole = changes.is_whole and not full_scan.outcome.open_seams
        if refusal is None and is_whole and not is_second:
            for enricher in self._live(enrichers):
                enricher.run.cover(changes.until, newest)
        for enricher in self._live(enrichers):
            # A checkpoint of what is left must not look like the end of the scan.
            yield from self._attempt(enricher, enricher.stream.flush())
        complete = is_complete(full_scan.outcome, "applications")
        full_scan.end(
            is_complete=complete,
            now=self.utc_now(),
            sources=self._sources.entries,
            failed=self.failed,
        )
        return complete

    # -- a delta -----------------------------------------------------------------------------

    def _scan_plan(self) -> DeltaPlan | FullScanPlan:
        plan = super()._scan_plan()
        for name, run in self._runs.items():
            if run.is_full and isinstance(plan, DeltaPlan):
                return FullScanPlan(f"{name} needs a full reconciliation")
        return plan

    def _read_delta(self, plan: DeltaPlan, rows: DeltaRows) -> Iterator[Event]:
        runs = list(self._runs.values())
        with self.spool() as by_candidate, self.spool() as by_job, self.text_store() as texts:
            mapper = EnrichedMapper(self.config, self.now, self.streams)
            groups = CandidateGroups(by_candidate, mapper.candidate)
            changes = ChangeLookup(self.reader.gateway, self.reader.scan, self.now.date())
            if self._find_changes(changes, runs, groups) is not None or not changes.is_whole:
                raise DeltaImpossible("the candidate search does not show all changes")
            people = self._candidate_delta(plan, rows, mapper.candidate, texts, reads_rows=True)
            context = PassContext(
                self.config,
                self.reader,
                self.operations,
                self.ids,
                groups,
                by_job,
                None,
                False,
                SourceTable() if people is None else people.table,
                self.files,
            )
            enrichers = [_enricher(run, context) for run in runs]
            for enricher in enrichers:
                self._prepare(enricher)
            since = min(run.since for run in runs)
            delta = EnrichedDelta(
                groups,
                people,
                self.streams,
                rows.known,
                {
                    candidate: written
                    for candidate, written in runs[0].changes.spellings.items()
                    if runs[0].changes.ids[candidate] > since
                },
            )
            scan = self.delta_mapped(mapper, plan)
            for page in scan:
                rows.take_page(page.rows)
                is_quiet = delta.take_page(page.rows)
                scan.judge(is_quiet and (people is None or people.may_end(rows.oldest)))
                yield from self._take_page(page.rows, enrichers)
            if not scan.outcome.is_usable:
                raise DeltaImpossible(scan.outcome.reason)
            for read in self._read_changed(delta, mapper, plan, context):
                delta.take_rows(read)
                yield from self._take_page(read, enrichers)
            for stream in self.streams.values():
                # A checkpoint from here on has candidates of rows that it does not know yet.
                forget(stream)
            yield from self._complete(delta.pages(), enrichers)
            for enricher in self._live(enrichers):
                yield from self._attempt(enricher, enricher.finish())
                enricher.run.cover(changes.until, delta.newest)
        live = {each.stream.name: each.stream for each in self._live(enrichers)}
        for stream in live.values():
            yield from stream.flush()
        rows.remember(
            live,
            rows=scan.outcome.rows,
            page_length=scan.outcome.page_length,
            sources=people.sources if people is not None else None,
        )

    def _take_page(
        self, page: Sequence[EnrichedApplication], enrichers: list[StreamEnricher]
    ) -> Iterator[Event]:
        for enricher in self._live(enrichers):
            yield from self._attempt(enricher, enricher.take_page(page))

    def _read_changed(
        self, delta: EnrichedDelta, mapper: EnrichedMapper, plan: DeltaPlan, context: PassContext
    ) -> Iterator[list[EnrichedApplication]]:
        """The applications of the changed candidates, some at a time."""
        changed = delta.candidates_to_read()
        if 2 * len(changed) > _FEW + plan.rows // max(1, plan.page_length):
            raise DeltaImpossible(f"{len(changed):,} candidates changed")
        answers = context.own_applications
        read = ChangedApplications(self.reader, mapper, delta.keys, answers).of(changed)
        try:
            while page := list(islice(read, _PAGE)):
                yield page
        except PhenomError as error:
            if not is_refusal(error):
                raise
            raise DeltaImpossible(
                f"the applications of changed candidates cannot be read: {error.message}"
            ) from None

    # -- a stream may fail alone -------------------------------------------------------------

    def _live(self, enrichers: list[StreamEnricher]) -> list[StreamEnricher]:
        return [each for each in enrichers if each.stream.name not in self.failed]

    def _fail(self, enricher: StreamEnricher, error: PhenomError) -> None:
        if ends_listing(error):
            raise error
        self.failed[enricher.stream.name] = error

    def _attempt(self, enricher: StreamEnricher, events: Iterator[Event]) -> Iterator[Event]:
        """The events of a stream, up to an error that fails it."""
        try:
            yield from events
        except PhenomError as error:
            self._fail(enricher, error)

    def _prepare(self, enricher: StreamEnricher) -> None:
        try:
            enricher.prepare()
        except PhenomError as error:
            self._fail(enricher, error)

    # -- who changed -------------------------------------------------------------------------

    def _find_changes(
        self, changes: ChangeLookup, runs: list[EnrichmentRun], groups: CandidateGroups
    ) -> PhenomError | None:
        """Search for the candidates that changed; returns the refusal if the search is refused."""
        horizon = min((run.since for run in runs if not run.is_full), default=None)
        is_full = any(run.is_full for run in runs)
        with_dates = any(run.stream.name == candidates.MODEL for run in runs)
        changed = ChangedCandidates()
        try:
            for row in changes.since(None if is_full else horizon):
                user_id = text(row.get("userId"), "", [])
                if user_id is None:
                    continue
                candidate = self.personal.key(user_id.strip())
                if padded(user_id) is not None:
                    groups.add(candidate, PaddedId(user_id))
                if with_dates:
                    groups.add(candidate, SearchHit(row.get("dateCreated"), row.get("updatedDate")))
                when = changed_at(row)
                if horizon is not None and (when is None or when > horizon):
                    changed.add(when, user_id, _addresses(row), candidate)
        except PhenomError as error:
            if not is_refusal(error):
                raise
            logger.warning(
                f"{error.message} Without it nothing shows who changed: every sync has to ask the "
                "Candidates API about every candidate."
            )
            for run in runs:
                run.read_everything()
            return error
        for run in runs:
            run.changes = changed
        return None

    # -- candidate by candidate --------------------------------------------------------------

    def _complete(
        self, pages: Iterator[list[CandidateGroup]], enrichers: list[StreamEnricher]
    ) -> Iterator[Event]:
        """Ask about every candidate once, for all streams that need it."""
        with self.reader.prefetch(self._ask) as answers:
            for page in pages:
                wanted: dict[str, list[StreamEnricher]] = {}
                for enricher in self._live(enrichers):
                    asked: list[CandidateGroup] = []
                    yield from self._attempt(enricher, enricher.partition(page, asked))
                    for group in asked:
                        wanted.setdefault(group.key, []).append(enricher)
                for group in page:
                    if group.key in wanted:
                        request = _Request(group, wanted[group.key])
                        for answered in answers.ask(request):
                            yield from self._take_answers(*answered)
            for answered in answers.rest():
                yield from self._take_answers(*answered)

    def _ask(self, request: _Request) -> list[Any]:
        """Per stream the answer, or the error that fails the stream. Called in other threads."""
        answers: list[Any] = []
        for enricher in request.enrichers:
            try:
                has_failed = enricher.stream.name in self.failed
                answers.append(None if has_failed else enricher.ask(request.group))
            except PhenomError as error:
                answers.append(error)
        return answers

    def _take_answers(self, request: _Request, answers: list[Any]) -> Iterator[Event]:
        for enricher, answer in zip(request.enrichers, answers, strict=True):
            if enricher.stream.name in self.failed:
                continue
            if isinstance(answer, PhenomError):
                self._fail(enricher, answer)
            else:
                yield from self._attempt(enricher, enricher.complete(request.group, answer))


def _enricher(run: EnrichmentRun, context: PassContext) -> StreamEnricher:
    if run.stream.includes_files:
        return DocumentFiles(run, context)
    return _ENRICHERS[run.stream.name](run, context)


def _addresses(row: dict[str, Any]) -> list[str]:
    """The e-mail addresses of a candidate in the search, in lower case."""
    listed = (each.get("email") for each in objects(row.get("emailList"), "", []))
    addresses = (mail_address(each, "", []) for each in listed)
    return [address.lower() for address in addresses if address is not None]
