"""Transient failures: the read takes longer and gives the same records as one without faults."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from integration_tests.failures.running import APPLY_STREAMS, QUICK, Ran, Warehouse, read
from integration_tests.source.reading import STREAMS
from phenom_api.retries import RetryPolicy
from phenom_sandbox import Fault, LocalTenant

APPLICATIONS = "GET /apply/v2/applications"
JOBS = "GET /jobs-api/v1/jobs"


def assert_whole(ran: Ran, undisturbed: Warehouse) -> None:
    assert ran.code == 0
    assert not ran.outcome.failures
    assert set(ran.ended.values()) == {"COMPLETE"}
    assert ran.content() == undisturbed


@pytest.mark.parametrize(
    ("switch", "fault"),
    [
        ("throttle", Fault(429, every=3)),
        ("throttle", Fault(503, every=4)),
        ("throttle", Fault(429, in_flight=2)),
        ("server_error", Fault(500, count=5)),
        ("server_error", Fault(502, every=3)),
        ("server_error", Fault(504, path="/apply", count=6)),
        ("server_error", Fault(503, path="/token", count=3)),
        ("reset", Fault(every=4)),
        ("reset", Fault(path="/token", count=2)),
        ("reset_after_headers", Fault(every=6, count=5)),
        ("truncate", Fault(0.5, every=4)),
        ("truncate", Fault(0.5, path="/token", count=1)),
        ("html", Fault(200, every=4)),
        ("html", Fault(502, every=4)),
        ("html", Fault(200, path="/token", count=1)),
        ("empty_body", Fault(200, every=4)),
        ("empty_body", Fault(500, every=4)),
        ("unauthorized", Fault(every=9)),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.value} {value.path}".strip(),
)
def test_a_transient_fault_is_retried(
    local: LocalTenant, undisturbed: Warehouse, switch: str, fault: Fault
) -> None:
    setattr(local.faults, switch, fault)
    if fault.in_flight is not None:
        local.faults.latency = 10
    ran = read(local)
    assert_whole(ran, undisturbed)
    if switch != "unauthorized":
        assert ran.gateway.retried > 0
        assert ran.waits.slept


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("gzip", True),
        ("redirect", Fault(302, method="GET")),
        ("redirect", 307),
        ("redirect", Fault(308, path="/token")),
        ("paging_as_text", True),
        ("total", "string"),
        ("total", "missing"),
        ("total", "null"),
        ("page_limit", 7),
        ("silent_page_limit", 7),
        ("page_limit", 2),
        ("short_page", Fault(3, after=5, count=2)),
        ("token_format", "jwt"),
        ("token_format", "bare"),
    ],
)
def test_an_unusual_answer_is_accepted(
    local: LocalTenant, undisturbed: Warehouse, switch: str, value: Any
) -> None:
    setattr(local.faults, switch, value)
    ran = read(local)
    assert_whole(ran, undisturbed)
    assert ran.gateway.retried == 0
    assert "moved" not in ran.warnings


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(
    local: LocalTenant, undisturbed: Warehouse, status: int, form: str
) -> None:
    at = datetime.now(timezone.utc) + timedelta(seconds=90)
    header = "90" if form == "seconds" else format_datetime(at, usegmt=True)
    local.faults.throttle = Fault(status, path="/apply", after=4, count=1, retry_after=header)
    ran = read(local)
    assert_whole(ran, undisturbed)
    (slept,) = ran.waits.slept
    assert 85 <= slept <= 90
    assert 85 <= ran.gateway.concurrency.throttled_seconds <= 90.1
    assert "1 throttled" in ran.outcome.logs


def test_throttling_halves_the_concurrency(local: LocalTenant, undisturbed: Warehouse) -> None:
    local.faults.throttle = Fault(429, in_flight=3)
    local.faults.latency = 10
    ran = read(local, {"num_workers": 12, "page_size": 5})
    assert_whole(ran, undisturbed)
    concurrency = ran.gateway.concurrency
    assert 0 < concurrency.throttled < 0.2 * ran.gateway.sent


def test_never_more_requests_at_a_time_than_workers(
    local: LocalTenant, undisturbed: Warehouse
) -> None:
    local.faults.latency = 5
    ran = read(local, {"num_workers": 3, "page_size": 5})
    assert_whole(ran, undisturbed)
    assert local.requests.max_in_flight == ran.gateway.concurrency.most_in_flight == 3


def test_an_answer_that_does_not_come_in_time(local: LocalTenant, undisturbed: Warehouse) -> None:
    local.faults.latency = Fault(1000, after=5, count=2)
    ran = read(local, policy=RetryPolicy(read=0.2))
    assert_whole(ran, undisturbed)
    assert ran.gateway.retried == 2


def test_a_token_that_expires_in_the_middle_is_renewed_once(
    local: LocalTenant, undisturbed: Warehouse
) -> None:
    seen: list[str] = []

    def expire(method: str, path: str, query: str) -> None:
        if path == "/apply/v2/applications":
            seen.append(query)
            if len(seen) == 30:
                local.expire_tokens()

    local.faults.latency = 5
    local.before_request(expire)
    ran = read(local, {"num_workers": 10, "page_size": 4})
    assert_whole(ran, undisturbed)
    assert local.requests.count("POST /token") == 2
    refused = [request for request in local.requests.recent if request.status == 401]
    assert 1 <= len(refused) <= 10


def test_tokens_are_renewed_ahead_of_their_expiry(
    local: LocalTenant, undisturbed: Warehouse
) -> None:
    # Each wait outlasts a token. All together are shorter than one request may wait (900 s), so
    # that no request gives up, whichever are throttled.
    local.faults.token_lifetime = 100
    local.faults.throttle = Fault(429, every=3, count=8, retry_after=100)
    ran = read(local)
    assert_whole(ran, undisturbed)
    assert local.requests.count("POST /token") > 2
    assert not [request for request in local.requests.recent if request.status == 401]


def test_an_empty_page_in_the_middle(local: LocalTenant, undisturbed: Warehouse) -> None:
    local.faults.empty_page = Fault(130, path="/apply", count=1)
    assert_whole(read(local), undisturbed)
    local.faults.data_null = Fault(path="/apply", after=3, count=1)
    assert_whole(read(local), undisturbed)


def listed_rows(local: LocalTenant) -> dict[str, int]:
    """How many rows each listing of a read has."""
    external = [job for job in local.tenant.open_jobs() if job["siteType"] == "external"]
    return {APPLICATIONS: 260, JOBS: len(external)}


@pytest.mark.parametrize("page_size", [1, 20, 35, 100, 1000])
@pytest.mark.parametrize("total", [None, "missing", "string", 5, -5, 100_000])
def test_a_listing_without_changes_takes_few_requests(
    local: LocalTenant, undisturbed: Warehouse, page_size: int, total: Any
) -> None:
    local.faults.total = total
    ran = read(local, {"page_size": page_size}, policy=QUICK)
    assert_whole(ran, undisturbed)
    for endpoint, rows in listed_rows(local).items():
        assert local.requests.count(endpoint) <= 1.03 * -(-rows // page_size) + 10


@pytest.mark.parametrize("streams", [*((stream,) for stream in STREAMS), STREAMS])
def test_an_unchanged_listing_takes_the_same_requests_for_any_streams(
    local: LocalTenant, streams: tuple[str, ...]
) -> None:
    """The requests are those for a token and for both listings."""
    read(local, {"page_size": 20}, streams=streams)
    wanted = {APPLICATIONS if stream in APPLY_STREAMS else JOBS for stream in streams}
    pages = sum(-(-listed_rows(local)[endpoint] // 20) for endpoint in wanted)
    assert set(local.requests.counts) == {"POST /token", *wanted}
    assert local.requests.total <= 1.03 * pages + 10
