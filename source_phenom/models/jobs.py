"""``jobs``: one record per ``jobId``, out of the variant that was chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
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
"""Columns that only the Hiring Manager API can fill."""

_DEPARTMENT_KEYS = ("department", "departmentName", "dept")
_OPENED_AT_KEYS = (
    "openedAt",
    "openDate",
    "dateOpened",
    "postedDate",
    "datePosted",
    "postingDate",
    "postedOn",
    "createdDate",
    "dateCreated",
)

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
"""Remote paths and the columns that :func:`job` makes of them; see :func:`additional_feeds` too."""

_OTHERS = IntegrationFields(carried_in(FEEDS) | carried_in(hiring_team.FEEDS))


class Managed(NamedTuple):
    """What the hiring manager's view adds to a job; moments as RFC 3339, or blank."""

    updated_at: str
    created_at: str
    closed_at: str


UNMANAGED = Managed("", "", "")


def job_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """``jobId`` as text, trimmed: what applications refer to, and the key of the record."""
    return key_text(payload.get("jobId"), "remote_id", mismatches)


def job(
    payload: Mapping[str, Any],
    key: str,
    *,
    status: str,
    site_type: str,
    ids: UnifiedIds,
    mismatches: Mismatches,
    managed: Managed = UNMANAGED,
) -> dict[str, Any]:
    """The record of one job (contract section 3.2).

    :param payload: a ``JobResponseDTO``.
    :param status: OPEN or CLOSED, by the listing that it came from.
    :param site_type: what that listing was asked for; counts where the job itself names none.
    :param managed: what the hiring manager's view says about the same job.
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
        "integration_fields": _OTHERS.of(payload),
        "opened_at": opened_at(additional or {}, mismatches),
        "closed_at": (managed.closed_at or None) if status == "CLOSED" else None,
        "remote_created_at": managed.created_at or None,
        "remote_updated_at": managed.updated_at or None,
    }


def managed(details: Mapping[str, Any], mismatches: Mismatches) -> Managed:
    """What a ``JobDetails`` of the Hiring Manager API says about when things happened.

    It names no closing date: a job whose status is ``close`` was closed when it was last updated,
    or before.
    """
    updated_at = written_time(details.get("updatedDate"), "remote_updated_at", mismatches) or ""
    status = text(details.get("status"), "closed_at", mismatches)
    is_closed = status is not None and normalized_label(status) in ("close", "closed")
    return Managed(
        updated_at,
        written_time(details.get("createdDate"), "remote_created_at", mismatches) or "",
        updated_at if is_closed else "",
    )


def employment_type(value: Any, mismatches: Mismatches) -> str | None:
    """FULL_TIME, PART_TIME, CONTRACT, SEASONAL, INTERNSHIP, else Phenom's text or texts."""
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
    """PUBLIC, UNLISTED or INTERNAL by site type and ``displayCareerSite``, else Phenom's text."""
    site_type = text(payload.get("siteType"), "visibility", mismatches) or requested
    kind = site_type.strip().casefold()
    if kind == "external":
        return "UNLISTED" if _is_false(payload.get("displayCareerSite")) else "PUBLIC"
    return "INTERNAL" if kind == "internal" else site_type


def department(additional: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The first usable text under one of the tenant's usual names for it."""
    for value in _by_key(additional, _DEPARTMENT_KEYS):
        found = text(value, "department", mismatches)
        if found is not None:
            return found
    return None


def opened_at(additional: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The first valid date under one of the tenant's usual names for it."""
    for value in _by_key(additional, _OPENED_AT_KEYS):
        found = written_time(value, "opened_at", mismatches)
        if found is not None:
            return found
    return None


def additional_feeds(key: str) -> tuple[str, ...]:
    """The columns that look at the member ``key`` of ``additionalFields``, beside custom_fields."""
    label = normalized_label(key)
    columns = {"department": _DEPARTMENT_KEYS, "opened_at": _OPENED_AT_KEYS}
    return tuple(column for column, keys in columns.items() if label in map(normalized_label, keys))


def _by_key(additional: Mapping[str, Any], wanted: tuple[str, ...]) -> list[Any]:
    """Values whose key is one of ``wanted`` but for case and punctuation, in wanted's order."""
    by_label: dict[str, list[Any]] = {}
    for key, value in additional.items():
        by_label.setdefault(normalized_label(key), []).append(value)
    return [value for name in wanted for value in by_label.get(normalized_label(name), ())]


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().casefold() == "false")
