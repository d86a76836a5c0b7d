"""Candidate files over HTTP: lists, uploads, deletions and downloads."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import pytest
import requests

import phenom_sandbox
from phenom_sandbox import LocalTenant
from unit_tests.sandbox.client import Client
from unit_tests.sandbox.clock import Clock

FILES = "/candidates-api/files/v1/candidates"
BINARY = bytes(range(256)) + b"\r\n--not a boundary\r\n\x85\x0b\r"


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[Client]:
    with phenom_sandbox.running(jobs=20, applications=60, clock=clock) as local:
        yield Client(local)


@pytest.fixture
def candidate(client: Client) -> str:
    """Somebody who applied more than once."""
    tenant = client.local.tenant
    return next(each for each in tenant.people.ids() if len(tenant.application_ids_of(each)) > 1)


def upload(client: Client, candidate_id: str, name: str, content: bytes, **form: str) -> Any:
    return client.send(
        "PATCH",
        f"{FILES}/{candidate_id}/attachments",
        files={"attachment": (name, content)},
        data={"isParsableResume": "false", **form},
    )


def listed(client: Client, candidate_id: str) -> list[dict[str, str]]:
    answer = client.get(f"{FILES}/{candidate_id}/attachments").json()
    assert answer["status"] == 200
    attachments: list[dict[str, str]] = answer["attachments"]
    return attachments


def names(client: Client, candidate_id: str) -> list[str]:
    return [each["attachmentName"] for each in listed(client, candidate_id)]


def test_generated_attachments_are_among_the_files(client: Client, candidate: str) -> None:
    tenant = client.local.tenant
    expected = [
        (each["fileName"], {"RESUME": "Resume", "COVER_LETTER": "Cover Letter"}[kind])
        for application_id in tenant.application_ids_of(candidate)
        for each in tenant.attachments(application_id)
        if (kind := each["contentTypeId"])
    ]
    found = listed(client, candidate)
    assert [(each["attachmentName"], each["attachmentType"]) for each in found] == expected
    for key in ("attachmentId", "fieldID"):
        assert len({each[key] for each in found}) == len(found)
    assert listed(client, candidate) == found, "ids stay"


def test_submitted_attachments_are_among_the_files(client: Client) -> None:
    job_id = next(client.local.tenant.open_jobs())["jobId"]
    shown = {"fileName": "cv.txt", "fileContent": base64.b64encode(b"cv").decode()}
    body = {
        "candidateData": {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "contactData": {"email": "ada@example.com"},
        },
        "jobApplicationData": {"jobId": job_id, "applicantSource": "test"},
        "resumeData": shown,
    }
    made = client.post("/apply/v2/applications", json=body).json()["data"]
    later = {**shown, "fileName": "later.txt"}
    client.post(f"/apply/v2/applications/{made['applicationId']}/attachments", json=[later])
    found = listed(client, made["candidateId"])
    assert [(each["attachmentName"], each["attachmentType"]) for each in found] == [
        ("cv.txt", "Resume"),
        ("later.txt", "Other"),
    ]
    path = f"/candidates-api/applications/v1/candidates/{made['candidateId']}/jobs"
    for_job = client.get(f"{path}/{job_id}/attachments").json()["data"]["attachments"]
    assert for_job == [{k: v for k, v in each.items() if k != "fieldID"} for each in found]
    query = {"applicationId": "another"}
    answer = client.get(f"{path}/{job_id}/attachments", params=query).json()
    assert answer["data"]["attachments"] == []
    assert client.get(f"{path}/none/attachments").status_code == 404


@pytest.mark.parametrize("path", ["{}/attachments", "attachments/{}"])
def test_uploads(client: Client, candidate: str, path: str) -> None:
    before, updated = listed(client, candidate), client.local.tenant.people.find(candidate)
    answer = client.send(
        "PATCH",
        f"{FILES}/{path.format(candidate)}",
        files=[("attachment", ('Zeug "ä".pdf', BINARY)), ("attachment", ("履歴書.txt", b""))],
        data={"isParsableResume": "true"},
    )
    assert answer.json() == {"status": 200, "message": "Attachments updated", "data": {}}
    added = listed(client, candidate)[len(before) :]
    assert [(each["attachmentName"], each["attachmentType"]) for each in added] == [
        ('Zeug "ä".pdf', "Resume"),
        ("履歴書.txt", "Resume"),
    ]
    one = client.get(f"{FILES}/{candidate}/attachments/{added[0]['attachmentId']}").json()
    assert base64.b64decode(one) == BINARY
    now = client.local.tenant.people.find(candidate)
    assert updated is not None
    assert now is not None
    assert now["updated"] > updated["updated"]


def test_a_candidate_without_an_application_has_files(client: Client) -> None:
    body = {"firstName": "Grace", "lastName": "Hopper", "profileSources": ["test"]}
    created = client.post("/candidates-api/v2/candidates", json=body).json()["data"]["cId"]
    assert listed(client, created) == []
    upload(client, created, "cv.pdf", BINARY)
    upload(client, created, "cv.pdf", BINARY)
    assert names(client, created) == ["cv.pdf", "cv.pdf"], "nothing prevents doing it twice"


def test_deleting(client: Client, candidate: str) -> None:
    path = f"{FILES}/{candidate}/attachments"
    upload(client, candidate, "a.txt", b"a")
    upload(client, candidate, "b.txt", b"b")
    before = listed(client, candidate)
    named = {"attachmentType": "Other", "attachmentName": "a.txt"}
    good = {**named, "md5sum": md5(b"a").hexdigest()}
    unknown = {**named, "md5sum": md5(b"b").hexdigest()}
    assert client.send("DELETE", path, json={"attachments": [good, unknown]}).status_code == 404
    assert listed(client, candidate) == before, "all or nothing"
    wrong: dict[str, Any]
    for wrong in ({}, {"attachments": []}, {"attachments": [named]}, {"attachments": ["a.txt"]}):
        assert client.send("DELETE", path, json=wrong).status_code == 400
    field = next(each["fieldID"] for each in before if each["attachmentName"] == "a.txt")
    wrong_field = {**good, "fieldId": "att_0"}
    assert client.send("DELETE", path, json={"attachments": [wrong_field]}).status_code == 404
    good["fieldId"] = field
    assert client.send("DELETE", path, json={"attachments": [good]}).status_code == 200
    assert listed(client, candidate) == [e for e in before if e["attachmentName"] != "a.txt"]
    assert client.send("DELETE", path, json={"attachments": [good]}).status_code == 404


def test_a_deleted_file_is_gone_from_its_application(client: Client, candidate: str) -> None:
    tenant = client.local.tenant
    application_id = tenant.application_ids_of(candidate)[0]
    file = tenant.files.of_application(application_id)[0]
    tenant.files.remove(candidate, file.attachment_id)
    assert file.name not in [each["fileName"] for each in tenant.attachments(application_id)]
    assert file.attachment_id not in [each["attachmentId"] for each in listed(client, candidate)]
    with pytest.raises(KeyError):
        tenant.files.remove(candidate, file.attachment_id)


def test_signed_urls_need_no_token_and_expire(client: Client, candidate: str, clock: Clock) -> None:
    upload(client, candidate, "Lebenslauf ä/1.pdf", BINARY + b"x" * 2000)
    last = listed(client, candidate)[-1]
    path = f"{FILES}/{candidate}/attachments/{last['attachmentId']}/pre-signed-url"
    answer = client.get(path).json()
    address = answer.pop("fileUrl")
    assert answer == {
        "statusCode": 200,
        "message": "success",
        "fileName": "Lebenslauf ä/1.pdf",
        "fileSize": 3,
    }
    assert address.startswith(client.local.url + "/")
    got = requests.get(address, timeout=10)
    assert got.content == BINARY + b"x" * 2000
    assert got.headers["Content-Type"] == "application/pdf"
    assert requests.get(address[:-1], timeout=10).status_code == 403
    with_token = requests.get(address, headers=client.local.authorization(), timeout=10)
    assert with_token.status_code == 400
    clock.now += 301
    expired = requests.get(address, timeout=10)
    assert expired.status_code == 403
    fresh = client.get(path, headers=client.local.authorization()).json()["fileUrl"]
    assert requests.get(fresh, timeout=10).status_code == 200
    client.local.tenant.files.remove(candidate, last["attachmentId"])
    assert requests.get(fresh, timeout=10).status_code == 404
    clock.now -= 301


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"no form", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nhi\r\n--x--\r\n", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="attachment"\r\n\r\nhi\r\n--x--\r\n',
            400,
        ),
    ],
)
def test_uploads_that_are_refused(
    client: Client, candidate: str, content_type: str, body: bytes, status: int
) -> None:
    before = listed(client, candidate)
    path, headers = f"{FILES}/{candidate}/attachments", {"Content-Type": content_type}
    assert client.send("PATCH", path, data=body, headers=headers).status_code == status
    assert upload(client, candidate, "a", b"", isParsableResume="maybe").status_code == 400
    assert listed(client, candidate) == before


def test_unknown_candidates_and_files(client: Client, candidate: str) -> None:
    for path in ("none/attachments", "none/attachments/1", "none/attachments/1/pre-signed-url"):
        assert client.get(f"{FILES}/{path}").status_code == 404
    assert client.get(f"{FILES}/{candidate}/attachments/none").status_code == 404
    assert upload(client, "none", "a.txt", b"").status_code == 404
    nobody = client.get(f"{FILES}/{candidate}/attachments", headers={"x-ph-userId": None})
    assert nobody.status_code == 400


def test_signed_urls_are_outside_of_the_prefix() -> None:
    access = phenom_sandbox.Access(prefix="/gw")
    with phenom_sandbox.running(jobs=5, applications=5, access=access) as local:
        candidate_id = local.tenant.people.ids()[0]
        first = local.tenant.files.of_candidate(candidate_id)[0]
        where = f"{local.url}/gw{FILES}/{candidate_id}/attachments/{first.attachment_id}"
        headers = {**local.authorization(), "x-ph-userId": "u"}
        answer = requests.get(f"{where}/pre-signed-url", headers=headers, timeout=10)
        assert requests.get(answer.json()["fileUrl"], timeout=10).content == first.content
        assert _addressed(local) == 1


def _addressed(local: LocalTenant) -> int:
    return local.requests.count("GET /signed-files/{candidateId}/{attachmentId}/{name}")
