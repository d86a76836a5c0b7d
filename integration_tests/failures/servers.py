"""Servers that send any bytes: raw sockets on the loopback interface."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

Talk = Callable[[socket.socket, threading.Event], None]
"""Handles one connection. The event is set when the server must end."""

A_BYTE_EVERY = 0.02
"""Seconds between the bytes of a dripping answer."""
SLOW = {
    "status line": (b"HTTP/1.1 2", b"0"),
    "headers": (b"HTTP/1.1 200 OK\r\nX-Padding: ", b"a"),
    "body of a known length": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "body up to the end of the connection": (b"HTTP/1.1 200 OK\r\n\r\n{", b" "),
}
"""By the part that never ends: the beginning of the answer, and the bytes that are repeated."""


@contextmanager
def serving(talk: Talk, *, certificate: Path | None = None) -> Iterator[str]:
    """Run ``talk`` for each connection, in a thread; yields the address.

    :param certificate: a PEM file with a certificate for ``localhost`` and its key, for TLS.
    """
    over = threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is not None:
        context.load_cert_chain(certificate)

    def serve(connection: socket.socket) -> None:
        try:
            if certificate is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                talk(connection, over)
        except OSError:
            connection.close()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        scheme = "http://127.0.0.1" if certificate is None else "https://localhost"
        try:
            yield f"{scheme}:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def whole(body: bytes, status: str = "200 OK") -> bytes:
    """An answer with this body; the connection ends after it."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def answering(*answers: bytes) -> Talk:
    """Sends one answer per connection; the last one is repeated."""
    left = list(answers)

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return talk


def redirecting(target: str) -> Talk:
    return answering(
        f"HTTP/1.1 302 Found\r\nLocation: {target}/apply/v2/applications\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Accepts the connection and sends nothing."""
    over.wait()


def dripping(begin: bytes, drop: bytes) -> Talk:
    """Begins an answer and then sends ``drop`` again and again, without an end."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(begin)
        while not over.wait(A_BYTE_EVERY):
            connection.sendall(drop)

    return talk


@contextmanager
def black_hole() -> Iterator[str]:
    """Accepts no connection: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = []
        for _ in range(8):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for client in waiting:
                client.close()


def self_signed(folder: Path) -> Path:
    """A PEM file with a self-signed certificate for ``localhost`` and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
