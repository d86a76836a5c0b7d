"""``check`` and a failed ``read`` as processes: they end in time, whatever hangs."""

from __future__ import annotations

import socket
import time

import pytest

from integration_tests.source.reading import run
from phenom_sandbox import LocalTenant


@pytest.mark.slow
def test_check_answers_within_15_seconds(local: LocalTenant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        outcome = run("check", config={**local.config, "gateway_url": address})
        took = time.monotonic() - started
    assert took < 15
    (message,) = outcome.of("CONNECTION_STATUS")
    assert message["connectionStatus"]["status"] == "FAILED"
    assert "gateway_url" in message["connectionStatus"]["message"]
