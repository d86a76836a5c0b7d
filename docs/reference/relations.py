"""Which columns hold the id of another stream's record."""

from __future__ import annotations

from typing import NamedTuple


class Reference(NamedTuple):
    """``column`` of ``stream`` holds ``target``'s ``id``; it may be null."""

    stream: str
    column: str
    target: str
    remark: str = ""


REFERENCES = (
    Reference("applications", "job_id", "jobs", "may name a job that no listing shows"),
    Reference("applications", "candidate_id", "candidates"),
    Reference("job_hiring_team_members", "job_id", "jobs"),
    Reference("job_hiring_team_members", "user_id", "users"),
    Reference("job_user_role_assignments", "job_user_id", "job_hiring_team_members"),
    Reference("job_user_role_assignments", "role_id", "roles"),
    Reference("employees", "groups", "groups", "the `id` of each element"),
    Reference("application_activities", "candidate_id", "candidates"),
    Reference("application_activities", "application_id", "applications"),
    Reference(
        "application_activities",
        "employee_id",
        "employees",
        "may name an employee who is not listed",
    ),
    Reference("candidate_documents", "candidate_id", "candidates"),
)


def reference(stream: str, column: str) -> Reference | None:
    """The reference that a column holds, or None."""
    return next((each for each in REFERENCES if each[:2] == (stream, column)), None)
