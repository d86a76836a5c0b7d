"""The user management, as a plain HTTP client sees it, and changes to it."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_sandbox import Tenant
from unit_tests.sandbox.client import Client

SCIM = "/user-management/scim/v2"
SEARCH = "/user-management/v1/users/search"


def test_scim(client: Client) -> None:
    answer = client.get(f"{SCIM}/Users").json()
    users, start = [], 1
    while start <= answer["totalResults"]:
        page = client.get(f"{SCIM}/Users", params={"startIndex": start, "count": 7}).json()
        assert page["itemsPerPage"] == len(page["Resources"]) > 0
        users += page["Resources"]
        start += page["itemsPerPage"]
    assert len({user["id"] for user in users}) == len(users) == answer["totalResults"]
    user = users[3]
    assert client.get(f"{SCIM}/Users/{user['id']}").json() == user
    assert client.get(f"{SCIM}/Users/none").status_code == 404
    for text in (
        f'userName eq "{user["userName"].upper()}"',
        f'emails.value sw "{user["userName"]}"',
    ):
        assert client.get(f"{SCIM}/Users", params={"filter": text}).json()["Resources"] == [user]
    both = 'name.familyName co "" and userName eq "nobody"'
    assert client.get(f"{SCIM}/Users", params={"filter": both}).json()["totalResults"] == 0
    assert client.get(f"{SCIM}/Users", params={"filter": "nonsense"}).status_code == 400
    for name in ("Groups", "Roles"):
        assert client.get(f"{SCIM}/{name}", params={"count": 2}).json()["itemsPerPage"] == 2
    emails = {
        (row["hiringManagerEmail"] or "").strip().lower() for row in client.local.tenant.open_jobs()
    }
    assert emails - {""} <= {user["userName"] for user in users}


def users(client: Client) -> dict[str, dict[str, Any]]:
    answer = client.get(f"{SCIM}/Users", params={"count": 1000}).json()
    return {user["userName"]: user for user in answer["Resources"]}


def test_everybody_on_a_job_has_an_account_and_others_have_one_too(
    client: Client, tenant: Tenant
) -> None:
    on_jobs: dict[str, set[str]] = {}
    for row in [*tenant.open_jobs(), *tenant.closed_jobs()]:
        people = [(row["hiringManagerEmail"], row["hiringManagerName"])]
        people += [
            (each["recruiterEmail"], each["recruiterName"]) for each in row["multiRecruiter"] or []
        ]
        for email, name in people:
            if email and email.strip():
                on_jobs.setdefault(email.strip().lower(), set()).add(name or "")
    accounts = users(client)
    assert set(on_jobs) < set(accounts)
    otherwise = [
        email
        for email, names in on_jobs.items()
        if accounts[email]["displayName"] not in names and max(names).count(" ")
    ]
    assert len(otherwise) > len(on_jobs) // 10, "names that jobs do not show"
    nobody = accounts["svc.integration"]
    assert (nobody["emails"], nobody["name"]["familyName"]) == ([], None)
    spelt = [user["emails"][0]["value"] for user in accounts.values() if user["emails"]]
    assert any(email != email.lower() for email in spelt)
    groups = client.get(f"{SCIM}/Groups").json()["Resources"]
    assert all(group in groups for user in accounts.values() for group in user["groups"])
    assert {user["active"] for user in accounts.values()} == {True, False}


def test_changes_of_people_and_groups(client: Client, tenant: Tenant) -> None:
    directory = tenant.directory
    email = directory.accounts()[0].user_name
    before = users(client)
    directory.rename(email.upper(), "Anna", "Schmidt")
    directory.set_group("0009", "Night shift")
    directory.change(email, groups=("0009",), active=False)
    directory.add("New.Colleague@example.com", "New", "Colleague", roles=("Recruiter",))
    after = users(client)
    assert {name for name, user in after.items() if before.get(name) != user} == {
        email,
        "new.colleague@example.com",
    }
    changed = after[email]
    assert changed["id"] == before[email]["id"]
    assert changed["name"] == {"givenName": "Anna", "familyName": "Schmidt", "middleName": None}
    assert changed["groups"] == [{"value": "0009", "display": "Night shift"}]
    assert changed["active"] is False
    directory.remove_group("0009")
    directory.remove("new.colleague@example.com")
    assert users(client)[email]["groups"] == []
    assert set(users(client)) == set(before)
    for change in (directory.remove, directory.remove_group):
        with pytest.raises(KeyError):
            change("nobody")


def search(client: Client, **body: Any) -> list[str]:
    answer = client.post(SEARCH, json={"size": "1000", **body}).json()
    assert answer["status"] is True
    assert answer["total"] >= len(answer["data"])
    return [each["userName"] for each in answer["data"]]


def test_searching(client: Client, tenant: Tenant) -> None:
    accounts = tenant.directory.accounts()
    names = [each.user_name for each in accounts]
    assert search(client) == names
    assert search(client, **{"from": "3", "size": "4"}) == names[3:7]
    assert search(client, enabled=False) == [e.user_name for e in accounts if not e.active]
    assert search(client, userIds=[accounts[2].user_id]) == [names[2]]
    assert search(client, usernames=[names[1].upper()]) == [names[1]]
    assert names[0] in search(client, searchKeyword=(accounts[0].family_name or "").upper())
    managers = search(client, product={"roles": ["Hiring Manager"]})
    assert managers == [e.user_name for e in accounts if "Hiring Manager" in e.roles]
    by_date = [{"name": "createdOn", "startDate": "2023-01-01", "endDate": "2023-12-31"}]
    expected = [e for e in accounts if 1_672_531_200_000 <= e.created < 1_704_067_200_000]
    assert search(client, dateFilter=by_date) == [each.user_name for each in expected]
    assert search(client, sortColumn="userName", sortOrder="desc") == sorted(names)[::-1]


@pytest.mark.parametrize(
    "body",
    [
        {"from": 1},
        {"size": "0"},
        {"enabled": "yes"},
        {"userIds": "1"},
        {"product": []},
        {"sortColumn": "shoeSize"},
        {"dateFilter": [{"name": "shoeSize"}]},
    ],
)
def test_searches_that_are_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.post(SEARCH, json=body).status_code == 400
