"""The answers to the questions of `docs/analytics.md`, from the tenant itself, without SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from statistics import median
from typing import Any

from integration_tests.analytics.warehouses import SITE_TYPES
from phenom_sandbox import Tenant
from source_phenom.models.ids import UnifiedIds

POSITIONS = {
    "new": 10, "inreview": 20, "phonescreen": 20, "interview": 40, "offerextended": 50,
    "offeraccepted": 60, "hired": 60, "joined": 60, "onboarded": 60,
}  # fmt: skip
DECLINED = ("rejected", "notselected", "declined", "withdrawn")
SOURCES = {
    "linkedin": "LinkedIn", "careersite": "Career Site", "employeereferral": "Employee Referral",
}  # fmt: skip
DAY = 86_400_000  # milliseconds


@dataclass
class Applied:
    """An application, as far as the connector can see it with an acting user."""

    job: str | None
    candidate: str | None
    email: str | None
    source: str
    applied: int
    label: str | None
    stays: list[tuple[str, int]] = field(default_factory=list)
    """The label of each stage and when the stay there began, in epoch milliseconds."""

    @property
    def furthest(self) -> int:
        labels = [label for label, _ in self.stays] + [self.label or ""]
        return max(10, *(POSITIONS.get(label, 0) for label in labels))

    @property
    def outcome(self) -> str | None:
        if self.label is None:
            return None
        if self.label in DECLINED:
            return "DECLINED"
        return "HIRED" if POSITIONS.get(self.label) == 60 else "PENDING"

    @property
    def hired(self) -> int | None:
        """When it came into the stages that mean hired, and stayed there."""
        since = None
        for label, began in self.stays:
            is_hired = POSITIONS.get(label) == 60
            since = (since or began) if is_hired else None
        return since if self.outcome == "HIRED" else None


class Truth:
    """:param opened: the opening time of each listed job (UTC), by jobId. The mapping of its many
    written forms is tested elsewhere."""

    def __init__(self, tenant: Tenant, opened: Mapping[str, datetime | None]) -> None:
        self._opened = opened
        self._open = _rows_that_count(tenant.open_jobs())
        closed = _rows_that_count(tenant.closed_jobs())
        self._closed = {key: row for key, row in closed.items() if key not in self._open}
        self._jobs = {**self._closed, **self._open}
        self._applied = [_applied(tenant, payload) for payload in tenant.applications()]
        # Applicants of a job without id and without address are known by their status only.
        nameless = defaultdict(list)
        for each in self._applied:
            if each.candidate is None:
                nameless[each.job].append(each)
        for same_job in nameless.values():
            if len({each.label for each in same_job}) > 1:
                for each in same_job:
                    each.label = None

    def answers(self) -> list[list[tuple[Any, ...]]]:
        """The rows of each question, in the order of the page."""
        return [
            self._funnel(),
            self._days_to_fill(),
            self._sources(),
            self._recruiters()[:5],
            self._without_address(),
            self._to_closed_jobs(),
            self._dangling()[:5],
            self._months(),
            self._more_than_once(),
            self._days_in_stages(),
        ]

    def _department(self, job: str | None) -> str:
        fields = self._jobs.get(job or "", {}).get("additionalFields") or {}
        named = {_label(name): value for name, value in fields.items()}
        names = ("department", "departmentname", "dept")
        return next((named[name] for name in names if named.get(name)), "Unknown")

    def _funnel(self) -> list[tuple[Any, ...]]:
        reached: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
        for each in self._applied:
            counts = reached[self._department(each.job)]
            for place, position in enumerate((10, 20, 40, 50, 60)):
                counts[place] += each.furthest >= position
        return [(name, *counts) for name, counts in sorted(reached.items())]

    def _days_to_fill(self) -> list[tuple[Any, ...]]:
        first: dict[str, int] = {}
        for each in self._applied:
            if each.hired is not None and each.job in self._jobs:
                first[each.job] = min(first.get(each.job, each.hired), each.hired)
        days = defaultdict(list)
        for job, hired in first.items():
            opened = self._opened[job]
            if opened is not None:
                since = opened.replace(tzinfo=timezone.utc).timestamp() * 1000
                if hired >= since:
                    days[self._department(job)].append((hired - since) / DAY)
        return [(name, len(each), median(each)) for name, each in sorted(days.items())]

    def _sources(self) -> list[tuple[Any, ...]]:
        applications = Counter(each.source for each in self._applied)
        hires = Counter(each.source for each in self._applied if each.outcome == "HIRED")
        rows = [
            (name, count, hires[name], round(100 * hires[name] / count, 2))
            for name, count in applications.items()
        ]
        return sorted(rows, key=lambda row: (-row[3], row[0]))

    def _recruiters(self) -> list[tuple[Any, ...]]:
        """Without names."""
        pending = Counter(each.job for each in self._applied if each.outcome == "PENDING")
        jobs: dict[str, set[str]] = defaultdict(set)
        for job, row in self._jobs.items():
            for each in row.get("multiRecruiter") or ():
                address = each["recruiterEmail"].strip().lower()
                if address:
                    jobs[address].add(job)
        rows = []
        for address, theirs in jobs.items():
            open_jobs = [job for job in theirs if job in self._open]
            user_id = UnifiedIds("phenom").of("users", address)
            rows.append((user_id, len(open_jobs), sum(pending[job] for job in open_jobs)))
        rows.sort(key=lambda row: (-row[2], row[0]))
        return [row[1:] for row in rows]

    def _without_address(self) -> list[tuple[Any, ...]]:
        newest = {each.candidate: each.email for each in self._applied if each.candidate}
        without = sum(email is None for email in newest.values())
        return [(without, len(newest), round(100 * without / len(newest), 2))]

    def _to_closed_jobs(self) -> list[tuple[Any, ...]]:
        found = [each for each in self._applied if each.job in self._closed]
        return [(len(found), sum(each.outcome == "PENDING" for each in found))]

    def _dangling(self) -> list[tuple[Any, ...]]:
        found = Counter(each.job for each in self._applied if each.job not in self._jobs)
        del found[None]
        return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))

    def _months(self) -> list[tuple[Any, ...]]:
        times = (
            datetime.fromtimestamp(each.applied / 1000, timezone.utc) for each in self._applied
        )
        months = Counter(date(time.year, time.month, 1) for time in times)
        return [pair for pair in sorted(months.items()) if pair[0] >= date(2025, 1, 1)]

    def _more_than_once(self) -> list[tuple[Any, ...]]:
        people = Counter(each.candidate for each in self._applied if each.candidate)
        return [(sum(count > 1 for count in people.values()),)]

    def _days_in_stages(self) -> list[tuple[Any, ...]]:
        """With labels in place of stages."""
        days = defaultdict(list)
        for each in self._applied:
            for (label, began), (_, ended) in zip(each.stays, each.stays[1:], strict=False):
                days[label].append((ended - began) / DAY)
        rows = [(label, len(stays), median(stays)) for label, stays in days.items()]
        return sorted(rows, key=lambda row: -row[1])


def _rows_that_count(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Of the rows of a job, the one that the connector takes."""
    chosen: dict[str, tuple[tuple[int, str], Mapping[str, Any]]] = {}
    for row in rows:
        if row["siteType"] in SITE_TYPES:
            rank = (SITE_TYPES.index(row["siteType"]), row["locale"])
            if row["jobId"] not in chosen or rank < chosen[row["jobId"]][0]:
                chosen[row["jobId"]] = rank, row
    return {job: row for job, (_, row) in chosen.items()}


def _applied(tenant: Tenant, payload: Mapping[str, Any]) -> Applied:
    key = payload["id"]
    person = payload["candidateData"]
    address = (person["contactData"].get("email") or "").strip().lower() or None
    shown_id = person.get("id")
    status = tenant.hiring_status(key)
    written = payload["jobApplicationData"]["applicantSource"]
    applied = Applied(
        job=payload["jobApplicationData"]["jobId"] or None,
        candidate=shown_id or (address and f"email:{address}"),
        email=address,
        source=SOURCES.get(_label(written), written),
        applied=int(key[:8], 16) * 1000,
        label=_label(status.value) if status else None,
    )
    if shown_id:
        for transition in tenant.hiring.history(key):
            label = _label(transition.status.value)
            if not applied.stays or applied.stays[-1][0] != label:
                applied.stays.append((label, transition.status.updated))
    return applied


def _label(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
