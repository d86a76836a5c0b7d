"""Fetching attachments from URLs in records."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest

from destination_phenom.fetching import (
    ALLOW_LOOPBACK,
    Fetcher,
    FetchLimits,
    NotFetched,
    check_url,
)
from phenom_api.addresses import is_public
from unit_tests.certificates import certificate

Respond = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "64:ff9b:1::808:808",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b::1%eth0",
        "64:ff9b:0:1::808:808",
        "::ffff:8.8.8.8%1",
        "::ffff:100.64.0.1",
        "::8.8.8.8",
        "172.31.255.255",
        "100.127.255.255",
        "192.88.99.1",
        "198.19.255.255",
        "198.51.100.1",
        "239.255.255.255",
        "febf::1",
        "feff::1",
        "fdff::1",
        "ff0e::1",
        "100::1",
        "100:0:0:1::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "4000::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001::1",
        "2002:808:808::1",
        "2606:2800:220:1:248:1893:25c8:1946%eth0",
        "8.8.8.8.",
        "008.8.8.8",
        "134744072",
        "0x8.8.8.8",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "nonsense",
        "",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:2800:220:1:248:1893:25c8:1946",
        "1.1.1.1",
        "100.128.0.1",
        "172.32.0.1",
        "198.20.0.1",
        "192.0.1.1",
        "2001:4860:4860::8888",
        "2a00:1450:4001::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a",
        "ftp://example.com/a",
        "//example.com/a",
        "example.com/a",
        "https:///a",
        "https://user@example.com/a",
        "https://user:pw@example.com/a",
        "https://example.com:99999/a",
        "https://example.com:0/a",
        "https://exa mple.com/a",
        "https://example.com/a\nHost: internal",
        "https://[::1",
        "https://[fe80::1%25eth0]/a",
        "https://example.com:abc/a",
        pytest.param(f"https://example.com:{'9' * 4301}/a", id="long port"),
        "https://\N{FULLWIDTH SOLIDUS}example.com/a",
        "https://example.com\\@10.0.0.1/a",
        pytest.param(f"https://{'ü' * 70}.example.com/a", id="long label"),
        pytest.param(f"https://{'example.com.' * 500}/a", id="long host"),
        pytest.param(f"https://example.com/{'a' * 20_000}", id="long path"),
        "data:text/plain,example.com",
        "javascript:example.com",
    ],
)
def test_urls_that_are_not_fetched(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        check_url(url)
    assert "example.com" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://a.example/Müller.pdf", "https://a.example/M%C3%BCller.pdf"),
        ("https://a.example/M%C3%BCller.pdf", "https://a.example/M%C3%BCller.pdf"),
        ("https://a.example/Ann's CV.pdf?für=a b&c=%2F%zz", None),
        ("https://a.example/履歴書.pdf#page=2", None),
        ('https://a.example/a|b"c<d>.pdf', "https://a.example/a%7Cb%22c%3Cd%3E.pdf"),
        ("https://a.example?x=ü", "https://a.example/?x=%C3%BC"),
        ("https://müller.example:8443/ü", "https://xn--mller-kva.example:8443/%C3%BC"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        (
            "https://A.Example./%41+b;c=1,2?X-Sig=a%2Bb%3D",
            "https://a.example./%41+b;c=1,2?X-Sig=a%2Bb%3D",
        ),
    ],
)
def test_urls_are_percent_encoded(given: str, asked: str | None) -> None:
    encoded = check_url(given).geturl()
    assert encoded == (asked or encoded)
    assert encoded.isascii()
    assert " " not in encoded
    # What is encoded already is not encoded again.
    assert check_url(encoded).geturl() == encoded


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"], ["127.0.0.1"], ["::1"]],
)
def test_every_address_of_a_name_must_be_public(addresses: list[str]) -> None:
    with pytest.raises(NotFetched, match="public address"):
        Fetcher(resolve=lambda *_: addresses).fetch("https://files.example/cv", 10)


def test_an_unknown_host_name() -> None:
    def resolve(*_: object) -> list[str]:
        raise socket.gaierror

    with pytest.raises(NotFetched, match="not known") as raised:
        Fetcher(resolve=resolve).fetch("https://files.example/secret", 10)
    assert "files.example" not in str(raised.value)


# -- over a real connection --------------------------------------------------------------------


class Server:
    """Answers each connection with `respond(head of the request)`; sends single bytes for None."""

    def __init__(self, respond: Respond | None, context: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self.names: list[str | None] = []
        self._respond = respond
        self._context = context
        if context is not None:
            context.sni_callback = lambda _, name, __: self.names.append(name)
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, contextlib.ExitStack() as tls:
            if self._context is not None:
                wrapped = self._context.wrap_socket(connection, server_side=True)
                connection = tls.enter_context(wrapped)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            self.heads.append(head)
            respond = self._respond
            if respond is None:
                while not self._closed.wait(0.01):
                    connection.sendall(b"x")
                return
            connection.sendall(respond(head))
            connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._closed.set()
        self._listener.close()


@contextlib.contextmanager
def serving(respond: Respond | None, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(respond, context)
    try:
        yield server
    finally:
        server.close()


def _same(answer: bytes, _: bytes) -> bytes:
    return answer


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def moved(target: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_LOOPBACK, "1")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for files.example, and a client's that trusts it."""
    pem = certificate(tmp_path_factory.mktemp("tls"), "files.example", "127.0.0.2")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


@pytest.mark.usefixtures("loopback")
def test_the_connection_goes_to_the_checked_address(
    certificates: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one look-up; SNI, Host and the certificate check use the name."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    server_side, client_side = certificates
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with serving(lambda _: ok(b"content", "Content-Type: a/b; c=d"), server_side) as server:
        fetcher = Fetcher(resolve=resolve, context=client_side)
        fetched = fetcher.fetch(f"https://files.example:{server.port}/a%20b?c=d", 100)
    assert (fetched.content, fetched.media_type) == (b"content", "a/b")
    assert asked == ["files.example"]
    assert server.names == ["files.example"]
    head = server.heads[0].decode()
    assert head.startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert f"Host: files.example:{server.port}\r\n" in head
    assert "authorization" not in head.lower()
    assert "cookie" not in head.lower()


@pytest.mark.usefixtures("loopback")
def test_a_certificate_for_another_name(
    certificates: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server_side, client_side = certificates
    with serving(lambda _: ok(b"content"), server_side) as server:
        for context in (client_side, None):
            fetcher = Fetcher(resolve=lambda *_: ["127.0.0.1"], context=context)
            name = "other.example" if context else "files.example"
            with pytest.raises(NotFetched, match="cannot be reached"):
                fetcher.fetch(f"https://{name}:{server.port}/", 100)
        assert server.heads == []


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "target",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "http://93.184.216.34/",
        "ftp://files.example/",
        "https://user:pw@93.184.216.34/",
        "//metadata.internal/",
    ],
)
def test_redirects_are_checked_like_the_first_url(target: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["10.1.1.1"] if host == "metadata.internal" else [host]

    with serving(lambda _: moved(target)) as server:
        with pytest.raises(NotFetched):
            Fetcher(resolve=resolve).fetch(f"http://127.0.0.1:{server.port}/", 100)
        assert len(server.heads) == 1


@pytest.mark.usefixtures("loopback")
def test_too_many_redirects() -> None:
    with serving(lambda _: moved("/again")) as server:
        with pytest.raises(NotFetched, match="too often"):
            Fetcher().fetch(f"http://127.0.0.1:{server.port}/", 100)
        assert len(server.heads) == 6


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("answer", "rule", "retryable"),
    [
        (ok(b"x" * 101), "more than the 100 bytes", False),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101, "more than the 100 bytes", False),
        (ok(b""), "no content", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "broke off", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "broke off",
            True,
        ),
        (ok(gzip.compress(b"x" * 9, mtime=0), "Content-Encoding: gzip"), "compressed", False),
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", "404", False),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "401", False),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503", True),
        (b"", "cannot be reached", True),
        (b"SSH-2.0-x\r\n\r\n", "cannot be reached", True),
    ],
)
def test_answers_without_a_file(answer: bytes, rule: str, retryable: bool) -> None:
    with serving(lambda _: answer) as server, pytest.raises(NotFetched, match=rule) as raised:
        Fetcher().fetch(f"http://127.0.0.1:{server.port}/secret", 100)
    assert raised.value.retryable is retryable
    assert "secret" not in str(raised.value)


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n"


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"Content-Length: " + b"9" * 4301 + b"\r\n\r\nx", id="length"),
        pytest.param(HEAD + b"Content-Length: -5\r\n\r\nx", id="negative length"),
        pytest.param(HEAD + b"Content-Length: five\r\n\r\nx", id="length in words"),
        pytest.param(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", id="two lengths"),
        pytest.param(CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n", id="negative chunk"),
        pytest.param(CHUNKED + b"-1\r\n" + b"x" * 5_000_000, id="chunk without end"),
        pytest.param(CHUNKED + b"f" * 5000 + b"\r\nx", id="large chunk"),
        pytest.param(CHUNKED + b"five\r\nabcde\r\n0\r\n\r\n", id="chunk in words"),
        pytest.param(
            CHUNKED + b"1;" + b"x" * 200_000 + b"\r\nx\r\n0\r\n\r\n", id="chunk extension"
        ),
        pytest.param(CHUNKED + b"1\r\nxyz\r\n0\r\n\r\n", id="chunk of another length"),
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * 50_000, id="trailers"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n\r\nx", id="unknown transfer encoding"),
        pytest.param(HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx", id="encoded"),
        pytest.param(HEAD + b"a: b\r\n" * 50_000 + b"\r\nx", id="many headers"),
        pytest.param(HEAD + b"a: " + b"b" * 1_000_000 + b"\r\n\r\nx", id="long header"),
        pytest.param(HEAD + b"a: \x00\r\n\r\nx", id="NUL"),
        pytest.param(HEAD + b"a\x00b\xff\r\n\r\nx", id="no header"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\nx", id="status in words"),
        pytest.param(b"HTTP/1.1 -200 OK\r\n\r\nx", id="negative status"),
        pytest.param(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\nx", id="long status"),
        pytest.param(b"HTTP/2 200\r\n\r\nx", id="HTTP/2"),
        pytest.param(b"<html>HTTP/0.9</html>\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02F", id="TLS"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000, id="answers in between"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nx", id="another protocol"),
        *(
            pytest.param(b"HTTP/1.1 %d Well\r\nContent-Length: 1\r\n\r\nx" % status, id=str(status))
            for status in (201, 202, 205, 226, 299, 300, 304, 305, 400, 416, 511, 999)
        ),
        pytest.param(b"HTTP/1.1 204 Nothing\r\n\r\n", id="204"),
        pytest.param(
            b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/9\r\nContent-Length: 1\r\n\r\nx",
            id="206",
        ),
        *(
            pytest.param(MOVED % target, id=f"to {target[:40].decode('latin-1')}")
            for target in (
                b"",
                b"http://[x",
                b"//[x/",
                b"http://127.0.0.1:99999/",
                b"http://127.0.0.1:abc/",
                b"http://127.0.0.1:" + b"9" * 4301 + b"/",
                b"data:text/plain,x",
                b"javascript:alert(1)",
                b"file:///etc/passwd",
                b"https://" + b"a" * 5000 + b".example/",
                b"https://a..example/",
                b"https://\xff\xfe.example/",
                "https://\N{ZERO WIDTH SPACE}.example/".encode(),
                b"https://xn--\xc3\xbc.example/",
                b"https://127.0.0.1%00.example/",
                b"/" + b"x" * 30_000,
            )
        ),
    ],
)
def test_invalid_answers_of_a_file_server(answer: bytes) -> None:
    """Each of them raises NotFetched, and none the error for unexpected exceptions."""
    resolve = lambda host, _: [host] if host == "127.0.0.1" else []  # noqa: E731
    with serving(lambda _: answer) as server, pytest.raises(NotFetched) as raised:
        Fetcher(resolve=resolve).fetch(f"http://127.0.0.1:{server.port}/secret", 100)
    assert "cannot be fetched" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert len(server.heads) == 1


@pytest.mark.usefixtures("loopback")
def test_an_unexpected_exception_is_not_fetched() -> None:
    def resolve(*_: object) -> list[str]:
        raise TypeError

    with pytest.raises(NotFetched, match=r"cannot be fetched \(TypeError\)"):
        Fetcher(resolve=resolve).fetch("http://files.example/secret", 100)


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("target", "rule"),
    [("ftp://files.example/", "must be an https URL"), ("http://[x", "is not a usable URL")],
)
def test_the_error_says_that_a_redirect_was_refused(target: str, rule: str) -> None:
    with (
        serving(lambda _: moved(target)) as server,
        pytest.raises(NotFetched, match=f"is redirected to a URL that {rule}"),
    ):
        Fetcher().fetch(f"http://127.0.0.1:{server.port}/", 100)


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "target",
    [
        "/Åsa Müller.pdf?ü".encode(),
        "/Åsa Müller.pdf?ü".encode("latin-1"),
        b"/%C3%85sa%20M%C3%BCller.pdf?%C3%BC",
    ],
)
def test_redirects_are_percent_encoded(target: bytes) -> None:
    def answer(head: bytes) -> bytes:
        return MOVED % target if head.startswith(b"GET /old") else ok(b"content")

    with serving(answer) as server:
        Fetcher().fetch(f"http://127.0.0.1:{server.port}/old", 100)
    assert server.heads[1].startswith(b"GET /%C3%85sa%20M%C3%BCller.pdf?%C3%BC HTTP/1.1\r\n")


@pytest.mark.usefixtures("loopback")
def test_an_informational_response() -> None:
    with serving(lambda _: b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(b"content")) as server:
        fetched = Fetcher().fetch(f"http://127.0.0.1:{server.port}/", 100)
    assert fetched.content == b"content"


@pytest.mark.usefixtures("loopback")
def test_an_invalid_content_type() -> None:
    with serving(lambda _: ok(b"content", "Content-Type: \xe4 b")) as server:
        fetched = Fetcher().fetch(f"http://127.0.0.1:{server.port}/", 100)
    assert fetched.media_type == ""


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("size", [1, 100])
def test_content_within_the_limit(size: int) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    for answer in (ok(b"x" * size), chunked % (size, b"x" * size)):
        with serving(partial(_same, answer)) as server:
            fetched = Fetcher().fetch(f"http://127.0.0.1:{server.port}/", 100)
        assert fetched.content == b"x" * size


@pytest.mark.usefixtures("loopback")
def test_a_server_that_sends_single_bytes() -> None:
    """No single read times out, but the total time does."""
    with serving(None) as server, pytest.raises(NotFetched, match="within"):
        # A second passes whenever the clock is read.
        Fetcher(clock=count().__next__).fetch(f"http://127.0.0.1:{server.port}/", 10**9)
    for thread in threading.enumerate():
        if thread.name == "attachment":
            thread.join(5)
            assert not thread.is_alive()


@pytest.mark.usefixtures("loopback")
def test_a_name_look_up_that_hangs() -> None:
    gate = threading.Event()

    def resolve(*_: object) -> list[str]:
        gate.wait(5)
        return ["127.0.0.1"]

    with pytest.raises(NotFetched, match="within"):
        Fetcher(resolve=resolve, limits=FetchLimits(total=0.1)).fetch("https://files.example/", 10)
    gate.set()
