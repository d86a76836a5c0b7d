"""With an acting user: data from the user management and the hiring manager's view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration_tests.source.reading import ConnectorOutput
from source_phenom import manifest
from source_phenom.models import jobs
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import canonical
from source_phenom.snapshot import StreamState, fingerprint, tenant_tag
from unit_tests.reading.protocol import CONFIG, GATEWAY, Tenant, read, run_source
from unit_tests.reading.test_streams import application, by_remote_id, job

IDS = UnifiedIds("phenom")
ACTING: dict[str, Any] = {"ph_user_id": "u1"}
GATED = {"employees", "groups", "application_activities", "candidate_documents"}
USERS_PATH = "/user-management/scim/v2/Users"
GROUPS_PATH = "/user-management/scim/v2/Groups"
MANAGED_PATH = "/hiringmanager/v3/jobs/search"
STREAMS = ("users", "jobs", "employees", "groups")


def person(key: str, given: str, family: str, *mails: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"value": mail} for mail in mails],
        "active": True,
        **changes,
    }


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(
        applications=[application(1)],
        employees=[
            person("e1", "Ada", "Lovelace", "ADA@x.io"),
            *(person(f"e{number}", "F", "L", f"{number}@x.io") for number in range(2, 9)),
        ],
        groups=[{"value": f"{number:04}", "display": f"Group {number}"} for number in range(5)],
    )
    tenant.jobs["external"] = [
        job("JR-1", hiringManagerEmail="Ada@X.io", hiringManagerName="A. L. (external)"),
        job("JR-2", hiringManagerEmail="bob@x.io", hiringManagerName="Bob Builder"),
    ]
    tenant.closed_jobs["external"] = [job("JR-3")]
    tenant.managed["OPEN"] = [
        {
            "jobId": "JR-1",
            "status": "open",
            "createdDate": "2025-01-01",
            "updatedDate": "2025-02-01",
        }
    ]
    tenant.managed["PAST"] = [
        {
            "jobId": "JR-3",
            "status": "close",
            "createdDate": "2024-01-01",
            "updatedDate": "2024-02-01",
        }
    ]
    return tenant


def sync(tenant: Tenant, folder: Path, state: Any = None, **config: Any) -> ConnectorOutput:
    with tenant.served():
        return read(folder, {**ACTING, **config}, state, streams=STREAMS)


def names(outcome: ConnectorOutput) -> dict[str, tuple[str | None, str | None]]:
    return {
        record["remote_id"]: (record["first_name"], record["last_name"])
        for record in outcome.records["users"]
    }


class TestOffered:
    def discovered(self, folder: Path, **config: Any) -> list[str]:
        (message,) = run_source("discover", folder, config={**CONFIG, **config}).of("CATALOG")
        return [stream["name"] for stream in message["catalog"]["streams"]]

    def test_they_are_offered_only_with_an_acting_user(self, tmp_path: Path) -> None:
        without, with_user = self.discovered(tmp_path), self.discovered(tmp_path, **ACTING)
        assert len(without) == 7
        assert set(with_user) - set(without) == GATED & set(manifest.stream_names())
        assert with_user[:7] == without

    def test_without_acting_user_only_these_streams_fail(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        with tenant.served() as gateway:
            outcome = read(tmp_path, streams=STREAMS)
            asked = {request.path for request in gateway.request_history}
        assert outcome.code == 1
        failures = {each["stream_descriptor"]["name"]: each for each in outcome.failures}
        assert set(failures) == {"employees", "groups"}
        for name, failure in failures.items():
            assert failure["failure_type"] == "config_error"
            assert "ph_user_id" in failure["message"]
            assert outcome.statuses[name] == ["STARTED", "INCOMPLETE"]
        assert outcome.statuses["jobs"][-1] == outcome.statuses["users"][-1] == "COMPLETE"
        assert asked == {"/token", "/prefix/jobs-api/v1/jobs"}

    def test_without_acting_user_the_columns_do_not_change(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        with tenant.served():
            outcome = read(tmp_path, {"include_closed_jobs": True}, streams=["users", "jobs"])
        assert names(outcome)["ada@x.io"] == ("A. L.", "(external)")
        for record in outcome.records["jobs"]:
            assert record["closed_at"] is None
            assert record["remote_created_at"] is None
            assert record["remote_updated_at"] is None
        assert all("filled_from" not in state["stream"]["stream_state"] for state in outcome.states)

    def test_without_acting_user_the_state_forgets_optional_apis(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        with tenant.served():
            outcome = read(tmp_path, streams=["jobs"])
        (state,) = outcome.states
        held = StreamState.parse(
            state["stream"]["stream_state"], tenant=tenant_tag(GATEWAY, "phenom")
        )
        elsewhere = {"changed_at", "remote_deleted_at", *jobs.ENRICHED_COLUMNS}
        assert dict(held.snapshot) == {
            key: fingerprint(canonical({c: v for c, v in record.items() if c not in elsewhere}))
            for key, record in by_remote_id(outcome.records["jobs"]).items()
        }

    def test_without_acting_user_an_override_can_feed_a_column(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.jobs["external"][0]["additionalFields"] = {"made": "2024-01-20"}
        wish = {"model": "jobs", "field": "remote_created_at", "paths": ["additionalFields.made"]}
        with tenant.served():
            outcome = read(tmp_path, {"field_overrides": [wish]}, streams=["jobs"])
        records = by_remote_id(outcome.records["jobs"])
        assert records["JR-1"]["remote_created_at"] == "2024-01-20T00:00:00.000Z"
        assert records["JR-2"]["remote_created_at"] is None
        assert set(records["JR-1"]) == set(manifest.schema("jobs")["properties"])


class TestEmployeesAndGroups:
    def test_records(self, tenant: Tenant, tmp_path: Path) -> None:
        outcome = sync(tenant, tmp_path)
        assert outcome.code == 0
        for stream, keys in (
            ("employees", {row["id"] for row in tenant.employees}),
            ("groups", {row["value"] for row in tenant.groups}),
        ):
            records = by_remote_id(outcome.records[stream])
            assert set(records) == keys
            for key, record in records.items():
                assert set(record) == set(manifest.schema(stream)["properties"])
                assert record["id"] == IDS.of(stream, key)
                assert record["remote_deleted_at"] is None

    def test_a_second_sync_prints_what_changed(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        quiet = sync(tenant, tmp_path, first.states)
        assert not quiet.records
        gone = tenant.employees.pop(3)
        tenant.employees[5]["title"] = "Lead"
        tenant.groups.insert(0, {"value": "new", "display": "New"})
        second = sync(tenant, tmp_path, first.states)
        employees = by_remote_id(second.records["employees"])
        assert set(employees) == {gone["id"], tenant.employees[5]["id"]}
        tombstone = employees[gone["id"]]
        assert tombstone["remote_deleted_at"] == tombstone["changed_at"]
        assert {column for column, value in tombstone.items() if value is not None} == {
            "id",
            "remote_id",
            "changed_at",
            "remote_deleted_at",
        }
        assert set(by_remote_id(second.records["groups"])) == {"new"}

    def test_no_deletions_while_the_total_disagrees(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        del tenant.employees[2], tenant.groups[2]
        tenant.total_off_by = 1
        second = sync(tenant, tmp_path, first.states)
        assert not second.records["employees"]
        assert not second.records["groups"]
        assert "SCIM users" in second.logs
        tenant.total_off_by = 0
        third = sync(tenant, tmp_path, second.states)
        assert len(third.records["employees"]) == len(third.records["groups"]) == 1

    @pytest.mark.parametrize("stream", ["employees", "groups"])
    def test_no_deletions_without_a_total(
        self, tenant: Tenant, tmp_path: Path, stream: str
    ) -> None:
        first = sync(tenant, tmp_path)
        del tenant.employees[2], tenant.groups[2]
        tenant.is_counted = False
        second = sync(tenant, tmp_path, first.states)
        assert not second.records[stream]
        assert "The gateway does not count the SCIM" in second.logs

    def test_rows_without_a_key_are_counted(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.employees += [{"userName": "nobody"}, {"id": " "}]
        tenant.groups.append({"display": "No id"})
        outcome = sync(tenant, tmp_path)
        assert "employees: 2 rows without a key were skipped" in outcome.logs
        assert "groups: 1 rows without a key were skipped" in outcome.logs

    @pytest.mark.parametrize(
        ("path", "stream", "other"),
        [(USERS_PATH, "employees", "groups"), (GROUPS_PATH, "groups", "employees")],
    )
    def test_a_denied_stream_fails_alone(
        self, tenant: Tenant, tmp_path: Path, path: str, stream: str, other: str
    ) -> None:
        tenant.denied = (path,)
        outcome = sync(tenant, tmp_path)
        assert outcome.code == 1
        (failure,) = outcome.failures
        assert failure["stream_descriptor"]["name"] == stream
        assert failure["failure_type"] == "config_error"
        assert f"GET {path} (403)" in failure["message"]
        assert "User management (SCIM)" in failure["message"]
        assert {outcome.statuses[name][-1] for name in (other, "jobs", "users")} == {"COMPLETE"}


class TestUsers:
    def test_users_have_their_real_names(self, tenant: Tenant, tmp_path: Path) -> None:
        outcome = sync(tenant, tmp_path)
        assert names(outcome) == {"ada@x.io": ("Ada", "Lovelace"), "bob@x.io": ("Bob", "Builder")}

    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize(
        "others",
        [
            [person("e0", "In", "Active", "ada@x.io", active=False)],
            [person("e0", "Second", "Address", "other@x.io", "ada@x.io")],
            [person("e0", "User", "Name", userName="ada@x.io", emails=[{"value": "other@x.io"}])],
            [person("e9", "Later", "Id", "ada@x.io")],
            [person("e0", "", "", "ada@x.io")],
            ["nobody", {}, {"id": "e0", "name": "Ada", "emails": "ada@x.io"}],
        ],
    )
    def test_the_active_owner_of_an_address_gives_the_name(
        self, tenant: Tenant, tmp_path: Path, others: list[Any], reverse: bool
    ) -> None:
        tenant.employees += others
        if reverse:
            tenant.employees.reverse()
        assert names(sync(tenant, tmp_path))["ada@x.io"] == ("Ada", "Lovelace")

    def test_the_directory_is_read_once(self, tenant: Tenant, tmp_path: Path) -> None:
        def requests(*streams: str) -> int:
            with tenant.served() as gateway:
                read(tmp_path, ACTING, streams=streams)
            return sum(USERS_PATH in each.url for each in gateway.request_history)

        assert requests("users") == requests("employees") == requests("users", "employees") > 0
        assert requests("jobs", "groups", "roles") == 0

    def test_if_denied_users_have_the_names_of_the_jobs(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.denied = (USERS_PATH,)
        with tenant.served():
            outcome = read(tmp_path, ACTING, streams=["users"])
        assert outcome.code == 0
        assert names(outcome)["ada@x.io"] == ("A. L.", "(external)")
        assert f"GET {USERS_PATH} (403). Ask Phenom to grant it" in outcome.logs
        assert "users have the names that the jobs give them" in outcome.logs


class TestJobs:
    COLUMNS = ("closed_at", "remote_created_at", "remote_updated_at")

    def moments(self, outcome: ConnectorOutput) -> dict[str, tuple[str | None, ...]]:
        return {
            key: tuple(record[column] and record[column][:10] for column in self.COLUMNS)
            for key, record in by_remote_id(outcome.records["jobs"]).items()
        }

    def test_jobs_have_the_dates_of_the_hiring_managers_view(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        outcome = sync(tenant, tmp_path, include_closed_jobs=True)
        assert self.moments(outcome) == {
            "JR-1": (None, "2025-01-01", "2025-02-01"),
            "JR-2": (None, None, None),
            "JR-3": ("2024-02-01", "2024-01-01", "2024-02-01"),
        }

    def test_past_jobs_are_read_with_closed_jobs(self, tenant: Tenant, tmp_path: Path) -> None:
        with tenant.served() as gateway:
            read(tmp_path, ACTING, streams=["jobs"])
            asked = [each.json() for each in gateway.request_history if MANAGED_PATH in each.url]
        assert {each["status"] for each in asked} == {"OPEN"}

    def test_other_streams_do_not_read_the_view(self, tenant: Tenant, tmp_path: Path) -> None:
        with tenant.served() as gateway:
            read(tmp_path, ACTING, streams=["users", "roles"])
        assert not any(MANAGED_PATH in each.url for each in gateway.request_history)

    def test_if_denied_the_columns_are_null(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.denied = (MANAGED_PATH,)
        outcome = sync(tenant, tmp_path)
        assert outcome.code == 0
        assert set(self.moments(outcome).values()) == {(None, None, None)}
        assert f"POST {MANAGED_PATH} (403). Ask Phenom to grant it: Hiring Manager" in outcome.logs
        assert "closed_at, remote_created_at, remote_updated_at of jobs are null" in outcome.logs

    def test_an_override_can_feed_a_column(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.closed_jobs["external"][0]["additionalFields"] = {"end": "2024-01-20"}
        override = {"model": "jobs", "field": "closed_at", "paths": ["additionalFields.end"]}
        outcome = sync(tenant, tmp_path, include_closed_jobs=True, field_overrides=[override])
        assert self.moments(outcome)["JR-3"][0] == "2024-01-20"

    def test_values_that_are_no_dates_are_counted(self, tenant: Tenant, tmp_path: Path) -> None:
        tenant.managed["OPEN"] += [{"jobId": "JR-2", "createdDate": "soon"}, {}, "none"]
        outcome = sync(tenant, tmp_path)
        assert "jobs.remote_created_at: 1 values of an unexpected type" in outcome.logs
        assert self.moments(outcome)["JR-2"] == (None, None, None)
