"""A Phenom tenant: generated data, and what was done to it since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from phenom_sandbox.applications import Applications
from phenom_sandbox.clock import Clock
from phenom_sandbox.directory import Directory
from phenom_sandbox.files import Files
from phenom_sandbox.hiring import Hiring, HiringStatus
from phenom_sandbox.listing import JobListing, Payload, merged
from phenom_sandbox.people import People
from phenom_sandbox.records.applications import ApplicationBook
from phenom_sandbox.records.candidates import CandidateBook
from phenom_sandbox.records.draw import LAST_SECOND
from phenom_sandbox.records.jobs import JobBook, JobDates
from phenom_sandbox.tags import Tags

FieldChanges = Mapping[str, Any]


class Tenant:
    """The data of a local Phenom tenant.

    `jobs` open jobs (a quarter as many closed and a twentieth as many deleted ones besides) and
    `applications` applications; the same `seed` and sizes give the same tenant. Everything is
    generated at once and kept in memory: 100,000 applications take about five seconds and 350 MB.

    With `accepts_unknown_jobs`, applications for jobs that are not listed are accepted; with
    `accepts_duplicates`, so are a second application for a job and a second candidate with the
    same e-mail address.

    Every method may be called while the tenant is being served. Payloads that come out are copies.
    """

    def __init__(
        self,
        seed: int = 1,
        jobs: int = 300,
        applications: int = 2000,
        *,
        accepts_unknown_jobs: bool = False,
        accepts_duplicates: bool = False,
    ) -> None:
        self.seed = seed
        self.accepts_unknown_jobs = accepts_unknown_jobs
        self.accepts_duplicates = accepts_duplicates
        self.clock = Clock(seed)
        self.lock = self.clock.lock
        self.job_book = JobBook(seed, jobs)
        self.candidate_book = CandidateBook(seed, applications)
        self.application_book = ApplicationBook(
            seed, applications, self.job_book, self.candidate_book
        )
        self.open = JobListing(map(self.job_book.compose, self.job_book.open_rows))
        self.closed = JobListing(map(self.job_book.compose, self.job_book.closed_rows))
        self.applied = Applications(self.application_book, self.clock)
        self.hiring = Hiring(self.applied, self.job_book.staff, seed, self.clock)
        self.people = People(self.applied, self.hiring, self.clock)
        self.files = Files(self.applied, self.people, seed, self.clock)
        self.tags = Tags(self.people, seed, self.clock)
        self.directory = Directory(self.job_book.staff, seed, self.lock)
        self._job_dates: dict[str, JobDates] = {}

    # -- what is listed now ------------------------------------------------------------------

    def applications(self) -> Iterator[Payload]:
        """The applications as `GET /apply/v2/applications` lists them now, in order."""
        return self._payloads(self.applied)

    def open_jobs(self) -> Iterator[Payload]:
        """The rows of `GET /jobs-api/v1/jobs`: a job may be there per locale and site type."""
        return self._payloads(self.open)

    def closed_jobs(self) -> Iterator[Payload]:
        """The rows of `GET /jobs-api/v1/closedJobs`."""
        return self._payloads(self.closed)

    def _payloads(self, listing: JobListing | Applications) -> Iterator[Payload]:
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
        """Merges `changes` into the application: objects are descended into, all else replaced.

        Returns the application as it is now; raises KeyError when it is not listed.
        """
        with self.lock:
            payload = merged(self.applied.payload(application_id), changes)
            # Before and after, as the change may give it to another candidate.
            self.applied.touch(application_id)
            self.applied.edit(application_id, payload)
            self.applied.touch(application_id)
            return self.applied.payload(application_id)

    def add_application(
        self, payload: FieldChanges | None = None, *, position: int | None = None
    ) -> Payload:
        """Adds an application, at the end of the listing or before `position`.

        What `payload` leaves out is made up; an `id` that is left out continues the listing's.
        Returns the application as listed.
        """
        with self.lock:
            if payload is None or "candidateData" not in payload:
                made_up = self._made_up_application()
            else:
                made_up = {
                    "id": "",
                    "jobApplicationData": {"jobId": "JOBID", "applicantSource": "Career Site"},
                    "customFieldData": None,
                }
            made_up["id"] = self.new_id()
            whole = merged(made_up, payload or {})
            application_id = whole["id"]
            if application_id in self.applied:
                raise ValueError(f"application {application_id} is listed already")
            self.applied.add(application_id, whole, position)
            self.applied.touch(application_id)
            return self.applied.payload(application_id)

    def delete_application(self, application_id: str) -> None:
        """Takes it out of every answer; raises KeyError when it is not listed."""
        with self.lock:
            self.applied.touch(application_id)
            self.applied.delete(application_id)

    def restore_application(self, application_id: str) -> None:
        """Brings a deleted generated application back as it was generated. Raises KeyError."""
        with self.lock:
            self.applied.restore(application_id)
            self.applied.touch(application_id)

    def new_id(self) -> str:
        """An id that is above all others; each one is a second later than the last."""
        return self.clock.new_id()

    def _made_up_application(self) -> Payload:
        if self.application_book.size == 0:
            return next(Tenant(self.seed, self.job_book.open, 1000).applications())
        number = (self.application_book.size + self.applied.added) % self.application_book.size
        return self.application_book.compose(number)

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
        """The tenant's present, in epoch milliseconds."""
        return self.clock.now

    def created(self, application_id: str) -> int:
        """When somebody applied, in epoch milliseconds."""
        return self.applied.created(application_id)

    def updated(self, application_id: str) -> int:
        """When the application or its hiring status changed last. Raises KeyError."""
        with self.lock:
            return self.hiring.updated(application_id)

    # -- looking up --------------------------------------------------------------------------

    def applications_by_email(self, email: str) -> list[Payload]:
        """Compared trimmed and without regard to case; oldest first."""
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
        """The job that it is for, empty where it names none. Raises KeyError."""
        with self.lock:
            return self.applied.job_of(application_id)

    def candidate_id_of(self, application: Payload) -> str:
        """The candidate's id in the Candidates API, also where the application shows none."""
        return self.applied.candidate_in(str(application["id"]), application)

    # -- attachments, hiring status ----------------------------------------------------------

    def attachments(self, application_id: str) -> list[dict[str, str]]:
        """`{fileContent (base64), fileName, contentTypeId}`; the résumé first."""
        return [file.as_attachment() for file in self.files.of_application(application_id)]

    def hiring_status(self, application_id: str) -> HiringStatus | None:
        """None for an application that never got one. Raises KeyError when it is not listed."""
        return self.hiring.status(application_id)

    def set_hiring_status(self, application_id: str, status: HiringStatus | str) -> None:
        """Moves it on, with an entry in its history. Raises KeyError when it is not listed."""
        self.hiring.move(application_id, status)

    # -- jobs --------------------------------------------------------------------------------

    def job_rows(self, job_id: str, *, closed: bool = False) -> list[Payload]:
        """All rows of one job in a listing: per locale and site type."""
        with self.lock:
            listing = self._jobs(closed)
            return [listing.payload(key) for key in listing.matching({"jobId": job_id})]

    def has_job(self, job_id: str) -> bool:
        """Whether there ever was such a job, listed or not."""
        filters = {"jobId": job_id}
        known = job_id in self.job_book.numbers
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
        """Merges `changes` into the job's rows, or those of a locale and site type. KeyError."""
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
        """Adds a row; what `payload` leaves out is made up. Returns the row as listed."""
        with self.lock:
            self.clock.tick()
            template = JobBook(self.seed + 1, 12)
            made_up = template.compose((self.second % 12, 0))
            made_up["jobId"] = f"JR-{9_000_000 + self.second - LAST_SECOND}"
            whole = merged(made_up, payload or {})
            key = self._jobs(closed).append(whole, position)
            if whole["jobId"] not in self.job_book.numbers:
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
        """Takes the job's rows (or those of a locale and site type) out of a listing. KeyError."""
        with self.lock:
            listing = self._jobs(closed)
            for key in _rows(listing, job_id, locale, site_type):
                listing.delete(key)

    def close_job(self, job_id: str) -> None:
        """Moves the job's rows from the open listing to the end of the closed one. KeyError."""
        with self.lock:
            rows = self.job_rows(job_id)
            self.delete_job(job_id)
            for row in rows:
                self.closed.append(row)
            self.touch_job(job_id, closed=True)

    def job_dates(self, job_id: str) -> JobDates:
        """When the job was created, posted, changed and closed. KeyError for an unknown job."""
        with self.lock:
            known = self._job_dates.get(job_id)
            return known or self.job_book.dates(self.job_book.numbers[job_id])

    def touch_job(self, job_id: str, *, closed: bool = False) -> None:
        """Notes that the job changed, or was closed. Raises KeyError for an unknown one."""
        with self.lock:
            dates, now = self.job_dates(job_id), self.clock.tick()
            self._job_dates[job_id] = replace(
                dates, updated=now, closed=now if closed else dates.closed
            )

    def _jobs(self, closed: bool) -> JobListing:
        return self.closed if closed else self.open


def _rows(listing: JobListing, job_id: str, locale: str | None, site_type: str | None) -> list[int]:
    filters = {"jobId": job_id, "locale": locale, "siteType": site_type}
    keys = listing.matching({name: value for name, value in filters.items() if value})
    if not keys:
        raise KeyError(job_id)
    return keys
