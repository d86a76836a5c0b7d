"""``application_activities``: the changes of candidates' hiring statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from typing import Any

from source_phenom.models.candidates import child_key
from source_phenom.models.hiring_status import ApplicationKeys, application_ids
from source_phenom.models.ids import UnifiedIds, creation_second
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
    excluded: Collection[ApplicationKeys] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and record of each activity of one candidate.

    An activity has no id. Its key is its time, and its number among the activities of that time.

    :param rows: ``HiringStatusActivitiesData``. :param candidate: the candidate's key.
    :param applications: the candidate's applications that are records. :param excluded: the
        candidate's other applications. An activity that may be about one of them is left out.
    """
    everything = [*applications, *excluded]
    kept = {each.key for each in applications}
    rows = [row for row in rows if not excluded or kept.issuperset(_possible(row, everything))]
    timed = sorted(((_time(row), canonical(row), row) for row in rows), key=itemgetter(0, 1))
    numbers: Counter[str] = Counter()
    for time, _, row in timed:
        numbers[time] += 1
        number = numbers[time]
        key = child_key(candidate, time if number == 1 else f"{time}-{number}")
        yield key, _activity(row, key, candidate, applications, ids, mismatches)


def _time(row: Mapping[str, Any]) -> str:
    """The time as Phenom writes it. It may be in any format, as it is only part of a key."""
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
    application = application_of_activity(row, applications)
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
        "integration_fields": _OTHERS.collect(row),
    }


def application_of_activity(
    row: Mapping[str, Any], applications: Collection[ApplicationKeys]
) -> str | None:
    """The key of the application that an activity is about; None if several are possible."""
    possible = _possible(row, applications)
    return possible[0] if len(possible) == 1 else None


def _possible(row: Mapping[str, Any], applications: Collection[ApplicationKeys]) -> list[str]:
    """The keys of the applications that an activity may be about.

    Phenom documents no field for it. ``actionValue`` may be the job's id. Without that, it can be
    any application that existed at the time of the activity.
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
    return [each.key for each in applications if _existed_at(created_at, each.key)]


def _existed_at(moment: str | None, key: str) -> bool:
    """Whether an application existed at a moment, by the second that its id begins with."""
    second = creation_second(key)
    if moment is None or second is None:
        return True
    return datetime.fromtimestamp(second, timezone.utc) <= parse_rfc3339(moment) + _TOLERANCE
