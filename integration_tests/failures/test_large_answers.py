"""Answers that never end, and small answers that become large when they are decompressed."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tests.failures.running import read, run
from integration_tests.failures.servers import Talk, answering, serving, whole
from integration_tests.failures.test_lasting import assert_all_failed
from phenom_api.connection import Connection, load
from phenom_api.errors import AnswerTooLarge
from phenom_api.gateway import Gateway, Operation
from phenom_api.retries import TransientFault
from phenom_api.storage import FileUnavailable, Storage
from phenom_sandbox import LocalTenant

THING = Operation("GET", "/thing", "Things")
SUBMIT = Operation("POST", "/thing", "Things")
TOKEN = whole(b'{"access_token":"t0ken"}')
MIB = 1 << 20
HUGE = 128 * MIB
NEAR_THE_BOUND = 80 * MIB


def gzipped(content: bytes, level: int = 9) -> bytes:
    """Without the time, so that every process gives these tests the same ids."""
    return gzip.compress(content, level, mtime=0)


def compressed(wbits: int, size: int = HUGE, beginning: bytes = b"") -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    blank = b" " * MIB
    packed = [packer.compress(beginning), *(packer.compress(blank) for _ in range(size // MIB))]
    return b"".join(packed) + packer.flush()


GZIP = compressed(31)
BOMBS = {
    "gzip": ("gzip", GZIP),
    "x-gzip": ("x-gzip", GZIP),
    "capitals": ("GZIP", GZIP),
    "deflate": ("deflate", compressed(15)),
    "raw deflate": ("deflate", compressed(-15)),
    "gzip in gzip": ("gzip, gzip", gzipped(GZIP)),
    "deflate in gzip": ("deflate, gzip", gzipped(compressed(15))),
    "members of one MiB": ("gzip", gzipped(b" " * MIB) * 128),
    "empty members": ("gzip", gzipped(b"") * 200_000),
}


def answer(coding: str, body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def after_the_request(content: bytes) -> Talk:
    """Reads the whole request before it answers: otherwise the client would see a reset."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        with connection.makefile("rb") as request:
            length = 0
            while (line := request.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            request.read(length)
        connection.sendall(content)

    return talk


def flooding(head: bytes, block: bytes) -> Talk:
    """Sends a head, and then the same block again and again."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(block)

    return talk


FLOODS = {
    "body up to the end of the connection": flooding(b"HTTP/1.1 200 OK\r\n\r\n", b" " * MIB),
    "length that is a lie": flooding(
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b" " * MIB
    ),
    "chunks": flooding(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"100000\r\n" + b" " * MIB + b"\r\n",
    ),
    "one chunk": flooding(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n", b" " * MIB
    ),
    "trailers": flooding(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X-Padding: %s\r\n" % (b"x" * 60_000),
    ),
    "early hints": flooding(
        b"", b"HTTP/1.1 100 Continue\r\nX-Padding: %s\r\n\r\n" % (b"x" * 60_000)
    ),
    "body of a redirect": flooding(
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", b" " * MIB
    ),
    "body of an error": flooding(b"HTTP/1.1 400 Bad Request\r\n\r\n", b" " * MIB),
    "body of a fault": flooding(b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b" " * MIB),
}


@contextmanager
def gateway(url: str, token_url: str) -> Iterator[Gateway]:
    keys = {"client_id": "id", "client_secret": "secret"}
    connection = load(Connection, {**keys, "token_url": token_url, "gateway_url": url})
    with Gateway(connection) as made:
        yield made


def peak_of(work: Callable[[], None]) -> int:
    """The peak of the bytes that ``work`` had allocated."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_answer_that_becomes_large(name: str) -> None:
    with (
        serving(answering(answer(*BOMBS[name]))) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):

        def ask() -> None:
            with pytest.raises(AnswerTooLarge, match="more than 64 MiB"):
                made.fetch(THING, dict)

        assert peak_of(ask) < NEAR_THE_BOUND
        assert made.sent == 2
        assert made.retried == 0


@pytest.mark.parametrize("value", [b"[]", b"{}", b'{"a":0}', b"1"], ids=bytes.decode)
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Oops"])
def test_very_many_small_values(value: bytes, status: str) -> None:
    """Their text has less than 64 MiB, but the parsed values take many times as much memory."""
    body = b'{"data":[%s1]}' % ((value + b",") * 3_000_000)
    packed = answer("gzip", gzipped(body, 1), status)
    with (
        serving(after_the_request(packed)) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):

        def ask() -> None:
            with pytest.raises(AnswerTooLarge, match="2 million values"):
                made.fetch(THING, dict)

        assert peak_of(ask) < NEAR_THE_BOUND
        assert made.retried == 0


@pytest.mark.parametrize("talk", FLOODS.values(), ids=FLOODS)
def test_an_answer_without_an_end(talk: Talk) -> None:
    with (
        serving(talk) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):

        def ask() -> None:
            with pytest.raises(AnswerTooLarge, match=r"GET /thing: .*gateway_url"):
                made.send(THING)

        # The peak includes the server's own block and the bytes in transit.
        assert peak_of(ask) < NEAR_THE_BOUND + 10 * MIB
        assert made.retried == 0


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "401 Unauthorized", "500 Oops"])
def test_a_token_that_becomes_large(status: str) -> None:
    body = compressed(31, beginning=b'{"access_token":"t0ken"}')
    with serving(after_the_request(answer("gzip", body, status))) as url, gateway(url, url) as made:

        def ask() -> None:
            for _ in range(2):
                with pytest.raises(AnswerTooLarge, match=r"The token request: .*token_url"):
                    made.send(THING)

        assert peak_of(ask) < NEAR_THE_BOUND
        assert made.sent == 1


def test_a_write_with_a_large_answer_is_not_repeated() -> None:
    with (
        serving(after_the_request(answer(*BOMBS["gzip"]))) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):
        with pytest.raises(AnswerTooLarge):
            made.send(SUBMIT, json={}, retry_lost=False)
        assert made.sent == 2


def test_a_large_answer_below_the_limit_is_read() -> None:
    body = b'{"a":"' + b"x" * (60 * MIB) + b'"}'
    for sent in (answer("gzip", gzipped(body, 1)), whole(body)):
        with (
            serving(answering(sent)) as url,
            serving(after_the_request(TOKEN)) as token_url,
            gateway(url, token_url) as made,
        ):
            assert made.send(THING).content == body


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzipped(b'{"a":1}')),
        ("gzip", gzipped(b'{"a"') + gzipped(b":1}")),
        ("gzip", gzipped(b'{"a":1}') + b"\0" * 100),
        ("gzip", gzipped(b'{"a":1}') + b"what is this?"),
        ("deflate", zlib.compress(b'{"a":1}')),
        ("deflate", compressed(-15, 0, b'{"a":1}')),
        ("gzip, deflate", zlib.compress(gzipped(b'{"a":1}'))),
        ("identity", b'{"a":1}'),
        ("", b'{"a":1}'),
    ],
)
def test_a_compressed_answer_is_read(coding: str, packed: bytes) -> None:
    with (
        serving(answering(answer(coding, packed))) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):
        assert made.fetch(THING, dict) == {"a": 1}


@pytest.mark.parametrize(
    "packed", [gzipped(b'{"a":1}')[:-9], b"not compressed at all", gzipped(b"{}")[:5]]
)
def test_a_cut_off_or_damaged_answer_is_retried(packed: bytes) -> None:
    answers = answering(answer("gzip", packed), whole(b'{"a":1}'))
    with (
        serving(answers) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):
        assert made.fetch(THING, dict) == {"a": 1}
        assert made.retried == 1


def test_connections_are_reused_after_compressed_answers() -> None:
    connections = 0
    body = gzipped(b"{}")
    kept = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"

    def talk(connection: socket.socket, over: threading.Event) -> None:
        nonlocal connections
        connections += 1
        while connection.recv(65536):
            connection.sendall(kept.encode() + body)

    with (
        serving(talk) as url,
        serving(after_the_request(TOKEN)) as token_url,
        gateway(url, token_url) as made,
    ):
        for _ in range(5):
            made.fetch(THING, dict)
    assert connections == 1


def test_a_read_of_a_bomb(local: LocalTenant) -> None:
    with serving(answering(answer(*BOMBS["gzip"]))) as url:
        ran = read(local, {"gateway_url": url})
    assert_all_failed(ran, "transient_error", "more than 64 MiB")
    assert ran.waits.slept == []


def test_a_check_of_a_bomb(local: LocalTenant) -> None:
    with serving(answering(answer(*BOMBS["gzip"]))) as url:
        checked = run("check", {**local.config, "gateway_url": url})
    assert checked.status.startswith("FAILED: ")
    assert "more than 64 MiB" in checked.status


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "talk",
    [answering(answer(*BOMBS["gzip"])), answering(answer(*BOMBS["members of one MiB"]))],
    ids=["gzip", "members"],
)
def test_a_file_that_becomes_too_large(talk: Talk, tmp_path: Path) -> None:
    storage = Storage(loopback=True, most_bytes=2 * MIB)
    with serving(talk) as url:

        def save() -> None:
            with pytest.raises(FileUnavailable, match="larger than"):
                storage.save(f"{url}/cv.pdf", tmp_path / "cv.pdf")

        assert peak_of(save) < 10 * MIB
    assert not list(tmp_path.iterdir())


def test_a_file_without_an_end(tmp_path: Path) -> None:
    storage = Storage(loopback=True, most_bytes=2 * MIB)
    with (
        serving(FLOODS["chunks"]) as url,
        pytest.raises(FileUnavailable, match="larger than"),
    ):
        storage.save(f"{url}/cv.pdf", tmp_path / "cv.pdf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_never_ends_in_time(tmp_path: Path) -> None:
    storage = Storage(loopback=True, longest=0.3)

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        while not over.wait(0.02):
            connection.sendall(b"%")

    with serving(drip) as url, pytest.raises(TransientFault, match="no answer in time"):
        storage.save(f"{url}/cv.pdf", tmp_path / "cv.pdf")
    assert not list(tmp_path.iterdir())


def test_a_compressed_file_is_stored_decompressed(tmp_path: Path) -> None:
    content = json.dumps(list(range(100_000))).encode()
    with serving(answering(answer("gzip", gzipped(content)))) as url:
        assert Storage(loopback=True).save(f"{url}/a", tmp_path / "a") == len(content)
    assert (tmp_path / "a").read_bytes() == content
