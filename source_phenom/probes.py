"""One small request per API that a read would use, for ``check`` and for ``phenom scopes``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from phenom_api import candidates, hiring_manager, scim
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import applications_page, jobs_page
from phenom_api.paging import Page
from phenom_api.probes import Probe, ProbeResult
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.operations import operations

_NO_CANDIDATE = "0" * 24
_NO_JOB = "JOBID"
"""The placeholder that Phenom itself uses instead of a job's id."""
_UNKNOWN = frozenset({400, 404, 410, 422})
"""Statuses that a gateway may answer if there is no such candidate or job."""


def listing_probes(config: SourceConfig, rows: int = 1) -> list[Probe]:
    """A page of ``rows`` rows from every listing that a read with this configuration needs."""
    of_jobs, of_applications = _operations("jobs"), _operations("applications")
    open_jobs, closed_jobs = of_jobs["open_jobs"], of_jobs["closed_jobs"]
    applications = of_applications["applications"]
    has_acting_user = config.ph_user_id is not None
    job_streams = _served("jobs", acting_user=has_acting_user)
    probes = [
        Probe(
            f"open jobs of site type {site_type}",
            open_jobs,
            job_streams,
            partial(_jobs, open_jobs, site_type, rows),
        )
        for site_type in config.site_types
    ]
    if config.include_closed_jobs:
        probes.append(
            Probe(
                "closed jobs",
                closed_jobs,
                job_streams,
                partial(_jobs, closed_jobs, config.site_types[0], rows),
                "turn include_closed_jobs off",
            )
        )
    probes.append(
        Probe(
            "applications",
            applications,
            _served("applications", acting_user=has_acting_user),
            partial(_applications, applications, rows),
        )
    )
    return probes


def _operations(listing: str) -> dict[str, Operation]:
    return operations(manifest.streams_of(listing))


def _served(listing: str, *, acting_user: bool) -> tuple[str, ...]:
    """The streams of a listing; first the one with the listing's name."""
    names = [
        stream.name
        for stream in manifest.streams_of(listing)
        if acting_user or not stream.needs_acting_user
    ]
    return tuple(sorted(names, key=lambda name: name != listing))


def acting_user_probes(config: SourceConfig, rows: int = 1) -> list[Probe]:
    """One request to each API that is read on behalf of an acting user.

    The probes exist without ``ph_user_id`` too, to show what it would add, but cannot be sent.
    """
    users = _operations("employees")["users"]
    groups = _operations("groups")["groups"]
    of_candidate = _operations("applications")
    activities = of_candidate["activities_of_candidate"]
    documents = of_candidate["documents_of_candidate"]
    open_jobs = _operations("jobs")["open_jobs"]
    job = _Example(partial(_a_job, open_jobs, config.site_types[0]), _NO_JOB)
    candidate = _Example(_a_candidate, _NO_CANDIDATE)
    return [
        Probe(
            "users (SCIM)",
            users,
            ("employees",),
            partial(_resources, users, rows),
            fills=("users.first_name", "users.last_name"),
            besides="Users then have the names that the jobs give them.",
        ),
        Probe("groups (SCIM)", groups, ("groups",), partial(_resources, groups, rows)),
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
            besides="Without it nothing shows who changed: every sync asks about every candidate.",
        ),
        Probe(
            "applicants of a job",
            candidates.APPLICANTS,
            (),
            partial(_about, job, _applicants),
            fills=("applications.outcome", "applications.current_stage"),
            besides="Only applications of candidates without a candidate id lose them.",
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
            activities,
            ("application_activities",),
            partial(
                _about,
                candidate,
                partial(candidates.hiring_status_activities, operation=activities),
            ),
        ),
        Probe(
            "documents of a candidate",
            documents,
            ("candidate_documents",),
            partial(_about, candidate, partial(candidates.attachments, operation=documents)),
        ),
        Probe("tags", candidates.TAGS, (), _tags, fills=("candidates.tags",)),
    ]


def _jobs(operation: Operation, site_type: str, rows: int, gateway: Gateway) -> ProbeResult:
    return _listed(jobs_page(gateway, operation, site_type, 0, rows))


def _applications(operation: Operation, rows: int, gateway: Gateway) -> ProbeResult:
    return _listed(applications_page(gateway, 0, rows, operation=operation))


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


class _Example:
    """A job or candidate of the tenant for a probe. The first probe that needs it finds it.

    :param find: returns its id. :param placeholder: an id to ask about if there is none.
    """

    def __init__(self, find: Callable[[Gateway], str | None], placeholder: str) -> None:
        self.placeholder = placeholder
        self._find = find
        self._lock = threading.Lock()
        self._was_looked_for = False
        self._id: str | None = None

    def id(self, gateway: Gateway) -> str | None:
        """The id; None if the tenant has none, or if none can be read."""
        with self._lock:
            if not self._was_looked_for:
                with suppress(PhenomError):
                    self._id = self._find(gateway)
                self._was_looked_for = True
            return self._id


def _about(example: _Example, read: Callable[[Gateway, str], Any], gateway: Gateway) -> ProbeResult:
    """Ask about the example, or else about the placeholder, which a gateway may refuse."""
    example_id = example.id(gateway)
    try:
        read(gateway, example_id or example.placeholder)
    except RequestRefused as error:
        if example_id is not None or error.status not in _UNKNOWN:
            raise
        if error.status == 404:
            # If this is not the gateway at all, the listing is not found either.
            with suppress(PermissionDenied):
                applications_page(gateway, 0, 1)
        return ProbeResult(error.status)
    return ProbeResult(200)


def _applicants(gateway: Gateway, job_id: str) -> Page:
    return candidates.applicants_page(gateway, job_id, 0, 1)


def _a_job(operation: Operation, site_type: str, gateway: Gateway) -> str | None:
    return _first(jobs_page(gateway, operation, site_type, 0, 1), "jobId")


def _a_candidate(gateway: Gateway) -> str | None:
    return _first(candidates.search_page(gateway, [], 0, 1), "userId")


def _first(page: Page, member: str) -> str | None:
    row = page.rows[0] if page.rows else None
    key = row.get(member) if isinstance(row, dict) else None
    return key if isinstance(key, str) and key.strip() else None
