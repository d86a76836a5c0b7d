"""The local tenant ends while clients are connecting, connected, or not reading."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable

import pytest

import phenom_sandbox
from phenom_sandbox import LocalTenant

REQUEST = b"GET /jobs HTTP/1.1\r\nHost: phenom.example.com\r\n\r\n"


def connecting(address: tuple[str, int], client: socket.socket) -> None:
    def connect() -> None:
        for _ in range(100):
            try:
                socket.create_connection(address).close()
            except OSError:
                return

    threading.Thread(target=connect).start()


def connected(address: tuple[str, int], client: socket.socket) -> None:
    client.connect(address)


def not_reading(address: tuple[str, int], client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.connect(address)
    client.sendall(REQUEST * 500)


@pytest.mark.parametrize("clients", [connecting, connected, not_reading])
def test_no_connection_is_left_open(
    clients: Callable[[tuple[str, int], socket.socket], None],
) -> None:
    """Python warns about one that is, and a warning is an error here."""
    for _ in range(10):
        with socket.socket() as client:
            with phenom_sandbox.running(jobs=3, applications=60) as local:
                clients(address(local), client)
            gc.collect()


def address(local: LocalTenant) -> tuple[str, int]:
    host, port = local.url.removeprefix("http://").split(":")
    return host, int(port)
