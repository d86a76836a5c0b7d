"""``jobs``: one record per ``jobId``, from the variant that the listing chose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from source_phenom.models import hiring_team
from source_phenom.models.employment import kind_of_employment
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    IntegrationFields,
    carried_in,
)
from source_phenom.models.location import location
from source_phenom.models.timestamps import written_time
from source_phenom.models.values import Mismatches, custom_object, key_text, normalized_label, text

MODEL = "jobs"

ENRICHED_COLUMNS = ("closed_at", "remote_created_at", "remote_updated_at")
"""Columns that only the Hiring Manager API fills."""

ADDITIONAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "department": ("department", "departmentName", "dept"),
    "opened_at": (
        "openedAt",
        "openDate",
        "dateOpened",
        "postedDate",
        "datePosted",
        "postingDate",
        "postedOn",
        "createdDate",
        "dateCreated",
    ),
}
"""Columns that come from ``additionalFields``, and the keys there that feed them, best first."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "additionalFields": ("custom_fields",),
    "address": ("location",),
    "applyUrl": ("post_url",),
    "category": ("category",),
    "city": ("location",),
    "country": ("location",),
    "description": ("description",),
    "displayCareerSite": ("visibility",),
    "employmentType": ("employment_type",),
    "jobId": ("remote_id",),
    "postalCode": ("location",),
    "siteType": ("visibility", INTEGRATION_FIELDS),
    "state": ("location",),
    "title": ("name",),
}
"""Remote paths and the columns that they feed; see :func:`additional_feeds` too."""

_OTHERS = IntegrationFields(carried_in(FEEDS) | carried_in(hiring_team.FEEDS))


class JobDates(NamedTuple):
    """The dates of a job in the Hiring Manager API: RFC 3339, or empty text.

    Of several rows for a job the largest counts, that is the one that was updated last.
    """

    updated_at: str
    created_at: str
    closed_at: str


NO_DATES = JobDates("", "", "")


def job_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """``jobId`` as text, trimmed: the key of the record, and what applications refer to."""
    return key_text(payload.get("jobId"), "remote_id", mismatches)


def job(
    payload: Mapping[str, Any],
    key: str,
    *,
    status: str,
    site_type: str,
    ids: UnifiedIds,
    mismatches: Mismatches,
    dates: JobDates = NO_DATES,
) -> dict[str, Any]:
    """The record of one job (specification, section 3.2).

    :param payload: a ``JobResponseDTO``.
    :param status: OPEN or CLOSED, by the listing that shows the job.
    :param site_type: the site type of that listing, for a job that names none itself.
    :param dates: the job's dates in the Hiring Manager API.
    """
    additional = custom_object(payload.get("additionalFields"), "custom_fields", mismatches)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "name": text(payload.get("title"), "name", mismatches),
        "description": text(payload.get("description"), "description", mismatches),
        "employment_type": employment_type(payload.get("employmentType"), mismatches),
        "status": status,
        "visibility": visibility(payload, site_type, mismatches),
        "category": text(payload.get("category"), "category", mismatches),
        "department": department(additional or {}, mismatches),
        "post_url": text(payload.get("applyUrl"), "post_url", mismatches),
        "location": location(
            mismatches,
            street_1=payload.get("address"),
            city=payload.get("city"),
            state=payload.get("state"),
            zip_code=payload.get("postalCode"),
            country=payload.get("country"),
        ),
        "custom_fields": additional,
        "integration_fields": _OTHERS.collect(payload),
        "opened_at": opened_at(additional or {}, mismatches),
        "closed_at": (dates.closed_at or None) if status == "CLOSED" else None,
        "remote_created_at": dates.created_at or None,
        "remote_updated_at": dates.updated_at or None,
    }


def job_dates(details: Mapping[str, Any], mismatches: Mismatches) -> JobDates:
    """The dates in a ``JobDetails`` of the Hiring Manager API.

    The API has no closing date. The last update of a job whose status is ``close`` stands for it.
    """
    updated_at = written_time(details.get("updatedDate"), "remote_updated_at", mismatches) or ""
    status = text(details.get("status"), "closed_at", mismatches)
    is_closed = status is not None and normalized_label(status) in ("close", "closed")
    return JobDates(
        updated_at,
        written_time(details.get("createdDate"), "remote_created_at", mismatches) or "",
        updated_at if is_closed else "",
    )


def employment_type(value: Any, mismatches: Mismatches) -> str | None:
    """FULL_TIME, PART_TIME, CONTRACT, SEASONAL or INTERNSHIP; else Phenom's text or texts."""
    if value == []:
        return None
    entries = value if type(value) is list else [value]
    written = [
        found
        for entry in entries
        if (found := text(entry, "employment_type", mismatches)) is not None
    ]
    return kind_of_employment(written) or ", ".join(written) or None


def visibility(payload: Mapping[str, Any], requested: str, mismatches: Mismatches) -> str | None:
    """PUBLIC, UNLISTED or INTERNAL by site type and ``displayCareerSite``; else the site type."""
    site_type = text(payload.get("siteType"), "visibility", mismatches) or requested
    kind = site_type.strip().casefold()
    if kind == "external":
        return "UNLISTED" if _is_false(payload.get("displayCareerSite")) else "PUBLIC"
    return "INTERNAL" if kind == "internal" else site_type


def department(additional: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The first usable text under a key of :data:`ADDITIONAL_KEYS`."""
    return _first_valid("department", text, additional, mismatches)


def opened_at(additional: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The first valid date under a key of :data:`ADDITIONAL_KEYS`."""
    return _first_valid("opened_at", written_time, additional, mismatches)


def additional_feeds(key: str) -> tuple[str, ...]:
    """The columns besides custom_fields that the member ``key`` of ``additionalFields`` feeds."""
    label = normalized_label(key)
    return tuple(
        column for column, keys in ADDITIONAL_KEYS.items() if label in map(normalized_label, keys)
    )


def _first_valid(
    column: str,
    read: Callable[[Any, str, Mismatches], str | None],
    additional: Mapping[str, Any],
    mismatches: Mismatches,
) -> str | None:
    """The first valid value for a column; case and punctuation of keys do not matter."""
    by_label: dict[str, list[Any]] = {}
    for key, value in additional.items():
        by_label.setdefault(normalized_label(key), []).append(value)
    for key in ADDITIONAL_KEYS[column]:
        for value in by_label.get(normalized_label(key), ()):
            valid = read(value, column, mismatches)
            if valid is not None:
                return valid
    return None


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().casefold() == "false")
