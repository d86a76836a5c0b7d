"""``applications``: one record per application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_phenom.models.candidates import candidate_key
from source_phenom.models.hiring_status import Standing
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    IntegrationFields,
    carried_in,
)
from source_phenom.models.outcomes import Outcome
from source_phenom.models.values import Odd, custom_object, obj, text

MODEL = "applications"

ELSEWHERE = (
    "current_stage",
    "rejected_at",
    "rejection_reason_name",
    "remote_created_at",
    "remote_updated_at",
)
"""Columns that only the Candidates API can fill; ``outcome`` can be overridden as well."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "candidateData.id": ("candidate_id",),
    "customFieldData": ("custom_fields",),
    "id": ("remote_id",),
    "jobApplicationData.applicantSource": (INTEGRATION_FIELDS,),
    "jobApplicationData.jobId": ("job_id", INTEGRATION_FIELDS),
}
"""Remote paths and the columns that :func:`application` makes of them."""

_PLACEHOLDER = "JOBID"

# What describes the candidate is the candidate's.
_OTHERS = IntegrationFields(carried_in(FEEDS) | {"candidateData"})


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
        "job_id": job and ids.shared("jobs", job),
        "candidate_id": candidate and ids.of("candidates", candidate),
        "custom_fields": custom_object(payload.get("customFieldData"), "custom_fields", odd),
        "integration_fields": _OTHERS.of(payload),
    }


def applied_for(payload: Mapping[str, Any]) -> str | None:
    """The ``jobId`` that an application names, null where that is blank or Phenom's placeholder."""
    placed = obj(payload.get("jobApplicationData"), "job_id", [])
    job = text(placed.get("jobId"), "job_id", [])
    return None if job == _PLACEHOLDER else job


def details(standing: Standing | None, outcome: Outcome | None) -> dict[str, Any]:
    """The columns that the Candidates API fills; ``outcome`` is null where there is no status."""
    where = standing or Standing()
    declined = outcome == "DECLINED"
    return {
        "outcome": outcome,
        "current_stage": where.stage,
        "rejected_at": where.rejected_at if declined else None,
        "rejection_reason_name": where.rejection_reason if declined else None,
        "remote_created_at": where.created_at,
        "remote_updated_at": where.updated_at,
    }
