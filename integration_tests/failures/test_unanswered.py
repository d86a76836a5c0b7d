"""Hosts that never answer: all streams share one time limit, and every command ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration_tests.destination.writing import application
from integration_tests.failures.running import read
from integration_tests.failures.servers import (
    SLOW,
    black_hole,
    dripping,
    serving,
    silent,
)
from integration_tests.failures.test_lasting import assert_all_failed
from integration_tests.source.reading import STREAMS
from phenom_api.retries import RetryPolicy
from phenom_cli import interactive_gateway
from phenom_sandbox import LocalTenant
from unit_tests.cli.running import config_file
from unit_tests.cli.running import run as run_phenom

BUDGET = 1.5
SHORT_POLICY = RetryPolicy(unanswered=BUDGET, connect=0.4)
FAR_LESS_THAN_ONCE_PER_STREAM = 30.0


def after_the_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    over.wait()


def closing(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)


@contextmanager
def nobody() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


HOSTS: dict[str, Any] = {
    "takes no connection": black_hole,
    "refuses": nobody,
    "says nothing": lambda: serving(silent),
    "closes": lambda: serving(closing),
    "never ends its headers": lambda: serving(dripping(*SLOW["headers"])),
    "never begins its body": lambda: serving(after_the_headers),
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("key", ["token_url", "gateway_url"])
@pytest.mark.parametrize("acting", [{}, {"ph_user_id": "recruiter"}], ids=["", "acting user"])
def test_a_read(local: LocalTenant, host: Any, key: str, acting: dict[str, str]) -> None:
    hanging: AbstractContextManager[str] = host()
    with hanging as url:
        started = time.monotonic()
        ran = read(local, {key: url, "num_workers": 10, **acting}, policy=SHORT_POLICY)
        took = time.monotonic() - started
    assert set(ran.ended) == set(STREAMS)
    assert set(ran.ended.values()) == {"INCOMPLETE"}
    assert {failure["failure_type"] for failure in ran.outcome.failures} == {"transient_error"}
    assert all(key in failure["message"] for failure in ran.outcome.failures)
    assert took < FAR_LESS_THAN_ONCE_PER_STREAM
    assert sum(ran.waits.slept) <= BUDGET
    if ran.gateway.retried:
        assert "The next try is in" in ran.warnings


def test_a_failed_token_request_is_not_sent_again_for_the_next_stream(
    local: LocalTenant,
) -> None:
    local.faults.server_error = 500
    ran = read(local, policy=RetryPolicy(attempts=3))
    assert_all_failed(ran, "transient_error", "token endpoint keeps answering 500")
    assert local.requests.count("POST /token") == 3


# -- at a terminal -------------------------------------------------------------------------------

COMMANDS = {
    "fields": ("fields",),
    "passthrough": ("passthrough", "GET", "/jobs-api/v1/jobs"),
    "paginate": ("passthrough", "--paginate", "GET", "/jobs-api/v1/jobs"),
    "documents": ("documents", "list"),
    "scopes": ("scopes", "--json"),
    "write": ("write", "--action", "create_application"),
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses between tries very short."""
    monkeypatch.setattr(interactive_gateway, "RETRY_POLICY", {"attempts": 3, "first_wait": 0.001})
    short = RetryPolicy(attempts=3, first_wait=0.001)
    monkeypatch.setattr("destination_phenom.write.RETRY_POLICY", short)
    monkeypatch.setattr("phenom_cli.scope_check.CHECK_POLICY", short)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("key", ["token_url", "gateway_url"])
def test_every_retry_is_seen(
    local: LocalTenant,
    command: tuple[str, ...],
    key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = tmp_path / "records.jsonl"
    records.write_text(json.dumps(application("ada@example.com", "JR-1")))
    name, *rest = command
    with nobody() as url:
        config = config_file(tmp_path, {**local.config, "ph_user_id": "recruiter", key: url})
        arguments = ["list"] if name == "documents" else []
        if name == "write":
            rest.append(str(records))
        elif name == "documents":
            rest = []
        done = run_phenom(capsys, name, *arguments, "--config", config, *rest)
    assert done.code == 1
    what = "The token request" if key == "token_url" else "/"
    warnings = [line for line in done.err.splitlines() if line.startswith("Warning: ")]
    assert any(
        what in line and "the connection failed (refused)" in line and "The next try is in" in line
        for line in warnings
    )
    assert "Traceback" not in done.err
