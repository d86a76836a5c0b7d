"""``employees``: the tenant's own people, from its user management (SCIM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_phenom.models import groups
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    IntegrationFields,
    carried_in,
)
from source_phenom.models.values import (
    Mismatches,
    as_object,
    key_text,
    mail_address,
    objects,
    text,
    truth,
)

MODEL = "employees"

Name = tuple[str | None, str | None]
"""First and last name; at least one of them is not None."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "active": ("active",),
    "displayName": ("display_name",),
    "emails": ("email", INTEGRATION_FIELDS),
    "groups": ("groups",),
    "id": ("remote_id",),
    "name.familyName": ("last_name",),
    "name.givenName": ("first_name",),
    "roles": ("roles",),
    "schemas": (),
    "title": ("title",),
    "userName": ("username", "email"),
}
"""Remote paths and the columns that they feed."""

_OTHERS = IntegrationFields(carried_in(FEEDS))


def employee_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The SCIM ``id`` as text, trimmed."""
    return key_text(payload.get("id"), "remote_id", mismatches)


def employee(
    payload: Mapping[str, Any], key: str, ids: UnifiedIds, mismatches: Mismatches
) -> dict[str, Any]:
    """The record of one person.

    :param payload: a ``ScimUser``.
    """
    name = as_object(payload.get("name"), "first_name", mismatches)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "first_name": text(name.get("givenName"), "first_name", mismatches),
        "last_name": text(name.get("familyName"), "last_name", mismatches),
        "display_name": text(payload.get("displayName"), "display_name", mismatches),
        "username": text(payload.get("userName"), "username", mismatches),
        "email": next(iter(addresses(payload, mismatches)), None),
        "title": text(payload.get("title"), "title", mismatches),
        "active": truth(payload.get("active"), "active", mismatches),
        "roles": roles(payload.get("roles"), mismatches),
        "groups": memberships(payload.get("groups"), ids, mismatches),
        "integration_fields": _OTHERS.collect(payload),
    }


def addresses(payload: Mapping[str, Any], mismatches: Mismatches) -> list[str]:
    """E-mail addresses, trimmed and in lower case: the primary one first, the user name last."""
    entries = objects(payload.get("emails"), "email", mismatches)
    primary_first = sorted(entries, key=lambda entry: entry.get("primary") is not True)
    written = [mail_address(entry.get("value"), "email", mismatches) for entry in primary_first]
    written.append(mail_address(payload.get("userName"), "username", []))
    return list(dict.fromkeys(address.lower() for address in written if address is not None))


def real_name(payload: Mapping[str, Any]) -> Name | None:
    """First and last name; None if neither is given."""
    name = as_object(payload.get("name"), "first_name", [])
    given = text(name.get("givenName"), "first_name", [])
    family = text(name.get("familyName"), "last_name", [])
    return None if given is None and family is None else (given, family)


def roles(value: Any, mismatches: Mismatches) -> list[dict[str, str | None]]:
    """``[{name, type}]``, sorted by name, as SCIM defines no order."""
    found = [
        {
            "name": text(entry.get("display") or entry.get("value"), "roles", mismatches),
            "type": text(entry.get("type"), "roles", mismatches),
        }
        for entry in objects(value, "roles", mismatches)
    ]
    return sorted(
        (role for role in found if role["name"] is not None),
        key=lambda role: (role["name"] or "", role["type"] or ""),
    )


def memberships(value: Any, ids: UnifiedIds, mismatches: Mismatches) -> list[dict[str, str | None]]:
    """``[{id, remote_id, name}]`` of groups, sorted by ``remote_id``."""
    found = [
        {
            "id": key and ids.of(groups.MODEL, key),
            "remote_id": key,
            "name": text(entry.get("display"), "groups", mismatches),
        }
        for entry in objects(value, "groups", mismatches)
        for key in (key_text(entry.get("value"), "groups", mismatches),)
    ]
    return sorted(
        (group for group in found if group["remote_id"] is not None or group["name"] is not None),
        key=lambda group: (group["remote_id"] or "", group["name"] or ""),
    )
