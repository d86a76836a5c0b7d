"""Where applications stand of which no candidate's own list tells: among a job's applicants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from phenom_api import candidates as api
from phenom_api.gateway import Gateway
from source_phenom.listings.candidate_groups import PendingApplication
from source_phenom.listings.spool import Spool
from source_phenom.models.hiring_status import Applicants, HiringStatus, OwnApplication, applicant


class Job(NamedTuple):
    """Applications for one job, each with the id of its candidate, if that is known.

    :param left_out: the candidates of applications that are no records: id and e-mail address.
    """

    id: str
    rows: list[tuple[str | None, PendingApplication]]
    left_out: list[tuple[str | None, str | None]]

    @property
    def ids(self) -> list[str]:
        """What to ask for it by: the id, and the same with white space around it."""
        padded = {row.padded_job_id for _, row in self.rows if row.padded_job_id is not None}
        return [self.id, *sorted(padded)]

    def is_ambiguous(self, candidate: str | None, address: str | None) -> bool:
        """Whether an applicant may be one by an application that is left out."""
        return any(
            other == candidate is not None
            or (None in (other, candidate) and other_address == address is not None)
            for other, other_address in self.left_out
        )


class ApplicantLookup:
    """Collects applications by job, and finds out about a job's with one question.

    :param spool: groups them, out of memory. :param page_size: applicants asked for at a time.
    :param own: the applications of a candidate.
    """

    def __init__(
        self,
        gateway: Gateway,
        spool: Spool,
        page_size: int,
        own: Callable[[str], list[OwnApplication]],
    ) -> None:
        self._gateway = gateway
        self._spool = spool
        self._page_size = page_size
        self._own = own

    def add(self, job_id: str, row: PendingApplication, candidate: str | None) -> None:
        self._spool.add(job_id, (candidate, *row))

    def leave_out(self, job_id: str, candidate: str | None, address: str | None) -> None:
        """Know of an application for the job that is no record."""
        self._spool.add(job_id, (candidate, address))

    def jobs(self) -> Iterator[Job]:
        """The jobs with applications that are to be found."""
        for job_id, met in self._spool.groups():
            job = Job(job_id, [], [])
            for candidate, *row in met:
                if len(row) == 1:
                    job.left_out.append((candidate, *row))
                else:
                    job.rows.append((candidate, PendingApplication(*row)))
            if job.rows:
                yield job

    def of(self, job: Job) -> Applicants:
        """The applicants of a job; none where the gateway does not know it."""
        read = partial(api.applicants, self._gateway, size=self._page_size)
        rows = api.none_if_not_found(partial(api.of_any, read, job.ids))
        return Applicants(applicant(row) for row in rows or () if type(row) is dict)

    def ask(self, job: Job) -> list[tuple[PendingApplication, HiringStatus | None]]:
        """Where a job's applications stand. Called in other threads."""
        applicants = self.of(job)
        others = {candidate for candidate, _ in job.left_out if candidate is not None}
        own: dict[str, list[OwnApplication]] = {}
        found: list[tuple[PendingApplication, HiringStatus | None]] = []
        for candidate, row in job.rows:
            standing = None
            if not job.is_ambiguous(candidate, row.address):
                standing = applicants.find_status(candidate, row.address, others)
            if standing is None and candidate is None:
                standing = self._by_id_alone(row, applicants.candidate_ids(row.address), own)
            found.append((row, standing))
        return found

    def _by_id_alone(
        self, row: PendingApplication, candidates: list[str], own: dict[str, list[OwnApplication]]
    ) -> HiringStatus | None:
        """The stage of an application that nothing but its id tells from others.

        :param candidates: those who may have made it. :param own: what was read of them so far.
        """
        for candidate in candidates:
            if candidate not in own:
                own[candidate] = self._own(candidate)
            for application in own[candidate]:
                if row.key in application.application_ids:
                    stage, mismatches = application.status.stage, application.status.mismatches
                    return HiringStatus(stage, mismatches=mismatches)
        return None
