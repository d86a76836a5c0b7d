"""``applications``: one record per application."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from time import gmtime, strftime
from typing import Any

from source_phenom.models.candidates import applicant_source, candidate_key
from source_phenom.models.hiring_status import HiringStatus
from source_phenom.models.ids import UnifiedIds, creation_second
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    IntegrationFields,
    carried_in,
)
from source_phenom.models.outcomes import Outcome
from source_phenom.models.values import Mismatches, as_object, custom_object, key_text, text

MODEL = "applications"

ENRICHED_COLUMNS = (
    "current_stage",
    "rejected_at",
    "rejection_reason_name",
    "remote_created_at",
    "remote_updated_at",
)
"""Columns that only the Candidates API fills. An override can also fill ``outcome``."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "candidateData.id": ("candidate_id",),
    "customFieldData": ("custom_fields",),
    "id": ("remote_id", "applied_at"),
    "jobApplicationData.applicantSource": ("source", INTEGRATION_FIELDS),
    "jobApplicationData.jobId": ("job_id", "remote_job_id", INTEGRATION_FIELDS),
}
"""Remote paths and the columns that they feed."""

_PLACEHOLDER = "JOBID"
FIRST_CREATED_AT = datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp()
"""An earlier second is not a creation time."""
_CLOCKS_DIFFER = timedelta(days=1).total_seconds()
_SECONDS_OF_DAY = 24 * 60 * 60
_DAYS = 4096
"""Dates that are cached: eleven years."""
_TWO = tuple(f"{number:02}" for number in range(60))

# The fields of candidateData go into the candidate's record.
_OTHERS = IntegrationFields(carried_in(FEEDS) | {"candidateData"})


def application_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """Phenom's application id, usually 24 hexadecimal digits that begin with its second."""
    return key_text(payload.get("id"), "remote_id", mismatches)


def is_kept(payload: Any, sources: Collection[str] | None) -> bool:
    """Whether ``only_created_applications`` lets a listed application through.

    :param sources: the sources of applications to keep, see :func:`normalized_source`; None keeps
        all applications.
    """
    if sources is None:
        return True
    source = applicant_source(payload, []) if type(payload) is dict else None
    return source is not None and normalized_source(source) in sources


def normalized_source(name: str) -> str:
    """The name of a source in one case, without the white space around it."""
    return name.strip().casefold()


def created_at(key: str, now: datetime) -> int | None:
    """The second that an application's id begins with; None if it cannot be a creation time.

    :param now: the time of the run. A time more than a day ahead of it is None.
    """
    second = creation_second(key)
    if second is None or not FIRST_CREATED_AT <= second <= now.timestamp() + _CLOCKS_DIFFER:
        return None
    return second


def is_created_before(key: str, start: int, now: datetime) -> bool:
    """Whether an application was created before a second, as far as its id tells the time."""
    second = created_at(key, now)
    return second is not None and second < start


def applied_at(key: str, now: datetime) -> str | None:
    """The time of :func:`created_at` as text."""
    second = created_at(key, now)
    if second is None:
        return None
    # Every application has one: with a datetime it takes four times as long.
    day, second = divmod(second, _SECONDS_OF_DAY)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{_day(day)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}.000Z"


@lru_cache(_DAYS)
def _day(day: int) -> str:
    """The date of a day since 1970."""
    return strftime("%Y-%m-%d", gmtime(day * _SECONDS_OF_DAY))


def application(
    payload: Mapping[str, Any],
    key: str,
    ids: UnifiedIds,
    now: datetime,
    mismatches: Mismatches,
    *,
    has_others: bool = True,
) -> dict[str, Any]:
    """The record of one application (specification, section 3.2).

    ``job_id`` is the unified id of the job, even when no listing shows that job.

    :param payload: an ``ApplicationWithId``. :param now: the time of the run.
    :param has_others: whether ``integration_fields`` are collected; else they are null.
    """
    application_data = as_object(payload.get("jobApplicationData"), "job_id", mismatches)
    job = key_text(application_data.get("jobId"), "job_id", mismatches)
    candidate = candidate_key(payload, [])
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "outcome": None,
        "source": text(application_data.get("applicantSource"), "source", mismatches),
        "applied_at": applied_at(key, now),
        "job_id": job and ids.cached("jobs", job),
        "remote_job_id": job,
        "candidate_id": candidate and ids.of("candidates", candidate),
        "custom_fields": custom_object(payload.get("customFieldData"), "custom_fields", mismatches),
        "integration_fields": _OTHERS.collect(payload) if has_others else None,
    }


def applied_for(payload: Mapping[str, Any]) -> str | None:
    """The ``jobId`` of an application; None if it is blank or Phenom's placeholder.

    It keeps the white space that Phenom may have around it.
    """
    application_data = as_object(payload.get("jobApplicationData"), "job_id", [])
    job = text(application_data.get("jobId"), "job_id", [])
    return None if job is None or job.strip() == _PLACEHOLDER else job


def enriched_columns(status: HiringStatus | None, outcome: Outcome | None) -> dict[str, Any]:
    """``outcome`` and the :data:`ENRICHED_COLUMNS`, all null if no status was found."""
    found = status or HiringStatus()
    declined = outcome == "DECLINED"
    return {
        "outcome": outcome,
        "current_stage": found.stage,
        "rejected_at": found.rejected_at if declined else None,
        "rejection_reason_name": found.rejection_reason if declined else None,
        "remote_created_at": found.created_at,
        "remote_updated_at": found.updated_at,
    }
