"""Pages of the job listings and of the application listing."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import orjson

from phenom_api.answers import parse_json
from phenom_api.gateway import Gateway, Operation
from phenom_api.paging import Page

OPEN_JOBS = Operation("GET", "/jobs-api/v1/jobs", "Jobs API, reading jobs")
CLOSED_JOBS = Operation("GET", "/jobs-api/v1/closedJobs", "Jobs API, reading closed jobs")
APPLICATIONS = Operation("GET", "/apply/v2/applications", "Apply API, reading applications")

Identity = Callable[[Any], Hashable]
"""What makes a row the same row when its content changes."""

_LONGEST_COUNT = 18
"""Digits of a total. A longer number is not a total."""


def identified_by(*members: str) -> Identity:
    """The identity by these members, or by the whole row if it lacks the first of them."""

    def identity(row: Any) -> Hashable:
        first = row.get(members[0]) if isinstance(row, dict) else None
        if type(first) is int or (type(first) is str and first.strip()):
            values = [row.get(member) for member in members]
            return tuple(value if type(value) in (str, int) else None for value in values)
        return canonical_json(row)

    return identity


def canonical_json(row: Any) -> bytes:
    """A row as JSON with sorted members."""
    try:
        return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Nested deeper than orjson goes (254 levels).
        return json.dumps(row, sort_keys=True).encode()


job_identity = identified_by("jobId", "locale", "siteType")
"""The same job is listed once per locale and site type."""
application_identity = identified_by("id")


def jobs_page(
    gateway: Gateway, operation: Operation, site_type: str, offset: int, limit: int
) -> Page:
    """Rows ``offset`` … of the open or closed jobs of one site type.

    Answer: ``{status, offset, limit, totalRecordsCount, data: [job]}``.
    """
    return gateway.fetch(
        operation,
        lambda body: page_of(body, "data", body.get("totalRecordsCount")),
        params={"siteType": site_type, "offset": offset, "limit": limit},
    )


def applications_page(
    gateway: Gateway,
    offset: int,
    limit: int,
    *,
    parse: Callable[[bytes], Any] = parse_json,
    operation: Operation = APPLICATIONS,
) -> Page:
    """Rows ``offset`` … of all applications.

    Answer: ``{status, …, data: [application], pagination: {offset, limit, total}, links}``.

    :param parse: parses the body; :mod:`phenom_api.lean_parsing` has a faster one for readers
        that do not need the candidate's profile.
    """

    def read(body: Mapping[str, Any]) -> Page:
        pagination = body.get("pagination")
        total = pagination.get("total") if isinstance(pagination, Mapping) else None
        return page_of(body, "data", total)

    return gateway.fetch(
        operation,
        read,
        params={"offset": offset, "limit": limit},
        parse=parse,
    )


def page_of(body: Mapping[str, Any], member: str, total: Any) -> Page:
    """The page whose rows are the list ``member``; ValueError if that is not a list.

    :param total: the total in the answer, of any type.
    """
    rows = body.get(member)
    count = _count(total)
    if rows is None and (member in body or count == 0):
        rows = []
    if not isinstance(rows, list):
        raise ValueError(f"{member} is not a list")
    return Page(rows, count)


def _count(value: Any) -> int | None:
    """A total as an int, also if it is text or 7.0; None if it is not a number of rows."""
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isdecimal() and len(digits) <= _LONGEST_COUNT else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None
