"""``check`` and a failed ``read`` as processes: they end in time even if a server hangs."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from integration_tests.failures.servers import SLOW, Talk, dripping, serving, silent, whole
from integration_tests.source.reading import read, run
from phenom_sandbox import LocalTenant


@pytest.mark.slow
@pytest.mark.parametrize("talk", [silent, dripping(*SLOW["headers"])], ids=["silent", "dripping"])
def test_check_answers_within_15_seconds(local: LocalTenant, talk: Talk) -> None:
    with serving(talk) as address:
        started = time.monotonic()
        outcome = run("check", config={**local.config, "gateway_url": address})
        took = time.monotonic() - started
    assert took < 15
    (message,) = outcome.of("CONNECTION_STATUS")
    assert message["connectionStatus"]["status"] == "FAILED"
    assert "gateway_url" in message["connectionStatus"]["message"]


@pytest.mark.slow
def test_a_failed_read_does_not_wait_for_pending_pages(local: LocalTenant) -> None:
    """A page of the listing is refused while the next one never ends."""
    under_way = threading.Event()
    drip = dripping(*SLOW["chunks"])

    def talk(connection: socket.socket, over: threading.Event) -> None:
        line = connection.recv(65536).split(b"\r\n", 1)[0].decode()
        if "/apply/" in line:
            connection.sendall(whole(b'{"data": [], "pagination": {"total": 0}}'))
        elif "offset=0&" in line:
            rows = [{"jobId": f"JR-{number}"} for number in range(100)]
            body = {"data": rows, "totalRecordsCount": 350}
            connection.sendall(whole(json.dumps(body).encode()))
        elif "offset=99&" in line:
            under_way.wait(10)
            connection.sendall(whole(b"{}", "400 Bad Request"))
        else:
            under_way.set()
            drip(connection, over)

    with serving(talk) as address:
        started = time.monotonic()
        outcome = read({**local.config, "gateway_url": address})
        took = time.monotonic() - started
    assert under_way.is_set()
    assert took < 30
    assert outcome.code == 1
    assert outcome.statuses["jobs"][-1] == "INCOMPLETE"
    assert outcome.statuses["applications"][-1] == "COMPLETE"
