"""Answers that begin but never end, and requests that are closed before their answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tests.failures.running import read, run
from integration_tests.failures.servers import (
    SLOW,
    Talk,
    answering,
    dripping,
    self_signed,
    serving,
    silent,
    whole,
)
from integration_tests.failures.test_lasting import assert_all_failed
from phenom_api.connection import Connection, load
from phenom_api.errors import GatewayClosed, PhenomError, Unreachable
from phenom_api.gateway import Gateway, Operation
from phenom_api.retries import RetryPolicy
from phenom_sandbox import LocalTenant

THING = Operation("GET", "/thing", "Things")
SUBMIT = Operation("POST", "/thing", "Things")
CHECK_POLICY = RetryPolicy(attempts=2, first_wait=0.0, connect=2.0, read=2.0, answer=0.3)


@contextmanager
def gateway(url: str, token_url: str, policy: RetryPolicy = CHECK_POLICY) -> Iterator[Gateway]:
    keys = {"client_id": "id", "client_secret": "secret"}
    connection = load(Connection, {**keys, "token_url": token_url, "gateway_url": url})
    with Gateway(connection, policy=policy) as made:
        yield made


@pytest.fixture
def token_url() -> Iterator[str]:
    with serving(answering(whole(b'{"access_token":"t0ken"}'))) as url:
        yield url


@pytest.mark.parametrize(("begin", "drop"), SLOW.values(), ids=SLOW)
def test_an_endless_answer_is_ended(token_url: str, begin: bytes, drop: bytes) -> None:
    """Every byte arrives in time, but the whole answer takes too long."""
    started = time.monotonic()
    with serving(dripping(begin, drop)) as url, gateway(url, token_url) as made:
        with pytest.raises(Unreachable, match="no answer in time"):
            made.send(THING)
        assert made.retried == 1
        assert made.sent == 3
    assert time.monotonic() - started < 10


def test_a_request_that_hung_is_retried(token_url: str) -> None:
    turns = iter([dripping(*SLOW["chunks"]), answering(whole(b'{"thing":1}'))])
    with (
        serving(lambda connection, over: next(turns)(connection, over)) as url,
        gateway(url, token_url) as made,
    ):
        assert made.fetch(THING, dict) == {"thing": 1}
        assert made.retried == 1


def test_an_endless_token_answer() -> None:
    with (
        serving(dripping(*SLOW["headers"])) as url,
        gateway(url, url) as made,
        pytest.raises(Unreachable, match="no answer in time"),
    ):
        made.send(THING)


def test_a_read_of_a_dripping_gateway(local: LocalTenant) -> None:
    with serving(dripping(*SLOW["body of a known length"])) as url:
        ran = read(local, {"gateway_url": url}, policy=CHECK_POLICY)
    assert_all_failed(ran, "transient_error", "no answer in time")


def test_a_check_of_a_dripping_gateway(local: LocalTenant) -> None:
    with serving(dripping(*SLOW["chunks"])) as url:
        checked = run("check", {**local.config, "gateway_url": url}, policy=CHECK_POLICY)
    assert checked.status.startswith("FAILED: ")
    assert "no answer in time" in checked.status


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(
    "talk", [silent, dripping(*SLOW["headers"]), dripping(*SLOW["chunks"])], ids=lambda _: ""
)
def test_closing_ends_requests_in_progress(
    token_url: str, talk: Talk, tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path) if tls else None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate or ""))
    asked, errors = threading.Event(), []

    def listen(connection: socket.socket, over: threading.Event) -> None:
        asked.set()
        talk(connection, over)

    with (
        serving(listen, certificate=certificate) as url,
        gateway(url, token_url, RetryPolicy()) as made,
    ):

        def ask() -> None:
            try:
                made.send(THING)
            except PhenomError as error:
                errors.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert asked.wait(10)
        made.close()
        asking.join(10)
        assert not asking.is_alive()
    assert [type(error) for error in errors] == [GatewayClosed]


def test_a_large_body_may_take_longer_than_a_connection(token_url: str) -> None:
    size = 32 * 1024 * 1024  # more than the buffers of sockets hold

    def hesitate(connection: socket.socket, over: threading.Event) -> None:
        over.wait(0.5)
        left = size
        while left > 0:
            left -= len(connection.recv(1 << 20))
        connection.sendall(whole(b"{}"))

    short_policy = RetryPolicy(attempts=1, connect=0.2, read=10.0)
    with serving(hesitate) as url, gateway(url, token_url, short_policy) as made:
        assert made.send(SUBMIT, data=bytes(size)).status == 200
