"""Failures that last: the errors of the failed streams, and the records of the other streams."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integration_tests.failures.running import APPLY_STREAMS, JOB_STREAMS, Ran, Warehouse, read, run
from integration_tests.failures.servers import (
    answering,
    black_hole,
    redirecting,
    self_signed,
    serving,
    silent,
)
from integration_tests.source.reading import STREAMS
from phenom_api.retries import RetryPolicy
from phenom_sandbox import Fault, LocalTenant
from source_phenom.listings import spool

SHORT = RetryPolicy(attempts=3, throttled=5.0, connect=2.0, read=2.0)


def traces(ran: Ran) -> dict[str, dict[str, Any]]:
    """The error of each failed stream. No stream may have two."""
    failures = ran.outcome.failures
    named = {failure["stream_descriptor"]["name"]: failure for failure in failures}
    assert len(named) == len(failures)
    return named


def assert_all_failed(ran: Ran, kind: str, says: str) -> None:
    """Every stream failed, and its error names the stream, the request and the cause."""
    assert ran.code == 1
    assert set(ran.ended.values()) == {"INCOMPLETE"}
    assert set(ran.ended) == set(STREAMS) == set(traces(ran))
    for stream, failure in traces(ran).items():
        assert failure["failure_type"] == kind
        listing = "/apply/v2/applications" if stream in APPLY_STREAMS else "/jobs-api/v1/jobs"
        assert stream in failure["message"]
        assert says in failure["message"]
        assert listing in failure["message"] or "token" in failure["message"]
        assert failure["internal_message"]
    assert not ran.outcome.records


@pytest.mark.parametrize(
    ("switch", "value", "says"),
    [
        ("server_error", 500, "keeps answering 500"),
        ("server_error", 503, "keeps answering 503"),
        ("throttle", True, "throttling. Lower num_workers"),
        ("throttle", Fault(429, retry_after=86400), "asks to wait for 86400 seconds"),
        ("reset", Fault(path="/jobs"), "gateway_url and the network"),
        ("truncate", Fault(path="/jobs"), "broke off"),
        ("reset_after_headers", Fault(path="/jobs"), "broke off"),
        ("html", True, "token_url"),
        ("html", Fault(path="/jobs"), "not the JSON"),
        ("empty_body", Fault(path="/jobs"), "not the JSON"),
    ],
)
def test_a_lasting_fault(local: LocalTenant, switch: str, value: Any, says: str) -> None:
    faults = value if isinstance(value, Fault) else Fault(value)
    if faults.path:
        other = Fault(**{**faults.__dict__, "path": "/apply"})
        setattr(local.faults, switch, [faults, other])
    else:
        setattr(local.faults, switch, faults)
    assert_all_failed(read(local, policy=SHORT), "transient_error", says)


def test_answers_that_never_come_in_time(local: LocalTenant) -> None:
    local.faults.latency = [Fault(3000, path="/jobs-api"), Fault(3000, path="/apply")]
    ran = read(local, policy=RetryPolicy(attempts=2, read=0.2))
    assert_all_failed(ran, "transient_error", "no answer in time")


def test_a_wrong_secret(local: LocalTenant) -> None:
    ran = read(local, {"client_secret": "not-the-secret"})
    assert_all_failed(ran, "config_error", "check client_id and client_secret")
    # More attempts could lock the account.
    assert local.requests.count("POST /token") == 1
    assert ran.waits.slept == []


def test_a_token_that_the_gateway_refuses(local: LocalTenant) -> None:
    local.faults.unauthorized = True
    ran = read(local)
    assert_all_failed(ran, "config_error", "same Phenom environment")
    assert ran.waits.slept == []


@pytest.mark.parametrize(
    ("path", "denied", "endpoint", "permission"),
    [
        ("/jobs-api", JOB_STREAMS, "GET /jobs-api/v1/jobs", "Jobs API, reading jobs"),
        (
            "/apply",
            APPLY_STREAMS,
            "GET /apply/v2/applications",
            "Apply API, reading applications",
        ),
    ],
)
def test_one_denied_api_fails_only_its_own_streams(
    local: LocalTenant,
    undisturbed: Warehouse,
    path: str,
    denied: tuple[str, ...],
    endpoint: str,
    permission: str,
) -> None:
    local.faults.deny = Fault(path=path)
    ran = read(local)
    assert ran.code == 1
    assert set(traces(ran)) == set(denied)
    for stream in STREAMS:
        assert ran.ended[stream] == ("INCOMPLETE" if stream in denied else "COMPLETE")
        if stream in denied:
            failure = traces(ran)[stream]
            assert failure["failure_type"] == "config_error"
            for part in (stream, endpoint, permission, "403"):
                assert part in failure["message"]
    assert ran.content() == {
        stream: records for stream, records in undisturbed.items() if stream not in denied
    }
    checked = run("check", local.config)
    assert checked.status.startswith("SUCCEEDED: No access to")
    assert all(stream in checked.status for stream in denied)


def test_everything_denied_fails_the_check(local: LocalTenant) -> None:
    local.faults.deny = True
    checked = run("check", local.config)
    assert checked.code == 0
    assert checked.status.startswith("FAILED: ")
    for permission in ("Jobs API, reading jobs", "Apply API, reading applications"):
        assert permission in checked.status


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refusal(local: LocalTenant, status: int) -> None:
    local.faults.deny = status
    ran = read(local)
    assert_all_failed(ran, "config_error", f"with {status}")
    assert ran.waits.slept == []


# -- no server -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["gateway_url", "token_url"])
def test_a_host_that_does_not_exist(local: LocalTenant, key: str) -> None:
    more = {key: "https://phenom.invalid"}
    ran = read(local, more, policy=SHORT)
    assert_all_failed(ran, "transient_error", f"Check {key} and the network")
    assert "the host name is not known" in traces(ran)["jobs"]["message"]
    assert run("check", {**local.config, **more}, policy=SHORT).status.startswith("FAILED: ")


def test_a_port_without_a_server(local: LocalTenant) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = read(local, {"gateway_url": address}, policy=SHORT)
    assert_all_failed(ran, "transient_error", "(refused)")


def test_a_server_that_does_not_speak_tls(local: LocalTenant) -> None:
    ran = read(local, {"gateway_url": local.url.replace("http", "https")}, policy=SHORT)
    assert_all_failed(ran, "transient_error", "TLS handshake failed")


def test_an_untrusted_certificate(local: LocalTenant, tmp_path: Path) -> None:
    with serving(silent, certificate=self_signed(tmp_path)) as address:
        ran = read(local, {"gateway_url": address}, policy=SHORT)
    assert_all_failed(ran, "transient_error", "certificates that this machine trusts")
    assert ran.gateway.retried == 0


def test_a_redirect_to_another_host(local: LocalTenant) -> None:
    """The tenant has two host names; a token must not be sent from one to the other."""
    with serving(redirecting(local.url)) as address:
        ran = read(local, {"gateway_url": address})
    assert_all_failed(ran, "config_error", "our credentials must not go")
    assert local.requests.total == 1  # for the token


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff\x00 not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://[oops\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["nothing", "garbage", "no gzip", "cut off", "bad chunk", "bad redirect"],
)
@pytest.mark.parametrize("key", ["gateway_url", "token_url"])
def test_an_address_that_is_not_a_gateway(local: LocalTenant, answer: bytes, key: str) -> None:
    with serving(answering(answer)) as address:
        ran = read(local, {key: address}, policy=SHORT)
    assert ran.code == 1
    assert set(ran.ended.values()) == {"INCOMPLETE"}
    assert all(
        key in failure["message"] or "Try again" in failure["message"]
        for failure in traces(ran).values()
    )


# -- the total, the pages ------------------------------------------------------------------------


@pytest.mark.parametrize("off_by", [7, -7])
def test_a_wrong_total_deletes_nothing(local: LocalTenant, off_by: int) -> None:
    first = read(local)
    local.faults.total = Fault(off_by, path="/apply")
    gone = local.tenant.application_at(100)["id"]
    local.tenant.delete_application(gone)
    second = read(local, state=first.outcome.states)
    assert second.code == 0
    assert set(second.ended.values()) == {"COMPLETE"}
    assert not second.deleted()
    assert f"counts {259 + off_by} applications but lists 259" in second.warnings
    local.faults.clear()
    third = read(local, state=second.outcome.states)
    assert gone in third.deleted()
    assert "applications" not in third.warnings


def test_a_row_that_no_page_shows(local: LocalTenant) -> None:
    first = read(local)
    rows = list(local.tenant.applications())
    applicants = [row["candidateData"].get("id") for row in rows]
    # Of a candidate with another application, the record would be made of that one.
    position = next(at for at in range(130, 190) if applicants.count(applicants[at]) == 1)
    hidden = rows[position]["id"]
    local.faults.empty_page = Fault(position, path="/apply")
    full = read(local, mode="full_refresh")
    assert full.code == 0
    shown = {record["remote_id"] for record in full.outcome.records["applications"]}
    assert shown == {row["id"] for row in local.tenant.applications()} - {hidden}
    assert "gaps between pages remained" in full.warnings
    second = read(local, state=first.outcome.states)
    assert second.code == 0
    assert not second.outcome.records
    local.faults.clear()
    assert not read(local, state=second.outcome.states).outcome.records


def test_a_listing_that_moves_faster_than_it_can_be_read(local: LocalTenant) -> None:
    """A warning says so, the rows that were read are emitted, and none is reported as deleted."""
    first = read(local)
    before = {row["id"] for row in local.tenant.applications()}

    def insert(method: str, path: str, query: str) -> None:
        if path == "/apply/v2/applications":
            for _ in range(8):
                local.tenant.add_application(position=0)

    local.before_request(insert)
    second = read(local, {"page_size": 5}, state=first.outcome.states)
    assert second.code == 0
    assert second.ended["applications"] == "COMPLETE"
    assert "list of applications changed faster than it could be read" in second.warnings
    assert not second.deleted()
    new = {row["id"] for row in local.tenant.applications()} - before
    met = {record["remote_id"] for record in second.outcome.records["applications"]}
    assert met & new
    local.before_request(None)
    third = read(local, state=second.outcome.states)
    assert not third.deleted()
    assert not third.doubts
    missing = {record["remote_id"] for record in third.outcome.records["applications"]}
    assert met | missing == new


def test_a_total_that_always_changes(local: LocalTenant) -> None:
    first = read(local)
    gone = local.tenant.application_at(100)["id"]
    local.tenant.delete_application(gone)
    local.faults.total = [Fault(40, path="/apply", every=3), Fault(-40, path="/apply", every=4)]
    second = read(local, state=first.outcome.states)
    assert second.code == 0
    assert not second.deleted()
    assert any("applications" in doubt for doubt in second.doubts)
    local.faults.clear()
    assert gone in read(local, state=second.outcome.states).deleted()


def test_pages_that_end_early_without_a_total(local: LocalTenant) -> None:
    first = read(local)
    local.faults.total = Fault("missing", path="/apply")
    local.faults.short_page = Fault(3, path="/apply", after=2, count=1)
    gone = local.tenant.application_at(200)["id"]
    local.tenant.delete_application(gone)
    second = read(local, state=first.outcome.states)
    assert second.code == 0
    assert not second.deleted()
    assert "no steady count confirms that nothing is missing" in second.warnings
    local.faults.short_page = None
    assert gone in read(local, state=second.outcome.states).deleted()


@pytest.mark.parametrize("switch", ["page_limit", "silent_page_limit"])
def test_a_gateway_that_lists_one_row_at_a_time(
    local: LocalTenant, undisturbed: Warehouse, switch: str
) -> None:
    setattr(local.faults, switch, 1)
    first = read(local)
    assert first.code == 0
    assert first.content() == undisturbed
    assert "applications one row at a time" in first.warnings
    assert local.requests.count("GET /apply/v2/applications") <= 1.03 * 260 + 10
    local.tenant.delete_application(local.tenant.application_at(100)["id"])
    assert not read(local, state=first.outcome.states).deleted()


def test_pages_of_one_row_by_configuration(local: LocalTenant, undisturbed: Warehouse) -> None:
    """Requests ask for one row more, so that pages overlap and deletions can be reported."""
    first = read(local, {"page_size": 1})
    assert first.content() == undisturbed
    assert not first.doubts
    assert local.requests.count("GET /apply/v2/applications") <= 1.03 * 260 + 10
    gone = local.tenant.application_at(100)["id"]
    local.tenant.delete_application(gone)
    second = read(local, {"page_size": 1}, state=first.outcome.states)
    assert gone in second.deleted()


@pytest.mark.parametrize(("total", "says"), [(None, "lists 0"), ("missing", "does not count them")])
def test_a_listing_that_comes_back_empty(local: LocalTenant, total: str | None, says: str) -> None:
    """With the right total, or without a total."""
    first = read(local)
    local.faults.data_null = True
    local.faults.total = total
    second = read(local, state=first.outcome.states)
    assert second.code == 0
    assert not second.outcome.records
    assert says in second.warnings


def test_a_failed_read_deletes_nothing_and_forgets_nothing(local: LocalTenant) -> None:
    first = read(local)
    gone = local.tenant.application_at(3)["id"]
    local.tenant.delete_application(gone)
    local.faults.server_error = Fault(500, path="/apply", after=6)
    second = read(local, state=first.outcome.states, policy=SHORT)
    assert second.code == 1
    assert not second.deleted()
    local.faults.clear()
    third = read(local, state=second.outcome.states)
    assert gone in third.deleted()
    assert len(third.outcome.records["applications"]) == 1


# -- the disk ------------------------------------------------------------------------------------


def test_a_full_disk(local: LocalTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/ann@example.org")

    monkeypatch.setattr(spool, "SHARD_IN_MEMORY", 0)
    monkeypatch.setattr(spool, "TemporaryFile", full)
    ran = read(local)
    assert ran.code == 1
    assert set(ran.ended.values()) == {"INCOMPLETE"}
    for stream, failure in traces(ran).items():
        assert failure["failure_type"] == "system_error"
        assert stream in failure["message"]
        assert "No space left on device" in failure["message"]
        assert "TMPDIR" in failure["message"]


def test_a_disk_that_fills_up(local: LocalTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(spool, "SHARD_IN_MEMORY", 0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Enough for the small files of the run itself, but not for one shard.
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        ran = read(local)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ran.code == 1
    assert "INCOMPLETE" in ran.ended.values()
    assert {failure["failure_type"] for failure in traces(ran).values()} == {"system_error"}
    assert "File too large" in next(iter(traces(ran).values()))["message"]


# -- check ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [partial(serving, silent), black_hole])
@pytest.mark.parametrize("key", ["gateway_url", "token_url"])
def test_check_of_a_silent_host(
    local: LocalTenant, place: Callable[[], AbstractContextManager[str]], key: str
) -> None:
    with place() as address:
        short_policy = RetryPolicy(attempts=2, connect=0.3, read=0.3, total=0.5)
        checked = run("check", {**local.config, key: address}, policy=short_policy)
    assert checked.code == 0
    assert checked.status.startswith("FAILED: ")
    assert key in checked.status
    assert "no answer in time" in checked.status


def test_check_with_a_wrong_secret(local: LocalTenant) -> None:
    checked = run("check", {**local.config, "client_secret": "not-the-secret"})
    assert checked.status.startswith("FAILED: ")
    assert "client_id and client_secret" in checked.status
    assert local.requests.count("POST /token") == 1


def test_check_that_works(local: LocalTenant) -> None:
    assert run("check", local.config).status == "SUCCEEDED: "


def test_a_file_of_certificates_that_does_not_exist(
    local: LocalTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    ran = read(local, {"gateway_url": local.url.replace("http", "https")}, policy=SHORT)
    assert_all_failed(ran, "transient_error", "REQUESTS_CA_BUNDLE")
    assert ran.waits.slept == []
