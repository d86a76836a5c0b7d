"""User management: SCIM 2.0 users, groups and roles under `/user-management/scim/v2`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from phenom_sandbox.directory import ROLES, Account
from phenom_sandbox.gateway.answers import Call, Refusal, SandboxAnswer, json_answer, whole_number
from phenom_sandbox.gateway.paging import cut

_LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
_META = {"createdDate": "2024-01-01T00:00:00.000Z"}
_CONDITION = re.compile(r'\s*([A-Za-z][\w.]*)\s+(eq|ne|co|sw|ew)\s+"([^"]*)"\s*', re.IGNORECASE)
_DEFAULT_COUNT = 100


def get_all_users(call: Call) -> SandboxAnswer:
    directory = call.tenant.directory
    with call.tenant.lock:
        groups = directory.groups()
        users = [_user(account, groups) for account in directory.accounts()]
    return _filtered(call, users)


def get_user_by_id(call: Call) -> SandboxAnswer:
    directory = call.tenant.directory
    for account in directory.accounts():
        if account.user_id == call.parameters["userId"]:
            return json_answer(_user(account, directory.groups()))
    raise Refusal(404, "User not found")


def get_all_groups(call: Call) -> SandboxAnswer:
    groups = call.tenant.directory.groups()
    return _filtered(call, [{"value": key, "display": name} for key, name in groups.items()])


def get_all_roles(call: Call) -> SandboxAnswer:
    roles = enumerate(ROLES, 1)
    return _filtered(call, [{"value": f"{key:04d}", "display": name} for key, name in roles])


def _filtered(call: Call, entries: list[dict[str, Any]]) -> SandboxAnswer:
    conditions = _conditions(call.query.get("filter"))
    return _list(call, [entry for entry in entries if _passes(entry, conditions)])


def _list(call: Call, entries: list[dict[str, Any]]) -> SandboxAnswer:
    """`startIndex` counts from 1 (RFC 7644, section 3.4.2.4)."""
    start = max(1, whole_number(call.query.get("startIndex"), "startIndex", 1))
    count = whole_number(call.query.get("count"), "count", _DEFAULT_COUNT)
    page, paging = cut(call, entries, start - 1, count, "totalResults")
    total = {name: value for name, value in paging.items() if name == "totalResults"}
    return json_answer(
        {
            "schemas": [_LIST_SCHEMA],
            **total,
            "startIndex": start,
            "itemsPerPage": len(page),
            "Resources": None if call.hit("data_null") else page,
            "meta": _META,
        }
    )


def _user(account: Account, groups: Mapping[str, str]) -> dict[str, Any]:
    emails = [{"value": account.email, "type": "work", "primary": True}] if account.email else []
    return {
        "schemas": [_USER_SCHEMA],
        "id": account.user_id,
        "userName": account.user_name,
        "name": {
            "givenName": account.given_name,
            "familyName": account.family_name,
            "middleName": None,
        },
        "displayName": account.display_name,
        "title": account.title,
        "userType": "Employee" if account.email else "Service",
        "active": account.active,
        "emails": emails,
        "roles": [{"value": role, "type": "CRM"} for role in account.roles],
        "groups": [{"value": key, "display": groups.get(key)} for key in account.groups],
    }


Condition = tuple[list[str], str, str]
"""The path to an attribute, the operator, and the value in lower case."""


def _conditions(text: str | None) -> list[Condition]:
    """Parses conditions joined by `and`; other SCIM filters are refused."""
    conditions = []
    for part in re.split(r"\s+and\s+", text or "", flags=re.IGNORECASE):
        if not part.strip():
            continue
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise Refusal(400, 'filter must look like: userName eq "someone@example.com"')
        conditions.append((match[1].split("."), match[2].lower(), match[3].lower()))
    return conditions


def _passes(entry: dict[str, Any], conditions: list[Condition]) -> bool:
    return all(
        _holds(_values(entry, path), operator, wanted) for path, operator, wanted in conditions
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
