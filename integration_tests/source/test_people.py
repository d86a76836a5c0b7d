"""Employees, groups, real names and dates of jobs, compared with the data of a local tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.failures.running import Ran, read
from phenom_sandbox import Fault, LocalTenant
from source_phenom.models.ids import UnifiedIds

IDS = UnifiedIds("phenom")
ACTING = {"ph_user_id": "recruiter-1", "include_closed_jobs": True, "page_size": 9}
STREAMS = ("employees", "groups", "users", "jobs", "roles")
SCIM = "/user-management"
USERS = "GET /user-management/scim/v2/Users"
MANAGED = "/hiringmanager"

Records = dict[str, dict[str, Any]]


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=3, jobs=60, applications=10) as running:
        yield running


def sync(local: LocalTenant, state: Any = None, *, streams: Any = STREAMS, **config: Any) -> Ran:
    return read(local, {**ACTING, **config}, state=state, streams=streams)


def by_key(ran: Ran, stream: str) -> Records:
    return {record["remote_id"]: record for record in ran.outcome.records[stream]}


def moment(milliseconds: int | None) -> str | None:
    """In the form of columns; the gateway gives whole seconds."""
    if milliseconds is None:
        return None
    seconds = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return seconds.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class TestTruth:
    def test_employees_and_groups(self, local: LocalTenant) -> None:
        ran = sync(local)
        assert ran.code == 0
        directory = local.tenant.directory
        names = directory.groups()
        expected = {}
        for account in directory.accounts():
            expected[account.user_id] = {
                "id": IDS.of("employees", account.user_id),
                "first_name": account.given_name,
                "last_name": account.family_name,
                "display_name": account.display_name,
                "username": account.user_name,
                "email": account.email and account.email.lower(),
                "title": account.title,
                "active": account.active,
                "groups": [
                    {"id": IDS.of("groups", key), "remote_id": key, "name": names[key]}
                    for key in sorted(account.groups)
                ],
            }
        found = by_key(ran, "employees")
        assert {
            key: {column: record[column] for column in expected[key]}
            for key, record in found.items()
        } == expected
        assert [role["name"] for record in found.values() for role in record["roles"]]
        assert {key: record["name"] for key, record in by_key(ran, "groups").items()} == names

    def test_users_have_their_real_names(self, local: LocalTenant) -> None:
        real = {
            account.email.lower(): (account.given_name, account.family_name)
            for account in local.tenant.directory.accounts()
            if account.email is not None
        }
        users = by_key(sync(local), "users")
        assert len(users) > 9
        assert {key: (user["first_name"], user["last_name"]) for key, user in users.items()} == {
            key: real[key] for key in users
        }
        as_jobs_say = by_key(sync(local, ph_user_id=None, streams=["users"]), "users")
        assert set(as_jobs_say) == set(users)
        assert any(as_jobs_say[key]["last_name"] != users[key]["last_name"] for key in users)

    def test_jobs_know_their_dates(self, local: LocalTenant) -> None:
        jobs = by_key(sync(local), "jobs")
        assert {job["status"] for job in jobs.values()} == {"OPEN", "CLOSED"}
        for key, job in jobs.items():
            dates = local.tenant.job_dates(key)
            closed = dates.updated if job["status"] == "CLOSED" else None
            assert job["remote_created_at"] == moment(dates.created)
            assert job["remote_updated_at"] == moment(dates.updated)
            assert job["closed_at"] == moment(closed)

    @pytest.mark.parametrize(
        "fault",
        [
            {"page_limit": 7},
            {"silent_page_limit": 7},
            {"paging_as_text": True},
            {"total": "string"},
            {"throttle": Fault(429, path=SCIM, every=3)},
            {"server_error": Fault(502, path=MANAGED, every=2)},
        ],
        ids=lambda fault: next(iter(fault)),
    )
    def test_faults_do_not_change_the_records(
        self, local: LocalTenant, fault: dict[str, Any]
    ) -> None:
        expected = sync(local).content()
        for name, value in fault.items():
            setattr(local.faults, name, value)
        ran = sync(local)
        assert ran.code == 0
        assert ran.content() == expected

    def test_no_deletions_while_totals_are_wrong(self, local: LocalTenant) -> None:
        first = sync(local)
        local.tenant.directory.remove("svc.integration")
        local.faults.total = Fault(3, path=SCIM)
        second = sync(local, first.outcome.states)
        assert second.code == 0
        assert not second.deleted()
        assert "SCIM users" in second.warnings
        local.faults.clear()
        assert len(sync(local, second.outcome.states).deleted()) == 1


class TestSecondSync:
    def test_an_unchanged_tenant(self, local: LocalTenant) -> None:
        second = sync(local, sync(local).outcome.states)
        assert second.code == 0
        assert second.content() == {}

    def test_what_changed_and_nothing_else(self, local: LocalTenant) -> None:
        first = sync(local)
        tenant = local.tenant
        member = next(iter(by_key(first, "users")))
        open_job = next(
            key for key, job in by_key(first, "jobs").items() if job["status"] == "OPEN"
        )
        account = tenant.directory.rename(member, "Zoë", "Newname")
        tenant.directory.set_group("0001", "Renamed")
        tenant.close_job(open_job)
        second = sync(local, first.outcome.states)
        (user,) = second.outcome.records["users"]
        assert (user["remote_id"], user["first_name"], user["last_name"]) == (
            member,
            "Zoë",
            "Newname",
        )
        (job,) = second.outcome.records["jobs"]
        assert (job["remote_id"], job["status"]) == (open_job, "CLOSED")
        assert job["closed_at"] == moment(tenant.job_dates(open_job).closed)
        (group,) = second.outcome.records["groups"]
        assert (group["remote_id"], group["name"]) == ("0001", "Renamed")
        in_group = {each.user_id for each in tenant.directory.accounts() if "0001" in each.groups}
        assert set(by_key(second, "employees")) == in_group | {account.user_id}

    def test_people_who_left_become_tombstones(self, local: LocalTenant) -> None:
        first = sync(local)
        member = next(iter(by_key(first, "users")))
        account = local.tenant.directory.account(member)
        local.tenant.directory.remove(member)
        second = sync(local, first.outcome.states)
        assert second.deleted() == {account.user_id}
        # Still on a job: the user has the name that the job gives again.
        assert set(by_key(second, "users")) <= {member}


class TestOptionalApis:
    """Columns from an optional API are not emptied and filled again: see `OptionalApi`."""

    def ended(self, ran: Ran, *failed: str) -> None:
        for stream, status in ran.ended.items():
            assert status == ("INCOMPLETE" if stream in failed else "COMPLETE"), stream

    @pytest.mark.parametrize(
        ("path", "stream"), [(f"{SCIM}/scim/v2/Users", "users"), (MANAGED, "jobs")]
    )
    @pytest.mark.parametrize(
        ("fault", "kind", "says"),
        [
            ({"server_error": 502}, "transient_error", "keeps answering 502"),
            ({"reset": True}, "transient_error", "the connection failed"),
            ({"deny": True}, "config_error", "reset the stream to go on without"),
            ({"html": 200}, "transient_error", "reset the stream to go on without"),
        ],
        ids=["502", "reset", "403", "html"],
    )
    def test_columns_that_were_filled_are_not_emptied(
        self,
        local: LocalTenant,
        path: str,
        stream: str,
        fault: dict[str, Any],
        kind: str,
        says: str,
    ) -> None:
        streams = ("users", "jobs", "roles")
        first = sync(local, streams=streams)
        for name, value in fault.items():
            setattr(local.faults, name, Fault(value, path=path))
        second = sync(local, first.outcome.states, streams=streams)
        assert second.code == 1
        self.ended(second, stream)
        (failure,) = second.outcome.failures
        assert failure["failure_type"] == kind
        assert says in failure["message"]
        assert second.content() == {}
        local.faults.clear()
        third = sync(local, second.outcome.states, streams=streams)
        assert third.code == 0
        assert third.content() == {}

    @pytest.mark.parametrize("fault", ["deny", "html"])
    def test_columns_refused_from_the_start_are_null(self, local: LocalTenant, fault: str) -> None:
        without = sync(local, ph_user_id=None, streams=["users", "jobs"])
        for value in (Fault(path=SCIM), Fault(path=MANAGED)):
            setattr(local.faults, fault, [*getattr(local.faults, fault), value])
        first = sync(local, streams=["users", "jobs"])
        assert first.code == 0
        assert first.content() == without.content()
        assert "users have the names that the jobs give them" in first.warnings
        assert "of jobs are null" in first.warnings
        second = sync(local, first.outcome.states, streams=["users", "jobs"])
        assert second.content() == {}
        local.faults.clear()
        third = sync(local, second.outcome.states, streams=["users", "jobs"])
        assert len(third.outcome.records["jobs"]) == len(first.outcome.records["jobs"])
        assert 0 < len(third.outcome.records["users"]) < len(first.outcome.records["users"])

    def test_an_outage_fails_the_stream_even_at_the_start(self, local: LocalTenant) -> None:
        local.faults.server_error = Fault(503, path=SCIM)
        ran = sync(local)
        self.ended(ran, "employees", "groups", "users")
        assert {failure["failure_type"] for failure in ran.outcome.failures} == {"transient_error"}

    def test_a_directory_that_fails_is_not_asked_again(self, local: LocalTenant) -> None:
        local.faults.server_error = Fault(502, path=SCIM)
        alone = sync(local, streams=["employees"])
        asked = local.requests.count(USERS)
        local.requests.clear()
        both = sync(local, streams=["employees", "users"])
        self.ended(alone, "employees")
        self.ended(both, "employees", "users")
        assert local.requests.count(USERS) == asked > 1

    def test_without_an_acting_user_none_of_these_apis_is_used(self, local: LocalTenant) -> None:
        read(local, {"include_closed_jobs": True})
        asked = " ".join(local.requests.counts)
        for api in (SCIM, MANAGED, "/candidates-api", "/tags-api"):
            assert api not in asked
