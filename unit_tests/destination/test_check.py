"""`check` tests whether records can be written, without writing any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import requests_mock

from destination_phenom.check import check
from destination_phenom.config import destination_config
from phenom_protocol.connection import CheckResult

GATEWAY = "https://gateway.test"
APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
STATUS = f"{APPLICATIONS}/status"
CANDIDATES = f"{GATEWAY}/candidates-api/v2/candidates"
CONFIG = {
    "client_id": "c",
    "client_secret": "s",
    "token_url": "https://login.test",
    "gateway_url": GATEWAY,
}
UNKNOWN = "POST /apply/v2/applications is permitted is not known"
RESET: dict[str, Any] = {"exc": requests.ConnectionError}
MockedAnswer = dict[str, Any]


@pytest.fixture
def wire() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.post("https://login.test/token", text='{"access_token":"t","expires_in":3600}')
        mocker.get(STATUS, json={"data": {"alreadyApplied": False}})
        mocker.post(APPLICATIONS, status_code=400, json={"error": "Validation failed"})
        mocker.get(APPLICATIONS, json={"data": [], "pagination": {"total": 0}})
        mocker.get(CANDIDATES, status_code=404, json={"message": "Candidate not found"})
        mocker.post(CANDIDATES, status_code=400, json={"message": "firstName is required"})
        yield mocker


def checked(**more: Any) -> CheckResult:
    return check(destination_config({**CONFIG, **more}))


def answer(given: int | MockedAnswer) -> MockedAnswer:
    return given if isinstance(given, dict) else {"status_code": given, "json": {"message": "no"}}


def test_everything_is_permitted(wire: requests_mock.Mocker) -> None:
    assert checked() == CheckResult(True)
    assert not any("/candidates-api" in each.url for each in wire.request_history)
    assert checked(ph_user_id="u") == CheckResult(True)


def test_the_writes_of_the_probes_have_no_content(wire: requests_mock.Mocker) -> None:
    checked(ph_user_id="recruiter", locale="de_DE")
    writes = [
        each for each in wire.request_history if each.method != "GET" and "/token" not in each.url
    ]
    assert sorted(each.path for each in writes) == [
        "/apply/v2/applications",
        "/candidates-api/v2/candidates",
    ]
    for each in writes:
        assert each.body is None
        assert each.query == ""
        assert not {"locale", "siteType", "email", "jobId"} & set(each.headers)


@pytest.mark.parametrize(
    ("status", "submit", "succeeded", "words"),
    [
        (200, 422, True, []),
        (400, 400, True, []),
        (404, 400, True, []),
        (200, 403, False, ["POST /apply/v2/applications (403)", "Apply API, submitting"]),
        (403, 400, False, ["GET /apply/v2/applications/status (403)", "Apply API, asking"]),
        (403, 403, False, ["GET /apply/v2/applications/status", "POST /apply/v2/applications"]),
        (200, 401, False, ["token_url and gateway_url"]),
        (503, 503, False, ["GET /apply/v2/applications/status"]),
        (RESET, RESET, False, ["gateway_url"]),
        (200, 200, True, [UNKNOWN, "accepted a request without content"]),
        (200, 201, True, [UNKNOWN, "Check whether it created anything"]),
        (200, 404, True, [UNKNOWN, "404"]),
        (200, 405, True, [UNKNOWN, "405"]),
        (200, 500, True, [UNKNOWN, "500"]),
        (200, RESET, True, [UNKNOWN]),
        (
            200,
            {"status_code": 302, "headers": {"Location": "https://elsewhere.test/"}},
            True,
            [UNKNOWN, "another host"],
        ),
    ],
)
def test_permissions_of_the_apply_api(
    wire: requests_mock.Mocker,
    status: int | MockedAnswer,
    submit: int | MockedAnswer,
    succeeded: bool,
    words: list[str],
) -> None:
    wire.get(STATUS, **answer(status))
    wire.post(APPLICATIONS, **answer(submit))
    result = checked()
    assert result.succeeded is succeeded
    assert (result.message is None) == (not words)
    for each in words:
        assert each in (result.message or "")


@pytest.mark.parametrize(
    ("find", "create", "words"),
    [
        (200, 422, []),
        (404, 403, ["POST /candidates-api/v2/candidates (403)", "name no job"]),
        (403, 400, ["GET /candidates-api/v2/candidates (403)", "name no job"]),
        (403, 403, ["GET /candidates-api", "POST /candidates-api", "name no job"]),
        (404, 500, ["POST /candidates-api/v2/candidates is permitted is not known"]),
        (404, 200, ["POST /candidates-api/v2/candidates is permitted is not known"]),
    ],
)
def test_a_denied_candidates_api_does_not_fail_the_check(
    wire: requests_mock.Mocker, find: int, create: int, words: list[str]
) -> None:
    wire.get(CANDIDATES, **answer(find))
    wire.post(CANDIDATES, **answer(create))
    result = checked(ph_user_id="u")
    assert result.succeeded
    assert (result.message is None) == (not words)
    for each in words:
        assert (result.message or "").count(each) == 1


def test_gateway_url_of_another_server(wire: requests_mock.Mocker) -> None:
    wire.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=404, text="<h1>no</h1>")
    wire.post("https://login.test/token", text='{"access_token":"t","expires_in":3600}')
    result = checked()
    assert not result.succeeded
    assert "check gateway_url" in (result.message or "")


def test_no_token(wire: requests_mock.Mocker) -> None:
    wire.post("https://login.test/token", status_code=401)
    result = checked(ph_user_id="u")
    assert not result.succeeded
    assert (result.message or "").count("client_secret") == 1
    assert len(wire.request_history) == 1
