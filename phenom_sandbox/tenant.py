"""A Phenom tenant: generated data, and what was done to it since."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import orjson

from phenom_sandbox.hiring import HiringStatus, generated_status
from phenom_sandbox.listing import Listing
from phenom_sandbox.records.applications import LAST_SECOND, ApplicationBook, attachments
from phenom_sandbox.records.candidates import CandidateBook
from phenom_sandbox.records.draw import Draw, ObjectIds
from phenom_sandbox.records.jobs import JobBook, Row
from phenom_sandbox.rendered import RenderedBlocks

Payload = dict[str, Any]
Changes = Mapping[str, Any]

DEFAULT_CACHE_BYTES = 700 * 1024 * 1024


class Shelf:
    """One listing with its rendered records: what a page is cut from."""

    def __init__(self, size: int, compose: Callable[[int], Payload], budget: int) -> None:
        self.listing = Listing(size)
        self.compose = compose
        self.blocks = RenderedBlocks(size, compose, budget)
        self.version = 0

    def page(self, offset: int, limit: int) -> bytes:
        """A JSON array of the records at `offset` and behind, at most `limit` of them."""
        pieces: list[bytes] = []
        for span in self.listing.spans(offset, limit):
            if isinstance(span, range):
                pieces += self.blocks.pieces(span)
            else:
                pieces.append(self.content(span))
        return b"[" + b",".join(pieces) + b"]"

    def content(self, record: int) -> bytes:
        content = self.listing.content(record)
        return orjson.dumps(self.compose(record)) if content is None else content

    def payload(self, record: int) -> Payload:
        payload: Payload = orjson.loads(self.content(record))
        return payload

    def records(self) -> Iterator[int]:
        for span in self.listing.spans(0, len(self.listing)):
            yield from span if isinstance(span, range) else (span,)

    def edit(self, record: int, payload: Payload) -> None:
        self.listing.edit(record, orjson.dumps(payload))
        self.version += 1

    def delete(self, record: int) -> None:
        self.listing.delete(record)
        self.version += 1

    def add(self, payload: Payload, position: int | None) -> int:
        self.version += 1
        return self.listing.add(orjson.dumps(payload), position)


class JobShelf(Shelf):
    """A job listing, which can be filtered (`GET /jobs-api/v1/jobs`)."""

    def __init__(self, book: JobBook, rows: list[Row], budget: int) -> None:
        super().__init__(len(rows), lambda number: book.compose(rows[number]), budget)
        self._book = book
        self._rows = rows
        self._facts: dict[int, Mapping[str, Any]] = {}
        self._filtered: dict[tuple[tuple[str, str], ...], tuple[int, list[int]]] = {}

    def facts(self, record: int) -> Mapping[str, Any]:
        """`jobId`, `locale`, `category`, `siteType`; the whole payload where it was edited."""
        content = self.listing.content(record)
        if content is not None:
            payload: Payload = orjson.loads(content)
            return payload
        facts = self._facts.get(record)
        if facts is None:
            row = self._rows[record]
            site_type, locale = self._book.publication(row)
            facts = self._facts[record] = {
                "jobId": self._book.ids[row[0]],
                "locale": locale,
                "category": self._book.category(row[0]),
                "siteType": site_type,
            }
        return facts

    def matching(self, filters: Mapping[str, str]) -> list[int]:
        """The listed records whose fields are equal to all of `filters`, in order."""
        key = tuple(sorted(filters.items()))
        version, records = self._filtered.get(key, (-1, []))
        if version != self.version:
            if len(self._filtered) > 64:
                self._filtered.clear()
            records = []
            for record in self.records():
                facts = self.facts(record)
                if all(facts.get(field) == wanted for field, wanted in key):
                    records.append(record)
            self._filtered[key] = (self.version, records)
        return records


class Tenant:
    """The data of a local Phenom tenant.

    `jobs` open jobs (a quarter as many closed and a twentieth as many deleted ones besides) and
    `applications` applications; the same `seed` and sizes give the same tenant. Nothing is
    generated before it is asked for, so that any size starts at once.

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
        self._attachments: dict[str, list[dict[str, str]]] = {}
        self._status: dict[str, HiringStatus] = {}
        # Applications with content of their own, by what they are looked up by.
        self._added_ids: dict[str, int] = {}
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
            self._unindex(record)
            self.applied.edit(record, payload)
            self._index(record, payload)
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
            self._index(record, whole)
            return deepcopy(whole)

    def delete_application(self, application_id: str) -> None:
        """Takes it out of every answer; raises KeyError when it is not listed."""
        with self.lock:
            record = self._application_record(application_id)
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

    def new_id(self) -> str:
        """An id that is above all others; each one is a second later than the last."""
        with self.lock:
            self.second += 1
            return self.new_ids.of(self.second, self.second)

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
            payload: Payload = orjson.loads(content)
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
            return self._unedited(generated) + self._edited(self._by_email.get(wanted))

    def applications_by_candidate(self, candidate_id: str) -> list[Payload]:
        with self.lock:
            number = self.candidate_book.number_by_id(candidate_id)
            generated = [] if number is None else self.candidate_book.applications(number)
            found = self._unedited(generated) + self._edited(self._by_candidate.get(candidate_id))
            return sorted(found, key=lambda payload: str(payload["id"]))

    def applications_by_job(self, job_id: str) -> list[Payload]:
        with self.lock:
            number = self.job_book.numbers.get(job_id)
            generated = [] if number is None else self.application_book.for_job(number)
            return self._unedited(generated) + self._edited(self._by_job.get(job_id))

    def candidate_id_of(self, application: Payload) -> str:
        """The candidate's id in the Candidates API, also where the application shows none."""
        candidate_id = (application.get("candidateData") or {}).get("id")
        if candidate_id:
            return str(candidate_id)
        number = self.application_book.number(str(application["id"]))
        if number is not None:
            return self.candidate_book.candidate_id(self.candidate_book.number_of(number))
        return str(application["id"])

    def _unedited(self, records: list[int]) -> list[Payload]:
        listing = self.applied.listing
        return [
            self.applied.payload(record)
            for record in records
            if record in listing and listing.content(record) is None
        ]

    def _edited(self, records: set[int] | None) -> list[Payload]:
        return [self.applied.payload(record) for record in sorted(records or (), reverse=True)]

    # -- attachments, hiring status ----------------------------------------------------------

    def attachments(self, application_id: str) -> list[dict[str, str]]:
        """`{fileContent (base64), fileName, contentTypeId}`; the résumé first."""
        with self.lock:
            kept = self._attachments.get(application_id)
            if kept is not None:
                return deepcopy(kept)
            if self.application_book.number(application_id) is None:
                return []
            return attachments(application_id, self.seed)

    def attach(self, application_id: str, files: list[dict[str, str]]) -> None:
        with self.lock:
            self._attachments[application_id] = self.attachments(application_id) + deepcopy(files)

    def hiring_status(self, application_id: str) -> HiringStatus:
        with self.lock:
            return self._status.get(application_id) or generated_status(application_id, self.seed)

    def set_hiring_status(self, application_id: str, status: HiringStatus) -> None:
        with self.lock:
            self._status[application_id] = status

    # -- jobs --------------------------------------------------------------------------------

    def job_rows(self, job_id: str, *, closed: bool = False) -> list[Payload]:
        """All rows of one job in a listing: per locale and site type."""
        with self.lock:
            shelf = self.closed if closed else self.open
            return [shelf.payload(record) for record in shelf.matching({"jobId": job_id})]

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

    def _job_records(
        self, shelf: JobShelf, job_id: str, locale: str | None, site_type: str | None
    ) -> list[int]:
        filters = {"jobId": job_id, "locale": locale, "siteType": site_type}
        records = shelf.matching({key: value for key, value in filters.items() if value})
        if not records:
            raise KeyError(job_id)
        return list(records)


def merged(payload: Payload, changes: Changes) -> Payload:
    """`payload` with `changes`: objects are merged member by member, everything else replaced."""
    result = dict(payload)
    for key, value in changes.items():
        before = result.get(key)
        if isinstance(value, Mapping) and isinstance(before, dict):
            result[key] = merged(before, value)
        else:
            result[key] = deepcopy(value)
    return result


def _lookup_keys(application: Payload) -> tuple[str, str]:
    """E-mail and job id as text, empty where the application has none."""
    candidate = _object(application.get("candidateData"))
    email = _object(candidate.get("contactData")).get("email")
    job_id = _object(application.get("jobApplicationData")).get("jobId")
    return str(email or "").strip().lower(), str(job_id or "")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
