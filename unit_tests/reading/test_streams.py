"""The records of each stream for given answers of the gateway."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from integration_tests.source.reading import STREAMS
from source_phenom import manifest
from source_phenom.models.ids import UnifiedIds
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL, Tenant, read, run_source

IDS = UnifiedIds("phenom")


def job(job_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "jobId": job_id,
        "title": f"Title of {job_id}",
        "siteType": "external",
        "locale": "en_US",
        **changes,
    }


def application(number: int, candidate: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{number:024x}",
        "candidateData": {
            "id": candidate or f"c{number}",
            "firstName": f"First {number}",
            "lastName": "Last",
            "contactData": {"email": f"{candidate or number}@example.com"},
        },
        "jobApplicationData": {"jobId": "JR-1", "applicantSource": f"Source {number}"},
        **changes,
    }


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(applications=[application(number) for number in range(1, 8)])
    tenant.jobs["external"] = [job(f"JR-{number}") for number in range(1, 8)]
    return tenant


def by_remote_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["remote_id"]: record for record in records}


def test_every_record_has_every_column_of_its_schema(tenant: Tenant, tmp_path: Path) -> None:
    tenant.jobs["external"][0]["hiringManagerEmail"] = "h@example.com"
    with tenant.served():
        outcome = read(tmp_path)
    assert outcome.code == 0
    for stream in STREAMS:
        columns = set(manifest.schema(stream)["properties"])
        assert outcome.records[stream], stream
        for record in outcome.records[stream]:
            assert set(record) == columns
            assert record["remote_deleted_at"] is None
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["changed_at"])


def test_statuses_and_states_frame_the_records(tenant: Tenant, tmp_path: Path) -> None:
    with tenant.served():
        outcome = read(tmp_path, streams=["applications", "candidates"])
    assert outcome.statuses == {
        "applications": ["STARTED", "RUNNING", "COMPLETE"],
        "candidates": ["STARTED", "RUNNING", "COMPLETE"],
    }
    printed = [
        (message["type"], message.get("state", {}).get("sourceStats", {}).get("recordCount"))
        for message in outcome.messages
        if message["type"] == "STATE"
    ]
    assert printed == [("STATE", 7.0), ("STATE", 7.0)]


def test_only_selected_streams_are_printed_and_listed(tenant: Tenant, tmp_path: Path) -> None:
    with tenant.served() as gateway:
        outcome = read(tmp_path, streams=["candidates"])
        paths = {request.path for request in gateway.request_history}
    assert set(outcome.records) == {"candidates"}
    assert paths == {"/token", "/prefix/apply/v2/applications"}


def test_one_pass_serves_all_streams_of_a_listing(tenant: Tenant, tmp_path: Path) -> None:
    def requests(streams: tuple[str, ...]) -> int:
        with tenant.served() as gateway:
            read(tmp_path, streams=streams)
            return int(gateway.call_count)

    assert requests(("jobs",)) == requests(
        ("jobs", "users", "roles", "job_user_role_assignments", "job_hiring_team_members")
    )
    assert requests(("applications",)) == requests(("applications", "candidates"))


def test_applications_are_the_same_whether_or_not_candidates_are_read(
    tenant: Tenant, tmp_path: Path
) -> None:
    """Without candidates, their profiles are not parsed."""
    wish = {"model": "applications", "key": "name", "path": "candidateData.firstName"}

    def applications(config: dict[str, Any], *others: str) -> list[dict[str, Any]]:
        outcome = read(tmp_path, config, streams=["applications", *others])
        return [{**row, "changed_at": None} for row in outcome.records["applications"]]

    with tenant.served():
        for config in ({}, {"custom_fields": [wish]}):
            alone = applications(config)
            assert alone
            assert alone == applications(config, "candidates")
    assert {row["custom_fields"]["name"] for row in alone} - {None}


def test_every_request_is_authorised(tenant: Tenant, tmp_path: Path) -> None:
    with tenant.served() as gateway:
        read(tmp_path, {"api_key": "key-of-the-tenant", "ph_user_id": "u1"})
        token, *rest = gateway.request_history
    assert token.url == TOKEN_URL
    assert token.text == "clientId=client&clientSecret=a-secret-of-the-tenant"
    assert rest
    for request in rest:
        assert request.url.startswith(GATEWAY)
        assert request.headers["Authorization"] == "Bearer t0ken"
        assert request.headers["api-key"] == "key-of-the-tenant"
        assert request.headers["x-ph-userId"] == "u1"


class TestJobs:
    def variants(self, tenant: Tenant) -> None:
        tenant.jobs["external"] = [
            job("A", locale="fr_FR", title="external fr"),
            job("A", locale="de_DE", title="external de"),
        ]
        tenant.jobs["internal"] = [
            job("A", locale="ja_JP", title="internal ja", siteType="internal"),
            job("B", locale="ja_JP", title="B", siteType="internal"),
        ]

    @pytest.mark.parametrize(
        ("config", "title"),
        [
            ({}, "external de"),
            ({"site_types": ["external", "internal"]}, "external de"),
            ({"site_types": ["internal", "external"]}, "internal ja"),
            ({"site_types": ["external", "internal"], "locale": "ja_JP"}, "internal ja"),
            ({"locale": "fr_FR"}, "external fr"),
            ({"locale": "xx_XX"}, "external de"),
        ],
    )
    def test_the_variant_that_counts(
        self, tenant: Tenant, tmp_path: Path, config: dict[str, Any], title: str
    ) -> None:
        self.variants(tenant)
        with tenant.served():
            jobs = by_remote_id(read(tmp_path, config, streams=["jobs"]).records["jobs"])
        assert jobs["A"]["name"] == title
        assert ("B" in jobs) == ("internal" in config.get("site_types", []))

    def test_open_wins_over_closed(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.jobs["external"] = [job("A", title="open")]
        tenant.closed_jobs["external"] = [job("A", title="closed"), job("B", title="closed")]
        with tenant.served():
            records = read(tmp_path, {"include_closed_jobs": True}, streams=["jobs"]).records
        jobs = by_remote_id(records["jobs"])
        assert (jobs["A"]["status"], jobs["A"]["name"]) == ("OPEN", "open")
        assert (jobs["B"]["status"], jobs["B"]["name"]) == ("CLOSED", "closed")

    def test_a_job_without_an_id_is_counted_not_printed(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.jobs["external"] = [job("A"), job(" "), {"title": "nobody"}]
        with tenant.served():
            outcome = read(tmp_path, streams=["jobs"])
        assert [record["remote_id"] for record in outcome.records["jobs"]] == ["A"]
        assert "jobs: 2 rows without a key were skipped" in outcome.logs

    def test_values_of_unexpected_types_are_counted_by_column(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.jobs["external"] = [job("A", title={"en": "x"}), job("B", title=["x"]), job("C")]
        with tenant.served():
            outcome = read(tmp_path, streams=["jobs"])
        assert outcome.code == 0
        assert "jobs.name: 2 values of an unexpected type" in outcome.logs

    def test_times_that_are_not_certain_are_counted_and_not_shown(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.jobs["external"] = [
            job("A", additionalFields={"openedAt": "01/05/2026"}),
            job("B", additionalFields={"posted": "31/12/26", "due": "31/11/26"}),
            job("C", additionalFields={"openedAt": "2026-01-05"}),
        ]
        override = {"model": "jobs", "field": "opened_at", "paths": ["additionalFields.posted"]}
        with tenant.served():
            outcome = read(tmp_path, {"field_overrides": [override]}, streams=["jobs"])
        assert outcome.code == 0
        assert "jobs.opened_at: 2 values of an unexpected type" in outcome.logs
        assert "/26" not in outcome.logs
        assert "01/05" not in outcome.logs


class TestUsers:
    def test_the_name_comes_from_the_smallest_job_that_gives_one(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.jobs["external"] = [
            job("3", hiringManagerEmail="P@x.io", hiringManagerName="Third, Name"),
            job("1", hiringManagerEmail="p@x.io"),
            job(
                "2",
                multiRecruiter=[{"recruiterEmail": " p@X.io", "recruiterName": "Second Name"}],
            ),
        ]
        with tenant.served():
            records = read(tmp_path, streams=["users"]).records["users"]
        assert [(r["remote_id"], r["first_name"], r["last_name"]) for r in records] == [
            ("p@x.io", "Second", "Name")
        ]

    def test_members_and_assignments_resolve(self, tenant: Tenant, tmp_path: Path) -> None:
        person = {"recruiterEmail": "h@x.io", "recruiterName": "H"}
        tenant.jobs["external"] = [
            job("1", hiringManagerEmail="H@x.io", multiRecruiter=[person, person]),
            job("2", multiRecruiter=[person, {"recruiterEmail": "", "recruiterName": "Nobody"}]),
        ]
        with tenant.served():
            records = read(tmp_path).records
        members = {record["id"]: record for record in records["job_hiring_team_members"]}
        assert sorted(tuple(member["roles"]) for member in members.values()) == [
            ("HIRING_MANAGER", "RECRUITER"),
            ("RECRUITER",),
        ]
        assignments = records["job_user_role_assignments"]
        assert len(assignments) == 3
        assert {record["job_user_id"] for record in assignments} == set(members)
        assert {r["role_id"] for r in assignments} == {r["id"] for r in records["roles"]}
        assert {m["user_id"] for m in members.values()} == {r["id"] for r in records["users"]}
        assert {m["job_id"] for m in members.values()} == {r["id"] for r in records["jobs"]}


class TestCandidates:
    def test_newest_application_describes_and_oldest_gives_the_source(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.applications = [application(2, "c"), application(9, "c"), application(1, "c")]
        with tenant.served():
            records = read(tmp_path, streams=["candidates"]).records["candidates"]
        assert [(r["remote_id"], r["first_name"], r["source"]) for r in records] == [
            ("c", "First 9", "Source 1")
        ]

    def test_an_application_that_names_nobody_gives_no_candidate(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.applications = [
            application(1, candidateData={"contactData": {"email": "not an address"}}),
            application(2, candidateData=None),
            application(3, candidateData={"contactData": {"email": "A@X.io"}}),
        ]
        with tenant.served():
            records = read(tmp_path).records
        assert [record["remote_id"] for record in records["candidates"]] == ["email:a@x.io"]
        applications = by_remote_id(records["applications"])
        assert [applications[f"{n:024x}"]["candidate_id"] for n in (1, 2, 3)] == [
            None,
            None,
            records["candidates"][0]["id"],
        ]


class TestApplications:
    def test_only_created_applications_are_read(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.applications[3]["candidateData"]["id"] = "c2"
        config = {"only_created_applications": True, "application_sources": ["SOURCE 2"]}
        with tenant.served():
            records = read(tmp_path, config).records
        assert [record["remote_id"] for record in records["applications"]] == [f"{2:024x}"]
        assert [record["remote_id"] for record in records["candidates"]] == ["c2"]


def test_hard_deletes_add_their_column(tenant: Tenant, tmp_path: Path) -> None:
    with tenant.served():
        first = read(tmp_path, {"hard_deletes": True}, streams=["applications"])
        gone = tenant.applications.pop(0)
        second = read(tmp_path, {"hard_deletes": True}, first.states, streams=["applications"])
    assert all(r["_ab_cdc_deleted_at"] is None for r in first.records["applications"])
    (tombstone,) = second.records["applications"]
    assert tombstone["remote_id"] == gone["id"]
    assert tombstone["_ab_cdc_deleted_at"] == tombstone["remote_deleted_at"]
    catalog = run_source("discover", tmp_path, config={**CONFIG, "hard_deletes": True})
    for stream in catalog.of("CATALOG")[0]["catalog"]["streams"]:
        assert "_ab_cdc_deleted_at" in stream["json_schema"]["properties"]


class TestFailures:
    def test_a_denied_listing_fails_its_own_streams_only(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.denied = ("/jobs-api/v1/jobs",)
        with tenant.served():
            outcome = read(tmp_path)
        assert outcome.code == 1
        assert outcome.statuses["jobs"] == ["STARTED", "INCOMPLETE"]
        assert outcome.statuses["users"] == ["STARTED", "INCOMPLETE"]
        assert outcome.statuses["applications"][-1] == "COMPLETE"
        assert len(outcome.records["applications"]) == 7
        failures = {f["stream_descriptor"]["name"]: f for f in outcome.failures}
        assert failures["jobs"]["failure_type"] == "config_error"
        assert "GET /jobs-api/v1/jobs" in failures["jobs"]["message"]
        assert "Jobs API" in failures["jobs"]["message"]

    @pytest.mark.parametrize(
        ("command", "config", "expected"),
        [
            ("check", {"page_size": "many"}, "'page_size'"),
            ("check", {"pagesize": 5}, "'pagesize' is not a known key"),
            ("check", {"gateway_url": "http://example.com"}, "'gateway_url' must use https://"),
            ("check", {"token_url": "login"}, "'token_url'"),
        ],
    )
    def test_check_names_the_wrong_key(
        self, tmp_path: Path, command: str, config: dict[str, Any], expected: str
    ) -> None:
        outcome = run_source(command, tmp_path, config={**CONFIG, **config})
        (status,) = outcome.of("CONNECTION_STATUS")
        assert outcome.code == 0
        assert status["connectionStatus"]["status"] == "FAILED"
        assert expected in status["connectionStatus"]["message"]

    def test_read_of_a_wrong_config_is_a_config_error(self, tmp_path: Path) -> None:
        outcome = read(tmp_path, {"client_secret": 5})
        (failure,) = outcome.failures
        assert outcome.code == 1
        assert failure["failure_type"] == "config_error"
        assert "'client_secret'" in failure["message"]

    def test_keys_of_the_platform_are_ignored(self, tenant: Tenant, tmp_path: Path) -> None:
        with tenant.served():
            outcome = run_source("check", tmp_path, config={**CONFIG, "__injected": 1})
        (status,) = outcome.of("CONNECTION_STATUS")
        assert status["connectionStatus"] == {"status": "SUCCEEDED"}

    def test_check_names_what_is_denied_and_what_is_lost(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.denied = ("/apply/v2/applications",)
        with tenant.served():
            outcome = run_source("check", tmp_path, config=CONFIG)
        (message,) = outcome.of("CONNECTION_STATUS")
        status = message["connectionStatus"]
        assert status["status"] == "SUCCEEDED"
        assert "GET /apply/v2/applications (403)" in status["message"]
        assert "streams applications, candidates" in status["message"]

    @pytest.mark.parametrize(
        ("catalog", "expected"),
        [
            ({}, "no list of streams"),
            ({"streams": [{}]}, "Stream 1"),
            (
                {"streams": [{"stream": {"name": "nope"}, "sync_mode": "incremental"}]},
                "does not exist: nope",
            ),
            (
                {"streams": [{"stream": {"name": "Candidate"}, "sync_mode": "incremental"}]},
                "Did you mean candidates?",
            ),
            (
                {"streams": [{"stream": {"name": "employees"}, "sync_mode": "incremental"}]},
                "set ph_user_id",
            ),
            (
                {"streams": [{"stream": {"name": "jobs"}, "sync_mode": "incrementall"}]},
                "choose full_refresh or incremental",
            ),
            (
                {"type": "CATALOG", "catalog": {"streams": []}},
                'discover prints becomes one by choosing: {"streams": [{"stream": {"name": "jobs"}',
            ),
            ({"streams": [{"name": "jobs", "json_schema": {}}]}, "What discover prints"),
        ],
    )
    def test_a_file_that_is_no_catalog(
        self, tmp_path: Path, catalog: dict[str, Any], expected: str
    ) -> None:
        outcome = run_source("read", tmp_path, config=CONFIG, catalog=catalog)
        assert outcome.code == 1
        assert expected in outcome.failures[0]["message"]

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        outcome = run_source("discover", tmp_path, config="{broken")
        assert "config file is not valid JSON (line 1)" in outcome.failures[0]["message"]

    def test_secrets_never_show(self, tmp_path: Path) -> None:
        with Tenant(denied=("/jobs-api/v1/jobs", "/apply/v2/applications")).served():
            outcome = read(tmp_path)
        assert CONFIG["client_secret"] not in str(outcome.messages)
        assert "t0ken" not in str(outcome.messages)
