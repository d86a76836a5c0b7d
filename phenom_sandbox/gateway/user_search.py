"""User management: the user search, `/user-management/v1/users/search`."""

from __future__ import annotations

from typing import Any

from phenom_sandbox.directory import Account
from phenom_sandbox.gateway.answers import (
    DEFAULT_SIZE,
    Call,
    Refusal,
    SandboxAnswer,
    json_answer,
    whole_number,
)
from phenom_sandbox.gateway.moments import moment
from phenom_sandbox.gateway.paging import cut

_SORTABLE = ("userName", "firstName", "lastName", "email", "createdOn")


def search_user(call: Call) -> SandboxAnswer:
    """`from` and `size` are text here; all conditions must be true."""
    body = call.json_object()
    start = whole_number(_text(body, "from"), "from", 0)
    size = whole_number(_text(body, "size"), "size", DEFAULT_SIZE, least=1)
    found = [
        _shown(account) for account in call.tenant.directory.accounts() if _wanted(account, body)
    ]
    column = _text(body, "sortColumn")
    if column is not None:
        if column not in _SORTABLE:
            raise Refusal(400, f"sortColumn must be one of {', '.join(_SORTABLE)}")
        backwards = (_text(body, "sortOrder") or "").lower().startswith("desc")
        found.sort(key=lambda shown: str(shown[column] or ""), reverse=backwards)
    page, paging = cut(call, found, start, size, "total")
    data = None if call.hit("data_null") else page
    return json_answer({"status": True, "data": data, **paging})


def _wanted(account: Account, body: dict[str, Any]) -> bool:
    enabled, keyword = body.get("enabled"), _text(body, "searchKeyword")
    if not isinstance(enabled, (bool, type(None))):
        raise Refusal(400, "enabled must be true or false")
    product = {} if body.get("product") is None else body["product"]
    if not isinstance(product, dict):
        raise Refusal(400, "product must be an object")
    ids, names = _texts(body, "userIds"), _texts(body, "usernames")
    roles = _texts(product, "roles")
    shown = (account.display_name, account.email or "", account.user_name)
    return (
        (enabled is None or account.active == enabled)
        and (not keyword or any(keyword.lower() in text.lower() for text in shown))
        and (not ids or account.user_id in ids)
        and (not names or account.user_name in [name.lower() for name in names])
        and (not roles or any(role in roles for role in account.roles))
        and _created_within(account, body.get("dateFilter"))
    )


def _created_within(account: Account, filters: Any) -> bool:
    if filters is None:
        return True
    if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
        raise Refusal(400, "dateFilter must be a list of objects")
    for each in filters:
        if each.get("name") != "createdOn":
            raise Refusal(400, "dateFilter goes by createdOn alone")
        if each.get("startDate") is not None and account.created < moment(each["startDate"])[0]:
            return False
        if each.get("endDate") is not None and account.created > moment(each["endDate"])[1]:
            return False
    return True


def _shown(account: Account) -> dict[str, Any]:
    return {
        "id": account.user_id,
        "userName": account.user_name,
        "firstName": account.given_name,
        "lastName": account.family_name,
        "email": account.email,
        "userDesc": account.title,
        "enabled": account.active,
        "userType": "Employee" if account.email else "Service",
        "isEmailVerified": account.email is not None,
        "createdOn": account.created,
        "appAccessCount": len(account.roles),
        "groupCount": len(account.groups),
        "orgName": "Northwind Industries",
    }


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if not isinstance(value, (str, type(None))):
        raise Refusal(400, f"{name} must be text")
    return value


def _texts(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Refusal(400, f"{name} must be a list of texts")
    return values
