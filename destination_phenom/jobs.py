"""Which of Phenom's jobs a record means."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import orjson

from destination_phenom.rejections import rejected
from phenom_api.errors import PermissionDenied
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, jobs_page
from phenom_api.paging import Scan
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.jobs import job_key

logger = logging.getLogger("airbyte.phenom")

REMOTE = "remote:"
_PAGE_SIZE = 100
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SITE_TYPES = ("external", "internal")


class JobIds:
    """Turns the ``application.job_id`` of a record into Phenom's jobId.

    A unified id cannot be turned back by itself, so the job listings are read, once, when the
    first one comes: the open jobs of the configured site type, then those of the other, then the
    closed ones, as far as they are needed.
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
        self._denied: PermissionDenied | None = None
        self._read_any = False

    def resolve(self, job_id: str) -> str:
        """Phenom's jobId for a unified id, ``remote:`` and a jobId, or a jobId alone.

        :raises Rejected: for a unified id of a job that no listing shows.
        :raises PermissionDenied: where no listing may be read.
        """
        if job_id.startswith(REMOTE):
            return job_id.removeprefix(REMOTE).strip()
        unified = job_id.lower()
        return self._of_unified(unified, job_id) if _UUID.fullmatch(unified) else job_id

    def _of_unified(self, unified: str, job_id: str) -> str:
        with self._lock:
            while unified not in self._known and self._unread:
                self._read(*self._unread.pop(0))
            found = self._known.get(unified)
            if found is None and self._denied is not None and not self._read_any:
                raise self._denied
            if found is None and job_id in self._known.values():
                # A tenant may name its jobs by UUIDs.
                found = job_id
        if found is None:
            raise rejected(
                "application.job_id",
                "is the unified id of no job that Phenom lists (under this integration_id)",
            )
        if not found.isascii():
            raise rejected(
                "application.job_id",
                "is of a job whose jobId is not in ASCII, as Phenom takes it in an HTTP header",
            )
        return found

    def _read(self, operation: Operation, site_type: str) -> None:
        try:
            for job_id in self._listed(operation, site_type):
                self._known.setdefault(self._ids.of("jobs", job_id), job_id)
        except PermissionDenied as error:
            self._denied = error
            logger.warning(
                f"Looking for a job by its unified id without the listing {operation} of site "
                f"type {site_type}: {error.message}"
            )
        else:
            self._read_any = True

    def _listed(self, operation: Operation, site_type: str) -> Iterator[str]:
        workers = self._gateway.connection.num_workers
        with ThreadPoolExecutor(workers) as executor:
            for rows in Scan(
                partial(jobs_page, self._gateway, operation, site_type),
                page_size=_PAGE_SIZE,
                identity=orjson.dumps,
                executor=executor,
                ahead=2 * workers,
            ):
                for row in rows:
                    job_id = job_key(row, []) if isinstance(row, dict) else None
                    if job_id is not None:
                        yield job_id
