"""Which of Phenom's jobs a record means."""

from __future__ import annotations

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from destination_phenom.rejections import rejected
from phenom_api.errors import PermissionDenied, PhenomError
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, jobs_page
from phenom_api.paging import Scan
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.jobs import job_key
from source_phenom.models.values import canonical

logger = logging.getLogger("airbyte.phenom")

REMOTE = "remote:"
_PAGE_SIZE = 100
_READINGS = 2
"""How often a listing is read that moves meanwhile: a job must not be missed for that."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SITE_TYPES = ("external", "internal")


class JobIds:
    """Turns the ``application.job_id`` of a record into Phenom's jobId.

    A unified id cannot be turned back by itself, so the job listings are read, once, when the
    first one comes: the open jobs of the configured site type, then those of the other, then the
    closed ones, as far as they are needed. A run whose listings cannot be read has to end.
    """

    def __init__(self, gateway: Gateway, site_type: str) -> None:
        self._gateway = gateway
        self._ids = UnifiedIds(gateway.connection.integration_id)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        site_types = list(dict.fromkeys((site_type, *_SITE_TYPES)))
        self._unread: list[tuple[Operation, str]] = [
            (operation, each) for operation in (OPEN_JOBS, CLOSED_JOBS) for each in site_types
        ]
        self._first = self._unread[0]
        self._denied: list[str] = []
        self._failure: PhenomError | None = None

    def resolve(self, job_id: str) -> str:
        """Phenom's jobId for a unified id, ``remote:`` and a jobId, or a jobId alone.

        :raises Rejected: for a unified id of a job that no listing shows.
        :raises phenom_api.errors.PhenomError: where the listings cannot be read. Those that a
            tenant's client has no permission for are passed over, except the first.
        """
        if job_id.startswith(REMOTE):
            return job_id.removeprefix(REMOTE).strip()
        unified = job_id.lower()
        return self._of_unified(unified) if _UUID.fullmatch(unified) else job_id

    def _of_unified(self, unified: str) -> str:
        with self._lock:
            while unified not in self._known and self._unread:
                self._read_next()
            found = self._known.get(unified)
        if found is None:
            passed_over = f"; may not be read: {', '.join(self._denied)}" if self._denied else ""
            raise rejected(
                "application.job_id",
                "is the unified id of no job that Phenom lists (under this integration_id"
                f"{passed_over})",
            )
        if not found.isascii():
            raise rejected(
                "application.job_id",
                "is of a job whose jobId is not in ASCII, as Phenom takes it in an HTTP header",
            )
        return found

    def _read_next(self) -> None:
        if self._failure is not None:
            # Records that waited meanwhile: none of them may be taken for one of an unknown job.
            raise self._failure
        listing = self._unread[0]
        try:
            self._read(*listing)
        except PermissionDenied as error:
            if listing == self._first:
                self._failure = error
                raise
            logger.warning(
                f"Looking for jobs by their unified ids without {_named(*listing)}: {error.message}"
            )
            self._denied.append(_named(*listing))
        except PhenomError as error:
            self._failure = error
            raise
        del self._unread[0]

    def _read(self, operation: Operation, site_type: str) -> None:
        workers = self._gateway.connection.num_workers
        with ThreadPoolExecutor(workers) as executor:
            for _ in range(_READINGS):
                scan = Scan(
                    partial(jobs_page, self._gateway, operation, site_type),
                    page_size=_PAGE_SIZE,
                    identity=canonical,
                    executor=executor,
                    ahead=2 * workers,
                )
                for rows in scan:
                    self._take(rows)
                if scan.outcome.complete:
                    return

    def _take(self, rows: list[Any]) -> None:
        for row in rows:
            job_id = job_key(row, []) if isinstance(row, dict) else None
            if job_id is not None:
                self._known.setdefault(self._ids.of("jobs", job_id), job_id)
                if _UUID.fullmatch(job_id.lower()):
                    # A tenant may name its jobs by UUIDs.
                    self._known.setdefault(job_id.lower(), job_id)


def _named(operation: Operation, site_type: str) -> str:
    return f"{operation} of site type {site_type}"
