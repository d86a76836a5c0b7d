"""The requests of the two actions, against a mocked gateway."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import orjson
import pytest
import requests_mock

from destination_phenom.actions import Actions
from destination_phenom.attachments import AttachmentLoader
from destination_phenom.config import destination_config
from destination_phenom.idempotent_write import IdempotentWrite
from destination_phenom.jobs import JobIds
from destination_phenom.outcomes import WriteOutcome
from destination_phenom.rejections import Rejected
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused, Unavailable
from phenom_api.gateway import Gateway, RetryPolicy
from phenom_api.listings import OPEN_JOBS, jobs_page
from phenom_api.paging import Scan
from source_phenom.models.ids import UnifiedIds
from unit_tests.phenom_api.repeating_listing import (
    Serve,
    begins_again,
    goes_round,
    ignores_offset,
)

GATEWAY = "https://gateway.test/prefix"
APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
STATUS = f"{APPLICATIONS}/status"
CANDIDATES = f"{GATEWAY}/candidates-api/v2/candidates"
FILES = f"{GATEWAY}/candidates-api/files/v1/candidates/c1/attachments"
CONFIG = {
    "client_id": "c",
    "client_secret": "s",
    "token_url": "https://login.test",
    "gateway_url": GATEWAY,
    "locale": "de_DE",
    "site_type": "internal",
    "ph_user_id": "recruiter",
}
ROW: dict[str, Any] = {
    "candidate": {
        "first_name": "Wilhelmina",
        "last_name": "Lovelace",
        "email_address": "ada@example.com",
    },
    "application": {"job_id": "JR-1"},
}
CARRY_OUT = Callable[..., WriteOutcome]


def status_body(
    applied: Any, application_id: Any = "a1", candidate_id: Any = "c1"
) -> dict[str, Any]:
    ids = {"candidateId": candidate_id, "applicationId": application_id}
    return {"status": "success", "data": {"alreadyApplied": applied, **ids}}


def attached(*names: str) -> list[dict[str, str]]:
    content = base64.b64encode(b"x").decode()
    return [{"name": name, "type": "OTHER", "data": content} for name in names]


@pytest.fixture
def wire() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.post("https://login.test/token", text='{"access_token":"t","expires_in":3600}')
        yield mocker


@pytest.fixture
def carry_out(wire: requests_mock.Mocker) -> Iterator[CARRY_OUT]:
    config = destination_config(CONFIG)
    policy = RetryPolicy(attempts=3)
    with Gateway(config, policy=policy, sleep=lambda _: None) as gateway:
        actions = Actions(
            config,
            gateway,
            idempotent_write=IdempotentWrite(policy, sleep=lambda _: None),
            loader=AttachmentLoader(100),
        )

        def run(operation: str = "create_application", **changes: Any) -> WriteOutcome:
            row = {name: each for name, each in {**ROW, **changes}.items() if each is not None}
            return actions.carry_out(operation, row)

        yield run


def sent(wire: requests_mock.Mocker) -> list[str]:
    return [
        f"{each.method} {each.path}" for each in wire.request_history if "/token" not in each.path
    ]


def test_the_status_request_uses_headers(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, json=status_body(False))
    assert carry_out() == WriteOutcome("created", "c1", "a1")
    status, submit = wire.request_history[1:]
    expected = {"email": "ada@example.com", "jobId": "JR-1"}
    expected |= {"locale": "de_DE", "siteType": "internal"}
    assert {name: status.headers[name] for name in expected} == expected
    assert status.query == ""
    assert (submit.headers["locale"], submit.headers["siteType"]) == ("de_DE", "internal")
    assert submit.json()["jobApplicationData"] == {"jobId": "JR-1", "applicantSource": "Airbyte"}


@pytest.mark.parametrize("applied", [True, "true", "True"])
def test_an_applicant_is_not_submitted_again(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, applied: Any
) -> None:
    wire.get(STATUS, json=status_body(applied))
    assert carry_out() == WriteOutcome("already_applied", "c1", "a1")
    assert len(sent(wire)) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "wait",
    ["86400", "9" * 5_000, "Fri, 31 Dec 9999 23:59:59 GMT"],
    ids=["day", "digits", "date"],
)
def test_too_long_a_retry_after_ends_the_write(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, status: int, wait: str
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=status, headers={"Retry-After": wait})
    with pytest.raises(Unavailable, match="asks to wait"):
        carry_out()
    assert sum(each.startswith("POST") for each in sent(wire)) == 1


def test_an_answer_with_only_an_application_id_is_a_success(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, json={"data": {"applicationId": 7, "candidateId": "c1"}})
    assert carry_out() == WriteOutcome("created", "c1", "7")
    assert len(sent(wire)) == 2


@pytest.mark.parametrize("data", [{}, {"applicationId": " "}, {"alreadyApplied": "perhaps"}])
def test_after_an_incomplete_answer_the_status_is_asked(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, data: Any
) -> None:
    wire.get(STATUS, [{"json": status_body(False, None, None)}, {"json": status_body(True)}])
    wire.post(APPLICATIONS, json={"data": data})
    assert carry_out() == WriteOutcome("created", "c1", "a1")
    assert len(sent(wire)) == 3


@pytest.mark.parametrize("status", [101, 199, 300, 304])
def test_an_unusual_status_does_not_reject_the_record(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, status: int
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=status)
    with pytest.raises(RequestRefused, match=str(status)):
        carry_out()


def test_the_answer_to_the_submit_says_already_applied(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, json=status_body(True))
    assert carry_out().status == "already_applied"


def test_a_conflict_means_already_applied(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(STATUS, [{"json": status_body(False, None, None)}, {"json": status_body(True)}])
    wire.post(APPLICATIONS, status_code=409, json={"message": "duplicate"})
    assert carry_out() == WriteOutcome("already_applied", "c1", "a1")


def test_status_404_means_not_applied(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(STATUS, status_code=404, json={"error": "no such applicant"})
    wire.post(APPLICATIONS, json=status_body(False))
    assert carry_out().status == "created"


def test_ids_that_are_missing_in_the_answer_to_the_submit(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, [{"json": status_body(False, None, None)}, {"json": status_body(True)}])
    wire.post(APPLICATIONS, json=status_body(False, None, None))
    assert carry_out() == WriteOutcome("created", "c1", "a1")


def test_attachments_of_an_application_without_an_id(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, json=status_body(False, None, None))
    outcome = carry_out(attachments=attached("a.pdf"))
    assert outcome.status == "created"
    assert "id is unknown" in str(outcome.error)


@pytest.mark.parametrize("no_id", [None, "", " ", True, {}])
@pytest.mark.parametrize("told_by", ["status", "submit", "conflict"])
def test_attachments_of_an_earlier_application_without_an_id(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, told_by: str, no_id: Any
) -> None:
    applied, not_applied = status_body(True, no_id), status_body(False, None, None)
    wire.get(STATUS, [{"json": applied if told_by == "status" else not_applied}, {"json": applied}])
    wire.post(APPLICATIONS, status_code=409 if told_by == "conflict" else 200, json=applied)
    outcome = carry_out(attachments=attached("a.pdf"))
    assert (outcome.status, outcome.application_id) == ("already_applied", None)
    assert [problem.field for problem in outcome.problems] == ["attachments"]
    assert "may not be in place" in str(outcome.error)
    # Without attachments there is no problem.
    assert carry_out().error is None


def test_a_status_that_lags_behind(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    """The run remembers what it created."""
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, json=status_body(False))
    assert carry_out().status == "created"
    person = {**ROW["candidate"], "email_address": "ADA@example.com"}
    assert carry_out(candidate=person) == WriteOutcome("already_applied", "c1", "a1")
    assert sent(wire).count("POST /prefix/apply/v2/applications") == 1


def test_refusals_are_quoted_without_personal_data(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    details = ["candidateData.firstName: Wilhelmina is blocked", "mail ada@example.com"]
    wire.post(
        APPLICATIONS, status_code=400, json={"error": "Validation failed", "details": details}
    )
    with pytest.raises(Rejected) as raised:
        carry_out()
    text = str(raised.value)
    assert "Validation failed: candidateData.firstName: *** is blocked" in text
    assert "Wilhelmina" not in text
    assert "ada@" not in text


SPELLINGS = [
    "Zebulon Quartermaine",
    "Zebulon_Quartermaine",
    "zebulon.quartermaine",
    "ZEBULON-QUARTERMAINE",
    "QuartermaineZebulon",
    "zebulon%20quartermaine",
    "Quartermaine, Z.",
    "zebulonq@example.com",
    "zebulon_cv.pdf",
    "+49 (30) 123-4567",
]


@pytest.mark.parametrize("said", SPELLINGS)
@pytest.mark.parametrize(
    "shape",
    [
        {"message": "Candidate %s already exists"},
        {"error": "Validation failed", "details": ["%s is blocked", "%s"]},
        {"title": "%s", "details": "%s"},
    ],
)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_no_spelling_of_personal_data_is_quoted(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, said: str, shape: Any, status: int
) -> None:
    person = {
        "first_name": "Zebulon",
        "last_name": "Quartermaine",
        "email_address": "zebulonq@example.com",
        "phone_number": "+49301234567",
    }
    wire.get(STATUS, json=status_body(False, None, None))
    body = orjson.dumps(shape).replace(b"%s", said.encode())
    wire.post(APPLICATIONS, status_code=status, content=body)
    with pytest.raises((Rejected, PhenomError)) as raised:
        carry_out(candidate=person)
    told = f"{raised.value} {getattr(raised.value, 'detail', '')}".lower()
    assert str(status) in told
    for part in ("zebulon", "quarter", "maine", "4567"):
        assert part not in told


@pytest.mark.parametrize(
    "said", ["Candidate Page Field exists", "page_field", "PAGE.FIELD exists", "page field"]
)
def test_a_name_that_is_an_ordinary_word_is_not_quoted(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, said: str
) -> None:
    person = {**ROW["candidate"], "first_name": "Page", "last_name": "Field"}
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=400, json={"message": said})
    with pytest.raises(Rejected) as raised:
        carry_out(candidate=person)
    assert "page" not in str(raised.value).lower()
    assert "field" not in str(raised.value).lower()


def test_secrets_are_not_quoted(wire: requests_mock.Mocker) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=400, json={"message": "the api key open sesame is invalid"})
    config = destination_config({**CONFIG, "api_key": "open sesame"})
    with Gateway(config) as gateway:
        actions = Actions(
            config,
            gateway,
            idempotent_write=IdempotentWrite(gateway.policy),
            loader=AttachmentLoader(100),
        )
        with pytest.raises(Rejected, match=r"the api key \*\*\*\* is invalid"):
            actions.carry_out("create_application", ROW)


def test_very_long_refusals(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    texts = ["a" * 1_000_000, "a@" * 1_000_000, "a@" + "." * 1_000_000 + "@", "-" * 1_000_000]
    for text in texts:
        body = {"error": f"refused: {text}", "details": [text] * 3}
        wire.post(APPLICATIONS, status_code=400, json=body)
        with pytest.raises(Rejected) as raised:
            carry_out()
        assert len(str(raised.value)) < 1_000


@pytest.mark.parametrize("body", ["<html>", "", "[]", '{"error": {"a": 1}}'])
def test_refusals_without_text(wire: requests_mock.Mocker, carry_out: CARRY_OUT, body: str) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=422, text=body)
    with pytest.raises(Rejected, match="422"):
        carry_out()


def test_failures_that_are_not_the_records_fault(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(False, None, None))
    wire.post(APPLICATIONS, status_code=403, json={"message": "no"})
    with pytest.raises(PermissionDenied):
        carry_out()
    wire.post(APPLICATIONS, status_code=302, headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(RequestRefused):
        carry_out()


def test_a_resume_that_is_not_listed_among_the_attachments(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(STATUS, json=status_body(True))
    wire.get(f"{APPLICATIONS}/a1/attachments", json={"data": [{"fileName": "b.pdf"}]})
    wire.get(f"{APPLICATIONS}/a1", json={"data": {"resumeData": {"fileName": "cv.pdf"}}})
    files = attached("cv.pdf", "b.pdf")
    files[0]["type"] = "CV"
    assert carry_out(attachments=files) == WriteOutcome("already_applied", "c1", "a1")
    assert not any(each.startswith("POST") for each in sent(wire))


def test_attachments_that_may_not_be_read(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(STATUS, json=status_body(True))
    wire.get(f"{APPLICATIONS}/a1/attachments", status_code=403, json={"message": "no"})
    outcome = carry_out(attachments=attached("a.pdf"))
    assert outcome.status == "already_applied"
    assert "could not be compared" in str(outcome.error)


# -- jobs --------------------------------------------------------------------------------------


def test_unified_ids_are_looked_up_once_and_in_order(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    ids = UnifiedIds("phenom")
    uuid = "6f1c2a34-0000-4000-8000-000000000001"
    listed = {"internal": ["JR-1"], "external": ["JR-2", uuid], "closed": ["JR-3"]}

    def answer(request: Any, _: Any) -> dict[str, Any]:
        closed = request.path.endswith("closedjobs")
        rows = [
            {"jobId": each} for each in listed["closed" if closed else request.qs["sitetype"][0]]
        ]
        offset = int(request.qs["offset"][0])
        return {"totalRecordsCount": len(rows), "data": rows[offset:]}

    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", json=answer)
    wire.get(f"{GATEWAY}/jobs-api/v1/closedJobs", json=answer)
    wire.get(STATUS, json=status_body(True))

    def asked(job_id: str) -> str:
        wire.reset_mock()
        carry_out(application={"job_id": job_id})
        return str(wire.request_history[-1].headers["jobId"])

    assert asked(ids.of("jobs", "JR-1")) == "JR-1"
    assert not [each for each in wire.request_history if "external" in each.query]
    assert asked(ids.of("jobs", "JR-2").upper()) == "JR-2"
    assert not any("closedjobs" in each for each in sent(wire))
    assert asked(ids.of("jobs", "JR-3")) == "JR-3"
    assert asked(uuid) == uuid, "a tenant may name its jobs by UUIDs"
    assert not any(each.endswith("/v1/jobs") for each in sent(wire)), "these are read already"
    with pytest.raises(Rejected, match="unified id"):
        carry_out(application={"job_id": ids.of("jobs", "JR-4")})
    wire.reset_mock()
    with pytest.raises(Rejected, match="unified id"):
        carry_out(application={"job_id": ids.of("jobs", "JR-4")})
    assert sent(wire) == []


@pytest.mark.parametrize("named", ["unified", "remote: JR-1 ", "remote:JR-1", " JR-1\t", "JR-1"])
@pytest.mark.parametrize("listed", ["JR-1", " JR-1 ", "JR-1\u00a0"])
def test_white_space_around_a_job_id_is_ignored(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, listed: str, named: str
) -> None:
    """The source trims it, too, and a header value cannot begin or end with white space."""
    wire.get(
        f"{GATEWAY}/jobs-api/v1/jobs", json={"totalRecordsCount": 1, "data": [{"jobId": listed}]}
    )
    wire.get(STATUS, json=status_body(False))
    wire.post(APPLICATIONS, json=status_body(False))
    unified = UnifiedIds("phenom").of("jobs", "JR-1")
    carry_out(application={"job_id": unified if named == "unified" else named})
    asked, submitted = wire.request_history[-2:]
    assert asked.headers["jobId"] == "JR-1"
    assert submitted.json()["jobApplicationData"]["jobId"] == "JR-1"


@pytest.mark.parametrize("depth", [198, 253, 254, 255, 300, 900, 1010])
def test_jobs_with_deeply_nested_fields(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, depth: int
) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    text = f'{{"totalRecordsCount":1,"data":[{{"jobId":"JR-1","additionalFields":{deep}}}]}}'

    def answer(request: Any, _: Any) -> str:
        return text if request.qs["offset"] == ["0"] else '{"totalRecordsCount":1,"data":[]}'

    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", text=answer)
    wire.get(STATUS, json=status_body(True))
    carry_out(application={"job_id": UnifiedIds("phenom").of("jobs", "JR-1")})
    assert wire.request_history[-1].headers["jobId"] == "JR-1"


def test_unified_ids_without_permission_for_any_listing(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    wire.get(requests_mock.ANY, status_code=403, json={"message": "no"})
    with pytest.raises(PermissionDenied, match="Jobs API"):
        carry_out(application={"job_id": UnifiedIds("phenom").of("jobs", "JR-1")})


@pytest.mark.parametrize("denied", ["external", "closedJobs"])
def test_denied_listings_are_skipped(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, denied: str
) -> None:
    """Except the first one: the open jobs of the configured site type."""

    def answer(request: Any, context: Any) -> dict[str, Any]:
        if denied.lower() in request.url.lower():
            context.status_code = 403
        rows = [] if "internal" not in request.url or "closed" in request.url else [{"jobId": "JR"}]
        return {"totalRecordsCount": len(rows), "data": rows[int(request.qs["offset"][0]) :]}

    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", json=answer)
    wire.get(f"{GATEWAY}/jobs-api/v1/closedJobs", json=answer)
    wire.get(STATUS, json=status_body(True))
    carry_out(application={"job_id": UnifiedIds("phenom").of("jobs", "JR")})
    with pytest.raises(Rejected, match=f"may not be read: GET .*{denied}"):
        carry_out(application={"job_id": UnifiedIds("phenom").of("jobs", "another")})


def test_a_failed_listing_does_not_make_a_job_unknown(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT
) -> None:
    """Neither for the record that caused the request nor for those after it."""
    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", status_code=503)
    wire.get(f"{GATEWAY}/jobs-api/v1/closedJobs", json={"data": [], "totalRecordsCount": 0})
    for number in range(3):
        with pytest.raises(Unavailable):
            carry_out(application={"job_id": UnifiedIds("phenom").of("jobs", f"JR-{number}")})


@pytest.mark.parametrize("serve", [begins_again, goes_round, ignores_offset])
@pytest.mark.parametrize("counted", [0, 198, 10**12])
def test_a_listing_that_repeats_itself_is_read_to_its_end(
    wire: requests_mock.Mocker, caplog: pytest.LogCaptureFixture, serve: Serve, counted: int
) -> None:
    rows = [{"jobId": f"JR-{number}"} for number in range(198)]

    def answer(request: Any, _: Any) -> dict[str, Any]:
        page = serve(rows, int(request.qs["offset"][0]), int(request.qs["limit"][0]))
        views = len(wire.request_history)
        return {"totalRecordsCount": counted, "data": [{**row, "views": views} for row in page]}

    empty = {"totalRecordsCount": 0, "data": []}
    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", json=empty)
    wire.get(f"{GATEWAY}/jobs-api/v1/closedJobs", json=empty)
    wire.get(f"{GATEWAY}/jobs-api/v1/jobs?siteType=external", json=answer)
    ids = UnifiedIds("phenom")
    last = 99 if serve is ignores_offset else 197
    with Gateway(destination_config(CONFIG)) as gateway:
        job_ids = JobIds(gateway, "external")
        assert job_ids.resolve(ids.of("jobs", f"JR-{last}")) == f"JR-{last}"
        with pytest.raises(Rejected):
            job_ids.resolve(ids.of("jobs", "JR-198"))
    assert ("ignores the offset" in caplog.text) is (serve is ignores_offset)
    assert len(wire.request_history) < 80


def test_a_listing_that_misses_a_row_is_read_once_more(wire: requests_mock.Mocker) -> None:
    asked, hidden = 0, sys.maxsize

    def answer(request: Any, _: Any) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        listed = ["JR-1"] if asked <= hidden else ["JR-1", "JR-2"]
        rows = [{"jobId": each} for each in listed][int(request.qs["offset"][0]) :]
        return {"totalRecordsCount": 2, "data": rows}

    empty = {"totalRecordsCount": 0, "data": []}
    wire.get(f"{GATEWAY}/jobs-api/v1/jobs", json=empty)
    wire.get(f"{GATEWAY}/jobs-api/v1/closedJobs", json=empty)
    wire.get(f"{GATEWAY}/jobs-api/v1/jobs?siteType=external", json=answer)
    with Gateway(destination_config(CONFIG)) as gateway, ThreadPoolExecutor() as executor:
        page = partial(jobs_page, gateway, OPEN_JOBS, "external")
        once = Scan(page, page_size=100, identity=orjson.dumps, executor=executor, ahead=2)
        assert [len(rows) for rows in once] == [1]
        asked, hidden = 0, asked
        job_ids = JobIds(gateway, "external")
        assert job_ids.resolve(UnifiedIds("phenom").of("jobs", "JR-2")) == "JR-2"
        assert asked > hidden


# -- candidates --------------------------------------------------------------------------------


def test_a_candidate_is_created(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(CANDIDATES, status_code=404, json={"message": "not found"})
    wire.post(CANDIDATES, json={"status": 200, "data": {"cId": "c1"}})
    wire.patch(FILES, json={"status": 200})
    files = attached("cv.pdf", "b.pdf")
    files[0]["type"] = "CV"
    outcome = carry_out("create_candidate", application=None, attachments=files)
    assert outcome == WriteOutcome("created", "c1")
    _, _, created, first, second = wire.request_history
    assert created.headers["x-ph-userId"] == "recruiter"
    assert created.json() == {
        "firstName": "Wilhelmina",
        "lastName": "Lovelace",
        "profileSources": ["Airbyte"],
        "emailList": [{"email": "ada@example.com", "type": "Personal", "status": "Primary"}],
    }
    assert first.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="attachment"; filename="cv.pdf"' in first.body
    assert b"true" in first.body
    assert b"false" in second.body


@pytest.mark.parametrize("data", [{"candidateId": "c1"}, [{"candidateId": "c1", "field": "email"}]])
@pytest.mark.parametrize("status", [400, 409])
def test_the_error_names_the_candidate_who_exists(
    wire: requests_mock.Mocker, carry_out: CARRY_OUT, data: Any, status: int
) -> None:
    wire.get(CANDIDATES, status_code=404, json={"message": "not found"})
    wire.post(CANDIDATES, status_code=status, json={"message": "exists", "data": data})
    wire.get(FILES, json={"attachments": [{"attachmentName": "a.pdf"}]})
    wire.patch(FILES, json={"status": 200})
    outcome = carry_out(
        "create_candidate", application=None, attachments=attached("a.pdf", "b.pdf")
    )
    assert outcome == WriteOutcome("already_exists", "c1")
    path = FILES.removeprefix("https://gateway.test")
    assert sent(wire)[-2:] == [f"GET {path}", f"PATCH {path}"]


def test_a_candidate_who_is_refused(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    wire.get(CANDIDATES, status_code=404, json={"message": "not found"})
    wire.post(CANDIDATES, status_code=400, json={"message": "profileSources is unknown"})
    with pytest.raises(Rejected, match="profileSources is unknown"):
        carry_out("create_candidate", application=None)


def test_a_lost_answer_about_a_candidate(wire: requests_mock.Mocker, carry_out: CARRY_OUT) -> None:
    found = {"status": 200, "data": {"candidateId": "c1"}}
    wire.get(CANDIDATES, [{"status_code": 404, "json": {}}, {"json": found}])
    wire.post(CANDIDATES, status_code=502)
    assert carry_out("create_candidate", application=None) == WriteOutcome("created", "c1")
    assert carry_out("create_candidate", application=None) == WriteOutcome("already_exists", "c1")
    assert sent(wire).count("POST /prefix/candidates-api/v2/candidates") == 1
