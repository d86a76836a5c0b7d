"""One small request per API that a read would touch.

``source-phenom check`` and ``phenom scopes`` ask the same probes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from phenom_api import candidates, hiring_manager, scim
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import APPLICATIONS, CLOSED_JOBS, OPEN_JOBS, applications_page, jobs_page
from phenom_api.paging import Page
from phenom_api.probes import Probe, ProbeResult
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.jobs import JobListing

_NOBODY = "0" * 24
_NO_JOB = "JOBID"
"""The placeholder that Phenom itself uses for a job that is none."""
_UNKNOWN = frozenset({400, 404, 410, 422})
"""What a gateway may answer when it is asked about nobody."""


def listing_probes(config: SourceConfig, rows: int = 1) -> list[Probe]:
    """A page of ``rows`` rows from every listing that a read with this configuration touches."""
    offered = manifest.stream_names(acting_user=config.ph_user_id is not None)
    probes = [
        Probe(
            f"open jobs of site type {site_type}",
            OPEN_JOBS,
            JobListing.stream_names,
            partial(_jobs, OPEN_JOBS, site_type, rows),
        )
        for site_type in config.site_types
    ]
    if config.include_closed_jobs:
        probes.append(
            Probe(
                "closed jobs",
                CLOSED_JOBS,
                JobListing.stream_names,
                partial(_jobs, CLOSED_JOBS, config.site_types[0], rows),
                "turn include_closed_jobs off",
            )
        )
    probes.append(
        Probe(
            "applications",
            APPLICATIONS,
            tuple(name for name in ApplicationListing.stream_names if name in offered),
            partial(_applications, rows),
        )
    )
    return probes


def acting_user_probes(config: SourceConfig, rows: int = 1) -> list[Probe]:
    """One request to each API that is read on behalf of an acting user.

    They are there without ``ph_user_id`` as well, for who wants to say what it would bring; to be
    asked they need it.
    """
    job = _Known(partial(_a_job, config.site_types[0]), _NO_JOB)
    candidate = _Known(_a_candidate, _NOBODY)
    return [
        Probe(
            "users (SCIM)",
            scim.USERS,
            ("employees",),
            partial(_resources, scim.USERS, rows),
            fills=("users.first_name", "users.last_name"),
            besides="Users are then called what the jobs call them.",
        ),
        Probe("groups (SCIM)", scim.GROUPS, ("groups",), partial(_resources, scim.GROUPS, rows)),
        Probe(
            "jobs of the hiring manager's view",
            hiring_manager.JOBS,
            (),
            _managed_jobs,
            fills=("jobs.closed_at", "jobs.remote_created_at", "jobs.remote_updated_at"),
        ),
        Probe(
            "candidate search",
            candidates.SEARCH,
            (),
            _search,
            fills=("candidates.remote_created_at", "candidates.remote_updated_at"),
            besides="Nothing tells who changed: every sync asks about every candidate.",
        ),
        Probe(
            "applicants of a job",
            candidates.APPLICANTS,
            (),
            partial(_about, job, _applicants),
            fills=("applications.outcome", "applications.current_stage"),
            besides="Those columns are lost for candidates without a candidate id only.",
        ),
        Probe(
            "applications of a candidate",
            candidates.APPLICATIONS,
            (),
            partial(_about, candidate, candidates.applications),
            fills=(
                "applications.rejected_at",
                "applications.rejection_reason_name",
                "applications.remote_created_at",
                "applications.remote_updated_at",
            ),
        ),
        Probe(
            "hiring status history of a candidate",
            candidates.HISTORY,
            ("application_activities",),
            partial(_about, candidate, candidates.hiring_status_activities),
        ),
        Probe(
            "documents of a candidate",
            candidates.ATTACHMENTS,
            ("candidate_documents",),
            partial(_about, candidate, candidates.attachments),
        ),
        Probe("tags", candidates.TAGS, (), _tags, fills=("candidates.tags",)),
    ]


def _jobs(operation: Operation, site_type: str, rows: int, gateway: Gateway) -> ProbeResult:
    return _listed(jobs_page(gateway, operation, site_type, 0, rows))


def _applications(rows: int, gateway: Gateway) -> ProbeResult:
    return _listed(applications_page(gateway, 0, rows))


def _resources(operation: Operation, rows: int, gateway: Gateway) -> ProbeResult:
    return _listed(scim.resources_page(gateway, operation, 0, rows))


def _managed_jobs(gateway: Gateway) -> ProbeResult:
    return _listed(hiring_manager.jobs_page(gateway, "OPEN", 0, 1))


def _search(gateway: Gateway) -> ProbeResult:
    return _listed(candidates.search_page(gateway, [], 0, 1))


def _tags(gateway: Gateway) -> ProbeResult:
    return _listed(candidates.tags_page(gateway, 0, 1))


def _listed(page: Page) -> ProbeResult:
    return ProbeResult(200, tuple(page.rows))


class _Known:
    """A job or a candidate of the tenant to ask about, looked for once, by whoever asks first."""

    def __init__(self, find: Callable[[Gateway], str | None], nobody: str) -> None:
        self.nobody = nobody
        self._find = find
        self._lock = threading.Lock()
        self._is_known = False
        self._key: str | None = None

    def key(self, gateway: Gateway) -> str | None:
        """None where there is nobody, or nobody can be found."""
        with self._lock:
            if not self._is_known:
                try:
                    self._key = self._find(gateway)
                except PhenomError:
                    self._key = None
                self._is_known = True
            return self._key


def _about(known: _Known, read: Callable[[Gateway, str], Any], gateway: Gateway) -> ProbeResult:
    """Ask about somebody who exists; else about nobody, which a gateway may say with a refusal."""
    key = known.key(gateway)
    try:
        read(gateway, key or known.nobody)
    except RequestRefused as error:
        if key is not None or error.status not in _UNKNOWN:
            raise
        if error.status == 404:
            # Unless it is not the gateway that says so: then the listings are not found either.
            with suppress(PermissionDenied):
                applications_page(gateway, 0, 1)
        return ProbeResult(error.status)
    return ProbeResult(200)


def _applicants(gateway: Gateway, job_id: str) -> Page:
    return candidates.applicants_page(gateway, job_id, 0, 1)


def _a_job(site_type: str, gateway: Gateway) -> str | None:
    return _first(jobs_page(gateway, OPEN_JOBS, site_type, 0, 1), "jobId")


def _a_candidate(gateway: Gateway) -> str | None:
    return _first(candidates.search_page(gateway, [], 0, 1), "userId")


def _first(page: Page, member: str) -> str | None:
    row = page.rows[0] if page.rows else None
    key = row.get(member) if isinstance(row, dict) else None
    return key if isinstance(key, str) and key.strip() else None
