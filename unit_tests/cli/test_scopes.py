"""`phenom scopes` over mocked HTTP: one row per model and action, whatever the tenant allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from integration_tests.cli.running import Done, config_file, run
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL

JOBS = f"{GATEWAY}/jobs-api/v1/jobs"
CLOSED = f"{GATEWAY}/jobs-api/v1/closedJobs"
APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
STATUS = f"{APPLICATIONS}/status"
CANDIDATES = f"{GATEWAY}/candidates-api/v2/candidates"
OF_JOBS = ["jobs", "users", "roles", "job_hiring_team_members", "job_user_role_assignments"]
OF_APPLICATIONS = ["candidates", "applications"]

JOB = {"jobId": "JR-1", "hiringManagerEmail": "h@example.com"}
APPLICATION = {"id": "a1", "candidateData": {"id": "c1"}}
DENIED: dict[str, Any] = {"status_code": 403, "json": {"message": "no"}}
Row = dict[str, Any]


@pytest.fixture
def http() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json={"access_token": "t0ken", "expires_in": 3600})
        mocker.get(JOBS, json={"data": [JOB], "totalRecordsCount": 1})
        mocker.get(CLOSED, json={"data": [], "totalRecordsCount": 0})
        mocker.get(APPLICATIONS, json={"data": [APPLICATION], "pagination": {"total": 1}})
        mocker.get(STATUS, json={"data": {"alreadyApplied": False}})
        mocker.get(CANDIDATES, status_code=404, json={"message": "Candidate not found"})
        yield mocker


class Tool:
    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder

    def text(self, **config: Any) -> Done:
        file = config_file(self._folder, {**CONFIG, **config})
        return run(self._capsys, "scopes", "--config", file)

    def __call__(self, **config: Any) -> tuple[int, dict[str, Row]]:
        file = config_file(self._folder, {**CONFIG, **config})
        done = run(self._capsys, "scopes", "--json", "--config", file)
        return done.code, {row["name"]: row for row in done.json}


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Tool:
    return Tool(capsys, tmp_path)


def test_everything_is_reachable(http: requests_mock.Mocker, tool: Tool) -> None:
    code, rows = tool(ph_user_id="u1")
    assert code == 0
    assert list(rows) == [*OF_JOBS, *OF_APPLICATIONS, "create_candidate", "create_application"]
    assert {row["result"] for row in rows.values()} == {"reachable"}
    assert rows["users"] == {
        "name": "users",
        "kind": "model",
        "required": True,
        "result": "reachable",
        "endpoint": "GET /jobs-api/v1/jobs",
        "http_status": 200,
        "ask": "",
        "message": "",
    }
    assert not rows["create_candidate"]["required"]
    assert rows["create_candidate"]["http_status"] == 404
    assert "somebody whom it does not know" in rows["create_candidate"]["message"]


def test_nothing_is_created(http: requests_mock.Mocker, tool: Tool) -> None:
    tool(ph_user_id="u1", locale="de_DE", site_types=["internal"])
    asked = [each for each in http.request_history if each.url != TOKEN_URL]
    assert {each.method for each in asked} == {"GET"}
    status = next(each for each in asked if each.url == STATUS)
    assert status.headers["locale"] == "de_DE"
    assert status.headers["siteType"] == "internal"
    assert status.headers["email"].endswith("@example.com")


def test_denied_models_fail(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(APPLICATIONS, **DENIED)
    code, rows = tool()
    assert code == 1
    for name in OF_APPLICATIONS:
        assert rows[name]["result"] == "denied"
        assert rows[name]["http_status"] == 403
        assert rows[name]["ask"] == "Apply API, reading applications"
    assert {rows[name]["result"] for name in OF_JOBS} == {"reachable"}
    done = tool.text()
    assert "applications  " in done.out
    assert "Ask Phenom for: Apply API, reading applications." in done.out
    assert done.err == "Error: required models cannot be read: candidates, applications.\n"


def test_one_denied_listing_of_several_decides(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(CLOSED, **DENIED)
    code, rows = tool(include_closed_jobs=True)
    assert code == 1
    assert rows["jobs"]["endpoint"] == "GET /jobs-api/v1/closedJobs"
    assert "turn include_closed_jobs off" in rows["jobs"]["message"]


def test_actions_do_not_decide(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(STATUS, **DENIED)
    http.get(CANDIDATES, **DENIED)
    code, rows = tool(ph_user_id="u1")
    assert code == 0
    for name in ("create_application", "create_candidate"):
        assert (rows[name]["result"], rows[name]["http_status"]) == ("denied", 403)
        assert rows[name]["ask"]


def test_without_an_acting_user(http: requests_mock.Mocker, tool: Tool) -> None:
    code, rows = tool()
    row = rows["create_candidate"]
    assert (code, row["result"], row["http_status"]) == (0, "not configured", None)
    assert "ph_user_id" in row["ask"]
    assert not any(CANDIDATES in each.url for each in http.request_history)


def test_empty_passes(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(JOBS, json={"data": [], "totalRecordsCount": 0})
    http.get(APPLICATIONS, json={"data": [{"id": "a1"}], "pagination": {"total": 1}})
    code, rows = tool()
    assert code == 0
    results = {name: rows[name]["result"] for name in [*OF_JOBS, *OF_APPLICATIONS]}
    assert results.pop("roles") == "reachable"
    assert results.pop("applications") == "reachable"
    assert set(results.values()) == {"empty"}
    assert rows["jobs"]["message"] == "The listing has no rows."
    assert "names its candidate" in rows["candidates"]["message"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_no_to_the_question_is_an_answer(
    http: requests_mock.Mocker, tool: Tool, status: int
) -> None:
    http.get(STATUS, status_code=status, json={"message": "no such job"})
    _, rows = tool()
    row = rows["create_application"]
    assert (row["result"], row["http_status"]) == ("reachable", status)


def test_not_the_gateway_at_all(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(requests_mock.ANY, status_code=404, text="<h1>nothing here</h1>")
    code, rows = tool(ph_user_id="u1")
    assert code == 1
    assert {row["result"] for row in rows.values()} == {"failed"}
    assert {row["http_status"] for row in rows.values()} == {404}


def test_refused_credentials(http: requests_mock.Mocker, tool: Tool) -> None:
    http.post(TOKEN_URL, status_code=401)
    code, rows = tool()
    assert code == 1
    assert rows["jobs"]["result"] == "denied"
    assert rows["jobs"]["http_status"] is None
    assert "client_id and client_secret" in rows["jobs"]["message"]
    assert tool.text().out.count("The token endpoint refused") == 1


def test_a_missing_api_key_is_suspected_where_all_is_denied(
    http: requests_mock.Mocker, tool: Tool
) -> None:
    http.get(requests_mock.ANY, **DENIED)
    hint = "the gateway may want an api_key"
    assert hint in tool.text().out
    assert hint not in tool.text(api_key="key-of-the-tenant").out


def test_a_table_that_fits_into_80_columns(http: requests_mock.Mocker, tool: Tool) -> None:
    out = tool.text(ph_user_id="u1").out
    table = out.split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "\x1b" not in out


def test_a_destination_configuration_will_do(http: requests_mock.Mocker, tool: Tool) -> None:
    code, _ = tool(site_type="internal", default_source="Airbyte")
    assert code == 0
    status = next(each for each in http.request_history if each.url == STATUS)
    assert status.headers["siteType"] == "internal"


def test_an_unusable_configuration(tool: Tool) -> None:
    done = tool.text(page_size="many")
    assert (done.code, done.out) == (1, "")
    assert "'page_size'" in done.err
