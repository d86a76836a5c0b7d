"""Candidates and their search, as a plain HTTP client sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from phenom_sandbox import Fault, Tenant
from unit_tests.sandbox.client import Client

SEARCH = "/candidates-api/v1/candidates/search/"
CANDIDATES = "/candidates-api/v2/candidates"
APPLICANTS = "/candidates-api/applications/v1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SEARCH),
        ("GET", CANDIDATES),
        ("POST", CANDIDATES),
        ("GET", f"{APPLICANTS}/jobs/1/applicants"),
        ("GET", f"{APPLICANTS}/candidates/1/applications"),
        ("GET", "/candidates-api/files/v1/candidates/1/attachments"),
        ("GET", "/tags-api/v1/candidates/1/tags"),
        ("POST", "/hiringmanager/v3/jobs/search"),
    ],
)
def test_apis_that_require_an_acting_user(client: Client, method: str, path: str) -> None:
    for user in (None, ""):
        refused = client.send(method, path, json={}, headers={"x-ph-userId": user})
        assert refused.status_code == 400
        assert refused.json() == {"status": 400, "message": "Missing request header x-ph-userId"}


def search(client: Client, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(SEARCH, json={"size": 1000, **body})
    assert answer.status_code == 200, answer.text
    assert "total" not in answer.json()
    found: list[dict[str, Any]] = answer.json()["data"]["candidates"]
    return found


@pytest.fixture
def somebody(application: dict[str, Any]) -> str:
    candidate_id: str = application["candidateData"]["id"]
    return candidate_id


def test_searching_by_dates(client: Client) -> None:
    everyone = search(client)
    assert len(everyone) > 200
    moments = sorted(candidate["updatedDate"] for candidate in everyone)
    low, high = moments[50], moments[150]

    def matching(operator: str, *values: Any) -> list[int]:
        condition = {"field": "updatedDate", "operator": operator, "values": list(values)}
        return sorted(each["updatedDate"] for each in search(client, filters=[condition]))

    assert matching("Before", low) == [moment for moment in moments if moment < low]
    assert matching("After", str(high)) == [moment for moment in moments if moment > high]
    assert matching("Between", low, high) == [m for m in moments if low <= m <= high]
    assert matching("Equal to", low) == [moment for moment in moments if moment == low]
    assert len(matching("Not equal to", low)) == len(moments) - moments.count(low)
    noon = 1_735_732_800_000
    assert matching("After", "2025-01-01T12:00:00Z") == [m for m in moments if m > noon]
    conditions = [
        {"field": "dateCreated", "operator": "Before", "values": [low]},
        {"field": "dateCreated", "operator": "After", "values": [high]},
    ]
    assert search(client, filters=conditions) == []
    assert len(search(client, filters=conditions, filtersOperator="OR")) > 50


def test_searching_by_text_and_paging(client: Client, application: dict[str, Any]) -> None:
    everyone = search(client)
    pages = [search(client, **{"from": start, "size": 90}) for start in range(0, 1000, 90)]
    assert [candidate for page in pages for candidate in page] == everyone
    data = application["candidateData"]
    email = data["contactData"]["email"]
    condition = {"field": "emailList.email", "operator": "Is", "values": [email.upper()]}
    assert [each["userId"] for each in search(client, filters=[condition])] == [data["id"]]
    assert data["id"] in [each["userId"] for each in search(client, searchkeyword=email)]
    negated = {**condition, "operator": "Is not"}
    assert len(search(client, filters=[negated])) == len(everyone) - 1


@pytest.mark.parametrize(
    "body",
    [
        {"from": -1},
        {"size": "ten"},
        {"filtersOperator": "XOR"},
        {"filters": {}},
        {"filters": [{"field": "updatedDate", "operator": "Before", "values": ["soon"]}]},
        {"filters": [{"field": "updatedDate", "operator": "Is", "values": [1]}]},
        {"filters": [{"field": "updatedDate", "operator": "Between", "values": [1]}]},
        {"filters": [{"field": "shoeSize", "operator": "Is", "values": ["44"]}]},
    ],
)
def test_searches_that_are_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.post(SEARCH, json=body).status_code == 400


def test_candidates_without_an_application(client: Client, application: dict[str, Any]) -> None:
    body = {
        "firstName": "Grace",
        "lastName": "Hopper",
        "profileSources": ["Airbyte"],
        "atsId": "ats-1",
        "emailList": [{"email": "grace@example.com", "type": "Personal", "status": "Primary"}],
    }
    created = client.post(CANDIDATES, json=body).json()["data"]["cId"]
    for query in ({"candidateId": created}, {"email": "GRACE@example.com"}, {"atsId": "ats-1"}):
        found = client.get(CANDIDATES, params=query).json()["data"]
        assert (found["candidateId"], found["lastName"]) == (created, "Hopper")
    assert created in [each["userId"] for each in search(client)]

    again = client.post(CANDIDATES, json=body)
    assert again.status_code == 409
    assert again.json()["data"] == {"candidateId": created, "matchedField": "email"}
    body["emailList"] = []
    assert client.post(CANDIDATES, json=body).json()["data"]["matchedField"] == "atsId"
    email = application["candidateData"]["contactData"]["email"]
    body["emailList"] = [{"email": email, "type": "Personal", "status": "Primary"}]
    applicant = client.post(CANDIDATES, json=body).json()["data"]
    assert applicant["candidateId"] == application["candidateData"]["id"]
    for wrong in ({}, {**body, "profileSources": []}, {**body, "emailList": [{}]}):
        assert client.post(CANDIDATES, json=wrong).status_code == 400
    assert client.get(CANDIDATES).status_code == 400
    assert client.get(CANDIDATES, params={"email": "nobody@example.com"}).status_code == 404


def updated_after(client: Client, moment: int) -> list[str]:
    condition = {"field": "updatedDate", "operator": "After", "values": [str(moment)]}
    return [each["userId"] for each in search(client, filters=[condition])]


def delete_and_restore(tenant: Tenant, candidate_id: str, _: str) -> None:
    tenant.people.delete(candidate_id)
    tenant.people.restore(candidate_id)


Change = Callable[[Tenant, str, str], Any]
CHANGES: dict[str, Change] = {
    "status": lambda tenant, cid, aid: tenant.hiring.move(aid, "Interview"),
    "upload": lambda tenant, cid, aid: tenant.files.add(cid, "a.txt", b"a"),
    "removal": lambda tenant, cid, aid: tenant.files.remove(
        cid, tenant.files.of_candidate(cid)[0].attachment_id
    ),
    "attachment": lambda tenant, cid, aid: tenant.files.attach(
        aid, [{"fileName": "b.txt", "fileContent": "Yg=="}]
    ),
    "tag": lambda tenant, cid, aid: tenant.tags.add(cid, "new"),
    "untagged": lambda tenant, cid, aid: tenant.tags.remove(cid, "new"),
    "edit": lambda tenant, cid, aid: tenant.set_application(
        aid, {"candidateData": {"firstName": "Zoë"}}
    ),
    "application": lambda tenant, cid, aid: tenant.add_application(
        {"candidateData": {"id": cid, "firstName": "Zoë"}}
    ),
    "return": delete_and_restore,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_updates_the_date(
    client: Client, application: dict[str, Any], somebody: str, tenant: Tenant, change: str
) -> None:
    before = tenant.now
    CHANGES[change](tenant, somebody, application["id"])
    assert updated_after(client, before) == [somebody]
    found = client.get(CANDIDATES, params={"candidateId": somebody}).json()["data"]
    assert found["updatedDate"] == tenant.now
    assert updated_after(client, tenant.now) == []


def test_generated_dates_are_older_than_every_change(client: Client, tenant: Tenant) -> None:
    for each in search(client):
        assert each["dateCreated"] <= each["updatedDate"] <= tenant.now


def test_a_date_is_a_whole_day(client: Client, somebody: str, tenant: Tenant) -> None:
    noon = int(datetime(2027, 5, 6, 12, tzinfo=timezone.utc).timestamp())
    tenant.second = noon
    tenant.tags.add(somebody, "noon")

    def found(operator: str, *values: str) -> bool:
        condition = {"field": "updatedDate", "operator": operator, "values": list(values)}
        return somebody in [each["userId"] for each in search(client, filters=[condition])]

    assert found("Equal to", "2027-05-06")
    assert not found("Not equal to", "2027-05-06")
    assert not found("After", "2027-05-06")
    assert found("After", "2027-05-05")
    assert not found("Before", "2027-05-06")
    assert found("Before", "2027-05-07")
    assert found("Between", "2027-05-05", "2027-05-06")
    assert found("After", "2027-05-06T12:00:00Z")
    touched = (noon + 1) * 1000
    assert found("Equal to", str(touched))
    assert not found("Equal to", str(touched + 1))


def test_limits_of_the_search(client: Client) -> None:
    faults = client.local.faults
    faults.dates_only, faults.search_window = True, 100
    condition = {"field": "updatedDate", "operator": "After", "values": ["1767225600000"]}
    assert client.post(SEARCH, json={"filters": [condition]}).status_code == 400
    condition["values"] = ["2020-01-01"]
    body = {"filters": [condition], "from": 40, "size": 60}
    assert len(client.post(SEARCH, json=body).json()["data"]["candidates"]) == 60
    assert client.post(SEARCH, json={**body, "size": 61}).status_code == 400
    faults.clear()
    faults.page_limit = 5
    assert len(search(client)) == 5
    faults.clear()


def test_a_deleted_candidate_keeps_the_applications(
    client: Client, application: dict[str, Any], somebody: str, tenant: Tenant
) -> None:
    job_id = application["jobApplicationData"]["jobId"]
    applicants = f"{APPLICANTS}/jobs/{job_id}/applicants?from=0&size=1000"
    before = client.get(applicants).json()["pagination"]["total"]
    tenant.people.delete(somebody)
    for path in (
        f"{CANDIDATES}?candidateId={somebody}",
        f"{CANDIDATES}?email={application['candidateData']['contactData']['email']}",
        f"{APPLICANTS}/candidates/{somebody}/applications",
        f"{APPLICANTS}/candidates/{somebody}/hiring-status-activities",
        f"{APPLICANTS}/candidates/{somebody}/job-activities",
        f"/candidates-api/files/v1/candidates/{somebody}/attachments",
        f"/tags-api/v1/candidates/{somebody}/tags",
    ):
        assert client.get(path).status_code == 404, path
    assert somebody not in [each["userId"] for each in search(client)]
    assert client.get(applicants).json()["pagination"]["total"] == before - 1
    assert tenant.application(application["id"]) == application
    with pytest.raises(KeyError):
        tenant.people.delete(somebody)
    tenant.people.restore(somebody)
    assert somebody in [each["userId"] for each in search(client)]


def test_denying_one_operation_of_a_candidate(client: Client, somebody: str) -> None:
    path = f"{APPLICANTS}/candidates/*/hiring-status-activities"
    client.local.faults.deny = Fault(path=path)
    assert client.get(path.replace("*", somebody)).status_code == 403
    assert client.get(f"{APPLICANTS}/candidates/{somebody}/applications").status_code == 200
    client.local.faults.clear()
