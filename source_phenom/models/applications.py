"""``applications``: one record per application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_phenom.models.candidates import candidate_key
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    carried_in,
    integration_fields,
)
from source_phenom.models.values import Odd, custom_object, obj, text

MODEL = "applications"

FEEDS: Mapping[str, tuple[str, ...]] = {
    "candidateData.id": ("candidate_id",),
    "customFieldData": ("custom_fields",),
    "id": ("remote_id",),
    "jobApplicationData.applicantSource": (INTEGRATION_FIELDS,),
    "jobApplicationData.jobId": ("job_id", INTEGRATION_FIELDS),
}
"""Remote paths and the columns that :func:`application` makes of them."""

# What describes the candidate is the candidate's.
_CARRIED = carried_in(FEEDS) | {"candidateData"}


def application_key(payload: Mapping[str, Any], odd: Odd) -> str | None:
    """Phenom's application id, usually 24 hexadecimal digits that begin with its second."""
    return text(payload.get("id"), "remote_id", odd)


def application(payload: Mapping[str, Any], key: str, ids: UnifiedIds, odd: Odd) -> dict[str, Any]:
    """The record of one application (contract section 3.2).

    ``job_id`` is the unified id of the job it names even when no listing shows that job.

    :param payload: an ``ApplicationWithId``.
    """
    placed = obj(payload.get("jobApplicationData"), "job_id", odd)
    job = text(placed.get("jobId"), "job_id", odd)
    candidate = candidate_key(payload, [])
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "outcome": None,
        "job_id": job and ids.of("jobs", job),
        "candidate_id": candidate and ids.of("candidates", candidate),
        "custom_fields": custom_object(payload.get("customFieldData"), "custom_fields", odd),
        "integration_fields": integration_fields(payload, _CARRIED),
    }
