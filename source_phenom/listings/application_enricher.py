"""What the Candidates API adds to ``applications``: outcome, stage, rejection, dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from phenom_api import candidates as api
from phenom_api.answers import redact_personal
from phenom_api.errors import PermissionDenied
from source_phenom.listings.applicant_lookup import ApplicantLookup, FoundStatus, JobApplications
from source_phenom.listings.candidate_groups import CandidateGroup, PendingApplication
from source_phenom.listings.enriched_mapper import EnrichedApplication
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher, enriched_digest
from source_phenom.models import applications
from source_phenom.models.candidates import candidate_id
from source_phenom.models.hiring_status import (
    HiringStatus,
    OwnApplication,
    find_own_status,
    own_application,
)
from source_phenom.models.outcomes import Outcome, Outcomes
from source_phenom.models.remapping import Remapping
from source_phenom.models.values import canonical, joined
from source_phenom.personal_data import personal_data
from source_phenom.snapshot import Verdict
from source_phenom.streams.events import Event

_NAMED_IN_SUMMARY = 10
_LONGEST_STATUS = 80
"""Characters of a hiring status in the summary."""


class ApplicationEnricher(StreamEnricher):
    """Applications: from the listing, completed with the status of those of changed candidates.

    A candidate's own applications have all columns. An application whose candidate has no id, or
    that is not among them, is looked up among the applicants of its job, which have only a stage.
    """

    is_resumable = True

    def __init__(self, run: EnrichmentRun, context: PassContext) -> None:
        super().__init__(run, context)
        config = context.config
        self._outcomes = Outcomes({each.status: each.outcome for each in config.outcome_mapping})
        remapping = Remapping(config.field_overrides, config.custom_fields)
        self._uses_default_outcome = remapping.default_counts(applications.MODEL, "outcome")
        self._unmapped: Counter[str] = Counter()
        self._changed_keys: set[str] = set()
        self._own_api = run.optional_api(
            "candidate_applications",
            "Without it, applications have only an outcome and a current_stage.",
        )
        self._applicants_api = run.optional_api(
            "applicants",
            "Without it, applications of candidates without a candidate id have no outcome.",
            in_full_runs=False,
        )
        self._applicants = ApplicantLookup(
            context.reader,
            context.by_job,
            personal_data(context.config).key,
            self._own_if_permitted,
        )

    def prepare(self) -> None:
        """Find the changed applications that name neither candidate nor e-mail address.

        Only the candidates' own applications show which ones they are.
        """
        if self.run.is_full:
            return
        changed = sorted(self.run.changes.without_address)
        with self.context.reader.prefetch(self._own_if_permitted) as own_applications:
            for _, own in own_applications.ask_all(changed):
                self._changed_keys.update(*(each.application_ids for each in own))

    # -- from the listing --------------------------------------------------------------------

    def take_page(self, rows: Sequence[EnrichedApplication]) -> Iterator[Event]:
        pending: list[tuple[str | None, PendingApplication]] = []
        for mapped in rows:
            candidate = mapped.candidate_key and candidate_id(mapped.candidate_key)
            if mapped.excluded is not None:
                self._applicants.exclude(mapped.excluded, candidate)
            elif mapped.pending is not None:
                pending.append((candidate, mapped.pending))
                self.stream.count_mismatches(mapped.mismatches)
            elif mapped.kept:
                self.stream.counts["without_key"] += 1
        if not pending:
            return
        verdicts = self.stream.compare_without_details(
            [row.key for _, row in pending], [row.digest for _, row in pending]
        )
        unchanged: list[str] = []
        for (candidate, row), verdict in zip(pending, verdicts, strict=True):
            if verdict is Verdict.DUPLICATE:
                continue
            if verdict is Verdict.UNCHANGED and not self._needs_refresh(candidate, row):
                unchanged.append(row.key)
            elif candidate is not None:
                self.context.groups.add(candidate, row)
            else:
                yield from self._look_among_applicants(row)
        yield from self.stream.keep_unchanged(unchanged)

    def _needs_refresh(self, candidate: str | None, row: PendingApplication) -> bool:
        return row.key in self._changed_keys or self.run.needs_refresh(candidate, row.address)

    # -- by candidate ------------------------------------------------------------------------

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        for group in page:
            if group.pending and self._own_api.is_available(partial(self.ask, group)):
                asked.append(group)
            else:
                for row in group.pending:
                    yield from self._look_among_applicants(row, group.id)

    def ask(self, group: CandidateGroup) -> list[OwnApplication]:
        answered = self.context.own_applications.get(frozenset(group.ids))
        return self._own(group.ids) if answered is None else answered

    def complete(self, group: CandidateGroup, answer: list[OwnApplication]) -> Iterator[Event]:
        excluded = group.excluded_applications
        for row in group.pending:
            status = find_own_status(answer, row.key, row.job_id, excluded)
            if status is None:
                yield from self._look_among_applicants(row, group.id)
            else:
                yield from self._add(row, status)

    def _own(self, ids: Iterable[str]) -> list[OwnApplication]:
        """The applications of a candidate who may have any of ``ids``."""
        read = partial(api.applications, self.context.reader.gateway)
        rows = api.none_if_not_found(partial(api.of_any, read, ids)) or []
        return [own_application(row) for row in rows if type(row) is dict]

    def _own_if_permitted(self, candidate: str) -> list[OwnApplication]:
        """The same; none if the API refuses. :param candidate: an id as Phenom has it."""
        try:
            return self._own(dict.fromkeys([candidate.strip(), candidate]))
        except PermissionDenied:
            if self._own_api.has_answered:
                raise
            return []

    # -- by job ------------------------------------------------------------------------------

    def _look_among_applicants(
        self, row: PendingApplication, candidate: str | None = None
    ) -> Iterator[Event]:
        if row.job_id is None:
            yield from self._add(row, None)
        else:
            self._applicants.add(row.job_id, row, candidate)

    def finish(self) -> Iterator[Event]:
        with self.context.reader.prefetch(self._applicants.find) as found:
            for job in self._applicants.jobs():
                if self._may_ask_about_jobs(job):
                    for _, statuses in found.ask(job):
                        yield from self._add_all(statuses)
                else:
                    yield from self._add_all([(row, None) for _, row in job.pending])
            for _, statuses in found.rest():
                yield from self._add_all(statuses)
        self._note_unmapped()

    def _may_ask_about_jobs(self, job: JobApplications) -> bool:
        return self._applicants_api.is_available(partial(self._applicants.applicants, job))

    def _add_all(self, statuses: list[FoundStatus]) -> Iterator[Event]:
        for row, status in statuses:
            yield from self._add(row, status)

    # -- the record --------------------------------------------------------------------------

    def _add(self, row: PendingApplication, status: HiringStatus | None) -> Iterator[Event]:
        if status is not None:
            self.stream.count_mismatches(status.mismatches)
        columns = applications.enriched_columns(status, self._outcome(status))
        if row.outcome is not None or not self._uses_default_outcome:
            columns["outcome"] = None
        digest = enriched_digest(row.digest, columns)
        columns["outcome"] = row.outcome or columns["outcome"]
        yield from self.stream.add(row.key, joined(row.columns, canonical(columns)), digest=digest)

    def _outcome(self, status: HiringStatus | None) -> Outcome | None:
        if status is None or status.stage is None:
            return None
        outcome = self._outcomes.of(status.stage)
        if outcome is None:
            self._unmapped[status.stage] += 1
        return outcome or "PENDING"

    def _note_unmapped(self) -> None:
        if not self._unmapped:
            return
        most = self._unmapped.most_common(_NAMED_IN_SUMMARY)
        named = ", ".join(
            f"{redact_personal(stage[:_LONGEST_STATUS])!r} ({count})" for stage, count in most
        )
        more = len(self._unmapped) - len(most)
        self.stream.notes.append(
            f"{self._unmapped.total()} hiring statuses that nothing maps count as PENDING: {named}"
            f"{f' and {more} others' if more else ''}. Set outcome_mapping to change that."
        )
