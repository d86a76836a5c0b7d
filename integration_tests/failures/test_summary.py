"""The summary at the end of a run: records, unexpected values, requests and waits."""

from __future__ import annotations

from integration_tests.failures.running import read
from integration_tests.source.reading import STREAMS
from phenom_sandbox import Fault, LocalTenant


def test_a_first_and_a_second_sync(local: LocalTenant) -> None:
    first = read(local)
    lines = first.outcome.logs.splitlines()
    for stream in STREAMS:
        count = len(first.outcome.records[stream])
        assert (
            f"{stream}: {count} records read, {count} emitted "
            f"({count} new, 0 changed, 0 deleted), 0 unchanged"
        ) in lines

    *ids, newest = sorted(row["id"] for row in local.tenant.applications())
    local.tenant.delete_application(ids[10])
    local.tenant.set_application(ids[20], {"customFieldData": {"note": "called"}})
    local.tenant.set_application(newest, {"candidateData": {"firstName": ["Kim"]}})
    for _ in range(2):
        local.tenant.add_application()
    second = read(local, state=first.outcome.states)
    lines = second.outcome.logs.splitlines()
    assert (
        "applications: 261 records read, 4 emitted (2 new, 1 changed, 1 deleted), 258 unchanged"
        in lines
    )
    assert "roles: 2 records read, 0 emitted (0 new, 0 changed, 0 deleted), 2 unchanged" in lines
    assert "candidates.first_name: 1 values of an unexpected type" in second.warnings


def test_the_requests_and_waits(local: LocalTenant) -> None:
    local.faults.throttle = Fault(429, path="/apply", after=2, count=1, retry_after=7)
    local.faults.server_error = Fault(502, path="/jobs-api", after=1, count=2)
    ran = read(local)
    (took,) = [line for line in ran.outcome.logs.splitlines() if " requests, " in line]
    assert took.startswith(
        f"{local.requests.total} requests, 3 retries, 1 throttled, waited 7.0 s for the gateway, "
    )
    assert took.endswith(f"at most {ran.gateway.concurrency.most_in_flight} at a time.")


def test_the_streams_that_failed(local: LocalTenant) -> None:
    """Their summary counts the records that were read before the failure."""
    local.faults.server_error = Fault(500, path="/apply", after=6)
    ran = read(local)
    assert ran.ended["applications"] == "INCOMPLETE"
    count = len(ran.outcome.records["applications"])
    assert count
    assert f"applications: {count} records read, {count} emitted" in ran.outcome.logs
