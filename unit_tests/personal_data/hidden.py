"""What pseudonymous records have to be, from those of full mode (specification, section 3.4)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import NAMESPACE_URL, uuid5

KEY = "a-key-for-tests-only"
HIDDEN: dict[str, Any] = {"personal_data": "pseudonymous", "pseudonym_key": KEY}
Record = dict[str, Any]

_NAMES = {
    "users": ("first_name", "last_name"),
    "candidates": ("first_name", "last_name"),
}
_NULL = {
    "candidates": ("custom_fields", "integration_fields"),
    "applications": ("custom_fields", "integration_fields"),
    "employees": ("first_name", "last_name", "display_name", "username", "integration_fields"),
    "groups": ("integration_fields",),
    "application_activities": ("employee_name", "integration_fields"),
    "candidate_documents": ("file_name", "integration_fields"),
}
_CLEAR_OF_JOBS = {"companyName", "reqId"}
_ADDRESS = re.compile(r"[\w.]+@[\w]+\.\w+")


def pseudonym(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), "sha256").hexdigest()[:32]


def of_address(address: str) -> str:
    return pseudonym(address.lower())


def of_key(stream: str, key: str) -> str:
    if stream == "users":
        return pseudonym(key)
    prefix, mark, address = key.partition("email:")
    if mark and not prefix:
        return mark + of_address(address)
    if stream in ("application_activities", "candidate_documents"):
        owner, _, part = key.partition(":")
        return f"{pseudonym(owner) if '@' in owner else owner}:{part}"
    return pseudonym(key) if "@" in key else key


def unified_id(stream: str, key: str) -> str:
    return str(uuid5(uuid5(NAMESPACE_URL, "urn:phenom:phenom"), f"{stream}:{key}"))


def hidden(records: Mapping[str, list[Record]]) -> dict[str, list[Record]]:
    """All records of a read in full mode, as they are in pseudonymous mode."""
    found = {
        stream: [_hidden(stream, deepcopy(row)) for row in rows] for stream, rows in records.items()
    }
    return _with_new_ids(records, found)


def _hidden(stream: str, row: Record) -> Record:
    for column in _NAMES.get(stream, ()):
        row[column] = row[column] and pseudonym(row[column])
    if row.get("email"):
        row["email"] = of_address(row["email"])
    for each in row.get("email_addresses") or ():
        each["email_address"] = of_address(each["email_address"])
    for each in row.get("phone_numbers") or ():
        each["phone_number"] = pseudonym(each["phone_number"])
    if stream == "candidates" and row["location"]:
        row["location"] |= {"raw": None, "street_1": None, "street_2": None}
    for column in _NULL.get(stream, ()):
        row[column] = None
    if stream == "jobs":
        _hide_job(row)
    return row


def _hide_job(row: Record) -> None:
    def replaced(text: str) -> str:
        return _ADDRESS.sub(lambda match: of_address(match[0]), text)

    row["description"] = row["description"] and replaced(row["description"])
    if row["custom_fields"]:
        row["custom_fields"] = {
            name: replaced(value) if isinstance(value, str) else value
            for name, value in row["custom_fields"].items()
        }
    for field in row["integration_fields"]:
        if field["id"] not in _CLEAR_OF_JOBS:
            field["value"] = _hidden_value(field["value"])


def _hidden_value(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return of_address(value) if "@" in value else pseudonym(value)


def _with_new_ids(
    full: Mapping[str, list[Record]], found: dict[str, list[Record]]
) -> dict[str, list[Record]]:
    new: dict[str, str] = {}
    for stream, rows in full.items():
        for row in rows:
            if "remote_id" in row:
                new[row["id"]] = unified_id(stream, of_key(stream, row["remote_id"]))
    jobs = {row["id"]: row["remote_id"] for row in full["jobs"]}
    users = {row["id"]: row["remote_id"] for row in full["users"]}
    roles = {row["id"]: row["remote_id"] for row in full["roles"]}
    members: dict[str, str] = {}
    for row in full["job_hiring_team_members"]:
        key = f"{jobs[row['job_id']]}:{pseudonym(users[row['user_id']])}"
        members[row["id"]] = key
        new[row["id"]] = unified_id("job_hiring_team_members", key)
    for row in full["job_user_role_assignments"]:
        key = f"{members[row['job_user_id']]}:{roles[row['role_id']]}"
        new[row["id"]] = unified_id("job_user_role_assignments", key)
    for stream, rows in found.items():
        for row in rows:
            if "remote_id" in row:
                row["remote_id"] = of_key(stream, row["remote_id"])
            for column, value in row.items():
                if column == "id" or column.endswith("_id"):
                    row[column] = new.get(value, value)
    return found
