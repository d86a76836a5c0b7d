"""Jobs and applications, as a plain HTTP client sees them."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from unit_tests.sandbox.client import Client

APPLICATIONS = "/apply/v2/applications"
APPLICANTS = "/candidates-api/applications/v1"
SCIM = "/user-management/scim/v2"


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


def test_the_three_formats_of_errors(client: Client) -> None:
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


def test_a_tenant_that_accepts_duplicates(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = client.local.tenant
    monkeypatch.setattr(tenant, "accepts_duplicates", True)
    body = new_application(client, email="twice@example.com")
    submits = [client.post(APPLICATIONS, json=body).json()["data"] for _ in range(2)]
    assert [each["alreadyApplied"] for each in submits] == [False, False]
    assert len({each["applicationId"] for each in submits}) == 2
    candidate = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "profileSources": ["Airbyte"],
        "emailList": [{"email": "both@example.com", "type": "Personal", "status": "Primary"}],
    }
    creations = [client.post("/candidates-api/v2/candidates", json=candidate) for _ in range(2)]
    assert len({each.json()["data"]["cId"] for each in creations}) == 2


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
def test_the_status_requires_its_headers(client: Client, header: str) -> None:
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
def test_invalid_submits(client: Client, change: dict[str, Any], problem: str) -> None:
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
