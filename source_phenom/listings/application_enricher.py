"""What the Candidates API adds to ``applications``: outcome, stage, rejection, dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial

from phenom_api import candidates as api
from phenom_api.answers import redact_personal
from phenom_api.errors import PermissionDenied
from phenom_api.gateway import Gateway
from source_phenom.config import SourceConfig
from source_phenom.listings.applicant_lookup import ApplicantLookup, Job
from source_phenom.listings.candidate_groups import (
    CandidateGroup,
    ExcludedApplication,
    PendingApplication,
)
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.listing import RecordBuffer
from source_phenom.listings.ordered_prefetch import OrderedPrefetch
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models.applications import enriched_columns
from source_phenom.models.hiring_status import (
    HiringStatus,
    OwnApplication,
    find_own_status,
    own_application,
)
from source_phenom.models.outcomes import Outcome, Outcomes
from source_phenom.models.values import canonical
from source_phenom.reading.events import Event
from source_phenom.snapshot import Verdict, digest_with_details

_NAMED_IN_SUMMARY = 10
_LONGEST_STATUS = 80
"""Characters of one that is named there."""
_WITHOUT_OWN = "Without it, applications have only an outcome and a current_stage."
_WITHOUT_APPLICANTS = (
    "Without it, applications of candidates without a candidate id have no outcome."
)


class ApplicationEnricher(StreamEnricher):
    """Applications: from the listing, completed by where those of changed candidates stand.

    A candidate's own applications tell everything. Whoever has no candidate id, and who is not
    found there, is looked for among the applicants of the job, who have a stage alone.

    :param default_counts: whether ``outcome`` is the hiring status's where no override feeds it.
    """

    covers_as_it_goes = True

    def __init__(
        self,
        followed: EnrichmentRun,
        config: SourceConfig,
        gateway: Gateway,
        executor: Executor,
        *,
        default_counts: bool,
    ) -> None:
        super().__init__(followed)
        self._gateway = gateway
        self._executor = executor
        self._ahead = 2 * config.num_workers
        self._outcomes = Outcomes({each.status: each.outcome for each in config.outcome_mapping})
        self._default_counts = default_counts
        self._admission = RecordBuffer(self.stream)
        self._unnamed: Counter[str] = Counter()
        self._touched: set[str] = set()
        self._has_own: bool | None = None
        self._has_applicants: bool | None = None

    def start(self, this_round: PassContext) -> None:
        self._persons = this_round.persons
        self._among_applicants = ApplicantLookup(
            self._gateway,
            this_round.by_job,
            this_round.page_size,
            self._own_if_permitted,
        )
        if not self.followed.is_full:
            self._find_nameless()

    def _find_nameless(self) -> None:
        """Find the changed applications that name neither candidate nor e-mail address.

        Only a list of their candidate's own applications tells which ones they are.
        """
        changed = self.followed.recent.without_address
        with OrderedPrefetch(self._own_if_permitted, self._executor, self._ahead) as questions:
            for _, own in questions.about_all(sorted(changed)):
                self._touched.update(*(each.application_ids for each in own))

    def listed(self, rows: Sequence[tuple[str | None, PendingApplication]]) -> Iterator[Event]:
        """Take a page of applications, each with the id of its candidate."""
        verdicts = self.stream.peek([row.key for _, row in rows], [row.digest for _, row in rows])
        kept: list[str] = []
        for (candidate, row), verdict in zip(rows, verdicts, strict=True):
            if verdict is Verdict.DUPLICATE:
                continue
            if verdict is Verdict.UNCHANGED and not self._needs_refresh(candidate, row):
                kept.append(row.key)
            elif candidate is not None:
                self._persons.add(candidate, row)
            else:
                yield from self._look_among_applicants(row)
        yield from self.stream.keep(kept)

    def leave_out(self, candidate: str | None, row: ExcludedApplication) -> None:
        """Know of an application that is no record, as the Candidates API tells of it as well."""
        if row.job_id is not None:
            self._among_applicants.leave_out(row.job_id, candidate, row.address)

    def _needs_refresh(self, candidate: str | None, row: PendingApplication) -> bool:
        return row.key in self._touched or self.followed.needs_refresh(candidate, row.address)

    # -- by candidate ------------------------------------------------------------------------

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        for person in page:
            if person.waiting and self._can_ask(person):
                asked.append(person)
            else:
                for row in person.waiting:
                    yield from self._look_among_applicants(row, person.id)

    def _can_ask(self, person: CandidateGroup) -> bool:
        if self._has_own is None:
            self._has_own = self._is_available(
                "candidate_applications", partial(self.ask, person), _WITHOUT_OWN
            )
        return self._has_own

    def ask(self, person: CandidateGroup) -> list[OwnApplication]:
        return self._own(person.ids)

    def admit(self, person: CandidateGroup, answer: list[OwnApplication]) -> Iterator[Event]:
        left_out = person.other_applications
        for row in person.waiting:
            standing = find_own_status(answer, row.key, row.job_id, left_out)
            if standing is None:
                yield from self._look_among_applicants(row, person.id)
            else:
                yield from self._settle(row, standing)

    def _own(self, ids: Iterable[str]) -> list[OwnApplication]:
        """The applications of a candidate, who goes by any of ``ids``."""
        read = partial(api.applications, self._gateway)
        rows = api.none_if_not_found(partial(api.of_any, read, ids)) or []
        return [own_application(row) for row in rows if type(row) is dict]

    def _own_if_permitted(self, candidate: str) -> list[OwnApplication]:
        """The same; :param candidate: an id as Phenom has it."""
        try:
            return self._own(dict.fromkeys([candidate.strip(), candidate]))
        except PermissionDenied:
            if self._has_own:
                raise
            return []

    # -- by job ------------------------------------------------------------------------------

    def _look_among_applicants(
        self, row: PendingApplication, candidate: str | None = None
    ) -> Iterator[Event]:
        if row.job_id is None:
            yield from self._settle(row, None)
        else:
            self._among_applicants.add(row.job_id, row, candidate)

    def finish(self) -> Iterator[Event]:
        among = self._among_applicants
        with OrderedPrefetch(among.ask, self._executor, self._ahead) as questions:
            for job in among.jobs():
                if self._can_ask_about_jobs(job):
                    for _, answer in questions.about(job):
                        yield from self._settle_job(answer)
                else:
                    yield from self._settle_job([(row, None) for _, row in job.rows])
            for _, answer in questions.rest():
                yield from self._settle_job(answer)
        yield from self._admission.flush()
        self._remark()

    def _can_ask_about_jobs(self, job: Job) -> bool:
        if self._has_applicants is None:
            self._has_applicants = self._is_available(
                "applicants",
                partial(self._among_applicants.of, job),
                _WITHOUT_APPLICANTS,
                always_tried=False,
            )
        return self._has_applicants

    def _settle_job(
        self, found: list[tuple[PendingApplication, HiringStatus | None]]
    ) -> Iterator[Event]:
        for row, standing in found:
            yield from self._settle(row, standing)

    # -- both --------------------------------------------------------------------------------

    def _settle(self, row: PendingApplication, standing: HiringStatus | None) -> Iterator[Event]:
        if standing is not None:
            self.stream.note(standing.mismatches)
        columns = enriched_columns(standing, self._outcome(standing))
        if row.outcome is not None or not self._default_counts:
            columns["outcome"] = None
        is_bare = all(value is None for value in columns.values())
        digest = digest_with_details(row.digest, None if is_bare else canonical(columns))
        columns["outcome"] = row.outcome or columns["outcome"]
        body = row.columns[:-1] + b"," + canonical(columns)[1:]
        yield from self._admission.add(row.key, body, digest=digest)

    def _outcome(self, standing: HiringStatus | None) -> Outcome | None:
        if standing is None or standing.stage is None:
            return None
        outcome = self._outcomes.of(standing.stage)
        if outcome is None:
            self._unnamed[standing.stage] += 1
        return outcome or "PENDING"

    def _remark(self) -> None:
        if not self._unnamed:
            return
        most = self._unnamed.most_common(_NAMED_IN_SUMMARY)
        listed = ", ".join(
            f"{redact_personal(stage[:_LONGEST_STATUS])!r} ({count})" for stage, count in most
        )
        more = len(self._unnamed) - len(most)
        self.stream.remarks.append(
            f"{self._unnamed.total()} hiring statuses that nothing maps were taken for PENDING: "
            f"{listed}{f' and {more} others' if more else ''}. outcome_mapping can say otherwise."
        )
        self._unnamed.clear()
