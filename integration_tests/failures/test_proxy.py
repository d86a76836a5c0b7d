"""A proxy from the environment: every request goes through it, not only the first one."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from integration_tests.failures.servers import Talk, serving, whole
from phenom_api.connection import Connection, load
from phenom_api.errors import Unreachable
from phenom_api.gateway import Gateway, Operation, RetryPolicy

THING = Operation("GET", "/thing", "Thing API")
PLAIN = "http://127.0.0.2:9", "http://127.0.0.3:9"
"""Addresses without a server: only the proxy can answer."""
TOKEN = b'{"access_token":"t","expires_in":3600}'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def asked() -> list[str]:
    """The request lines that the proxy received."""
    return []


@pytest.fixture
def proxy(asked: list[str]) -> Iterator[str]:
    with serving(answering_all(asked)) as url:
        yield url


def answering_all(asked: list[str]) -> Talk:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        line = connection.recv(65536).split(b"\r\n")[0].decode()
        asked.append(line)
        refused = line.startswith("CONNECT")
        connection.sendall(whole(b"", "502 No") if refused else whole(TOKEN))

    return talk


def reading(gateway: str, login: str) -> Gateway:
    keys = {"client_id": "client", "client_secret": "secret"}
    config = {**keys, "gateway_url": f"{gateway}/v1", "token_url": f"{login}/token"}
    return Gateway(load(Connection, config), policy=RetryPolicy(attempts=1))


def test_plain_requests_name_the_whole_address(
    proxy: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with reading(*PLAIN) as gateway:
        for page in (1, 2):
            assert gateway.fetch(THING, dict, params={"page": page})["access_token"] == "t"
    assert asked == [
        "POST http://127.0.0.3:9/token HTTP/1.1",
        "GET http://127.0.0.2:9/v1/thing?page=1 HTTP/1.1",
        "GET http://127.0.0.2:9/v1/thing?page=2 HTTP/1.1",
    ]


def test_secure_requests_ask_for_a_tunnel(
    proxy: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with (
        reading("https://gateway.invalid", "https://login.invalid") as gateway,
        pytest.raises(Unreachable, match="the proxy failed"),
    ):
        gateway.fetch(THING, dict)
    # Before 3.12 Python asks for it in the older version.
    version = "1.1" if sys.version_info >= (3, 12) else "1.0"
    assert asked == [f"CONNECT login.invalid:443 HTTP/{version}"]


def test_no_proxy_excludes_hosts(
    proxy: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "127.0.0.2")
    with reading(*PLAIN) as gateway, pytest.raises(Unreachable, match="refused"):
        gateway.fetch(THING, dict)
    assert asked == ["POST http://127.0.0.3:9/token HTTP/1.1"]
