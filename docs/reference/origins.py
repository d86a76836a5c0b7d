"""Where each column comes from: the FEEDS tables of the models, and the origins that they lack.

Paths are written as in ``field_overrides``: they begin in the payload, with dots between the parts.
A name after a list is a member of its elements.
"""

from __future__ import annotations

from collections.abc import Mapping

from phenom_api import candidates as candidates_api
from phenom_api import hiring_manager, scim
from phenom_api.listings import APPLICATIONS, CLOSED_JOBS, OPEN_JOBS
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

_TEAM = f"hiring team of the jobs of `{OPEN_JOBS}`"
_PLUS = "With `ph_user_id` also"

LISTED_BY = {
    hiring_team.USERS: f"{_TEAM}. {_PLUS} `{scim.USERS}` (names)",
    jobs.MODEL: f"`{OPEN_JOBS}`, with `include_closed_jobs` also `{CLOSED_JOBS}`. "
    f"{_PLUS} `{hiring_manager.JOBS}` (dates)",
    candidates.MODEL: f"`candidateData` of `{APPLICATIONS}`. {_PLUS} `{candidates_api.SEARCH}` "
    f"(dates) and the Tags API (`{candidates_api.TAGGED}`, `{candidates_api.TAGS_OF}`)",
    applications.MODEL: f"`{APPLICATIONS}`. {_PLUS} `{candidates_api.APPLICATIONS}` and "
    f"`{candidates_api.APPLICANTS}` (hiring status)",
    hiring_team.ROLES: "the two roles that Phenom's jobs have",
    hiring_team.ASSIGNMENTS: _TEAM,
    hiring_team.MEMBERS: _TEAM,
    employees.MODEL: f"`{scim.USERS}`",
    groups.MODEL: f"`{scim.GROUPS}`",
    application_activities.MODEL: f"`{candidates_api.HISTORY}`",
    candidate_documents.MODEL: f"`{candidates_api.ATTACHMENTS}`",
}
"""The operations that a stream is read from."""

_FEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    jobs.MODEL: jobs.FEEDS,
    candidates.MODEL: candidates.FEEDS,
    applications.MODEL: applications.FEEDS,
    employees.MODEL: employees.FEEDS,
    groups.MODEL: groups.FEEDS,
}

_KEY = {
    hiring_team.ROLES: "the role",
    hiring_team.MEMBERS: "`jobId` and e-mail address",
    hiring_team.ASSIGNMENTS: "`jobId`, e-mail address and role",
}
_OF_EVERY_STREAM = {
    "changed_at": "the sync's clock",
    "remote_deleted_at": "the sync's clock, after a complete scan without the record",
    "integration_fields": "every field that feeds no other column",
}
_ADDITIONAL = {
    column: f"`additionalFields`: the first valid value of {', '.join(f'`{key}`' for key in keys)}"
    for column, keys in jobs.ADDITIONAL_KEYS.items()
}
_OWN = f"of `{candidates_api.APPLICATIONS}`"
_FOUND = f"of `{candidates_api.SEARCH}`"
_DERIVED = {
    (hiring_team.USERS, "first_name"): f"`name.givenName` of `{scim.USERS}`",
    (hiring_team.USERS, "last_name"): f"`name.familyName` of `{scim.USERS}`",
    (hiring_team.USERS, "remote_id"): "as `email`",
    (hiring_team.ROLES, "remote_id"): "the role that a job's field means",
    (hiring_team.ROLES, "remote_label"): "the role",
    (hiring_team.ROLES, "scope"): "always `JOB`",
    (hiring_team.ROLES, "unified_type"): "as `remote_id`",
    (hiring_team.MEMBERS, "job_id"): "`jobId`",
    (hiring_team.MEMBERS, "roles"): "whether `hiringManagerEmail`, `multiRecruiter` or both name "
    "the person",
    (hiring_team.ASSIGNMENTS, "job_user_id"): "`jobId` and e-mail address",
    (hiring_team.ASSIGNMENTS, "role_id"): "`hiringManagerEmail` or `multiRecruiter`",
    (jobs.MODEL, "status"): f"`{OPEN_JOBS.path}` or `{CLOSED_JOBS.path}` listed it",
    (jobs.MODEL, "department"): _ADDITIONAL["department"],
    (jobs.MODEL, "opened_at"): _ADDITIONAL["opened_at"],
    (jobs.MODEL, "closed_at"): f"`updatedDate` of `{hiring_manager.JOBS}` where `status` is close",
    (jobs.MODEL, "remote_created_at"): f"`createdDate` of `{hiring_manager.JOBS}`",
    (jobs.MODEL, "remote_updated_at"): f"`updatedDate` of `{hiring_manager.JOBS}`",
    (candidates.MODEL, "remote_id"): "else `candidateData.contactData.email`",
    (applications.MODEL, "applied_at"): "the second at its beginning",
    (applications.MODEL, "candidate_id"): "else `candidateData.contactData.email`",
    (candidates.MODEL, "tags"): "`tag` of the Tags API",
    (candidates.MODEL, "remote_created_at"): f"`dateCreated` {_FOUND}",
    (candidates.MODEL, "remote_updated_at"): f"`updatedDate` {_FOUND}",
    (
        applications.MODEL,
        "outcome",
    ): "the meaning of `current_stage`, by `outcome_mapping`, else by common words",
    (applications.MODEL, "current_stage"): f"`hiringStatus.value` {_OWN}, else `hiringStatus` of "
    f"`{candidates_api.APPLICANTS}`",
    (applications.MODEL, "rejected_at"): f"`hiringStatus.updatedDate` {_OWN}, where `outcome` is "
    "DECLINED",
    (applications.MODEL, "rejection_reason_name"): f"`hiringStatus.rejectionReason` {_OWN}, where "
    "`outcome` is DECLINED",
    (applications.MODEL, "remote_created_at"): f"`createdDate` {_OWN}",
    (applications.MODEL, "remote_updated_at"): f"`updatedDate` {_OWN}",
    (application_activities.MODEL, "remote_id"): "`candidateId` and `createdDate`",
    (application_activities.MODEL, "candidate_id"): "`candidateId`",
    (application_activities.MODEL, "application_id"): "`actionValue` (the job), `createdDate`, and "
    "the candidate's applications",
    (application_activities.MODEL, "activity_type"): "`actionType`",
    (application_activities.MODEL, "employee_id"): "`recruitersUserId`",
    (application_activities.MODEL, "employee_name"): "`recruiterName`",
    (application_activities.MODEL, "from_stage"): "`previousValue`",
    (application_activities.MODEL, "to_stage"): "`updatedValue`",
    (application_activities.MODEL, "remote_created_at"): "`createdDate`",
    (candidate_documents.MODEL, "remote_id"): "the candidate's id and `attachmentId`",
    (candidate_documents.MODEL, "candidate_id"): "the candidate whose attachments were read",
    (candidate_documents.MODEL, "file_name"): "`attachmentName`",
    (candidate_documents.MODEL, "document_type"): "`attachmentType`",
}
"""Origins that the FEEDS tables do not have, or do not have completely."""


def origin(stream: str, column: str) -> str:
    """Where a column comes from, as Markdown. KeyError where no table says it."""
    if column == "id":
        return f"`integration_id` and {_KEY.get(stream, '`remote_id`')}"
    paths = ", ".join(f"`{path}`" for path in remote_paths(stream, column))
    derived = _DERIVED.get((stream, column)) or _OF_EVERY_STREAM.get(column, "")
    if not paths and not derived:
        raise KeyError(f"no table says where {stream}.{column} comes from")
    if column == "integration_fields":
        # Fields that also feed another column are the exception, so they come last.
        return "; ".join(filter(None, (derived, paths and f"also {paths}")))
    return "; ".join(filter(None, (paths, derived)))


def remote_paths(stream: str, column: str) -> list[str]:
    """The remote paths that feed a column, in the order of their table."""
    of_team = [
        path for path, columns in hiring_team.FEEDS.items() if f"{stream}.{column}" in columns
    ]
    own = [path for path, columns in _FEEDS.get(stream, {}).items() if column in columns]
    return of_team + own
