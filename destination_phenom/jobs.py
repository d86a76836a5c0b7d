"""Finds the Phenom job that a record names."""

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
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, job_identity, jobs_page
from phenom_api.paging import Scan
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.jobs import job_key

logger = logging.getLogger("airbyte.phenom")

REMOTE = "remote:"
_PAGE_SIZE = 100
_MAX_SCANS = 2
"""How often a listing that changes while it is read is read again, so that no job is missed."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SITE_TYPES = ("external", "internal")


class JobIds:
    """Turns the ``application.job_id`` of a record into Phenom's jobId.

    A unified id is a hash, so the job listings are read to find its job, one after the
    other until the job is found: open jobs of the configured site type, open jobs of the other
    site types, then closed jobs. A run whose listings cannot be read has to end.
    """

    def __init__(self, gateway: Gateway, site_type: str) -> None:
        self._gateway = gateway
        self._ids = UnifiedIds(gateway.connection.integration_id)
        self._lock = threading.Lock()
        self._job_ids: dict[str, str] = {}
        site_types = list(dict.fromkeys((site_type, *_SITE_TYPES)))
        self._unread: list[tuple[Operation, str]] = [
            (operation, each) for operation in (OPEN_JOBS, CLOSED_JOBS) for each in site_types
        ]
        self._first = self._unread[0]
        self._denied: list[str] = []
        self._failure: PhenomError | None = None

    def resolve(self, job_id: str) -> str:
        """Phenom's jobId for a unified id, for ``remote:`` and a jobId, or for a jobId alone.

        :raises Rejected: for a unified id of a job that no listing shows.
        :raises phenom_api.errors.PhenomError: if the listings cannot be read. Listings without
            permission are skipped, except the first one.
        """
        if job_id.startswith(REMOTE):
            return job_id.removeprefix(REMOTE).strip()
        unified = job_id.lower()
        return self._resolve_unified(unified) if _UUID.fullmatch(unified) else job_id

    def _resolve_unified(self, unified: str) -> str:
        with self._lock:
            while unified not in self._job_ids and self._unread:
                self._read_next()
            job_id = self._job_ids.get(unified)
        if job_id is None:
            denied = f"; may not be read: {', '.join(self._denied)}" if self._denied else ""
            raise rejected(
                "application.job_id",
                "is the unified id of no job that Phenom lists (under this integration_id"
                f"{denied})",
            )
        if not job_id.isascii():
            raise rejected(
                "application.job_id",
                "is of a job whose jobId is not in ASCII, as Phenom takes it in an HTTP header",
            )
        return job_id

    def _read_next(self) -> None:
        if self._failure is not None:
            # Records that waited for the lock fail too: their jobs may exist.
            raise self._failure
        listing = self._unread[0]
        try:
            self._read(*listing)
        except PermissionDenied as error:
            if listing == self._first:
                self._failure = error
                raise
            logger.warning(
                f"Unified job ids are looked up without {_listing_name(*listing)}: {error.message}"
            )
            self._denied.append(_listing_name(*listing))
        except PhenomError as error:
            self._failure = error
            raise
        del self._unread[0]

    def _read(self, operation: Operation, site_type: str) -> None:
        workers = self._gateway.connection.num_workers
        with ThreadPoolExecutor(workers) as executor:
            for _ in range(_MAX_SCANS):
                scan = Scan(
                    partial(jobs_page, self._gateway, operation, site_type),
                    page_size=_PAGE_SIZE,
                    identity=job_identity,
                    executor=executor,
                    ahead=2 * workers,
                )
                for rows in scan:
                    self._add(rows)
                if scan.outcome.ignores_offset:
                    ignored = scan.outcome.ignored_offset(_listing_name(operation, site_type))
                    logger.warning(f"{ignored}. Name those jobs by {REMOTE} and the jobId.")
                if scan.outcome.complete or scan.outcome.ignores_offset:
                    return

    def _add(self, rows: list[Any]) -> None:
        for row in rows:
            job_id = job_key(row, []) if isinstance(row, dict) else None
            if job_id is not None:
                self._job_ids.setdefault(self._ids.of("jobs", job_id), job_id)
                if _UUID.fullmatch(job_id.lower()):
                    # This tenant's own jobIds are UUIDs.
                    self._job_ids.setdefault(job_id.lower(), job_id)


def _listing_name(operation: Operation, site_type: str) -> str:
    return f"{operation} of site type {site_type}"
