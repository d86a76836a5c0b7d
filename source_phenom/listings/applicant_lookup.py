"""Looks up an application's status in the job's list of applicants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from phenom_api import candidates as api
from source_phenom.listings.candidate_groups import ExcludedApplication, PendingApplication
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.listings.spool import Spool
from source_phenom.models.hiring_status import Applicants, HiringStatus, OwnApplication, applicant

FoundStatus = tuple[PendingApplication, HiringStatus | None]


class JobApplications(NamedTuple):
    """The applications for one job whose status is wanted, each with its candidate's id, if known.

    :param excluded: candidates of applications that are not records: id and e-mail address.
    """

    id: str
    pending: list[tuple[str | None, PendingApplication]]
    excluded: list[tuple[str | None, str | None]]

    @property
    def ids(self) -> list[str]:
        """The id, without and with white space around it: the gateway may know either."""
        padded = {row.padded_job_id for _, row in self.pending if row.padded_job_id is not None}
        return [self.id, *sorted(padded)]

    def is_ambiguous(self, candidate: str | None, address: str | None) -> bool:
        """Whether the applicant may be listed because of an excluded application."""
        return any(
            other == candidate is not None
            or (None in (other, candidate) and other_address == address is not None)
            for other, other_address in self.excluded
        )


class ApplicantLookup:
    """Collects applications by job; then reads the applicants of each job once.

    :param spool: groups them on disk.
    :param key: makes the key of a candidate's record of the id.
    :param own_applications: reads the applications of a candidate, by id.
    """

    def __init__(
        self,
        reader: GatewayReader,
        spool: Spool,
        key: Callable[[str], str],
        own_applications: Callable[[str], list[OwnApplication]],
    ) -> None:
        self._reader = reader
        self._spool = spool
        self._key = key
        self._own_applications = own_applications

    def add(self, job_id: str, row: PendingApplication, candidate: str | None) -> None:
        self._spool.add(job_id, (candidate, *row))

    def exclude(self, row: ExcludedApplication, candidate: str | None) -> None:
        """Note an application that is not a record: the applicants may show its status."""
        if row.job_id is not None:
            self._spool.add(row.job_id, (candidate, row.address))

    def jobs(self) -> Iterator[JobApplications]:
        """The jobs with applications whose status is wanted."""
        for job_id, rows in self._spool.groups():
            job = JobApplications(job_id, [], [])
            for candidate, *row in rows:
                if len(row) == 1:
                    job.excluded.append((candidate, *row))
                else:
                    job.pending.append((candidate, PendingApplication(*row)))
            if job.pending:
                yield job

    def applicants(self, job: JobApplications) -> Applicants:
        """The applicants of a job; none if the gateway does not know the job."""
        read = partial(api.applicants, self._reader.gateway, size=self._reader.page_size)
        rows = api.none_if_not_found(partial(api.of_any, read, job.ids))
        found = (applicant(row) for row in rows or () if type(row) is dict)
        return Applicants(found, self._key)

    def find(self, job: JobApplications) -> list[FoundStatus]:
        """The status of each of a job's applications. Called in other threads."""
        applicants = self.applicants(job)
        excluded = {candidate for candidate, _ in job.excluded if candidate is not None}
        own: dict[str, list[OwnApplication]] = {}
        found: list[FoundStatus] = []
        for candidate, row in job.pending:
            status = None
            if not job.is_ambiguous(candidate, row.address):
                status = applicants.find_status(candidate, row.address, excluded)
            if status is None and candidate is None:
                status = self._by_application_id(row, applicants.candidate_ids(row.address), own)
            found.append((row, status))
        return found

    def _by_application_id(
        self, row: PendingApplication, candidates: list[str], own: dict[str, list[OwnApplication]]
    ) -> HiringStatus | None:
        """The stage of an application whose candidate is not known.

        :param candidates: who may have made it. :param own: their applications read so far.
        """
        for candidate in candidates:
            if candidate not in own:
                own[candidate] = self._own_applications(candidate)
            for application in own[candidate]:
                if row.key in application.application_ids:
                    stage, mismatches = application.status.stage, application.status.mismatches
                    return HiringStatus(stage, mismatches=mismatches)
        return None
