"""User management: SCIM 2.0 users, groups and roles under `/user-management/scim/v2`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from phenom_sandbox.gateway.answers import Answer, Call, Refusal, json_answer, whole_number
from phenom_sandbox.records.staff import Person, Staff

_LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
_META = {"createdDate": "2024-01-01T00:00:00.000Z"}
_GROUPS = ("Recruiting EMEA", "Recruiting Americas", "Hiring Managers", "Administrators")
_ROLES = ("Recruiter", "Hiring Manager", "Recruiting Coordinator", "CRM Administrator")
_CONDITION = re.compile(r'\s*([A-Za-z][\w.]*)\s+(eq|ne|co|sw|ew)\s+"([^"]*)"\s*', re.IGNORECASE)
_DEFAULT_COUNT = 100


def get_all_users(call: Call) -> Answer:
    staff = call.tenant.job_book.staff
    users = (_user(staff.person(number)) for number in range(staff.size))
    text = call.query.get("filter")
    if text:
        matching = [user for user in users if _passes(user, text)]
        return _list(call, matching, len(matching))
    _check(text)
    return _list(call, users, staff.size)


def get_user_by_id(call: Call) -> Answer:
    staff = call.tenant.job_book.staff
    for person in _everyone(staff):
        if person.user_id == call.parameters["userId"]:
            return json_answer(_user(person))
    raise Refusal(404, "User not found")


def get_all_groups(call: Call) -> Answer:
    return _named(call, _GROUPS)


def get_all_roles(call: Call) -> Answer:
    return _named(call, _ROLES)


def _named(call: Call, names: tuple[str, ...]) -> Answer:
    entries = [{"value": f"{number:04d}", "display": name} for number, name in enumerate(names, 1)]
    text = call.query.get("filter")
    if text:
        entries = [entry for entry in entries if _passes(entry, text)]
    return _list(call, entries, len(entries))


def _list(call: Call, entries: Iterable[dict[str, Any]], total: int) -> Answer:
    """`startIndex` counts from 1 (RFC 7644, section 3.4.2.4)."""
    start = max(1, whole_number(call.query.get("startIndex"), "startIndex", 1))
    count = whole_number(call.query.get("count"), "count", _DEFAULT_COUNT)
    page = list(islice(entries, start - 1, start - 1 + count))
    return json_answer(
        {
            "schemas": [_LIST_SCHEMA],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(page),
            "Resources": page,
            "meta": _META,
        }
    )


def _everyone(staff: Staff) -> Iterable[Person]:
    return (staff.person(number) for number in range(staff.size))


def _user(person: Person) -> dict[str, Any]:
    return {
        "schemas": [_USER_SCHEMA],
        "id": person.user_id,
        "userName": person.email,
        "name": {
            "givenName": person.first_name,
            "familyName": person.last_name,
            "middleName": None,
        },
        "displayName": person.full_name,
        "title": person.title,
        "userType": "Employee",
        "active": person.number % 23 != 22,
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "roles": [{"value": _ROLES[0 if person.title == "Recruiter" else 1], "type": "CRM"}],
        "groups": [{"value": "0001", "display": _GROUPS[0]}],
    }


def _check(text: str | None) -> list[tuple[str, str, str]]:
    """Conditions joined by `and`; the rest of the SCIM filter language is refused."""
    conditions = []
    for part in re.split(r"\s+and\s+", text or "", flags=re.IGNORECASE):
        if not part.strip():
            continue
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise Refusal(400, 'filter must look like: userName eq "someone@example.com"')
        conditions.append((match[1], match[2].lower(), match[3].lower()))
    return conditions


def _passes(entry: dict[str, Any], text: str) -> bool:
    return all(
        _holds(_values(entry, path.split(".")), operator, wanted)
        for path, operator, wanted in _check(text)
    )


def _values(value: Any, path: list[str]) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _values(each, path)]
    if not path:
        return [str(value).lower()] if value is not None and not isinstance(value, dict) else []
    if isinstance(value, dict):
        for name, member in value.items():
            if name.lower() == path[0].lower():
                return _values(member, path[1:])
    return []


def _holds(values: list[str], operator: str, wanted: str) -> bool:
    if operator == "ne":
        return wanted not in values
    if operator == "eq":
        return wanted in values
    if operator == "co":
        return any(wanted in value for value in values)
    if operator == "sw":
        return any(value.startswith(wanted) for value in values)
    return any(value.endswith(wanted) for value in values)
