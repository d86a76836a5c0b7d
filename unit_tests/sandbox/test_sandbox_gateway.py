"""The operations, as a plain HTTP client sees them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

import phenom_sandbox
from phenom_sandbox import HiringStatus, LocalTenant

APPLICATIONS = "/apply/v2/applications"
APPLICANTS = "/candidates-api/applications/v1"
SEARCH = "/candidates-api/v1/candidates/search/"
CANDIDATES = "/candidates-api/v2/candidates"
SCIM = "/user-management/scim/v2"


class Client:
    """Requests with a token, an acting user and a locale; headers can be taken away by None."""

    def __init__(self, local: LocalTenant) -> None:
        self.local = local
        self.headers: dict[str, str] = {
            **local.authorization(),
            "x-ph-userId": "recruiter-1",
            "locale": "en_US",
        }

    def send(
        self, method: str, path: str, *, headers: dict[str, Any] | None = None, **more: Any
    ) -> requests.Response:
        merged = {**self.headers, **(headers or {})}
        kept = {name: value for name, value in merged.items() if value is not None}
        return requests.request(method, self.local.url + path, headers=kept, timeout=10, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.send("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.send("POST", path, **more)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with phenom_sandbox.running(jobs=120, applications=400) as local:
        yield Client(local)


@pytest.fixture
def application(client: Client) -> dict[str, Any]:
    """An application by someone with an id and an e-mail address, for a job of the tenant."""
    return next(
        each
        for each in client.local.tenant.applications()
        if each["candidateData"].get("id")
        and each["candidateData"]["contactData"]["email"]
        and each["jobApplicationData"]["jobId"] in client.local.tenant.job_book.numbers
    )


def new_application(client: Client, email: str = "new@example.com", **candidate: Any) -> Any:
    job = next(row for row in client.local.tenant.open_jobs())
    return {
        "candidateData": {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "contactData": {"email": email},
            **candidate,
        },
        "jobApplicationData": {"jobId": job["jobId"], "applicantSource": "Airbyte"},
    }


def file(name: str = "cv.pdf", content: bytes = b"hello") -> dict[str, str]:
    return {"fileName": name, "fileContent": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    ("path", "total", "listed"),
    [
        ("/jobs-api/v1/jobs", "totalRecordsCount", "open_jobs"),
        ("/jobs-api/v1/closedJobs", "totalRecordsCount", "closed_jobs"),
        (APPLICATIONS, "total", "applications"),
    ],
)
def test_pages_add_up_to_the_listing(client: Client, path: str, total: str, listed: str) -> None:
    rows: list[Any] = []
    while True:
        answer = client.get(path, params={"offset": len(rows), "limit": 37}).json()
        if not answer["data"]:
            break
        rows += answer["data"]
    assert rows == list(getattr(client.local.tenant, listed)())
    assert {**answer, **answer.get("pagination", {})}[total] == len(rows)


def test_pages_without_parameters_and_beyond_the_end(client: Client) -> None:
    assert len(client.get(APPLICATIONS).json()["data"]) == 10
    answer = client.get(APPLICATIONS, params={"offset": 10**6, "limit": 5}).json()
    assert answer["data"] == []
    assert answer["links"]["next"] is None
    assert client.get(APPLICATIONS, params={"limit": 10**6}).json()["pagination"]["limit"] == 1000


@pytest.mark.parametrize("parameters", [{"offset": "-1"}, {"limit": "0"}, {"limit": "ten"}])
def test_paging_parameters_must_be_numbers(client: Client, parameters: dict[str, str]) -> None:
    refused = client.get(APPLICATIONS, params=parameters)
    assert refused.status_code == 400
    assert refused.json()["title"] == "Bad Request"
    refused = client.get("/jobs-api/v1/jobs", params=parameters)
    assert set(refused.json()) == {"status", "message"}


def test_job_filters(client: Client) -> None:
    rows = list(client.local.tenant.open_jobs())
    job = next(row for row in rows if row["siteType"] == "internal")
    for fields in (("siteType",), ("jobId", "siteType"), ("locale", "category"), ("jobId",)):
        filters = {name: job[name] for name in fields}
        answer = client.get("/jobs-api/v1/jobs", params={**filters, "limit": "500"}).json()
        expected = [row for row in rows if all(row[name] == job[name] for name in fields)]
        assert answer["data"] == expected
        assert answer["totalRecordsCount"] == len(expected)


def test_a_job_by_its_id_or_requisition(client: Client) -> None:
    rows = list(client.local.tenant.open_jobs())
    odd = next(row for row in rows if "/" in row["jobId"])
    for job, reference in ((odd, odd["jobId"]), (rows[0], rows[0]["reqId"])):
        answer = client.get(f"/jobs-api/v1/jobs/{quote(reference, safe='')}").json()
        assert answer["data"]["jobId"] == job["jobId"]
    assert client.get("/jobs-api/v1/jobs/none").status_code == 404


def test_the_three_shapes_of_errors(client: Client) -> None:
    anonymous: dict[str, Any] = {"Authorization": None}
    refused = client.get("/jobs-api/v1/jobs", headers=anonymous)
    assert refused.status_code == 401
    assert set(refused.json()) == {"timestamp", "status", "error", "path"}
    refused = client.get(APPLICATIONS, headers=anonymous)
    assert refused.status_code == 401
    assert {"status", "title", "type", "error", "details", "instance"} < set(refused.json())
    refused = client.get(f"{SCIM}/Users", headers=anonymous)
    assert refused.status_code == 401
    assert set(refused.json()) == {"status", "message"}
    assert client.send("PUT", APPLICATIONS).status_code == 405
    assert client.get("/nowhere").status_code == 404


def test_submitting(client: Client) -> None:
    body = new_application(
        client,
        email="Ada@Example.com",
        addressData={"addressLine1": "Marylebone", "city": "London", "country": "GB"},
        experienceData=[{"companyName": "Self", "title": "Analyst"}],
    )
    body |= {"resumeData": file(), "customFieldData": {"note": "π"}}
    before = len(list(client.local.tenant.applications()))
    answer = client.post(APPLICATIONS, json=body).json()["data"]
    assert answer["alreadyApplied"] is False
    application_id = answer["applicationId"]

    listed = list(client.local.tenant.applications())
    assert len(listed) == before + 1
    assert listed[-1]["id"] == application_id
    assert listed[-1]["candidateData"] == {**body["candidateData"], "id": answer["candidateId"]}
    assert listed[-1]["customFieldData"] == {"note": "π"}
    read = client.get(f"{APPLICATIONS}/{application_id}").json()["data"]
    assert read == {**listed[-1], "resumeData": file()}

    repeated = client.post(APPLICATIONS, json=body).json()["data"]
    assert repeated == {**answer, "alreadyApplied": True}
    job_id = body["jobApplicationData"]["jobId"]
    status = client.get(
        f"{APPLICATIONS}/status", headers={"email": "ada@example.com", "jobId": job_id}
    )
    assert status.json()["data"] == {**answer, "alreadyApplied": True}
    assert len(list(client.local.tenant.applications())) == before + 1

    other_job = next(
        row["jobId"] for row in client.local.tenant.open_jobs() if row["jobId"] != job_id
    )
    body["jobApplicationData"]["jobId"] = other_job
    second = client.post(APPLICATIONS, json=body).json()["data"]
    assert second["alreadyApplied"] is False
    assert second["candidateId"] == answer["candidateId"]
    assert second["applicationId"] > application_id
    path = f"{APPLICANTS}/candidates/{answer['candidateId']}/applications"
    mine = client.get(path).json()["data"]["applications"]
    assert [each["applicationId"] for each in mine] == [application_id, second["applicationId"]]


def test_generated_applicants_have_applied_already(
    client: Client, application: dict[str, Any]
) -> None:
    headers = {
        "email": application["candidateData"]["contactData"]["email"].swapcase(),
        "jobId": application["jobApplicationData"]["jobId"],
    }
    status = client.get(f"{APPLICATIONS}/status", headers=headers).json()["data"]
    assert status["alreadyApplied"] is True
    assert status["candidateId"] == application["candidateData"]["id"]
    headers["jobId"] = "another"
    status = client.get(f"{APPLICATIONS}/status", headers=headers).json()["data"]
    assert status == {"alreadyApplied": False, "candidateId": None, "applicationId": None}


@pytest.mark.parametrize("header", ["email", "jobId", "locale"])
def test_the_status_wants_its_headers(client: Client, header: str) -> None:
    headers = {"email": "a@example.com", "jobId": "1", header: None}
    refused = client.get(f"{APPLICATIONS}/status", headers=headers)
    assert refused.status_code == 400
    assert refused.json()["details"] == [f"{header} is required"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"candidateData": None}, "candidateData is required"),
        ({"jobApplicationData": {}}, "jobApplicationData.jobId is required"),
        ({"resumeData": {"fileName": "cv.pdf"}}, "resumeData.fileContent is required"),
        ({"resumeData": {**file(), "fileContent": "?"}}, "resumeData.fileContent is not base64"),
        ({"customFieldData": []}, "customFieldData must be an object"),
        ({"firstName": "x" * 21}, "candidateData.firstName must have at most 20 characters"),
        ({"middleName": "x" * 21}, "candidateData.middleName must have at most 20 characters"),
        ({"lastName": " "}, "candidateData.lastName is required"),
        ({"contactData": {}}, "candidateData.contactData.email is required"),
        (
            {"contactData": {"email": "nobody"}},
            "candidateData.contactData.email is not an e-mail address",
        ),
        ({"addressData": {"city": "X"}}, "candidateData.addressData.addressLine1 is required"),
        ({"experienceData": [{}]}, "candidateData.experienceData[0].companyName is required"),
        ({"smsOptIn": "yes"}, "candidateData.smsOptIn must be true or false"),
    ],
)
def test_what_a_submit_is_refused_for(client: Client, change: dict[str, Any], problem: str) -> None:
    body = new_application(client, "refused@example.com")
    top = {"candidateData", "jobApplicationData", "resumeData", "customFieldData"}
    (body if set(change) <= top else body["candidateData"]).update(change)
    refused = client.post(APPLICATIONS, json=body)
    assert refused.status_code == 400
    assert problem in refused.json()["details"]
    assert client.local.tenant.applications_by_email("refused@example.com") == []


@pytest.mark.parametrize(
    ("phone", "fine"),
    [
        ("12345", True),
        ("+123456789012345", True),
        ("1234", False),
        ("+1234567890123456", False),
        ("030 123456", False),
        ("(030)123456", False),
        (4930123456, False),
        ("٣٤٥٦٧٨", False),
    ],
)
def test_phone_numbers(client: Client, phone: Any, fine: bool) -> None:
    email = f"phone{phone}@example.com".replace(" ", "")
    body = new_application(client, email, contactData={"email": email, "phoneNumber": phone})
    assert client.post(APPLICATIONS, json=body).status_code == (200 if fine else 400)


def test_a_submit_needs_a_locale_a_body_and_an_open_job(client: Client) -> None:
    body = new_application(client, "late@example.com")
    assert client.post(APPLICATIONS, json=body, headers={"locale": None}).status_code == 400
    assert client.post(APPLICATIONS, data=b"{").status_code == 400
    assert client.post(APPLICATIONS, json=[]).status_code == 400
    open_ids = {row["jobId"] for row in client.local.tenant.open_jobs()}
    closed = next(
        row["jobId"] for row in client.local.tenant.closed_jobs() if row["jobId"] not in open_ids
    )
    for job_id in (closed, "unknown"):
        body["jobApplicationData"]["jobId"] = job_id
        assert client.post(APPLICATIONS, json=body).status_code == 404
    client.local.tenant.accepts_unknown_jobs = True
    assert client.post(APPLICATIONS, json=body).status_code == 200
    client.local.tenant.accepts_unknown_jobs = False


def test_attachments(client: Client, application: dict[str, Any]) -> None:
    path = f"{APPLICATIONS}/{application['id']}/attachments"
    before = client.get(path).json()["data"]
    assert before[0]["fileName"] == "resume.pdf"
    added = [file("a.pdf"), {**file("b.pdf", b"\0" * 100_000), "contentTypeId": "OTHER"}]
    assert len(client.post(path, json=added).json()["data"]) == 2
    assert client.get(path).json()["data"] == before + added
    refused: list[Any] = [[], {}, [{"fileName": "x"}], [{**file(), "fileContent": "***"}]]
    for wrong in refused:
        assert client.post(path, json=wrong).status_code == 400
    assert client.get(path).json()["data"] == before + added
    assert client.get(f"{APPLICATIONS}/nope/attachments").status_code == 404
    assert client.post(f"{APPLICATIONS}/nope/attachments", json=added).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SEARCH),
        ("GET", CANDIDATES),
        ("POST", CANDIDATES),
        ("GET", f"{APPLICANTS}/jobs/1/applicants"),
        ("GET", f"{APPLICANTS}/candidates/1/applications"),
    ],
)
def test_the_candidates_api_wants_an_acting_user(client: Client, method: str, path: str) -> None:
    for user in (None, ""):
        refused = client.send(method, path, json={}, headers={"x-ph-userId": user})
        assert refused.status_code == 400
        assert refused.json() == {"status": 400, "message": "Missing request header x-ph-userId"}


def test_applicants_of_a_job(client: Client, application: dict[str, Any]) -> None:
    tenant = client.local.tenant
    job_id = application["jobApplicationData"]["jobId"]
    tenant.set_hiring_status(application["id"], HiringStatus("Hired", updated=1_767_225_600_000))
    path = f"{APPLICANTS}/jobs/{quote(job_id, safe='')}/applicants"
    answer = client.get(path, params={"from": 0, "size": 1000}).json()
    expected = tenant.applications_by_job(job_id)
    assert answer["pagination"] == {"total": len(expected), "size": 1000, "from": 0}
    applicants = answer["data"]["candidates"]
    assert [each["userId"] for each in applicants] == [
        tenant.candidate_id_of(each) for each in expected
    ]
    mine = next(
        applicant
        for applicant, each in zip(applicants, expected, strict=True)
        if each["id"] == application["id"]
    )
    assert mine["hiringStatus"] == "Hired"
    assert mine["updatedDate"] == "2026-01-01T00:00:00.000Z"
    second = client.get(path, params={"from": 1, "size": 1}).json()["data"]["candidates"]
    assert second == applicants[1:2]
    assert client.get(path, params={"from": 0}).status_code == 400
    unknown = client.get(f"{APPLICANTS}/jobs/none/applicants", params={"from": 0, "size": 1})
    assert unknown.status_code == 404


def test_applications_of_a_candidate(client: Client, application: dict[str, Any]) -> None:
    tenant = client.local.tenant
    rejected = HiringStatus("Rejected", "Screening", True, "No work permit", 1_767_225_600_000)
    tenant.set_hiring_status(application["id"], rejected)
    candidate_id = application["candidateData"]["id"]
    answer = client.get(f"{APPLICANTS}/candidates/{candidate_id}/applications").json()
    mine = {each["applicationId"]: each for each in answer["data"]["applications"]}
    assert set(mine) == {each["id"] for each in tenant.applications_by_candidate(candidate_id)}
    one = mine[application["id"]]
    assert one["jobId"] == application["jobApplicationData"]["jobId"]
    assert one["createdDate"] == int(application["id"][:8], 16) * 1000
    assert one["hiringStatus"] == {
        "value": "Rejected",
        "step": "Screening",
        "disposition": "Rejected",
        "isRejected": True,
        "rejectionReason": "No work permit",
        "updatedDate": 1_767_225_600_000,
    }
    assert client.get(f"{APPLICANTS}/candidates/none/applications").status_code == 404


def search(client: Client, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(SEARCH, json={"size": 1000, **body})
    assert answer.status_code == 200, answer.text
    assert "total" not in answer.json()
    found: list[dict[str, Any]] = answer.json()["data"]["candidates"]
    return found


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
    assert matching("After", "2025-01-01") == [m for m in moments if m > 1_735_689_600_000]
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
