"""The job listing: jobs, the people on their hiring teams, and what joins the two."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from phenom_api import hiring_manager
from phenom_api.errors import PhenomError
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, identified_by, job_identity, jobs_page
from source_phenom.config import SourceConfig
from source_phenom.listings.listing import Listing, Pass, RecordBuffer, from_elsewhere, is_complete
from source_phenom.listings.spool import Spool
from source_phenom.models import hiring_team, jobs
from source_phenom.models.employees import Name
from source_phenom.models.values import Mismatches, canonical, normalized_label, record_json, text
from source_phenom.reading.events import Event
from source_phenom.reading.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

_OPEN, _CLOSED = 0, 1
_SEGMENTS = {_OPEN: (OPEN_JOBS, "open jobs"), _CLOSED: (CLOSED_JOBS, "closed jobs")}
_STATUS = {_OPEN: "OPEN", _CLOSED: "CLOSED"}
_MANAGED_COLUMNS = f"the columns {', '.join(jobs.ENRICHED_COLUMNS)} of jobs"

_Names = dict[str, tuple[str, str | None]]
"""Per user key: the smallest jobId that gives a name, and that name."""


class JobListing(Listing):
    """``GET /jobs-api/v1/jobs`` per site type, and ``closedJobs`` where configured."""

    stream_names = (
        jobs.MODEL,
        hiring_team.USERS,
        hiring_team.ROLES,
        hiring_team.MEMBERS,
        hiring_team.ASSIGNMENTS,
    )

    _real_names: Mapping[str, Name] = {}
    _managed: Mapping[str, jobs.JobDates] = {}

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        if stream != jobs.MODEL or config.ph_user_id is not None:
            return ()
        fed = {wish.field for wish in config.field_overrides if wish.model == jobs.MODEL}
        return tuple(column for column in jobs.ENRICHED_COLUMNS if column not in fed)

    def prepare(self) -> Mapping[str, PhenomError]:
        """With an acting user: the names of people, and what the hiring manager's view adds."""
        failures: dict[str, PhenomError] = {}
        for name, fill in (
            (hiring_team.USERS, self._fill_users),
            (jobs.MODEL, self._fill_jobs),
        ):
            stream = self.streams.get(name)
            if stream is not None and self.config.ph_user_id is not None:
                try:
                    fill(stream)
                except PhenomError as error:
                    failures[name] = error
        return failures

    def _fill_users(self, stream: StreamRun) -> None:
        self._real_names = (
            from_elsewhere(
                stream,
                "scim",
                self.directory.names,
                "Without it, users are called what the jobs call them.",
            )
            or {}
        )

    def _fill_jobs(self, stream: StreamRun) -> None:
        self._managed = (
            from_elsewhere(
                stream,
                "hiring_manager",
                partial(self._read_managed, stream),
                f"Without it, {_MANAGED_COLUMNS} are null.",
            )
            or {}
        )

    def _read_managed(self, stream: StreamRun) -> dict[str, jobs.JobDates]:
        """Per ``jobId`` what the hiring manager's view says; of several rows the last updated."""
        found: dict[str, jobs.JobDates] = {}
        statuses: tuple[hiring_manager.JobStatus, ...] = ("OPEN",)
        if self.config.include_closed_jobs:
            # After the open ones: a job that is closed meanwhile is in both.
            statuses = ("OPEN", "PAST")
        for status in statuses:
            scan = self.scan(partial(hiring_manager.jobs_page, self.gateway, status), _managed_row)
            for rows in scan:
                for row in rows:
                    key = jobs.job_key(row, []) if type(row) is dict else None
                    if key is not None:
                        mismatches: Mismatches = []
                        managed = jobs.job_dates(row, mismatches)
                        found[key] = max(found.get(key, managed), managed)
                        stream.note(mismatches)
            if scan.outcome.ignores_offset:
                what = f"{status.lower()} jobs of the hiring manager's view"
                logger.warning(
                    f"{scan.outcome.ignored_offset(what)}; for those, {_MANAGED_COLUMNS} are null."
                )
            elif scan.outcome.open_seams or not scan.outcome.agrees:
                logger.warning(
                    f"The hiring manager's view does not show all {status.lower()} jobs: "
                    f"{_MANAGED_COLUMNS} of the others are null."
                )
        return found

    def scan_once(self) -> Pass:
        complete = True
        with Spool() as variants:
            for segment in (_OPEN, _CLOSED) if self.config.include_closed_jobs else (_OPEN,):
                operation, what = _SEGMENTS[segment]
                for site_type in self.config.site_types:
                    scan = self.scan(
                        partial(jobs_page, self.gateway, operation, site_type), job_identity
                    )
                    for rows in scan:
                        self._keep_variants(rows, segment, site_type, variants)
                    complete &= is_complete(scan.outcome, f"{what} of site type {site_type}")
            yield from self._admit(variants)
        return complete

    def _keep_variants(
        self, rows: list[Any], segment: int, site_type: str, variants: Spool
    ) -> None:
        """Keep every listing of a job, sortable: the first in order is the one that counts.

        Open before closed, then the preferred locale, then the order of ``site_types``, then
        the smallest locale as text; last the payload itself, so that the choice never depends
        on the order of arrival.
        """
        for row in rows:
            key = jobs.job_key(row, []) if type(row) is dict else None
            if key is None:
                stream = self.streams.get(jobs.MODEL)
                if stream is not None:
                    stream.counts["without_key"] += 1
                continue
            locale = text(row.get("locale"), "locale", []) or ""
            preference = (segment, self._is_other_locale(locale), self._rank(row, site_type))
            variants.add(key, (*preference, locale, canonical(row), site_type))

    def _is_other_locale(self, locale: str) -> bool:
        return self.config.locale is not None and normalized_label(locale) != normalized_label(
            self.config.locale
        )

    def _rank(self, row: dict[str, Any], requested: str) -> int:
        """The job's place in ``site_types``: by its own site type, else by the one asked for."""
        order = [site_type.casefold() for site_type in self.config.site_types]
        own = text(row.get("siteType"), "visibility", [])
        named = own.strip().casefold() if own is not None else requested.casefold()
        return order.index(named if named in order else requested.casefold())

    def _admit(self, variants: Spool) -> Iterator[Event]:
        admissions = {name: RecordBuffer(self.streams.get(name)) for name in self.stream_names}
        unfilled = self.unfilled(self.config, jobs.MODEL)
        names: _Names = {}
        for key, listed in variants.groups():
            segment, _, _, _, payload, site_type = min(listed)
            row = orjson.loads(payload)
            if jobs.MODEL in self.streams:
                mismatches: Mismatches = []
                jobs.job_key(row, mismatches)
                record = jobs.job(
                    row,
                    key,
                    status=_STATUS[segment],
                    site_type=site_type,
                    ids=self.ids,
                    mismatches=mismatches,
                    dates=self._managed.get(key, jobs.NO_DATES),
                )
                self.remapping.apply(jobs.MODEL, row, record, mismatches)
                for column in unfilled:
                    del record[column]
                yield from admissions[jobs.MODEL].add(
                    key, record_json(record, mismatches), mismatches
                )
            yield from self._admit_team(key, row, admissions, names)
        yield from self._admit_users(names, admissions[hiring_team.USERS])
        for role in hiring_team.roles(self.ids):
            yield from admissions[hiring_team.ROLES].add(role["remote_id"], canonical(role))
        for admission in admissions.values():
            yield from admission.flush()

    def _admit_team(
        self, job_key: str, row: dict[str, Any], admissions: dict[str, RecordBuffer], names: _Names
    ) -> Iterator[Event]:
        mismatches: Mismatches = []
        for member in hiring_team.hiring_team(row, mismatches):
            _keep_name(names, member, job_key)
            yield from admissions[hiring_team.MEMBERS].add(
                hiring_team.member_key(job_key, member),
                canonical(hiring_team.member_record(job_key, member, self.ids)),
            )
            for role in member.roles:
                yield from admissions[hiring_team.ASSIGNMENTS].add(
                    hiring_team.assignment_key(job_key, member, role),
                    canonical(hiring_team.assignment_record(job_key, member, role, self.ids)),
                )
        users = self.streams.get(hiring_team.USERS)
        if mismatches and users is not None:
            users.note(mismatches)

    def _admit_users(self, names: _Names, admission: RecordBuffer) -> Iterator[Event]:
        for key, (_, full_name) in names.items():
            record = hiring_team.user(key, full_name, self.ids, self._real_names.get(key))
            yield from admission.add(key, canonical(record))


_managed_row = identified_by("jobId", "locale")
"""Of the hiring manager's view: its counters change all the time."""


def _keep_name(names: _Names, member: hiring_team.Member, job_key: str) -> None:
    """A user on several jobs is called what the smallest jobId that gives a name calls them."""
    first_job, name = names.get(member.key, (job_key, None))
    if member.full_name is not None and (name is None or job_key < first_job):
        first_job, name = job_key, member.full_name
    names[member.key] = (first_job, name)
