"""A gateway whose certificate comes from a private authority, as behind a company's TLS proxy."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from unit_tests.certificates import certificate


class _Tenant(BaseHTTPRequestHandler):
    """A tenant without records."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"access_token": "token", "expires_in": 3600})

    def do_GET(self) -> None:
        self._answer({"data": [], "totalRecordsCount": 0, "pagination": {"total": 0}})

    def _answer(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return certificate(tmp_path, "localhost", "127.0.0.1")


@pytest.fixture
def url(authority: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tenant) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()


def check(url: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What ``source-phenom check`` prints in a process of its own."""
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {"client_id": "client", "client_secret": "secret", "token_url": url, "gateway_url": url}
        )
    )
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_CA_BUNDLE")}
    done = subprocess.run(
        [sys.executable, "-m", "source_phenom.run", "check", "--config", str(config)],
        env={**clean, "NO_PROXY": "localhost", **environment},
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    (status,) = (
        message["connectionStatus"]
        for message in map(json.loads, done.stdout.splitlines())
        if message["type"] == "CONNECTION_STATUS"
    )
    return dict(status)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_it_is_trusted_if_the_environment_names_it(
    url: str, authority: Path, tmp_path: Path, variable: str
) -> None:
    status = check(url, tmp_path, **{variable: str(authority)})
    assert status["status"] == "SUCCEEDED", status


def test_it_is_not_trusted_otherwise(url: str, tmp_path: Path) -> None:
    status = check(url, tmp_path)
    assert status["status"] == "FAILED"
    assert "the certificates that this machine trusts" in status["message"]
