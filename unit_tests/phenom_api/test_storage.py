"""Files of pre-signed URLs: what is sent, which URLs are followed, what is written to disk."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import requests_mock

from phenom_api.retries import TransientFault
from phenom_api.storage import FileUnavailable, Storage
from unit_tests.certificates import certificate
from unit_tests.phenom_api.wire import Clock

URL = "https://storage.test/bucket/cv.pdf?signature=s3cret"
LOCAL = "http://127.0.0.1:8100/cv.pdf?signature=s3cret"


@pytest.fixture
def storage() -> Iterator[Storage]:
    made = Storage(loopback=False)
    yield made
    made.close()


@pytest.fixture
def http() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.get(URL, content=b"%PDF", headers={"Set-Cookie": "a=b"})
        yield mocker


def test_only_the_content_is_written(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path
) -> None:
    target = tmp_path / "cv.pdf"
    assert storage.save(URL, target) == 4
    assert target.read_bytes() == b"%PDF"
    assert [each.name for each in tmp_path.iterdir()] == ["cv.pdf"]
    assert target.stat().st_mode & 0o077 == 0


def test_no_credentials_are_sent(
    storage: Storage,
    http: requests_mock.Mocker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine storage.test login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    storage.save(URL, tmp_path / "a")
    storage.save(URL, tmp_path / "b")
    for request in http.request_history:
        sent = {name.lower() for name in request.headers}
        assert sent.isdisjoint({"authorization", "cookie", "api-key", "x-ph-userid"})


def test_a_file_is_replaced_whole_or_not_at_all(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path
) -> None:
    target = tmp_path / "cv.pdf"
    target.write_bytes(b"before")
    http.get(URL, status_code=404)
    with pytest.raises(FileUnavailable, match="404"):
        storage.save(URL, target)
    assert target.read_bytes() == b"before"
    http.get(URL, content=b"after")
    storage.save(URL, target)
    assert target.read_bytes() == b"after"


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_status_after_which_another_url_may_help(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path, status: int
) -> None:
    http.get(URL, status_code=status)
    with pytest.raises(TransientFault) as raised:
        storage.save(URL, tmp_path / "cv.pdf")
    assert str(status) in raised.value.final.message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [requests.ConnectionError, requests.ReadTimeout])
def test_network_failures_are_transient(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path, error: type[Exception]
) -> None:
    http.get(URL, exc=error(URL))
    with pytest.raises(TransientFault) as raised:
        storage.save(URL, tmp_path / "cv.pdf")
    assert "s3cret" not in raised.value.final.message + raised.value.final.detail


def test_a_storage_that_never_answers_has_a_minute_for_all_files(
    http: requests_mock.Mocker, tmp_path: Path
) -> None:
    clock = Clock()

    def hang(*_: object) -> str:
        clock.sleep(25.0)
        raise requests.ReadTimeout

    storage = Storage(loopback=False, clock=clock)
    http.get(URL, text=hang)
    http.get("https://elsewhere.test/cv.pdf", content=b"%PDF")
    for _ in range(20):
        with pytest.raises((TransientFault, FileUnavailable), match="no answer in time"):
            storage.save(URL, tmp_path / "cv.pdf")
    assert sum(clock.slept) <= 75
    assert storage.save("https://elsewhere.test/cv.pdf", tmp_path / "cv.pdf") == 4


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.test/cv.pdf",
        LOCAL,
        "ftp://storage.test/cv.pdf",
        "file:///etc/passwd",
        "/cv.pdf",
        "https:///cv.pdf",
        "https://me:secret@storage.test/cv.pdf",
        "https://[::1/cv.pdf",
        "https://100.64.0.1/cv.pdf",
        "http://10.0.0.1/cv.pdf",
        "https://127.0.0.1/cv.pdf",
        "https://169.254.169.254/cv.pdf",
        "https://[64:ff9b:1::808:808]/cv.pdf",
        "https://[::ffff:127.0.0.1]/cv.pdf",
        "https://[fd00:ec2::254]/cv.pdf",
        "",
    ],
)
def test_urls_that_are_refused(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path, url: str
) -> None:
    http.get(requests_mock.ANY, content=b"x")
    with pytest.raises(FileUnavailable, match="https://"):
        storage.save(url, tmp_path / "cv.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "target",
    [
        "http://storage.test/cv.pdf",
        LOCAL,
        "file:///etc/passwd",
        "https://me:secret@storage.test/cv.pdf",
        "https://[::1/cv.pdf",
        "https://169.254.169.254/cv.pdf",
    ],
)
def test_redirects_that_are_refused(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path, target: str
) -> None:
    http.get(requests_mock.ANY, content=b"x")
    http.get(URL, status_code=302, headers={"Location": target})
    with pytest.raises(FileUnavailable):
        storage.save(URL, tmp_path / "cv.pdf")
    assert not list(tmp_path.iterdir())
    assert {request.url for request in http.request_history} == {URL}


def test_storage_in_a_private_network(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path
) -> None:
    http.get("https://10.0.0.1/cv.pdf", status_code=302, headers={"Location": "//192.168.0.1/cv"})
    http.get("https://192.168.0.1/cv", content=b"%PDF")
    assert storage.save("https://10.0.0.1/cv.pdf", tmp_path / "cv.pdf") == 4


def test_a_local_tenant_may_have_plain_http(http: requests_mock.Mocker, tmp_path: Path) -> None:
    http.get(LOCAL, content=b"x")
    local = Storage(loopback=True)
    assert local.save(LOCAL, tmp_path / "cv.pdf") == 1
    with pytest.raises(FileUnavailable):
        local.save("http://storage.test/cv.pdf", tmp_path / "cv.pdf")


def test_redirects_are_followed_up_to_a_limit(
    storage: Storage, http: requests_mock.Mocker, tmp_path: Path
) -> None:
    moved = "https://elsewhere.test/cv.pdf"
    http.get(URL, status_code=307, headers={"Location": moved})
    http.get(moved, content=b"there")
    assert storage.save(URL, tmp_path / "cv.pdf") == 5
    http.get(moved, status_code=307, headers={"Location": URL})
    with pytest.raises(FileUnavailable, match="too often"):
        storage.save(URL, tmp_path / "cv.pdf")


@contextlib.contextmanager
def serving(answers: list[bytes], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answers one connection after the other; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with contextlib.suppress(OSError), connection, contextlib.ExitStack() as tls:
                    if context is not None:
                        wrapped = context.wrap_socket(connection, server_side=True)
                        connection = tls.enter_context(wrapped)
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    # A thread that is late must not write into the list of the next test.
    thread.join(5)


asked: list[bytes] = []
"""What came in at the servers of one test."""


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


def test_a_name_that_leads_to_this_machine(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "localhost", "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with (
        serving([b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"], context) as port,
        pytest.raises(FileUnavailable, match="does not lead to a public address"),
    ):
        storage.save(f"https://localhost:{port}/cv.pdf", tmp_path / "cv.pdf")
    assert not any(asked)


@pytest.mark.parametrize(
    "target", ["/Åsa Müller.pdf".encode(), "/Åsa Müller.pdf".encode("latin-1")]
)
def test_redirects_are_encoded_as_clients_do(tmp_path: Path, target: bytes) -> None:
    moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: %s\r\n\r\n"
    answers = [moved % target, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"]
    with serving(answers) as port:
        Storage(loopback=True).save(f"http://127.0.0.1:{port}/old", tmp_path / "cv.pdf")
    assert asked[1].startswith(b"GET /%C3%85sa%20M%C3%BCller.pdf HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nabcde\r\n0\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/2\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://[x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://a..b/\r\n\r\n",
    ],
)
def test_any_bytes_of_a_storage_are_a_known_error(tmp_path: Path, answer: bytes) -> None:
    with serving([answer]) as port, pytest.raises((FileUnavailable, TransientFault)):
        Storage(loopback=True).save(f"http://127.0.0.1:{port}/cv.pdf", tmp_path / "cv.pdf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_breaks_off_is_not_kept(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly a part")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(TransientFault) as raised:
            Storage(loopback=True).save(
                f"http://127.0.0.1:{listener.getsockname()[1]}/cv.pdf", tmp_path / "cv.pdf"
            )
        thread.join()
    assert "broke off" in raised.value.final.message
    assert not list(tmp_path.iterdir())
