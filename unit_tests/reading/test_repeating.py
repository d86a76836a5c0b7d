"""Listings that begin again behind their end: the records and warnings of a sync."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration_tests.source.reading import STREAMS, ConnectorOutput
from unit_tests.phenom_api.repeating_listing import (
    Serve,
    begins_again,
    ends,
    goes_round,
    held_back,
    ignores_both,
    ignores_offset,
    last_page_again,
)
from unit_tests.reading.protocol import Tenant, read
from unit_tests.reading.test_people import person
from unit_tests.reading.test_streams import application, job

COUNT = 198
LISTED = {"jobs": "JR-", "applications": ""}
ACTING = ("users", "jobs", "employees", "groups")


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(applications=[application(number) for number in range(COUNT)])
    tenant.jobs["external"] = [job(f"JR-{number}") for number in range(COUNT)]
    tenant.employees = [person(f"e{n}", "F", "L", f"{n}@x.io") for n in range(COUNT)]
    tenant.groups = [{"value": f"{n:04}", "display": f"Group {n}"} for n in range(COUNT)]
    tenant.managed["OPEN"] = [{"jobId": f"JR-{n}", "status": "open"} for n in range(COUNT)]
    return tenant


def sync(
    tenant: Tenant, folder: Path, state: Any = None, streams: Any = STREAMS, **config: Any
) -> tuple[ConnectorOutput, int]:
    with tenant.served() as mocker:
        outcome = read(folder, {"page_size": 100, **config}, state, streams=streams)
    assert outcome.code == 0, outcome.failures
    return outcome, len(mocker.request_history)


def ids(outcome: ConnectorOutput, stream: str) -> list[str]:
    return [record["remote_id"] for record in outcome.records[stream]]


def gone(outcome: ConnectorOutput) -> list[Any]:
    return [
        record
        for records in outcome.records.values()
        for record in records
        if record["remote_deleted_at"]
    ]


@pytest.mark.parametrize("page_size", [10, 20, 100])
@pytest.mark.parametrize("total_off_by", [0, 1, -90, 10**12])
@pytest.mark.parametrize("serve", [begins_again, goes_round, last_page_again, held_back])
def test_every_record_is_read_once_and_the_read_ends(
    tenant: Tenant, tmp_path: Path, serve: Serve, total_off_by: int, page_size: int
) -> None:
    tenant.serve, tenant.total_off_by = serve, total_off_by
    outcome, requests = sync(tenant, tmp_path, page_size=page_size)
    for stream in LISTED:
        assert len(set(ids(outcome, stream))) == len(outcome.records[stream]) == COUNT
    assert requests < 2 * (COUNT // page_size + 25)
    if total_off_by:
        assert "as deleted" in outcome.logs or "reports no deletions" in outcome.logs


@pytest.mark.parametrize("serve", [begins_again, goes_round])
def test_deletions_are_emitted_if_the_count_confirms_the_end(
    tenant: Tenant, tmp_path: Path, serve: Serve
) -> None:
    tenant.serve = serve
    first, _ = sync(tenant, tmp_path)
    del tenant.applications[77]
    second, _ = sync(tenant, tmp_path, first.states, ("applications",))
    assert len(gone(second)) == 1


@pytest.mark.parametrize("total_off_by", [1, -90, 10**12])
@pytest.mark.parametrize("serve", [begins_again, goes_round, last_page_again])
def test_no_deletions_if_nothing_confirms_the_end(
    tenant: Tenant, tmp_path: Path, serve: Serve, total_off_by: int
) -> None:
    first, _ = sync(tenant, tmp_path)
    tenant.serve, tenant.total_off_by = serve, total_off_by
    del tenant.applications[77]
    second, _ = sync(tenant, tmp_path, first.states, ("applications",))
    assert not gone(second)
    assert "then rows that it listed before" in second.logs


@pytest.mark.parametrize("total_off_by", [0, 5, 100 - COUNT])
def test_an_ignored_offset_is_named_in_the_log(
    tenant: Tenant, tmp_path: Path, total_off_by: int
) -> None:
    first, _ = sync(tenant, tmp_path)
    tenant.serve, tenant.total_off_by = ignores_offset, total_off_by
    second, requests = sync(tenant, tmp_path, first.states)
    assert not gone(second)
    assert "ignores the offset when it lists applications" in second.logs
    assert "ignores the offset when it lists open jobs" in second.logs
    assert "moved" not in second.logs
    assert requests < 40


@pytest.mark.parametrize("serve", [begins_again, goes_round, ignores_offset, ignores_both])
def test_listings_read_with_an_acting_user_end_too(
    tenant: Tenant, tmp_path: Path, serve: Serve
) -> None:
    first, _ = sync(tenant, tmp_path, streams=ACTING, ph_user_id="u1")
    tenant.serve = serve
    second, requests = sync(tenant, tmp_path, first.states, ACTING, ph_user_id="u1")
    assert not gone(second)
    assert not second.records["employees"]
    assert not second.records["groups"]
    assert requests < 60
    told = "ignores the offset when it lists open jobs of the hiring manager's view" in second.logs
    assert told is (serve in (ignores_offset, ignores_both))


@pytest.mark.parametrize("serve", [ignores_offset, ignores_both])
def test_an_offset_ignored_by_scim_is_named_if_there_is_no_count(
    tenant: Tenant, tmp_path: Path, serve: Serve
) -> None:
    tenant.serve, tenant.is_counted = serve, False
    outcome, _ = sync(tenant, tmp_path, streams=("employees", "groups"), ph_user_id="u1")
    assert "ignores the offset when it lists SCIM users" in outcome.logs
    assert "ignores the offset when it lists SCIM groups" in outcome.logs


def test_listings_read_with_an_acting_user_are_read_again(tenant: Tenant, tmp_path: Path) -> None:
    first, _ = sync(tenant, tmp_path, streams=ACTING, ph_user_id="u1")
    tenant.serve = ignores_offset
    second, _ = sync(tenant, tmp_path, first.states, ACTING, ph_user_id="u1")
    tenant.serve = ends
    third, _ = sync(tenant, tmp_path, second.states, ACTING, ph_user_id="u1")
    assert not third.records["employees"]
