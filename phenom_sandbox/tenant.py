"""A Phenom tenant: generated data and methods to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from phenom_sandbox.applications import ASCENDING, Applications
from phenom_sandbox.clock import Clock
from phenom_sandbox.directory import UserDirectory
from phenom_sandbox.files import Files
from phenom_sandbox.hiring import Hiring, HiringStatus
from phenom_sandbox.listing import JobStore, Payload, merged
from phenom_sandbox.people import People
from phenom_sandbox.records.applications import GeneratedApplications
from phenom_sandbox.records.candidates import GeneratedCandidates
from phenom_sandbox.records.draw import LAST_SECOND
from phenom_sandbox.records.jobs import GeneratedJobs, JobDates
from phenom_sandbox.tags import Tags

FieldChanges = Mapping[str, Any]


class Tenant:
    """The data of a local Phenom tenant.

    It has `jobs` open jobs, a quarter as many closed and a twentieth as many deleted jobs, and
    `applications` applications. The same `seed` and sizes give the same tenant. Everything is
    generated at once and kept in memory: 100,000 applications take about five seconds and 350 MB.

    With `accepts_unknown_jobs`, applications for jobs that are not listed are accepted; with
    `accepts_duplicates`, so are a second application for a job and a second candidate with the
    same e-mail address.

    `order` is the order of the application listing by time of creation: `ascending`, `descending`
    or `none`. New applications appear at the end, at the beginning, or anywhere.

    Every method may be called while the tenant is being served. Returned payloads are copies.
    """

    def __init__(
        self,
        seed: int = 1,
        jobs: int = 300,
        applications: int = 2000,
        *,
        order: str = ASCENDING,
        accepts_unknown_jobs: bool = False,
        accepts_duplicates: bool = False,
    ) -> None:
        self.seed = seed
        self.accepts_unknown_jobs = accepts_unknown_jobs
        self.accepts_duplicates = accepts_duplicates
        self.clock = Clock(seed)
        self.lock = self.clock.lock
        self.generated_jobs = GeneratedJobs(seed, jobs)
        self.generated_candidates = GeneratedCandidates(seed, applications)
        self.generated_applications = GeneratedApplications(
            seed, applications, self.generated_jobs, self.generated_candidates
        )
        self.open = JobStore(map(self.generated_jobs.compose, self.generated_jobs.open_rows))
        self.closed = JobStore(map(self.generated_jobs.compose, self.generated_jobs.closed_rows))
        self.applied = Applications(self.generated_applications, self.clock, order)
        self.hiring = Hiring(self.applied, self.generated_jobs.staff, seed, self.clock)
        self.people = People(self.applied, self.hiring, self.clock)
        self.files = Files(self.applied, self.people, seed, self.clock)
        self.tags = Tags(self.people, seed, self.clock)
        self.directory = UserDirectory(self.generated_jobs.staff, seed, self.lock)
        self._job_dates: dict[str, JobDates] = {}

    # -- what is listed now ------------------------------------------------------------------

    def applications(self) -> Iterator[Payload]:
        """The applications as `GET /apply/v2/applications` lists them now, in order."""
        return self._payloads(self.applied)

    def open_jobs(self) -> Iterator[Payload]:
        """The rows of `GET /jobs-api/v1/jobs`; a job has one per locale and site type."""
        return self._payloads(self.open)

    def closed_jobs(self) -> Iterator[Payload]:
        """The rows of `GET /jobs-api/v1/closedJobs`."""
        return self._payloads(self.closed)

    def _payloads(self, listing: JobStore | Applications) -> Iterator[Payload]:
        with self.lock:
            contents = listing.contents()
        return map(orjson.loads, contents)

    # -- applications ------------------------------------------------------------------------

    def application(self, application_id: str) -> Payload:
        """Raises KeyError when no such application is listed."""
        with self.lock:
            return self.applied.payload(application_id)

    def application_at(self, position: int) -> Payload:
        with self.lock:
            return self.applied.payload(self.applied.at(position))

    def set_application(self, application_id: str, changes: FieldChanges) -> Payload:
        """Merges `changes` into the application: objects are merged, other values are replaced.

        Returns the changed application; raises KeyError when it is not listed.
        """
        with self.lock:
            payload = merged(self.applied.payload(application_id), changes)
            # Before and after, because the change may move it to another candidate.
            self.applied.touch(application_id)
            self.applied.edit(application_id, payload)
            self.applied.touch(application_id)
            return self.applied.payload(application_id)

    def add_application(
        self, payload: FieldChanges | None = None, *, position: int | None = None
    ) -> Payload:
        """Adds an application before `position`; for None, where the listing's order has new ones.

        Missing members are generated; a generated `id` is greater than all others. Returns the
        application as listed.
        """
        with self.lock:
            if payload is None or "candidateData" not in payload:
                generated = self._generate_application()
            else:
                generated = {
                    "id": "",
                    "jobApplicationData": {"jobId": "JOBID", "applicantSource": "Career Site"},
                    "customFieldData": None,
                }
            generated["id"] = self.new_id()
            whole = merged(generated, payload or {})
            application_id = whole["id"]
            if application_id in self.applied:
                raise ValueError(f"application {application_id} is listed already")
            self.applied.add(application_id, whole, position)
            self.applied.touch(application_id)
            return self.applied.payload(application_id)

    def delete_application(self, application_id: str) -> None:
        """Removes it from all answers; raises KeyError when it is not listed."""
        with self.lock:
            self.applied.touch(application_id)
            self.applied.delete(application_id)

    def restore_application(self, application_id: str) -> None:
        """Lists a deleted generated application again, unchanged. Raises KeyError."""
        with self.lock:
            self.applied.restore(application_id)
            self.applied.touch(application_id)

    def new_id(self) -> str:
        """An id that is greater than all others; each one is a second later than the previous."""
        return self.clock.new_id()

    def _generate_application(self) -> Payload:
        if self.generated_applications.size == 0:
            return next(Tenant(self.seed, self.generated_jobs.open, 1000).applications())
        number = (
            self.generated_applications.size + self.applied.added
        ) % self.generated_applications.size
        return self.generated_applications.compose(number)

    # -- time --------------------------------------------------------------------------------

    @property
    def second(self) -> int:
        """The tenant's clock, in epoch seconds."""
        return self.clock.second

    @second.setter
    def second(self, second: int) -> None:
        self.clock.second = second

    @property
    def now(self) -> int:
        """The tenant's time, in epoch milliseconds."""
        return self.clock.now

    def created(self, application_id: str) -> int:
        """The creation time of the application, in epoch milliseconds."""
        return self.applied.created(application_id)

    def updated(self, application_id: str) -> int:
        """The last change of the application or its hiring status. Raises KeyError."""
        with self.lock:
            return self.hiring.updated(application_id)

    # -- looking up --------------------------------------------------------------------------

    def applications_by_email(self, email: str) -> list[Payload]:
        """Oldest first. White space around the address and its case do not matter."""
        with self.lock:
            return [self.applied.payload(each) for each in self.applied.by_email(email)]

    def applications_by_candidate(self, candidate_id: str) -> list[Payload]:
        """Oldest first."""
        with self.lock:
            return [self.applied.payload(each) for each in self.applied.by_candidate(candidate_id)]

    def applications_by_job(self, job_id: str) -> list[Payload]:
        """Oldest first."""
        with self.lock:
            return [self.applied.payload(each) for each in self.applied.by_job(job_id)]

    def application_ids_of(self, candidate_id: str) -> list[str]:
        """Oldest first."""
        with self.lock:
            return self.applied.by_candidate(candidate_id)

    def job_id_of(self, application_id: str) -> str:
        """The jobId of the application, empty if it has none. Raises KeyError."""
        with self.lock:
            return self.applied.job_of(application_id)

    def candidate_id_of(self, application: Payload) -> str:
        """The candidate's id in the Candidates API, also if the application does not show it."""
        return self.applied.candidate_in(str(application["id"]), application)

    # -- attachments, hiring status ----------------------------------------------------------

    def attachments(self, application_id: str) -> list[dict[str, str]]:
        """`{fileContent (base64), fileName, contentTypeId}`; the résumé first."""
        return [file.as_attachment() for file in self.files.of_application(application_id)]

    def hiring_status(self, application_id: str) -> HiringStatus | None:
        """None for an application without a status. Raises KeyError when it is not listed."""
        return self.hiring.status(application_id)

    def set_hiring_status(self, application_id: str, status: HiringStatus | str) -> None:
        """Changes the status and adds it to the history. Raises KeyError when it is not listed."""
        self.hiring.move(application_id, status)

    # -- jobs --------------------------------------------------------------------------------

    def job_rows(self, job_id: str, *, closed: bool = False) -> list[Payload]:
        """All rows of a job in a listing, one per locale and site type."""
        with self.lock:
            listing = self._jobs(closed)
            return [listing.payload(key) for key in listing.matching({"jobId": job_id})]

    def has_job(self, job_id: str) -> bool:
        """Whether there is or was such a job, listed or not."""
        filters = {"jobId": job_id}
        known = job_id in self.generated_jobs.numbers
        return known or bool(self.open.matching(filters) or self.closed.matching(filters))

    def set_job(
        self,
        job_id: str,
        changes: FieldChanges,
        *,
        closed: bool = False,
        locale: str | None = None,
        site_type: str | None = None,
    ) -> None:
        """Merges `changes` into the job's rows (of a locale and site type). Raises KeyError."""
        with self.lock:
            listing = self._jobs(closed)
            for key in _rows(listing, job_id, locale, site_type):
                listing.edit(key, merged(listing.payload(key), changes))
            self.touch_job(job_id)

    def add_job(
        self,
        payload: FieldChanges | None = None,
        *,
        closed: bool = False,
        position: int | None = None,
    ) -> Payload:
        """Adds a row; missing members are generated. Returns the row as listed."""
        with self.lock:
            self.clock.tick()
            template = GeneratedJobs(self.seed + 1, 12)
            generated = template.compose((self.second % 12, 0))
            generated["jobId"] = f"JR-{9_000_000 + self.second - LAST_SECOND}"
            whole = merged(generated, payload or {})
            key = self._jobs(closed).append(whole, position)
            if whole["jobId"] not in self.generated_jobs.numbers:
                self._job_dates.setdefault(whole["jobId"], JobDates(*[self.now] * 3))
            self.touch_job(whole["jobId"], closed=closed)
            return self._jobs(closed).payload(key)

    def delete_job(
        self,
        job_id: str,
        *,
        closed: bool = False,
        locale: str | None = None,
        site_type: str | None = None,
    ) -> None:
        """Removes the job's rows (of a locale and site type) from a listing. Raises KeyError."""
        with self.lock:
            listing = self._jobs(closed)
            for key in _rows(listing, job_id, locale, site_type):
                listing.delete(key)

    def close_job(self, job_id: str) -> None:
        """Moves the job's rows to the end of the listing of closed jobs. Raises KeyError."""
        with self.lock:
            rows = self.job_rows(job_id)
            self.delete_job(job_id)
            for row in rows:
                self.closed.append(row)
            self.touch_job(job_id, closed=True)

    def job_dates(self, job_id: str) -> JobDates:
        """The dates of a job. Raises KeyError for an unknown job."""
        with self.lock:
            known = self._job_dates.get(job_id)
            return known or self.generated_jobs.dates(self.generated_jobs.numbers[job_id])

    def touch_job(self, job_id: str, *, closed: bool = False) -> None:
        """Records that the job changed or was closed. Raises KeyError for an unknown job."""
        with self.lock:
            dates, now = self.job_dates(job_id), self.clock.tick()
            self._job_dates[job_id] = replace(
                dates, updated=now, closed=now if closed else dates.closed
            )

    def _jobs(self, closed: bool) -> JobStore:
        return self.closed if closed else self.open


def _rows(listing: JobStore, job_id: str, locale: str | None, site_type: str | None) -> list[int]:
    filters = {"jobId": job_id, "locale": locale, "siteType": site_type}
    keys = listing.matching({name: value for name, value in filters.items() if value})
    if not keys:
        raise KeyError(job_id)
    return keys
