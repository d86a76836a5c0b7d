"""A host that has not answered yet: one time limit for all requests, and a log of the retries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import requests

from phenom_api.errors import AuthenticationFailed, PhenomError, Unavailable, Unreachable
from phenom_api.gateway import Operation
from phenom_api.retries import RetryLog, RetryPolicy
from unit_tests.phenom_api.wire import GATEWAY, LISTING, TOKEN_URL, URL, Clock, Wire, wire

JOBS = Operation("GET", "/jobs-api/v1/jobs", "Jobs API, reading jobs")
REFUSED = requests.exceptions.ConnectionError(ConnectionRefusedError())


def hanging(clock: Clock, seconds: float) -> Callable[..., Any]:
    """An answer that does not come within some seconds."""

    def answer(*_: Any) -> Any:
        clock.now += seconds
        raise requests.exceptions.ReadTimeout

    return answer


def fails_for(made: Wire, operation: Operation = LISTING) -> tuple[float, PhenomError]:
    """Seconds until a request is given up, and why."""
    started = made.clock.now
    with pytest.raises(PhenomError) as caught:
        made.fetch(operation)
    return made.clock.now - started, caught.value


@pytest.mark.parametrize("url", [TOKEN_URL, GATEWAY], ids=["token", "gateway"])
@pytest.mark.parametrize("each", [0.1, 10.0, 60.0])
def test_a_host_that_never_answers_has_a_minute_in_all(url: str, each: float) -> None:
    with wire() as made:
        for path in ("", LISTING.path, JOBS.path):
            made.mocker.get(GATEWAY + path, text=hanging(made.clock, each))
        if url == TOKEN_URL:
            made.mocker.post(TOKEN_URL, text=hanging(made.clock, each))
        took = sum(fails_for(made, operation)[0] for operation in (LISTING, JOBS, LISTING))
    assert took <= 60 + each


def test_a_token_request_that_failed_is_not_sent_again() -> None:
    with wire() as made:
        made.mocker.post(TOKEN_URL, status_code=503)
        _, first = fails_for(made)
        asked = len(made.requests(TOKEN_URL))
        took, second = fails_for(made, JOBS)
        assert len(made.requests(TOKEN_URL)) == asked
    assert took == 0
    assert isinstance(first, Unavailable)
    assert second.message == first.message


def test_ten_workers_send_one_token_request() -> None:
    with wire() as made, ThreadPoolExecutor(10) as workers:
        made.mocker.post(TOKEN_URL, status_code=500)

        def ask(_: int) -> None:
            with suppress(PhenomError):
                made.fetch()

        list(workers.map(ask, range(10)))
        assert len(made.requests(TOKEN_URL)) == RetryPolicy().attempts


@pytest.mark.parametrize("url", [TOKEN_URL, GATEWAY], ids=["token", "gateway"])
def test_a_refused_connection_is_given_up_sooner(url: str) -> None:
    with wire() as made:
        made.mocker.get(URL, exc=REFUSED)
        if url == TOKEN_URL:
            made.mocker.post(TOKEN_URL, exc=REFUSED)
        took, error = fails_for(made)
        assert made.gateway.retried > 2
    assert took <= 20
    assert "refused" in error.message


def test_each_error_names_its_own_request() -> None:
    with wire() as made:
        made.mocker.get(URL, text=hanging(made.clock, 60))
        fails_for(made)
        sent = made.gateway.sent
        _, error = fails_for(made, JOBS)
        assert made.gateway.sent == sent
    assert isinstance(error, Unreachable)
    assert error.message.startswith("GET /jobs-api/v1/jobs: no answer in time")


@pytest.mark.parametrize("first", [{"json": {}}, {"status_code": 502}, {"status_code": 404}])
def test_a_host_that_has_answered_is_retried_through_an_outage(first: dict[str, Any]) -> None:
    with wire() as made:
        made.mocker.get(GATEWAY + JOBS.path, **first)
        with suppress(PhenomError):
            made.fetch(JOBS)
        timeout = {"exc": requests.exceptions.ConnectTimeout}
        made.mocker.get(URL, [timeout] * 7 + [{"json": {"data": []}}])
        started = made.clock.now
        assert made.fetch() == {"data": []}
    assert made.clock.now - started > 20


@pytest.mark.parametrize("fault", [REFUSED, requests.exceptions.ConnectionError])
def test_one_operation_that_is_reset_does_not_affect_others(fault: Any) -> None:
    with wire() as made:
        made.mocker.get(URL, exc=fault)
        fails_for(made)
        sent = made.gateway.sent
        took, _ = fails_for(made)
        assert (took, made.gateway.sent) == (0, sent + 1)
        made.mocker.get(GATEWAY + JOBS.path, json={"data": []})
        assert made.fetch(JOBS) == {"data": []}


def test_a_redirect_is_an_answer_too() -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=302, headers={"Location": "https://elsewhere.test/"})
        fails_for(made)
        made.clock.now += 3_000
        made.mocker.get(URL, [{"exc": requests.exceptions.ReadTimeout}] * 7 + [{"json": {}}])
        assert made.fetch() == {}


def test_an_answer_of_the_token_endpoint_says_nothing_about_the_gateway() -> None:
    """This holds on one host too: the gateway behind it may hang."""
    with wire({"gateway_url": "https://login.test"}) as made:
        made.mocker.get("https://login.test" + LISTING.path, text=hanging(made.clock, 60))
        took, _ = fails_for(made)
    assert took <= 60


def test_refused_credentials_are_no_hanging_host() -> None:
    with wire() as made:
        made.mocker.post(TOKEN_URL, status_code=401)
        took, error = fails_for(made)
    assert took == 0
    assert isinstance(error, AuthenticationFailed)


# -- the log of the retries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status_code": 503}, "GET /apply/v2/applications was answered with 503"),
        ({"status_code": 502}, "GET /apply/v2/applications was answered with 502"),
        ({"exc": requests.exceptions.ReadTimeout}, "GET /apply/v2/applications: no answer in time"),
        ({"exc": REFUSED}, "GET /apply/v2/applications: the connection failed (refused)"),
        (
            {"text": "<html>"},
            "The answer to GET /apply/v2/applications is not a complete JSON",
        ),
    ],
)
def test_every_retry_is_in_the_log(
    caplog: pytest.LogCaptureFixture, answer: dict[str, Any], said: str
) -> None:
    with wire() as made:
        made.mocker.get(URL, [answer, answer, {"json": {}}])
        made.fetch()
        pauses = made.clock.slept
    lines = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(lines) == len(pauses) == 2
    for line, pause in zip(lines, pauses, strict=True):
        assert said in line
        assert line.endswith(f"The next try is in {pause:.1f} seconds.")


def test_retries_of_the_token_request_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with wire() as made:
        made.mocker.post(TOKEN_URL, [{"status_code": 500}, {"json": {"access_token": "abc"}}])
        made.fetch()
    assert "The token request was answered with 500. The next try is in" in caplog.text


def test_equal_faults_are_logged_once_per_pause(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    retry_log = RetryLog(clock)
    for pause in (4.0, 3.0, 5.0):
        retry_log.warn(f"GET /page{pause} was answered with 502", pause, kind="502")
    retry_log.warn("GET /other was answered with 503", 30.0, kind="503")
    clock.now += 4.0
    retry_log.warn("GET /page was answered with 502", 8.0, kind="502")
    lines = [each.getMessage() for each in caplog.records]
    assert lines == [
        "GET /page4.0 was answered with 502. The next try is in 4.0 seconds.",
        "GET /other was answered with 503. The next try is in 30 seconds.",
        "GET /page was answered with 502. The next try is in 8.0 seconds.",
    ]
