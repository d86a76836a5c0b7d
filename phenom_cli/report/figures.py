"""The numbers of the page: queries on the marts, the same for DuckDB and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from phenom_cli.address import Warehouse

Row = tuple[Any, ...]
Run = Callable[[str], list[Row]]

_PSEUDONYM = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")
MONTHS = 24
AGES = ("up to 30", "31 to 60", "61 to 90", "91 to 180", "181 to 365", "more than 365")
_AGE = (
    "case when days_open <= 30 then 0 when days_open <= 60 then 1 when days_open <= 90 then 2"
    " when days_open <= 180 then 3 when days_open <= 365 then 4 else 5 end"
)


@dataclass(frozen=True)
class Totals:
    open_jobs: int
    median_age: float | None
    applications: int
    pending: int
    hires: int
    median_days_to_hire: float | None
    median_days_to_fill: float | None
    with_outcome: int

    @property
    def has_outcomes(self) -> bool:
        """False where the outcomes are missing because there was no acting user."""
        return self.with_outcome > 0 or self.applications == 0


@dataclass(frozen=True)
class Figures:
    """Rows of each section; the comments name their columns."""

    totals: Totals
    ages: list[Row]  # age, open jobs
    oldest_jobs: list[Row]  # job, department, days open, applications
    months: list[Row]  # month (2025-01), applications; without gaps
    source_months: list[Row]  # source, month, applications
    sources: list[Row]  # source, applications, hires, hires per 100
    funnel: list[Row]  # stage, reached
    department_funnels: list[Row]  # department, stage, reached
    stages: list[Row]  # stage, stays, first quartile, median, third quartile (days)
    fills: list[Row]  # department, filled jobs, median days to fill
    recruiters: list[Row]  # name, open jobs, pending applications, days of the oldest
    gaps: list[Row]  # stream, kind, affected, rows, percent
    freshness: list[Row]  # stream, rows, newest change, last sync


def read_figures(warehouse: Warehouse, schema: str, as_of: datetime) -> Figures:
    """:param as_of: in UTC; months after it are left out."""
    with _connected(warehouse) as run:

        def select(query: str) -> list[Row]:
            return [tuple(map(_plain, row)) for row in run(query.replace("{s}", schema))]

        until = as_of.date().isoformat()
        # The months that the page shows; the first is MONTHS - 1 before that of `as_of`.
        first = _months_before(as_of, MONTHS - 1)
        in_months = f"applied_month >= date '{first}' and applied_month <= date '{until}'"
        return Figures(
            totals=Totals(*_totals(select)),
            ages=[(AGES[place], jobs) for place, jobs in _all_ages(select)],
            oldest_jobs=select(
                "select job, department, days_open, applications from {s}.phenom__jobs"
                " where status = 'OPEN' and days_open is not null"
                " order by days_open desc, job_id limit 8"
            ),
            months=_without_gaps(
                select(
                    "select applied_month, count(*) from {s}.phenom__applications"
                    f" where {in_months} group by 1 order by 1"
                ),
                until,
            ),
            source_months=select(
                "select source, applied_month, count(*) from {s}.phenom__applications"
                f" where {in_months} group by 1, 2 order by 1, 2"
            ),
            sources=select(
                "select source, applications, hires, hires_per_100_applications"
                " from {s}.phenom__sources order by applications desc, source"
            ),
            funnel=select(
                "select stage, sum(reached) from {s}.phenom__funnel"
                " group by stage, stage_position order by stage_position"
            ),
            department_funnels=select(
                "select department, stage, sum(reached) from {s}.phenom__funnel"
                " group by department, stage, stage_position order by department, stage_position"
            ),
            stages=select(
                "select stage, count(days), percentile_cont(0.25) within group (order by days),"
                " percentile_cont(0.5) within group (order by days),"
                " percentile_cont(0.75) within group (order by days)"
                " from {s}.phenom__application_stages where days is not null"
                " group by stage, stage_position"
                " order by coalesce(stage_position, 99), count(days) desc, stage"
            ),
            fills=select(
                "select department, count(*), percentile_cont(0.5) within group"
                " (order by days_to_fill) from {s}.phenom__jobs where days_to_fill is not null"
                " group by 1 order by 3 desc, 1"
            ),
            recruiters=[
                (shown_name(str(name)), *rest)
                for name, *rest in select(
                    "select recruiter, open_jobs, pending_applications, oldest_pending_days"
                    " from {s}.phenom__recruiters where open_jobs > 0"
                    " order by pending_applications desc, open_jobs desc, recruiter_id limit 12"
                )
            ],
            gaps=select(
                "select stream, kind, affected, row_count, affected_percent"
                " from {s}.phenom__data_quality where affected > 0"
                " order by affected_percent desc, stream, kind"
            ),
            freshness=select(
                "select stream, row_count, last_change_at, last_sync_at from {s}.phenom__freshness"
                " order by row_count desc, stream"
            ),
        )


def shown_name(name: str) -> str:
    """A name as the page shows it: of a pseudonym, the first 8 digits.

    >>> shown_name("0123456789abcdef0123456789abcdef Weber")
    '01234567 Weber'
    """
    return _PSEUDONYM.sub(r"\1", name)


def _totals(select: Run) -> Row:
    jobs = select(
        "select count(*), percentile_cont(0.5) within group (order by days_open)"
        " from {s}.phenom__jobs where status = 'OPEN'"
    )[0]
    applications = select(
        "select count(*), count(case when outcome = 'PENDING' then 1 end),"
        " count(case when outcome = 'HIRED' then 1 end),"
        " percentile_cont(0.5) within group (order by days_to_hire)"
        " from {s}.phenom__applications"
    )[0]
    fill = select(
        "select percentile_cont(0.5) within group (order by days_to_fill) from {s}.phenom__jobs"
    )[0]
    known = select("select count(outcome) from {s}.phenom__applications")[0]
    return (*jobs, *applications, *fill, *known)


def _all_ages(select: Run) -> list[tuple[int, int]]:
    found: dict[int, int] = dict(
        select(
            f"select {_AGE}, count(*) from {{s}}.phenom__jobs"
            " where status = 'OPEN' and days_open is not null group by 1"
        )
    )
    return [(place, found.get(place, 0)) for place in range(len(AGES))]


def _without_gaps(counted: list[Row], until: str) -> list[Row]:
    """Every month from the first counted one to that of ``until``; 0 where nothing was counted."""
    counts = {str(month)[:7]: count for month, count in counted}
    if not counts:
        return []
    year, month = map(int, min(counts).split("-"))
    months = []
    while (name := f"{year:04d}-{month:02d}") <= until[:7]:
        months.append((name, counts.get(name, 0)))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months


def _months_before(moment: datetime, months: int) -> str:
    count = moment.year * 12 + moment.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}-01"


def _plain(value: Any) -> Any:
    """Numbers of any kind as int or float."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    if hasattr(value, "as_integer_ratio"):
        return int(value) if value == int(value) else float(value)
    return value


@contextmanager
def _connected(warehouse: Warehouse) -> Iterator[Run]:
    if warehouse.postgres_url:
        import psycopg

        with psycopg.connect(warehouse.postgres_url) as session:
            session.read_only = True
            # The queries are texts of this module, not of a user.
            yield lambda query: session.execute(query.encode()).fetchall()
        return
    import duckdb

    read_only = not warehouse.motherduck
    with duckdb.connect(warehouse.duckdb_name, read_only=read_only) as connection:
        yield lambda query: connection.execute(query).fetchall()
