"""The job listing: jobs, the people on their hiring teams, and the models that join both."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import orjson

from phenom_api import hiring_manager
from phenom_api.errors import PhenomError
from phenom_api.listings import identified_by, job_identity, jobs_page
from source_phenom.config import SourceConfig
from source_phenom.listings.completeness import is_complete
from source_phenom.listings.listing import Listing, ListingContext, Scanning
from source_phenom.listings.spool import Spool
from source_phenom.models import hiring_team, jobs
from source_phenom.models.employees import Name
from source_phenom.models.values import Mismatches, canonical, normalized_label, record_json, text
from source_phenom.streams.events import Event
from source_phenom.streams.optional_api import OptionalApi
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

_MANAGED_COLUMNS = f"the columns {', '.join(jobs.ENRICHED_COLUMNS)} of jobs"

_Names = dict[str, tuple[str, str | None]]
"""Per user key: the smallest jobId that gives a name, and that name."""


class _Segment(NamedTuple):
    """A part of the listing that has its own request."""

    request: str
    status: str
    label: str


_SEGMENTS = (
    _Segment("open_jobs", "OPEN", "open jobs"),
    _Segment("closed_jobs", "CLOSED", "closed jobs"),
)
"""In order of preference: a job that is both open and closed is open."""

_managed_identity = identified_by("jobId", "locale")
"""The identity of a row of the hiring manager's view, whose counters change all the time."""


class JobListing(Listing):
    """The open jobs of each site type, and the closed ones if they are configured."""

    def __init__(self, context: ListingContext, streams: Mapping[str, StreamRun]) -> None:
        super().__init__(context, streams)
        self._segments = _SEGMENTS if self.config.include_closed_jobs else _SEGMENTS[:1]
        self._real_names: Mapping[str, Name] = {}
        self._managed: Mapping[str, jobs.JobDates] = {}

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        if stream != jobs.MODEL or config.ph_user_id is not None:
            return ()
        fed = {override.field for override in config.field_overrides if override.model == stream}
        return tuple(column for column in jobs.ENRICHED_COLUMNS if column not in fed)

    # -- from other APIs ---------------------------------------------------------------------

    def prepare(self) -> None:
        """With an acting user: the users' real names, and the hiring manager's view of the jobs."""
        if self.config.ph_user_id is None:
            return
        for name, read in (
            (hiring_team.USERS, self._read_real_names),
            (jobs.MODEL, self._read_managed),
        ):
            if name in self.streams:
                try:
                    read(self.streams[name])
                except PhenomError as error:
                    self.failed[name] = error

    def _read_real_names(self, stream: StreamRun) -> None:
        without = "Without it, users have the names that the jobs give them."
        self._real_names = OptionalApi(stream, "scim", without).read(self.directory.names) or {}

    def _read_managed(self, stream: StreamRun) -> None:
        api = OptionalApi(stream, "hiring_manager", f"Without it, {_MANAGED_COLUMNS} are null.")
        self._managed = api.read(partial(self._managed_jobs, stream)) or {}

    def _managed_jobs(self, stream: StreamRun) -> dict[str, jobs.JobDates]:
        """The hiring manager's dates by ``jobId``; of several rows, those of the last updated."""
        found: dict[str, jobs.JobDates] = {}
        statuses: tuple[hiring_manager.JobStatus, ...] = ("OPEN",)
        if self.config.include_closed_jobs:
            # Past jobs come last: a job that is closed during the read is in both lists.
            statuses = ("OPEN", "PAST")
        for status in statuses:
            fetch = partial(hiring_manager.jobs_page, self.reader.gateway, status)
            scan = self.reader.scan(fetch, _managed_identity)
            for rows in scan:
                for row in rows:
                    key = jobs.job_key(row, []) if type(row) is dict else None
                    if key is not None:
                        mismatches: Mismatches = []
                        managed = jobs.job_dates(row, mismatches)
                        found[key] = max(found.get(key, managed), managed)
                        stream.count_mismatches(mismatches)
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

    # -- the listing -------------------------------------------------------------------------

    def scan(self, *, is_second: bool) -> Scanning:
        complete = True
        with self.spool() as variants:
            for segment, (request, _, label) in enumerate(self._segments):
                for site_type in self.config.site_types:
                    fetch = partial(
                        jobs_page, self.reader.gateway, self.operations[request], site_type
                    )
                    scan = self.reader.scan(fetch, job_identity)
                    for rows in scan:
                        self._collect(rows, segment, site_type, variants)
                    complete &= is_complete(scan.outcome, f"{label} of site type {site_type}")
            yield from self._add_jobs(variants)
        return complete

    def _collect(self, rows: list[Any], segment: int, site_type: str, variants: Spool) -> None:
        """Keep every row of a job as a tuple. The smallest tuple becomes the job's record.

        Its parts: open before closed, the preferred locale, the order of ``site_types``, the
        locale as text, and the payload itself, so that the choice never depends on the order of
        arrival.
        """
        for row in rows:
            key = jobs.job_key(row, []) if type(row) is dict else None
            if key is None:
                if jobs.MODEL in self.streams:
                    self.streams[jobs.MODEL].counts["without_key"] += 1
                continue
            locale = text(row.get("locale"), "locale", []) or ""
            preference = (segment, self._is_other_locale(locale), self._rank(row, site_type))
            variants.add(key, (*preference, locale, canonical(row), site_type))

    def _is_other_locale(self, locale: str) -> bool:
        return self.config.locale is not None and normalized_label(locale) != normalized_label(
            self.config.locale
        )

    def _rank(self, row: dict[str, Any], requested: str) -> int:
        """The position in ``site_types`` of the job's own site type, else of the requested one."""
        order = [site_type.casefold() for site_type in self.config.site_types]
        own = text(row.get("siteType"), "visibility", [])
        named = own.strip().casefold() if own is not None else requested.casefold()
        return order.index(named if named in order else requested.casefold())

    # -- its records -------------------------------------------------------------------------

    def _add_jobs(self, variants: Spool) -> Iterator[Event]:
        unfilled = self.unfilled(self.config, jobs.MODEL)
        hide = self.personal.step(jobs.MODEL)
        names: _Names = {}
        for key, rows in variants.groups():
            segment, _, _, _, payload, site_type = min(rows)
            row = orjson.loads(payload)
            if jobs.MODEL in self.streams:
                mismatches: Mismatches = []
                jobs.job_key(row, mismatches)
                record = jobs.job(
                    row,
                    key,
                    status=_SEGMENTS[segment].status,
                    site_type=site_type,
                    ids=self.ids,
                    mismatches=mismatches,
                    dates=self._managed.get(key, jobs.NO_DATES),
                )
                self.remapping.apply(jobs.MODEL, row, record, mismatches)
                if hide is not None:
                    hide(record)
                for column in unfilled:
                    del record[column]
                yield from self.add(jobs.MODEL, key, record_json(record, mismatches), mismatches)
            yield from self._add_team(key, row, names)
        yield from self._add_users(names)
        for role in hiring_team.roles(self.ids):
            yield from self.add(hiring_team.ROLES, role["remote_id"], canonical(role))

    def _add_team(self, job_key: str, row: dict[str, Any], names: _Names) -> Iterator[Event]:
        mismatches: Mismatches = []
        for person in hiring_team.hiring_team(row, mismatches):
            _keep_name(names, person, job_key)
            member = replace(person, key=self.personal.user_key(person.key))
            yield from self.add(
                hiring_team.MEMBERS,
                hiring_team.member_key(job_key, member),
                canonical(hiring_team.member_record(job_key, member, self.ids)),
            )
            for role in member.roles:
                yield from self.add(
                    hiring_team.ASSIGNMENTS,
                    hiring_team.assignment_key(job_key, member, role),
                    canonical(hiring_team.assignment_record(job_key, member, role, self.ids)),
                )
        if mismatches and hiring_team.USERS in self.streams:
            self.streams[hiring_team.USERS].count_mismatches(mismatches)

    def _add_users(self, names: _Names) -> Iterator[Event]:
        hide = self.personal.step(hiring_team.USERS)
        for address, (_, full_name) in names.items():
            key, real_name = self.personal.user_key(address), self._real_names.get(address)
            record = hiring_team.user(address, full_name, self.ids, real_name, key)
            if hide is not None:
                hide(record)
            yield from self.add(hiring_team.USERS, key, canonical(record))


def _keep_name(names: _Names, member: hiring_team.Member, job_key: str) -> None:
    """A user on several jobs has the name of the smallest jobId that gives one."""
    first_job, name = names.get(member.key, (job_key, None))
    if member.full_name is not None and (name is None or job_key < first_job):
        first_job, name = job_key, member.full_name
    names[member.key] = (first_job, name)
