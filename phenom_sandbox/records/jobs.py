"""Jobs as the Jobs API lists them (JobResponseDTO): one row per job, locale and site type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from random import Random
from typing import Any

from phenom_sandbox.records.draw import FIRST_SECOND, LAST_SECOND, Draw
from phenom_sandbox.records.pools import (
    CATEGORIES,
    DEPARTMENTS,
    EMPLOYMENT_TYPES,
    LOCALES,
    LocalePool,
    pools,
)
from phenom_sandbox.records.staff import Employee, Staff

_HOME = 0  # the original locale; 1 and 2 are translations
_TRANSLATIONS = ("en_US", "de_DE", "fr_FR")

# How jobs are published: (site type, which of the job's locales). Repeated over the job numbers.
_VARIANTS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("external", 0),),
    (("external", 0), ("external", 1)),
    (("internal", 0),),
    (("external", 0), ("internal", 0)),
    (("external", 0),),
    (("external", 2), ("external", 1), ("external", 0)),
    (("external", 0),),
    (("internal", 1), ("internal", 0), ("external", 0)),
    (("external", 0),),
    (("external", 0), ("campus", 0)),
    (("external", 0),),
    (("external", 0), ("external", 1), ("internal", 0)),
)
_CLOSED_VARIANTS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("external", 0),),
    (("external", 0), ("external", 1)),
    (("external", 0),),
    (("internal", 0),),
)
_BOTH_EVERY = 25  # every 25th open job is also in the listing of closed jobs
_BUSY_PERCENT = 25  # of the jobs are those of one recruiter
_DAY = 86_400  # seconds
_LONGEST_OPEN = 560 * _DAY
_LONGEST_ADVERTISED = 150  # days

JobVariant = tuple[int, int]
"""A job's number, and the number of one of its variants."""


@dataclass(frozen=True)
class JobDates:
    """The dates of a job in epoch milliseconds; `closed` is None while it is open."""

    created: int
    posted: int
    updated: int
    closed: int | None = None


class GeneratedJobs:
    """All generated jobs of a tenant, by number: first open, then closed, then deleted jobs.

    Applications refer to any of them; no listing shows the deleted jobs.
    """

    def __init__(self, seed: int, jobs: int) -> None:
        self.seed = seed
        self.open = jobs
        self.closed = jobs // 4
        self.deleted = jobs // 20 + 1
        self.size = self.open + self.closed + self.deleted
        self.staff = Staff(seed, jobs)
        self.ids = [self._job_id(number) for number in range(self.size)]
        self.numbers = {job_id: number for number, job_id in enumerate(self.ids)}
        self.open_rows: list[JobVariant] = [
            (number, variant)
            for number in range(self.open)
            for variant in range(len(_VARIANTS[number % len(_VARIANTS)]))
        ]
        self.closed_rows: list[JobVariant] = [
            (number, 0) for number in range(_BOTH_EVERY - 1, self.open, _BOTH_EVERY)
        ] + [
            (number, variant)
            for number in range(self.open, self.open + self.closed)
            for variant in range(len(_CLOSED_VARIANTS[number % len(_CLOSED_VARIANTS)]))
        ]
        self._open_on: list[list[int]] = []
        # In a real listing, the rows of one job are on different pages.
        Random(seed).shuffle(self.open_rows)
        Random(seed + 1).shuffle(self.closed_rows)

    def _job_id(self, number: int) -> str:
        if number % 97 == 96:
            return f"REQ/2024 {number}"
        if number % 31 == 30:
            return f"{4_000_000 + number * 7}"
        return f"JR-{100_000 + number * 3}"

    def title(self, number: int) -> str:
        _, pool, title = self._opening(number)
        return pool.job_titles[title]

    def category(self, number: int) -> str:
        draw, _, _ = self._opening(number)
        return draw.pick(CATEGORIES)

    def dates(self, number: int) -> JobDates:
        """The dates of a generated job before any change."""
        draw = Draw(f"{self.seed}/job dates/{number}".encode())
        if number < self.open:
            # Squared: most open jobs are a few months old, some much older.
            share = draw.below(1_000_000)
            posted = LAST_SECOND - _DAY - _LONGEST_OPEN * share * share // 10**12
        else:
            posted = FIRST_SECOND - 30 * _DAY + draw.below(LAST_SECOND - FIRST_SECOND - 60 * _DAY)
        created = posted - draw.below(20 * _DAY)
        if number < self.open:
            changed = posted + draw.below(LAST_SECOND - posted)
            return JobDates(created * 1000, posted * 1000, changed * 1000)
        closed = min(LAST_SECOND - _DAY, posted + (30 + draw.below(120)) * _DAY)
        return JobDates(created * 1000, posted * 1000, closed * 1000, closed * 1000)

    def open_at(self, second: int) -> Sequence[int]:
        """The jobs that people apply for on a day, popular ones several times. Never empty."""
        if not self._open_on:
            self._open_on = self._days()
        day = (second - FIRST_SECOND) // _DAY
        return self._open_on[min(max(day, 0), len(self._open_on) - 1)]

    def _days(self) -> list[list[int]]:
        """The jobs of `open_at`, by day."""
        days: list[list[int]] = [[] for _ in range((LAST_SECOND - FIRST_SECOND) // _DAY)]
        for number in range(self.size):
            dates = self.dates(number)
            # The first whole day, so that nobody applies before the job is posted.
            first = (dates.posted // 1000 - FIRST_SECOND) // _DAY + 1
            closed = LAST_SECOND if dates.closed is None else dates.closed // 1000
            last = min((closed - FIRST_SECOND) // _DAY, first + _LONGEST_ADVERTISED, len(days))
            for day in range(max(first, 0), last):
                days[day] += [number] * (1 + number * number % 4)
        # On a day without any advertised job, people apply for one of the day before.
        known = next((day for day in days if day), [0])
        for place, advertised in enumerate(days):
            known = days[place] = advertised or known
        return days

    def _opening(self, number: int) -> tuple[Draw, LocalePool, int]:
        draw = Draw(f"{self.seed}/job/{number}".encode())
        pool = draw.pick(pools())
        return draw, pool, draw.below(len(pool.job_titles))

    def publication(self, row: JobVariant) -> tuple[str, str]:
        """The row's site type and locale."""
        number, variant = row
        variants = _VARIANTS if number < self.open else _CLOSED_VARIANTS
        site_type, which = variants[number % len(variants)][variant]
        _, pool, _ = self._opening(number)
        if which == _HOME:
            return site_type, pool.locale
        others = [locale for locale in _TRANSLATIONS if locale != pool.locale]
        return site_type, others[which - 1]

    def compose(self, row: JobVariant) -> dict[str, Any]:
        number, _ = row
        site_type, locale = self.publication(row)
        draw, home, title = self._opening(number)
        category = draw.pick(CATEGORIES)
        text = pools()[LOCALES.index(locale)]
        job_id = self.ids[number]
        recruiters = self._recruiters(number, draw)
        manager = self.staff.hiring_manager(draw)
        if draw.chance(10):
            recruiters.append(_recruiter(manager, draw))
        locations = [_location(home, draw)]
        if draw.chance(15):
            locations += [_location(draw.pick(pools()), draw) for _ in range(1 + draw.below(2))]
        slug = "".join(
            letter if letter.isascii() and letter.isalnum() else "-" for letter in job_id
        )
        job: dict[str, Any] = {
            "jobId": job_id,
            "reqId": f"R{number * 3 + 11:06d}",
            "title": text.job_titles[title % len(text.job_titles)],
            "category": category,
            "companyName": "Northwind Industries",
            "description": _description(text, draw),
            "locale": locale,
            "siteType": site_type,
            "applyUrl": f"https://careers.example.com/{locale[:2]}/job/{slug}/apply",
            "employmentType": draw.pick(EMPLOYMENT_TYPES),
            **locations[0],
            "hiringManagerName": _manager_name(manager, draw),
            "hiringManagerEmail": _manager_email(manager, draw),
            "recruiterName": recruiters[0]["recruiterName"] if recruiters else None,
            "recruiterEmail": recruiters[0]["recruiterEmail"] if recruiters else None,
            "source": draw.pick(("Workday", "SuccessFactors", "Taleo")),
            "displayCareerSite": not draw.chance(7),
            "multiLocation": locations,
            "multiCategory": [{"category": category}]
            + ([{"category": draw.pick(CATEGORIES)}] if draw.chance(12) else []),
            "multiRecruiter": recruiters or draw.pick(([], None)),
            "additionalFields": _additional_fields(draw, self.dates(number).posted),
            "visibilityLocale": [locale],
            "visibilitySiteType": [site_type],
        }
        if draw.chance(5):
            job["salaryBand"] = {"currency": "EUR", "minimum": 40_000 + 500 * draw.below(60)}
        return job

    def _recruiters(self, number: int, draw: Draw) -> list[dict[str, str]]:
        people = [self.staff.recruiter(draw) for _ in range(draw.pick((0, 1, 1, 1, 2, 2, 3)))]
        if people and Draw(f"{self.seed}/busy/{number}".encode()).chance(_BUSY_PERCENT):
            people[0] = self.staff.busy_recruiter()
        recruiters = [_recruiter(person, draw) for person in people]
        if people and draw.chance(12):
            twice = people[0]
            recruiters.append(
                {"recruiterName": twice.full_name, "recruiterEmail": twice.email.upper()}
            )
        if draw.chance(10):
            recruiters.insert(0, {"recruiterName": "Talent Pool", "recruiterEmail": ""})
        return recruiters


def _recruiter(person: Employee, draw: Draw) -> dict[str, str]:
    email = person.email
    style = draw.below(20)
    if style == 0:
        email = "  "
    elif style in (1, 2):
        email = email.title()
    elif style == 3:
        email = f" {email} "
    return {"recruiterName": person.full_name, "recruiterEmail": email}


def _manager_name(person: Employee, draw: Draw) -> str | None:
    style = draw.below(20)
    if style < 4:
        return f"{person.last_name}, {person.first_name}"
    if style == 4:
        return person.last_name
    if style == 5:
        return None
    if style == 6:
        return f"  {person.first_name}   {person.last_name} "
    return person.full_name


def _manager_email(person: Employee, draw: Draw) -> str | None:
    style = draw.below(20)
    if style == 0:
        return ""
    if style == 1:
        return None
    if style in (2, 3):
        return person.email.title()
    return person.email


def _location(pool: LocalePool, draw: Draw) -> dict[str, str | None]:
    number = draw.below(200) + 1
    location: dict[str, str | None] = {
        "city": draw.pick(pool.cities),
        "state": draw.pick(pool.states),
        "country": draw.pick(pool.countries),
        "address": f"{draw.pick(pool.streets)} {number}" if draw.chance(70) else None,
        "postalCode": draw.pick(pool.postcodes) if draw.chance(80) else "",
    }
    style = draw.below(40)
    if style == 0:
        return {"city": "", "state": None, "country": "Remote", "address": None, "postalCode": None}
    if style == 1:
        return dict.fromkeys(location)
    return location


def _description(pool: LocalePool, draw: Draw) -> str:
    paragraphs = "".join(draw.pick(pool.paragraphs) for _ in range(2 + draw.below(2)))
    return (
        f'<div class="job-description">{paragraphs}<h3>&#x2713; {draw.pick(pool.job_titles)}</h3>'
        f"{draw.pick(pool.bullet_lists)}{draw.pick(pool.bullet_lists)}"
        f"<p><em>{draw.pick(pool.companies)}</em>&nbsp;&mdash; M/W/D</p></div>"
    )


def _additional_fields(draw: Draw, posted: int) -> dict[str, Any] | None:
    """The tenant's custom object, whose field names differ between business units.

    `posted` is in epoch milliseconds.
    """
    if draw.chance(3):
        return draw.pick((None, {}))
    department = draw.pick(DEPARTMENTS)
    opened = datetime.fromtimestamp(posted // 1000, tz=timezone.utc)
    fields: dict[str, Any] = {
        draw.pick(("department", "Department Name", "dept", "department_name")): department
    }
    style = draw.below(9)
    if style == 0:
        fields["postedDate"] = opened.strftime("%Y-%m-%d")
    elif style == 1:
        fields["datePosted"] = opened.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    elif style == 2:
        fields["openDate"] = int(opened.timestamp()) * 1000
    elif style == 3:
        fields["Posting Date"] = opened.strftime("%B %d, %Y")
    elif style == 4:
        fields["postedOn"] = opened.strftime("%Y-%m-%dT%H:%M:%S+02:00")
    elif style == 5:
        fields["created_date"] = int(opened.timestamp())
    elif style == 6:
        fields["dateOpened"] = opened.strftime("%d %b %Y")
    elif style == 7:
        fields["postedDate"] = "n/a"
        fields["dateCreated"] = opened.strftime("%Y-%m-%d %H:%M:%S")
    fields["orgUnit"] = f"OU-{draw.below(40):03d}"
    fields["costCenter"] = str(7000 + draw.below(300))
    fields["remote"] = draw.pick((True, False, "hybrid", None))
    fields["requisition"] = {"grade": 3 + draw.below(9), "headcount": 1 + draw.below(3)}
    return fields
