"""A Phenom tenant: generated data, and what was done to it since."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson

from phenom_sandbox.directory import Directory
from phenom_sandbox.files import Files
from phenom_sandbox.hiring import Hiring, HiringStatus
from phenom_sandbox.people import People
from phenom_sandbox.records.applications import ApplicationBook
from phenom_sandbox.records.candidates import CandidateBook
from phenom_sandbox.records.draw import LAST_SECOND, Draw, ObjectIds, created_second
from phenom_sandbox.records.jobs import JobBook, JobDates
from phenom_sandbox.shelf import JobShelf, Payload, Shelf, merged
from phenom_sandbox.tags import Tags

Changes = Mapping[str, Any]

DEFAULT_CACHE_BYTES = 700 * 1024 * 1024


class Tenant:
    """The data of a local Phenom tenant.

    `jobs` open jobs (a quarter as many closed and a twentieth as many deleted ones besides) and
    `applications` applications; the same `seed` and sizes give the same tenant. Nothing is
    generated before it is asked for, so that any size starts at once.

    `second` is the tenant's clock, in epoch seconds: it starts behind all generated data, and every
    change moves it on by one. It may be set forward.

    Every method may be called while the tenant is being served. Payloads that come out are copies.
    """

    def __init__(
        self,
        seed: int = 1,
        jobs: int = 300,
        applications: int = 2000,
        *,
        accepts_unknown_jobs: bool = False,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self.seed = seed
        self.accepts_unknown_jobs = accepts_unknown_jobs
        self.job_book = JobBook(seed, jobs)
        self.candidate_book = CandidateBook(seed, applications)
        self.application_book = ApplicationBook(
            seed, applications, self.job_book, self.candidate_book
        )
        self.lock = threading.RLock()
        self.open = JobShelf(self.job_book, self.job_book.open_rows, cache_bytes // 10)
        self.closed = JobShelf(self.job_book, self.job_book.closed_rows, cache_bytes // 10)
        self.applied = Shelf(applications, self.application_book.compose, cache_bytes)
        self.second = LAST_SECOND
        self.new_ids = ObjectIds(Draw(f"{seed}/new ids".encode()))
        self.hiring = Hiring(self)
        self.files = Files(self)
        self.people = People(self)
        self.tags = Tags(self)
        self.directory = Directory(self.job_book.staff, seed, self.lock)
        # When applications were changed, in epoch milliseconds.
        self._changed: dict[str, int] = {}
        self._job_dates: dict[str, JobDates] = {}
        # Applications with content of their own, by what they are looked up by.
        self._added_ids: dict[str, int] = {}
        self._id_of_added: dict[int, str] = {}
        self._by_email: dict[str, set[int]] = defaultdict(set)
        self._by_candidate: dict[str, set[int]] = defaultdict(set)
        self._by_job: dict[str, set[int]] = defaultdict(set)

    def warm(self) -> None:
        """Generates and keeps all records, as far as `cache_bytes` allow."""
        for shelf in (self.open, self.closed, self.applied):
            shelf.blocks.pieces(range(shelf.listing.generated))

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

    def _payloads(self, shelf: Shelf) -> Iterator[Payload]:
        with self.lock:
            records = list(shelf.records())
        for record in records:
            yield shelf.payload(record)

    # -- applications ------------------------------------------------------------------------

    def application(self, application_id: str) -> Payload:
        """Raises KeyError when no such application is listed."""
        with self.lock:
            return self.applied.payload(self._application_record(application_id))

    def application_at(self, position: int) -> Payload:
        with self.lock:
            return self.applied.payload(self.applied.listing.at(position))

    def set_application(self, application_id: str, changes: Changes) -> Payload:
        """Merges `changes` into the application: objects are descended into, all else replaced.

        Returns the application as it is now; raises KeyError when it is not listed.
        """
        with self.lock:
            record = self._application_record(application_id)
            payload = merged(self.applied.payload(record), changes)
            # Before and after, as the change may give it to another candidate.
            self.touch_application(application_id)
            self._unindex(record)
            self.applied.edit(record, payload)
            self._index(record, payload)
            self.touch_application(application_id)
            return deepcopy(payload)

    def add_application(
        self, payload: Changes | None = None, *, position: int | None = None
    ) -> Payload:
        """Adds an application, at the end of the listing or before `position`.

        What `payload` leaves out is made up; an `id` that is left out continues the listing's.
        Returns the application as listed.
        """
        with self.lock:
            number = self.application_book.size + len(self._added_ids)
            if payload is None or "candidateData" not in payload:
                made_up = self._made_up_application(number)
            else:
                made_up = {
                    "id": "",
                    "jobApplicationData": {"jobId": "JOBID", "applicantSource": "Career Site"},
                    "customFieldData": None,
                }
            made_up["id"] = self.new_id()
            whole = merged(made_up, payload or {})
            if self._find_application(whole["id"]) is not None:
                raise ValueError(f"application {whole['id']} is listed already")
            record = self.applied.add(whole, position)
            self._added_ids[whole["id"]] = record
            self._id_of_added[record] = whole["id"]
            self._index(record, whole)
            self.touch_application(whole["id"])
            return deepcopy(whole)

    def delete_application(self, application_id: str) -> None:
        """Takes it out of every answer; raises KeyError when it is not listed."""
        with self.lock:
            record = self._application_record(application_id)
            self.touch_application(application_id)
            self._unindex(record)
            self.applied.delete(record)

    def restore_application(self, application_id: str) -> None:
        """Brings a deleted generated application back as it was generated. Raises KeyError."""
        with self.lock:
            number = self.application_book.number(application_id)
            if number is None:
                raise KeyError(application_id)
            self.applied.listing.restore(number)
            self.applied.version += 1
            self.touch_application(application_id)

    def new_id(self) -> str:
        """An id that is above all others; each one is a second later than the last."""
        with self.lock:
            self.tick()
            return self.new_ids.of(self.second, self.second)

    # -- time --------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The tenant's present, in epoch milliseconds."""
        return self.second * 1000

    def tick(self) -> int:
        """Moves the clock on by a second and returns the present."""
        with self.lock:
            self.second += 1
            return self.now

    def touch_application(self, application_id: str) -> int:
        """Notes that it and its candidate changed, and returns when. Raises KeyError."""
        with self.lock:
            candidate_id = self.candidate_of(self._application_record(application_id))
            self._changed[application_id] = now = self.people.touch(candidate_id)
            return now

    def created(self, application_id: str) -> int:
        """When somebody applied, in epoch milliseconds; ids that tell no time began at 0."""
        return created_second(application_id) * 1000

    def updated(self, application_id: str) -> int:
        """When the application or its hiring status changed last. Raises KeyError."""
        with self.lock:
            status = self.hiring.status(application_id)
            moved, changed = status.updated if status else 0, self._changed.get(application_id, 0)
            return max(self.created(application_id), moved, changed)

    def _made_up_application(self, number: int) -> Payload:
        if self.application_book.size == 0:
            book = Tenant(self.seed, self.job_book.open, 1000).application_book
            return book.compose(number % 1000)
        payload = self.application_book.compose(number % self.application_book.size)
        made_up: Payload = orjson.loads(orjson.dumps(payload))
        return made_up

    def _find_application(self, application_id: str) -> int | None:
        record = self._added_ids.get(application_id)
        if record is None:
            record = self.application_book.number(application_id)
        return record if record is not None and record in self.applied.listing else None

    def _application_record(self, application_id: str) -> int:
        record = self._find_application(application_id)
        if record is None:
            raise KeyError(application_id)
        return record

    def _index(self, record: int, payload: Payload) -> None:
        email, job_id = _lookup_keys(payload)
        self._by_email[email].add(record)
        self._by_candidate[self.candidate_id_of(payload)].add(record)
        self._by_job[job_id].add(record)

    def _unindex(self, record: int) -> None:
        content = self.applied.listing.content(record)
        if content is not None:
            payload = _loaded(content)
            email, job_id = _lookup_keys(payload)
            self._by_email[email].discard(record)
            self._by_candidate[self.candidate_id_of(payload)].discard(record)
            self._by_job[job_id].discard(record)

    # -- looking up --------------------------------------------------------------------------

    def applications_by_email(self, email: str) -> list[Payload]:
        """Compared trimmed and without regard to case; oldest first."""
        wanted = email.strip().lower()
        with self.lock:
            number = self.candidate_book.number_by_email(wanted)
            generated = [] if number is None else self.candidate_book.applications(number)
            return self._payloads_of(self._listed(generated, self._by_email.get(wanted)))

    def applications_by_candidate(self, candidate_id: str) -> list[Payload]:
        """Oldest first."""
        with self.lock:
            return self._payloads_of(self.records_of_candidate(candidate_id))

    def applications_by_job(self, job_id: str) -> list[Payload]:
        """Oldest first."""
        with self.lock:
            return self._payloads_of(self.records_of_job(job_id))

    def records_of_candidate(self, candidate_id: str) -> list[int]:
        """The names, in `applied`, of the candidate's listed applications, oldest first."""
        with self.lock:
            number = self.candidate_book.number_by_id(candidate_id)
            generated = [] if number is None else self.candidate_book.applications(number)
            return self._listed(generated, self._by_candidate.get(candidate_id))

    def records_of_job(self, job_id: str) -> list[int]:
        """The names, in `applied`, of the listed applications to a job, oldest first."""
        with self.lock:
            number = self.job_book.numbers.get(job_id)
            generated = () if number is None else self.application_book.for_job(number)
            return self._listed(generated, self._by_job.get(job_id))

    def application_id(self, record: int) -> str:
        """The id of the application that `applied` has under this name."""
        return self._id_of_added[record] if record < 0 else self.application_book.id(record)

    def application_ids_of(self, candidate_id: str) -> list[str]:
        """Oldest first."""
        with self.lock:
            return [self.application_id(each) for each in self.records_of_candidate(candidate_id)]

    def job_id_of(self, application_id: str) -> str:
        """The job that it is for, empty where it names none. Raises KeyError."""
        with self.lock:
            record = self._application_record(application_id)
            content = self.applied.listing.content(record)
            if content is None:
                return self.application_book.job_id(record) or ""
            return _lookup_keys(_loaded(content))[1]

    def other_candidates(self) -> list[str]:
        """The ids of those who applied and are no generated candidates, in order."""
        with self.lock:
            known = [each for each, records in self._by_candidate.items() if records]
        return sorted(each for each in known if self.candidate_book.number_by_id(each) is None)

    def candidate_id_of(self, application: Payload) -> str:
        """The candidate's id in the Candidates API, also where the application shows none."""
        candidate_id = _object(application.get("candidateData")).get("id")
        if candidate_id:
            return str(candidate_id)
        number = self.application_book.number(str(application["id"]))
        return str(application["id"]) if number is None else self._maker(number)

    def candidate_of(self, record: int) -> str:
        """The candidate of the application that `applied` has under this name."""
        payload = self.applied.listing.content(record)
        return self._maker(record) if payload is None else self.candidate_id_of(_loaded(payload))

    def _maker(self, number: int) -> str:
        """The candidate who made a generated application."""
        return self.candidate_book.candidate_id(self.candidate_book.number_of(number))

    def _listed(self, generated: Sequence[int], edited: set[int] | None) -> list[int]:
        """Those of `generated` that are listed as they were made, and all `edited` ones, by id."""
        listing = self.applied.listing
        found = [
            record for record in generated if record in listing and listing.content(record) is None
        ]
        return sorted([*found, *edited], key=self.application_id) if edited else found

    def _payloads_of(self, records: list[int]) -> list[Payload]:
        return [self.applied.payload(record) for record in records]

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
            shelf = self.closed if closed else self.open
            return [shelf.payload(record) for record in shelf.matching({"jobId": job_id})]

    def has_job(self, job_id: str) -> bool:
        """Whether there ever was such a job, listed or not."""
        filters = {"jobId": job_id}
        known = job_id in self.job_book.numbers
        return known or bool(self.open.matching(filters) or self.closed.matching(filters))

    def set_job(
        self,
        job_id: str,
        changes: Changes,
        *,
        closed: bool = False,
        locale: str | None = None,
        site_type: str | None = None,
    ) -> None:
        """Merges `changes` into the job's rows, or those of a locale and site type. KeyError."""
        with self.lock:
            shelf = self.closed if closed else self.open
            for record in self._job_records(shelf, job_id, locale, site_type):
                shelf.edit(record, merged(shelf.payload(record), changes))
            self.touch_job(job_id)

    def add_job(
        self, payload: Changes | None = None, *, closed: bool = False, position: int | None = None
    ) -> Payload:
        """Adds a row; what `payload` leaves out is made up. Returns the row as listed."""
        with self.lock:
            shelf = self.closed if closed else self.open
            self.second += 1
            template = JobBook(self.seed + 1, 12)
            made_up = template.compose((self.second % 12, 0))
            made_up["jobId"] = f"JR-{9_000_000 + self.second - LAST_SECOND}"
            whole = merged(orjson.loads(orjson.dumps(made_up)), payload or {})
            shelf.add(whole, position)
            if whole["jobId"] not in self.job_book.numbers:
                self._job_dates.setdefault(whole["jobId"], JobDates(*[self.now] * 3))
            self.touch_job(whole["jobId"], closed=closed)
            return deepcopy(whole)

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
            shelf = self.closed if closed else self.open
            for record in self._job_records(shelf, job_id, locale, site_type):
                shelf.delete(record)

    def close_job(self, job_id: str) -> None:
        """Moves the job's rows from the open listing to the end of the closed one. KeyError."""
        with self.lock:
            rows = self.job_rows(job_id)
            self.delete_job(job_id)
            for row in rows:
                self.closed.add(row, None)
            self.touch_job(job_id, closed=True)

    def job_dates(self, job_id: str) -> JobDates:
        """When the job was created, posted, changed and closed. KeyError for an unknown job."""
        with self.lock:
            known = self._job_dates.get(job_id)
            return known or self.job_book.dates(self.job_book.numbers[job_id])

    def touch_job(self, job_id: str, *, closed: bool = False) -> None:
        """Notes that the job changed, or was closed. Raises KeyError for an unknown one."""
        with self.lock:
            dates, now = self.job_dates(job_id), self.tick()
            self._job_dates[job_id] = replace(
                dates, updated=now, closed=now if closed else dates.closed
            )

    def _job_records(
        self, shelf: JobShelf, job_id: str, locale: str | None, site_type: str | None
    ) -> list[int]:
        filters = {"jobId": job_id, "locale": locale, "siteType": site_type}
        records = shelf.matching({key: value for key, value in filters.items() if value})
        if not records:
            raise KeyError(job_id)
        return list(records)


def _loaded(content: bytes) -> Payload:
    payload: Payload = orjson.loads(content)
    return payload


def _lookup_keys(application: Payload) -> tuple[str, str]:
    """E-mail and job id as text, empty where the application has none."""
    candidate = _object(application.get("candidateData"))
    email = _object(candidate.get("contactData")).get("email")
    job_id = _object(application.get("jobApplicationData")).get("jobId")
    return str(email or "").strip().lower(), str(job_id or "")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
