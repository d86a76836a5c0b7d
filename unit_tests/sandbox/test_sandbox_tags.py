"""Tags, as a plain HTTP client sees them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from phenom_sandbox import Tenant
from unit_tests.sandbox.client import Client

TAGS = "/tags-api/v1"


@pytest.fixture
def two(tenant: Tenant) -> list[str]:
    return tenant.people.ids()[5:7]


def listed(client: Client, path: str) -> list[str]:
    """All pages of a list."""
    values: list[str] = []
    while True:
        answer = client.get(f"{TAGS}/{path}", params={"from": len(values), "size": 7}).json()
        values += [value for each in answer["data"] for value in each.values()]
        if not answer["data"]:
            assert answer["total"] == len(values)
            return values


def test_tags_of_candidates_and_candidates_of_tags_agree(client: Client, tenant: Tenant) -> None:
    names = listed(client, "tags")
    assert any("/" in name for name in names)
    holders = {name: listed(client, f"tags/{quote(name, safe='')}/candidates") for name in names}
    by_candidate = {each: tenant.tags.of(each) for each in tenant.people.ids()}
    assert {len(tags) for tags in by_candidate.values()} >= {0, 1, 2}
    for name in names:
        assert holders[name] == [each for each, tags in by_candidate.items() if name in tags]
    one = next(each for each, tags in by_candidate.items() if len(tags) > 1)
    assert listed(client, f"candidates/{one}/tags") == by_candidate[one]


def test_tagging(client: Client, tenant: Tenant, two: list[str]) -> None:
    before = {each: tenant.tags.of(each) for each in two}
    body = {"candidateIds": two, "tags": ["neu/α", "neu/α", "Alumni"]}
    assert client.post(f"{TAGS}/tags/candidates", json=body).status_code == 200
    for each in two:
        assert listed(client, f"candidates/{each}/tags") == list(
            dict.fromkeys([*before[each], "neu/α", "Alumni"])
        )
    assert set(two) <= set(tenant.tags.holders("Alumni"))
    assert client.post(f"{TAGS}/tags/candidates/delete", json=body).status_code == 200
    for each in two:
        left = [name for name in before[each] if name != "Alumni"]
        assert tenant.tags.of(each) == left
    assert listed(client, f"tags/{quote('neu/α', safe='')}/candidates") == []
    assert client.get(f"{TAGS}/tags/none/candidates").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"candidateIds": [], "tags": ["a"]}, 400),
        ({"candidateIds": "TWO", "tags": ["a", 1]}, 400),
        ({"candidateIds": "TWO", "tags": "a"}, 400),
        ({"candidateIds": ["nobody"], "tags": ["a"]}, 404),
    ],
)
def test_invalid_requests(
    client: Client, tenant: Tenant, two: list[str], body: dict[str, Any], status: int
) -> None:
    before = [tenant.tags.of(each) for each in two]
    if body.get("candidateIds") == "TWO":
        body = {**body, "candidateIds": two}
    if status == 404:
        body = {**body, "candidateIds": [*two, *body["candidateIds"]]}
    for path in ("tags/candidates", "tags/candidates/delete"):
        assert client.post(f"{TAGS}/{path}", json=body).status_code == status
    assert [tenant.tags.of(each) for each in two] == before
