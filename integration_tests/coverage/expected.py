"""The rows that `docs/coverage.md` must have: fields of models, inputs of actions, features."""

from __future__ import annotations

_OF_EVERY_RECORD = ("id", "changed_at", "remote_deleted_at")
_OF_EVERY_MODEL = (*_OF_EVERY_RECORD, "remote_id")
_TENANTS_OWN = ("custom_fields", "integration_fields")
_ACTION_INPUTS = (
    "candidate.first_name",
    "candidate.last_name",
    "candidate.email_address",
    "candidate.phone_number",
    "candidate.location.city",
    "candidate.location.country",
    "application.job_id",
    "attachments.name",
    "attachments.data_url",
    "attachments.data",
    "attachments.type",
    "source.name",
    "source.unified_key",
    "source.id",
)

ROWS: dict[str, tuple[str, ...]] = {
    "Users": (*_OF_EVERY_MODEL, "first_name", "last_name", "email"),
    "Jobs": (
        *_OF_EVERY_MODEL,
        *_TENANTS_OWN,
        "name",
        "description",
        "employment_type",
        "status",
        "visibility",
        "category",
        "department",
        "post_url",
        "location",
        "opened_at",
    ),
    "Candidates": (
        *_OF_EVERY_MODEL,
        *_TENANTS_OWN,
        "first_name",
        "last_name",
        "company",
        "title",
        "source",
        "phone_numbers",
        "email_addresses",
        "location",
    ),
    "Applications": (
        *_OF_EVERY_MODEL,
        *_TENANTS_OWN,
        "outcome",
        "job_id",
        "candidate_id",
        "*note:* job_id may name a job that no listing shows",
        "*note:* job_id may name the placeholder JOBID",
    ),
    "Roles": (*_OF_EVERY_MODEL, "remote_label", "scope", "unified_type"),
    "Job user role assignments": (
        *_OF_EVERY_RECORD,
        "job_user_id",
        "role_id",
        "*note:* hiringManagerEmail means HIRING_MANAGER",
        "*note:* multiRecruiter with a recruiterEmail means RECRUITER",
        "*note:* an empty recruiterEmail is skipped",
        "*note:* user ids are e-mail addresses",
        "*note:* hiring manager first, then recruiters in list order",
    ),
    "Job hiring team members": (*_OF_EVERY_RECORD, "roles", "job_id", "user_id"),
    "Create candidate": _ACTION_INPUTS,
    "Create application": _ACTION_INPUTS,
    "Features": (
        "Source Writing",
        "Sync Only Created Applications",
        "Connection Guide",
        "Roles",
        "Job roles (e.g. Hiring Manager)",
        "API Passthrough",
        "Scope Testing",
        "Per Model Tests",
    ),
}
"""The rows that each section of the page must have. It may have more."""
