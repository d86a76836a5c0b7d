"""SCIM users and groups to records of `employees` and `groups`."""

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models import employees, groups
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches

IDS = UnifiedIds("phenom")


def employee(payload: dict[str, Any], mismatches: Mismatches | None = None) -> dict[str, Any]:
    key = employees.employee_key(payload, [])
    assert key is not None
    return employees.employee(payload, key, IDS, [] if mismatches is None else mismatches)


def test_a_whole_employee() -> None:
    payload = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "5692161d",
        "userName": "ada.l",
        "name": {"givenName": "Ada", "familyName": "Lovelace", "middleName": "King"},
        "displayName": "Ada Lovelace",
        "title": "Analyst",
        "userType": "Employee",
        "active": True,
        "emails": [
            {"value": "ada@home.example", "type": "home"},
            {"value": " Ada@Work.example ", "type": "work", "primary": True},
        ],
        "photos": [],
        "roles": [{"value": "Recruiter", "type": "CRM"}, {"value": "Admin", "type": "CMS"}],
        "groups": [{"value": "2", "display": "Hiring"}, {"value": "1", "display": "EMEA"}],
    }
    mismatches: Mismatches = []
    record = employee(payload, mismatches)
    integration = record.pop("integration_fields")
    assert record == {
        "id": IDS.of("employees", "5692161d"),
        "remote_id": "5692161d",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "display_name": "Ada Lovelace",
        "username": "ada.l",
        "email": "ada@work.example",
        "title": "Analyst",
        "active": True,
        "roles": [{"name": "Admin", "type": "CMS"}, {"name": "Recruiter", "type": "CRM"}],
        "groups": [
            {"id": IDS.of("groups", "1"), "remote_id": "1", "name": "EMEA"},
            {"id": IDS.of("groups", "2"), "remote_id": "2", "name": "Hiring"},
        ],
    }
    assert {field["id"]: field["value"] for field in integration} == {
        "emails": payload["emails"],
        "name.middleName": "King",
        "userType": "Employee",
    }
    assert mismatches == []


def test_an_employee_with_an_id_only() -> None:
    record = employee({"id": 7})
    assert record == {
        **dict.fromkeys(record),
        "id": IDS.of("employees", "7"),
        "remote_id": "7",
        "roles": [],
        "groups": [],
        "integration_fields": [],
    }


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, []),
        ({"userName": "Ada@X.io"}, ["ada@x.io"]),
        ({"userName": "ada"}, []),
        ({"userName": "a@x.io", "emails": [{"value": "B@x.io"}]}, ["b@x.io", "a@x.io"]),
        (
            {"emails": [{"value": "a@x.io"}, {"value": "b@x.io", "primary": True}]},
            ["b@x.io", "a@x.io"],
        ),
        ({"emails": [{"value": "a@x.io"}, {"value": "A@X.io "}]}, ["a@x.io"]),
        ({"emails": [{"value": "nobody"}, {"value": None}, {}, None]}, []),
    ],
)
def test_addresses(payload: dict[str, Any], expected: list[str]) -> None:
    assert employees.addresses(payload, []) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, None),
        ({}, None),
        ({"givenName": " ", "familyName": ""}, None),
        ({"givenName": "Ada", "familyName": "Lovelace"}, ("Ada", "Lovelace")),
        ({"familyName": "Lovelace"}, (None, "Lovelace")),
        ("Ada Lovelace", None),
    ],
)
def test_real_name(name: Any, expected: employees.Name | None) -> None:
    assert employees.real_name({"name": name}) == expected


@pytest.mark.parametrize(
    ("value", "expected", "is_mismatch"),
    [
        (True, True, False),
        (False, False, False),
        (None, None, False),
        ("True", True, True),
        (" false", False, True),
        ("yes", None, True),
        (1, None, True),
    ],
)
def test_active(value: Any, expected: bool | None, is_mismatch: bool) -> None:
    mismatches: Mismatches = []
    assert employee({"id": "1", "active": value}, mismatches)["active"] is expected
    assert mismatches == (["active"] if is_mismatch else [])


def test_roles_and_groups_are_sorted() -> None:
    one = {"value": "A", "type": "CRM"}
    other = {"display": "B", "value": "0002"}
    assert employees.roles([one, other], []) == employees.roles([other, one], [])
    assert employees.memberships([one, other], IDS, []) == employees.memberships(
        [other, one], IDS, []
    )


@pytest.mark.parametrize(
    ("payload", "key", "name"),
    [
        ({"value": "0001", "display": "EMEA"}, "0001", "EMEA"),
        ({"id": "g1", "displayName": "EMEA"}, "g1", "EMEA"),
        ({"value": "v", "id": "i", "display": "D", "displayName": "N"}, "v", "D"),
        ({"value": 7}, "7", None),
    ],
)
def test_a_group(payload: dict[str, Any], key: str, name: str | None) -> None:
    assert groups.group_key(payload, []) == key
    assert groups.group(payload, key, IDS, []) == {
        "id": IDS.of("groups", key),
        "remote_id": key,
        "name": name,
        "integration_fields": [],
    }


def test_other_fields_of_a_group_are_integration_fields() -> None:
    payload = {"id": "g1", "members": [{"value": "u1"}], "schemas": ["urn"]}
    (field,) = groups.group(payload, "g1", IDS, [])["integration_fields"]
    assert (field["id"], field["value"]) == ("members", [{"value": "u1"}])


def test_employees_refer_to_groups() -> None:
    group = groups.group({"value": "0001"}, "0001", IDS, [])
    (membership,) = employee({"id": "1", "groups": [{"value": "0001"}]})["groups"]
    assert membership["id"] == group["id"]


@pytest.mark.parametrize("key", [None, "", " ", {}, []])
def test_no_key_without_an_id(key: Any) -> None:
    assert employees.employee_key({"id": key}, []) is None
    assert groups.group_key({"id": key, "value": None}, []) is None
