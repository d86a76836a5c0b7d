"""``application_activities``: how the hiring statuses of candidates changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from typing import Any

from source_phenom.models.candidates import owned_key
from source_phenom.models.hiring_status import ApplicationKeys, application_ids
from source_phenom.models.ids import UnifiedIds, second_of
from source_phenom.models.integration_fields import IntegrationFields
from source_phenom.models.timestamps import parse_rfc3339, timestamp, written_time
from source_phenom.models.values import Mismatches, canonical, key_text, text

MODEL = "application_activities"

_TOLERANCE = timedelta(minutes=1)
_OTHERS = IntegrationFields(
    {
        "actionType",
        "candidateId",
        "createdDate",
        "previousValue",
        "recruiterName",
        "recruitersUserId",
        "updatedValue",
    }
)


def activities(
    rows: Iterable[Mapping[str, Any]],
    candidate: str,
    applications: Collection[ApplicationKeys],
    ids: UnifiedIds,
    mismatches: Mismatches,
    left_out: Collection[ApplicationKeys] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and record of each activity of one candidate.

    An activity has no id: it is told by its time, and by its place among those of the same time.

    :param rows: ``HiringStatusActivitiesData``. :param candidate: the candidate's key.
    :param applications: the candidate's that are records. :param left_out: those that are none;
        an activity that may be about one of them is left out as well.
    """
    everything = [*applications, *left_out]
    kept = {each.key for each in applications}
    about = [row for row in rows if not left_out or kept.issuperset(_possible(row, everything))]
    seen: dict[str, int] = {}
    for when, _, row in sorted(((_when(row), canonical(row), row) for row in about), key=_OLDEST):
        seen[when] = place = seen.get(when, 0) + 1
        key = owned_key(candidate, when if place == 1 else f"{when}-{place}")
        yield key, _activity(row, key, candidate, applications, ids, mismatches)


_OLDEST = itemgetter(0, 1)


def _when(row: Mapping[str, Any]) -> str:
    """The time as Phenom gives it, so that it needs not be understood."""
    given = row.get("createdDate")
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return key_text(given, "remote_created_at", []) or "undated"


def _activity(
    row: Mapping[str, Any],
    key: str,
    candidate: str,
    applications: Collection[ApplicationKeys],
    ids: UnifiedIds,
    mismatches: Mismatches,
) -> dict[str, Any]:
    created_at = written_time(row.get("createdDate"), "remote_created_at", mismatches)
    actor = key_text(row.get("recruitersUserId"), "employee_id", mismatches)
    application = concerned(row, applications)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "candidate_id": ids.of("candidates", candidate),
        "application_id": application and ids.of("applications", application),
        "activity_type": text(row.get("actionType"), "activity_type", mismatches),
        "employee_id": actor and ids.of("employees", actor),
        "employee_name": text(row.get("recruiterName"), "employee_name", mismatches),
        "from_stage": text(row.get("previousValue"), "from_stage", mismatches),
        "to_stage": text(row.get("updatedValue"), "to_stage", mismatches),
        "remote_created_at": created_at,
        "integration_fields": _OTHERS.of(row),
    }


def concerned(row: Mapping[str, Any], applications: Collection[ApplicationKeys]) -> str | None:
    """The key of the application that an activity is about, null where several might be."""
    possible = _possible(row, applications)
    return possible[0] if len(possible) == 1 else None


def _possible(row: Mapping[str, Any], applications: Collection[ApplicationKeys]) -> list[str]:
    """The keys of the applications that an activity may be about.

    No field is described that would say so. The value of the action may be the job's id; else
    only an application that was there already can be meant.
    """
    named = application_ids(row)
    by_id = [each.key for each in applications if each.key in named]
    if by_id:
        return by_id
    job_id = key_text(row.get("actionValue"), "application_id", [])
    for_job = [each.key for each in applications if job_id is not None and each.job_id == job_id]
    if for_job:
        return for_job
    created_at = timestamp(row.get("createdDate"))
    return [each.key for each in applications if _is_older(each.key, created_at)]


def _is_older(key: str, moment: str | None) -> bool:
    """Whether an application was there at a moment, by the second that its id begins with."""
    second = second_of(key)
    if moment is None or second is None:
        return True
    return datetime.fromtimestamp(second, timezone.utc) <= parse_rfc3339(moment) + _TOLERANCE
