"""The hiring team of a job: ``users``, ``roles`` and the two models that join them to jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from phenom_api.mail_addresses import is_mail_address
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches, objects, text

USERS = "users"
ROLES = "roles"
MEMBERS = "job_hiring_team_members"
ASSIGNMENTS = "job_user_role_assignments"

HIRING_MANAGER = "HIRING_MANAGER"
RECRUITER = "RECRUITER"
_ROLE_LABELS = {HIRING_MANAGER: "Hiring Manager", RECRUITER: "Recruiter"}


FEEDS: Mapping[str, tuple[str, ...]] = {
    "hiringManagerEmail": (f"{USERS}.email", f"{MEMBERS}.user_id"),
    "hiringManagerName": (f"{USERS}.first_name", f"{USERS}.last_name"),
    "multiRecruiter": (),
    "multiRecruiter.recruiterEmail": (f"{USERS}.email", f"{MEMBERS}.user_id"),
    "multiRecruiter.recruiterName": (f"{USERS}.first_name", f"{USERS}.last_name"),
}
"""Remote paths and the columns that they feed. A name after a list is a member of its elements."""


@dataclass
class Member:
    """One person on one job.

    ``key`` is the e-mail address, trimmed and in lower case; in records, it may be a pseudonym.
    """

    key: str
    full_name: str | None = None
    roles: list[str] = field(default_factory=list)


def hiring_team(payload: Mapping[str, Any], mismatches: Mismatches) -> list[Member]:
    """The people that a job names: the hiring manager first, then recruiters in list order.

    A person who is named twice is one member with both roles. An entry with a blank address is
    skipped.
    """
    team: dict[str, Member] = {}
    for role, mail, name in _entries(payload, mismatches):
        address = text(mail, "email", mismatches)
        full_name = text(name, "first_name", mismatches)
        if address is None:
            continue
        key = address.strip().lower()
        member = team.setdefault(key, Member(key))
        if member.full_name is None and any(split_name(full_name)):
            member.full_name = full_name
        if role not in member.roles:
            member.roles.append(role)
    return list(team.values())


def _entries(payload: Mapping[str, Any], mismatches: Mismatches) -> Iterator[tuple[str, Any, Any]]:
    yield HIRING_MANAGER, payload.get("hiringManagerEmail"), payload.get("hiringManagerName")
    for recruiter in objects(payload.get("multiRecruiter"), "email", mismatches):
        yield RECRUITER, recruiter.get("recruiterEmail"), recruiter.get("recruiterName")


def split_name(full_name: str | None) -> tuple[str | None, str | None]:
    """First and last name: the last word is the last name, "Last, First" is understood.

    One word is a first name.
    """
    before, comma, after = (full_name or "").partition(",")
    last, first = " ".join(before.split()), " ".join(after.split())
    if comma and last and first:
        return first, last
    words = (last or first).split()
    if len(words) < 2:
        return (words[0] if words else None), None
    return " ".join(words[:-1]), words[-1]


def user(
    key: str,
    full_name: str | None,
    ids: UnifiedIds,
    real_name: tuple[str | None, str | None] | None = None,
    record_key: str | None = None,
) -> dict[str, Any]:
    """The record of one person, however many jobs name that person.

    :param record_key: stands for the key in the record's ids, if that is not to show.
    :param full_name: the name in a job. :param real_name: first and last name in the user
        management, used instead of ``full_name``.
    """
    first_name, last_name = split_name(full_name) if real_name is None else real_name
    shown = record_key or key
    return {
        "id": ids.of(USERS, shown),
        "remote_id": shown,
        "first_name": first_name,
        "last_name": last_name,
        "email": key if is_mail_address(key) else None,
    }


def roles(ids: UnifiedIds) -> Iterator[dict[str, Any]]:
    """The two roles that Phenom's jobs have."""
    for key, label in _ROLE_LABELS.items():
        yield {
            "id": ids.of(ROLES, key),
            "remote_id": key,
            "remote_label": label,
            "scope": "JOB",
            "unified_type": key,
        }


def member_key(job_key: str, member: Member) -> str:
    """``jobId:e-mail``: the key of a hiring team member."""
    return f"{job_key}:{member.key}"


def member_record(job_key: str, member: Member, ids: UnifiedIds) -> dict[str, Any]:
    """The record of one person on one job's hiring team."""
    return {
        "id": ids.of(MEMBERS, member_key(job_key, member)),
        "job_id": ids.of("jobs", job_key),
        "user_id": ids.of(USERS, member.key),
        "roles": member.roles,
    }


def assignment_key(job_key: str, member: Member, role: str) -> str:
    """``jobId:e-mail:ROLE``: the key of a role assignment."""
    return f"{member_key(job_key, member)}:{role}"


def assignment_record(job_key: str, member: Member, role: str, ids: UnifiedIds) -> dict[str, Any]:
    """The record of one role that one person has on one job."""
    return {
        "id": ids.of(ASSIGNMENTS, assignment_key(job_key, member, role)),
        "job_user_id": ids.of(MEMBERS, member_key(job_key, member)),
        "role_id": ids.of(ROLES, role),
    }
