"""One record of every stream, mapped from the payloads of an invented tenant.

The payloads are in ``payloads/``. The people in them are made up; their addresses end in
example.com.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from source_phenom.models import (
    application_activities,
    applications,
    candidate_documents,
    candidates,
    employees,
    groups,
    hiring_team,
    jobs,
)
from source_phenom.models.hiring_status import ApplicationKeys, own_application
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.outcomes import Outcomes
from source_phenom.models.values import Mismatches

Record = dict[str, Any]

PAYLOADS = Path(__file__).with_name("payloads")
_NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
_SYNC_COLUMNS = {"changed_at": "2026-03-02T06:00:00.000Z", "remote_deleted_at": None}
"""The columns that the sync adds to every record."""


def payload(name: str) -> Any:
    """``payloads/NAME.json``, a part of an answer of the gateway."""
    loaded: Any = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def samples() -> dict[str, Record]:
    """One record per stream, as the source emits it with an acting user.

    :raises ValueError: a payload has a value of an unexpected type.
    """
    ids, mismatches = UnifiedIds("phenom"), Mismatches()
    found = {
        **_of_job(ids, mismatches),
        **_of_application(ids, mismatches),
        **_of_people(ids, mismatches),
    }
    if mismatches:
        raise ValueError(f"the payloads have values of an unexpected type for {mismatches}")
    return {stream: record | _SYNC_COLUMNS for stream, record in found.items()}


def _of_job(ids: UnifiedIds, mismatches: Mismatches) -> dict[str, Record]:
    job, real_name = payload("job"), employees.real_name(payload("scim_user"))
    key = _key(jobs.job_key(job, mismatches))
    manager, *_ = hiring_team.hiring_team(job, mismatches)
    role, *_ = hiring_team.roles(ids)
    return {
        jobs.MODEL: jobs.job(
            job,
            key,
            status="OPEN",
            site_type="external",
            ids=ids,
            mismatches=mismatches,
            dates=jobs.job_dates(payload("managed_job"), mismatches),
        ),
        hiring_team.USERS: hiring_team.user(manager.key, manager.full_name, ids, real_name),
        hiring_team.ROLES: role,
        hiring_team.MEMBERS: hiring_team.member_record(key, manager, ids),
        hiring_team.ASSIGNMENTS: hiring_team.assignment_record(key, manager, manager.roles[0], ids),
    }


def _of_application(ids: UnifiedIds, mismatches: Mismatches) -> dict[str, Record]:
    application, profile = payload("application"), payload("found_candidate")
    key = _key(applications.application_key(application, mismatches))
    candidate_key = _key(candidates.candidate_key(application, mismatches))
    candidate = orjson.dumps(
        candidates.candidate(application, candidate_key, ids, mismatches)
        | candidates.enriched_columns(
            profile["dateCreated"], profile["updatedDate"], payload("candidate_tags"), mismatches
        )
    )
    status = own_application(payload("candidate_application")).status
    mismatches += status.mismatches
    outcome = Outcomes({}).of(status.stage or "")
    own = [ApplicationKeys(key, applications.applied_for(application))]
    ((_, activity),) = application_activities.activities(
        [payload("hiring_status_activity")], candidate_key, own, ids, mismatches
    )
    ((_, document),) = candidate_documents.documents(
        [payload("attachment")], candidate_key, ids, mismatches
    )
    return {
        candidates.MODEL: orjson.loads(
            candidates.with_source(candidate, candidates.applicant_source(application, mismatches))
        ),
        applications.MODEL: applications.application(application, key, ids, _NOW, mismatches)
        | applications.enriched_columns(status, outcome),
        application_activities.MODEL: activity,
        candidate_documents.MODEL: document,
    }


def _of_people(ids: UnifiedIds, mismatches: Mismatches) -> dict[str, Record]:
    person, group = payload("scim_user"), payload("scim_group")
    return {
        employees.MODEL: employees.employee(
            person, _key(employees.employee_key(person, mismatches)), ids, mismatches
        ),
        groups.MODEL: groups.group(
            group, _key(groups.group_key(group, mismatches)), ids, mismatches
        ),
    }


def _key(key: str | None) -> str:
    if key is None:
        raise ValueError("a payload has no key")
    return key
