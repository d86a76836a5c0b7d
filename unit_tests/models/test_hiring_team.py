from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models import hiring_team
from source_phenom.models.hiring_team import HIRING_MANAGER, RECRUITER, split_name
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches

IDS = UnifiedIds("phenom")


@pytest.mark.parametrize(
    ("full_name", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada King", "Lovelace"),
        ("King Lovelace, Ada Augusta", "Ada Augusta", "King Lovelace"),
        ("  Ada   Lovelace ", "Ada", "Lovelace"),
        ("Ada", "Ada", None),
        ("Ada,", "Ada", None),
        (", Ada", "Ada", None),
        ("陽菜 佐藤", "陽菜", "佐藤"),
        (" ", None, None),
        (",", None, None),
        (None, None, None),
    ],
)
def test_names(full_name: str | None, first: str | None, last: str | None) -> None:
    assert split_name(full_name) == (first, last)


def team(
    payload: dict[str, Any], mismatches: Mismatches | None = None
) -> list[tuple[str, list[str]]]:
    members = hiring_team.hiring_team(payload, [] if mismatches is None else mismatches)
    return [(member.key, member.roles) for member in members]


def recruiters(*mails: Any) -> list[dict[str, Any]]:
    return [{"recruiterEmail": mail, "recruiterName": "R"} for mail in mails]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, []),
        ({"hiringManagerEmail": " "}, []),
        ({"hiringManagerEmail": None, "multiRecruiter": None}, []),
        ({"hiringManagerEmail": " H@Example.COM "}, [("h@example.com", [HIRING_MANAGER])]),
        (
            {"hiringManagerEmail": "h@x.io", "multiRecruiter": recruiters("b@x.io", "a@x.io")},
            [("h@x.io", [HIRING_MANAGER]), ("b@x.io", [RECRUITER]), ("a@x.io", [RECRUITER])],
        ),
        (
            {"hiringManagerEmail": "h@x.io", "multiRecruiter": recruiters("", "H@X.io", "h@x.io")},
            [("h@x.io", [HIRING_MANAGER, RECRUITER])],
        ),
        ({"multiRecruiter": recruiters("a@x.io", "A@x.io ")}, [("a@x.io", [RECRUITER])]),
        ({"multiRecruiter": [None, {}, *recruiters("a@x.io")]}, [("a@x.io", [RECRUITER])]),
    ],
)
def test_hiring_team(payload: dict[str, Any], expected: list[tuple[str, list[str]]]) -> None:
    assert team(payload) == expected


def test_recruiters_that_are_not_a_list_are_a_mismatch() -> None:
    mismatches: Mismatches = []
    assert team({"multiRecruiter": "a@x.io"}, mismatches) == []
    assert mismatches == ["email"]


@pytest.mark.parametrize("key", ["jdoe", "mailto:h@x.io", "h@x.io.", "h m <h@x.io>"])
def test_a_key_that_is_not_an_address(key: str) -> None:
    record = hiring_team.user(key, None, IDS)
    assert (record["remote_id"], record["email"]) == (key, None)
    assert hiring_team.user("h@x.io", None, IDS)["email"] == "h@x.io"


def test_records_refer_to_each_other() -> None:
    member = hiring_team.Member("h@x.io", "H M", [HIRING_MANAGER])
    record = hiring_team.member_record("JR-1", member, IDS)
    assignment = hiring_team.assignment_record("JR-1", member, HIRING_MANAGER, IDS)
    assert record == {
        "id": IDS.of("job_hiring_team_members", "JR-1:h@x.io"),
        "job_id": IDS.of("jobs", "JR-1"),
        "user_id": hiring_team.user("h@x.io", "H M", IDS)["id"],
        "roles": [HIRING_MANAGER],
    }
    assert assignment == {
        "id": IDS.of("job_user_role_assignments", "JR-1:h@x.io:HIRING_MANAGER"),
        "job_user_id": record["id"],
        "role_id": next(hiring_team.roles(IDS))["id"],
    }


def test_the_two_roles() -> None:
    assert [
        (role["remote_id"], role["remote_label"], role["scope"], role["unified_type"])
        for role in hiring_team.roles(IDS)
    ] == [
        ("HIRING_MANAGER", "Hiring Manager", "JOB", "HIRING_MANAGER"),
        ("RECRUITER", "Recruiter", "JOB", "RECRUITER"),
    ]


@pytest.mark.parametrize(
    ("full_name", "real_name", "expected"),
    [
        ("Lovelace, A.", ("Ada", "Lovelace"), ("Ada", "Lovelace")),
        (None, ("Ada", None), ("Ada", None)),
        ("Ada Lovelace", None, ("Ada", "Lovelace")),
    ],
)
def test_the_real_name_comes_first(
    full_name: str | None,
    real_name: tuple[str | None, str | None] | None,
    expected: tuple[str | None, str | None],
) -> None:
    record = hiring_team.user("a@x.io", full_name, IDS, real_name)
    assert (record["first_name"], record["last_name"]) == expected
