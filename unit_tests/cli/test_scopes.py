"""`phenom scopes` over mocked HTTP: one row per model and action, for any permissions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from source_phenom import manifest
from unit_tests.cli.running import CommandResult, config_file, run
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL, run_source

JOBS = f"{GATEWAY}/jobs-api/v1/jobs"
CLOSED = f"{GATEWAY}/jobs-api/v1/closedJobs"
APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
STATUS = f"{APPLICATIONS}/status"
CANDIDATES = f"{GATEWAY}/candidates-api/v2/candidates"
OF_JOBS = ["jobs", "users", "roles", "job_hiring_team_members", "job_user_role_assignments"]
OF_APPLICATIONS = ["candidates", "applications"]

USERS = f"{GATEWAY}/user-management/scim/v2/Users"
GROUPS = f"{GATEWAY}/user-management/scim/v2/Groups"
MANAGED = f"{GATEWAY}/hiringmanager/v3/jobs/search"
SEARCH = f"{GATEWAY}/candidates-api/v1/candidates/search/"
APPLICANTS = f"{GATEWAY}/candidates-api/applications/v1/jobs/{{}}/applicants"
OF_CANDIDATE = f"{GATEWAY}/candidates-api/applications/v1/candidates/{{}}"
FILES = f"{GATEWAY}/candidates-api/files/v1/candidates/{{}}/attachments"
TAGS = f"{GATEWAY}/tags-api/v1/tags"
FURTHER = manifest.stream_names()[7:]
COLUMNS = [
    "users (first_name, last_name)",
    "jobs (closed_at, remote_created_at, remote_updated_at)",
    "candidates (remote_created_at, remote_updated_at)",
    "applications (outcome, current_stage)",
    "applications (rejected_at, rejection_reason_name, remote_created_at, remote_updated_at)",
    "candidates (tags)",
]
ACTIONS = ["create_candidate", "create_application"]

JOB = {"jobId": "JR-1", "hiringManagerEmail": "h@example.com"}
APPLICATION = {"id": "a1", "candidateData": {"id": "c1"}}
TOKEN = {"access_token": "t0ken", "expires_in": 3600}
DENIED: dict[str, Any] = {"status_code": 403, "json": {"message": "no"}}
Row = dict[str, Any]


@pytest.fixture
def http() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json=TOKEN)
        mocker.get(JOBS, json={"data": [JOB], "totalRecordsCount": 1})
        mocker.get(CLOSED, json={"data": [], "totalRecordsCount": 0})
        mocker.get(APPLICATIONS, json={"data": [APPLICATION], "pagination": {"total": 1}})
        mocker.get(STATUS, json={"data": {"alreadyApplied": False}})
        mocker.get(CANDIDATES, status_code=404, json={"message": "Candidate not found"})
        for action in (APPLICATIONS, CANDIDATES):
            mocker.post(action, status_code=400, json={"message": "Request body is missing"})
        answered(mocker)
        yield mocker


def answered(mocker: requests_mock.Mocker, job: str = "JR-1", candidate: str = "c1") -> None:
    """Mocks the APIs that need an acting user, with one job and one candidate."""
    for url in (USERS, GROUPS):
        mocker.get(url, json={"Resources": [{"id": "1"}], "totalResults": 1})
    mocker.post(MANAGED, json={"data": {"jobs": [], "totalCount": 0}})
    mocker.post(SEARCH, json={"data": {"candidates": [{"userId": "c1"}]}})
    mocker.get(APPLICANTS.format(job), json={"data": {"candidates": []}})
    of_candidate = OF_CANDIDATE.format(candidate)
    mocker.get(f"{of_candidate}/applications", json={"data": {"applications": []}})
    mocker.get(f"{of_candidate}/hiring-status-activities", json={"data": []})
    mocker.get(FILES.format(candidate), json={"attachments": []})
    mocker.get(TAGS, json={"data": [], "total": 0})


class Tool:
    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder

    def text(self, **config: Any) -> CommandResult:
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
    assert list(rows) == [*OF_JOBS, *OF_APPLICATIONS, *FURTHER, *COLUMNS, *ACTIONS]
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
    assert rows["create_candidate"]["endpoint"] == "POST /candidates-api/v2/candidates"
    assert rows["create_candidate"]["http_status"] == 400
    assert "An empty request" in rows["create_candidate"]["message"]


def test_nothing_is_created(http: requests_mock.Mocker, tool: Tool) -> None:
    tool(ph_user_id="u1", locale="de_DE", site_types=["internal"])
    asked = [each for each in http.request_history if each.url != TOKEN_URL]
    for each in asked:
        assert each.method == "GET" or each.body is None or each.url in (MANAGED, SEARCH)
    status = next(each for each in asked if each.url == STATUS)
    assert status.headers["locale"] == "de_DE"
    assert status.headers["siteType"] == "internal"
    assert status.headers["email"].endswith("@example.com")


def test_a_cause_that_is_no_missing_permission_is_in_the_error(
    http: requests_mock.Mocker, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    http.post(TOKEN_URL, status_code=401, json={"message": "no"})
    done = run(capsys, "scopes", "--config", config_file(tmp_path, CONFIG))
    assert done.code == 1
    assert "required models cannot be read: jobs" in done.err
    assert done.err.rstrip().endswith("check client_id and client_secret.")


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
def test_any_answer_to_the_status_request_means_reachable(
    http: requests_mock.Mocker, tool: Tool, status: int
) -> None:
    http.get(STATUS, status_code=status, json={"message": "no such job"})
    _, rows = tool()
    assert rows["create_application"]["result"] == "reachable"


@pytest.mark.parametrize(
    ("status", "result"),
    [(400, "reachable"), (422, "reachable"), (403, "denied"), (404, "failed"), (200, "failed")],
)
def test_whether_submitting_is_permitted(
    http: requests_mock.Mocker, tool: Tool, status: int, result: str
) -> None:
    http.post(APPLICATIONS, status_code=status, json={"message": "no"})
    code, rows = tool()
    row = rows["create_application"]
    assert (code, row["result"], row["http_status"]) == (0, result, status)
    assert row["endpoint"] == "POST /apply/v2/applications"
    assert row["ask"] == ("Apply API, submitting applications" if status == 403 else "")


def test_a_server_that_is_not_the_gateway(http: requests_mock.Mocker, tool: Tool) -> None:
    for method in ("GET", "POST"):
        http.request(method, requests_mock.ANY, status_code=404, text="<h1>nothing here</h1>")
    http.post(TOKEN_URL, json=TOKEN)
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
    done = tool.text()
    assert done.out.count("The token endpoint refused") == 1
    (summary,) = done.err.splitlines()
    assert summary.startswith("Error: required models cannot be read: jobs, users, ")
    assert summary.count("check client_id and client_secret.") == 1


def test_an_api_key_is_suggested_if_everything_is_denied(
    http: requests_mock.Mocker, tool: Tool
) -> None:
    http.get(requests_mock.ANY, **DENIED)
    hint = "the gateway may want an api_key"
    assert hint in tool.text().out
    assert hint not in tool.text(api_key="key-of-the-tenant").out
    http.post(requests_mock.ANY, **DENIED)
    http.post(TOKEN_URL, json=TOKEN)
    assert hint in tool.text(ph_user_id="u1").out


def test_in_a_pipe_each_row_is_a_line(http: requests_mock.Mocker, tool: Tool) -> None:
    out = tool.text(ph_user_id="u1").out
    _, *lines = out.split("\n\n")[0].splitlines()
    names = [*OF_JOBS, *OF_APPLICATIONS, *FURTHER, *COLUMNS, *ACTIONS]
    assert [line.split("  ")[0] for line in lines] == names
    assert "\x1b" not in out


def test_a_destination_configuration_is_accepted(http: requests_mock.Mocker, tool: Tool) -> None:
    code, _ = tool(site_type="internal", default_source="Airbyte")
    assert code == 0
    status = next(each for each in http.request_history if each.url == STATUS)
    assert status.headers["siteType"] == "internal"


def test_an_unusable_configuration(tool: Tool) -> None:
    done = tool.text(page_size="many")
    assert (done.code, done.out) == (1, "")
    assert "'page_size'" in done.err


class TestActingUser:
    def test_without_one(self, http: requests_mock.Mocker, tool: Tool) -> None:
        code, rows = tool()
        assert code == 0
        for name in (*FURTHER, *COLUMNS):
            row = rows[name]
            assert (row["result"], row["http_status"], row["required"]) == (
                "not configured",
                None,
                False,
            )
            assert "to be set as ph_user_id" in row["ask"]
            assert "User management (SCIM), Hiring Manager API, Candidates API" in row["ask"]
        opened = ("user-management", "hiringmanager", "candidates-api", "tags-api")
        assert not any(api in each.url for each in http.request_history for api in opened)
        assert tool.text().out.count("User management (SCIM)") == 1

    @pytest.mark.parametrize(
        ("method", "url", "ask", "lost"),
        [
            ("GET", USERS, "User management (SCIM), reading users", ["employees", COLUMNS[0]]),
            ("GET", GROUPS, "User management (SCIM), reading groups", ["groups"]),
            ("POST", MANAGED, "Hiring Manager API, reading jobs", [COLUMNS[1]]),
            ("GET", APPLICANTS.format("JR-1"), "Candidates API, reading the app", [COLUMNS[3]]),
            ("GET", TAGS, "Tags API, reading tags", [COLUMNS[5]]),
        ],
    )
    def test_denied_apis_are_named_and_not_required(
        self,
        http: requests_mock.Mocker,
        tool: Tool,
        method: str,
        url: str,
        ask: str,
        lost: list[str],
    ) -> None:
        http.request(method, url, **DENIED)
        code, rows = tool(ph_user_id="u1")
        assert code == 0
        denied = {name: row for name, row in rows.items() if row["result"] == "denied"}
        assert list(denied) == lost
        for row in denied.values():
            assert row["ask"].startswith(ask)
            assert row["http_status"] == 403
            assert row["endpoint"].startswith(method)

    def test_empty(self, http: requests_mock.Mocker, tool: Tool) -> None:
        http.get(GROUPS, json={"Resources": [], "totalResults": 0})
        code, rows = tool(ph_user_id="u1")
        assert (code, rows["groups"]["result"]) == (0, "empty")
        assert {rows[name]["result"] for name in COLUMNS} == {"reachable"}

    def test_without_any_job_or_candidate_to_ask_about(
        self, http: requests_mock.Mocker, tool: Tool
    ) -> None:
        http.get(JOBS, json={"data": [], "totalRecordsCount": 0})
        http.post(SEARCH, **DENIED)
        nothing: dict[str, Any] = {"status_code": 404, "json": {"message": "not found"}}
        http.get(APPLICANTS.format("JOBID"), **nothing)
        http.get(f"{OF_CANDIDATE.format('0' * 24)}/applications", **nothing)
        http.get(f"{OF_CANDIDATE.format('0' * 24)}/hiring-status-activities", **nothing)
        http.get(FILES.format("0" * 24), **DENIED)
        code, rows = tool(ph_user_id="u1")
        assert code == 0
        results = {name: (rows[name]["result"], rows[name]["http_status"]) for name in COLUMNS}
        assert results[COLUMNS[2]] == ("denied", 403)
        assert results[COLUMNS[3]] == results[COLUMNS[4]] == ("reachable", 404)

    def test_a_missing_api(self, http: requests_mock.Mocker, tool: Tool) -> None:
        http.get(APPLICANTS.format("JR-1"), status_code=404, text="<h1>nothing here</h1>")
        _, rows = tool(ph_user_id="u1")
        assert rows[COLUMNS[3]]["result"] == "failed"


def test_check_names_denied_apis_and_the_columns_they_fill(
    http: requests_mock.Mocker, tmp_path: Path
) -> None:
    def message(**config: Any) -> str:
        outcome = run_source("check", tmp_path, config={**CONFIG, **config})
        (status,) = outcome.of("CONNECTION_STATUS")
        assert status["connectionStatus"]["status"] == "SUCCEEDED"
        return str(status["connectionStatus"].get("message", ""))

    assert message(ph_user_id="u1") == ""
    http.get(USERS, **DENIED)
    http.post(MANAGED, **DENIED)
    assert message() == ""
    said = message(ph_user_id="u1")
    assert "GET /user-management/scim/v2/Users (403). Ask Phenom to grant it: User man" in said
    assert "Without it: streams employees; columns users.first_name, users.last_name." in said
    assert "Without it: columns jobs.closed_at, jobs.remote_created_at, jobs.remote_upd" in said


def test_check_fails_without_a_listing_even_if_other_apis_work(
    http: requests_mock.Mocker, tmp_path: Path
) -> None:
    for url in (JOBS, APPLICATIONS, APPLICANTS.format("JOBID")):
        http.get(url, **DENIED)
    outcome = run_source("check", tmp_path, config={**CONFIG, "ph_user_id": "u1"})
    (status,) = outcome.of("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "FAILED"
    assert "user-management" not in status["connectionStatus"]["message"]
