"""A tenant that is faster than every reader: records rendered once into a file.

    python -m benchmarks.tenant --applications 200000 [--latency 50]

Serves what a read needs (tokens, open jobs, applications) with any offset and limit. Applications
are in order of creation, the oldest first, and every page has the total. A page is a slice of a
mapped file and one ``sendmsg``. ``/_control`` changes the latency, hides the newest applications,
and counts requests: see :func:`control`. The first line on stdout is a source configuration with
a ``token`` for clients that cannot fetch one. It checks no credentials and makes no errors,
unlike ``phenom_sandbox``.
"""

from __future__ import annotations

import argparse
import json
import mmap
import socket
import socketserver
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import orjson

from benchmarks import ROOT, WORK_FOLDER

JOBS = 200
SEED = 1
TOKEN = "benchmark"
APPLICATIONS = "/apply/v2/applications"
CONTROL = "/_control"


class Rendered(NamedTuple):
    """A listing: the JSON of its records with a comma behind each, and where each record begins."""

    text: memoryview
    starts: array[int]
    """One more than there are records: the last is the end of the text."""

    @property
    def total(self) -> int:
        return len(self.starts) - 1

    def page(self, offset: int, limit: int, shown: int) -> memoryview:
        """The records joined by commas; only the first ``shown`` are there."""
        first, last = min(offset, shown), min(offset + limit, shown)
        return self.text[self.starts[first] : max(self.starts[first], self.starts[last] - 1)]


def rendered_applications(number: int) -> Rendered:
    """The application listing of a local tenant of that size; rendered the first time."""
    text, starts = _files(number)
    if not starts.exists():
        text.parent.mkdir(parents=True, exist_ok=True)
        print(f"Rendering {number:,} applications into {text.parent} ...", file=sys.stderr)
        unfinished = text.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            places = _render(_applications(number), file.write)
        unfinished.rename(text)
        # Written last: while it is missing, the text may be incomplete.
        starts.write_bytes(places.tobytes())
    places = array("q")
    places.frombytes(starts.read_bytes())
    with text.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    return Rendered(memoryview(mapped), places)


def rendered_jobs() -> Rendered:
    """The open jobs of site type external, which a read asks for by default."""
    text = bytearray()

    def write(piece: bytes) -> None:
        text.extend(piece)

    from phenom_sandbox import Tenant

    open_jobs = Tenant(seed=SEED, jobs=JOBS, applications=0).open_jobs()
    rows = (row for row in open_jobs if row["siteType"] == "external")
    places = _render(rows, write)
    return Rendered(memoryview(bytes(text)), places)


def _applications(number: int) -> Iterator[Mapping[str, Any]]:
    """One after the other: a local tenant would keep a million of them in memory."""
    from phenom_sandbox.records.applications import GeneratedApplications
    from phenom_sandbox.records.candidates import GeneratedCandidates
    from phenom_sandbox.records.jobs import GeneratedJobs

    book = GeneratedApplications(
        SEED, number, GeneratedJobs(SEED, JOBS), GeneratedCandidates(SEED, number)
    )
    return map(book.compose, range(number))


def _render(records: Iterable[Mapping[str, Any]], write: Any) -> array[int]:
    places, position = array("q"), 0
    for record in records:
        places.append(position)
        piece = orjson.dumps(record) + b","
        write(piece)
        position += len(piece)
    places.append(position)
    return places


def _files(number: int) -> tuple[Path, Path]:
    """Named after a hash of the code that makes the records: when that changes, so do the files."""
    code = blake2b(digest_size=6)
    for path in sorted((ROOT / "phenom_sandbox" / "records").glob("*.py")):
        code.update(path.read_bytes())
    folder = WORK_FOLDER / "tenants"
    name = f"{number}-{code.hexdigest()}"
    return folder / f"{name}.json", folder / f"{name}.starts"


class Server(socketserver.ThreadingTCPServer):
    """Has a thread per connection, and serves a page without the interpreter's lock."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, applications: int, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.latency = latency
        self.hidden = 0
        self.requests = 0
        self.counting = threading.Lock()
        self.listings = {
            APPLICATIONS: (
                rendered_applications(applications),
                '{"status":"success","statusCode":"200","statusMessage":"Applications fetched",',
                '"pagination":{"offset":%d,"limit":%d,"total":%d},"data":[',
            ),
            "/jobs-api/v1/jobs": (
                rendered_jobs(),
                '{"status":"success",',
                '"offset":%d,"limit":%d,"totalRecordsCount":%d,"data":[',
            ),
        }


class Connection(socketserver.BaseRequestHandler):
    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                more = self.request.recv(65_536)
                if not more:
                    return
                received += more
            head, _, received = received.partition(b"\r\n\r\n")
            length = _content_length(head)
            while len(received) < length:
                received += self.request.recv(65_536)
            received = received[length:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if target.startswith(CONTROL):
                self._control(parse_qs(urlsplit(target).query))
                continue
            with self.server.counting:
                self.server.requests += 1
            if self.server.latency:
                time.sleep(self.server.latency)
            self._answer(method, target)

    def _answer(self, method: str, target: str) -> None:
        path, query = urlsplit(target).path, urlsplit(target).query
        if method == "POST" and path.endswith("/token"):
            return self._send(b'{"access_token":"%s","expires_in":86400}' % TOKEN.encode())
        listing = self.server.listings.get(path)
        if listing is None:
            return self._send(b'{"error":"not served here"}', status=b"404 Not Found")
        rendered, opening, members = listing
        asked = {"offset": ["0"], "limit": ["10"], **parse_qs(query)}
        offset, limit = (int(asked[name][0]) for name in ("offset", "limit"))
        shown = rendered.total - (self.server.hidden if path == APPLICATIONS else 0)
        before = opening + members % (offset, limit, shown)
        return self._send(before.encode(), rendered.page(offset, limit, shown), b"]}")

    def _control(self, wanted: Mapping[str, list[str]]) -> None:
        if "latency_ms" in wanted:
            self.server.latency = int(wanted["latency_ms"][0]) / 1000
        if "hidden" in wanted:
            self.server.hidden = int(wanted["hidden"][0])
        with self.server.counting:
            requests, self.server.requests = self.server.requests, 0
        self._send(b'{"requests":%d}' % requests)

    def _send(self, *body: bytes | memoryview, status: bytes = b"200 OK") -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        pieces = [memoryview(piece) for piece in (head % (status, sum(map(len, body))), *body)]
        while pieces:
            sent = self.request.sendmsg(pieces)
            while pieces and sent >= len(pieces[0]):
                sent -= len(pieces.pop(0))
            if pieces:
                pieces[0] = pieces[0][sent:]


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


@contextmanager
def serving(applications: int, latency_ms: int) -> Iterator[dict[str, Any]]:
    """A tenant in a process of its own; yields a source configuration with ``token`` added."""
    command = [sys.executable, "-m", "benchmarks.tenant", "--applications", str(applications)]
    process = subprocess.Popen(
        [*command, "--latency", str(latency_ms)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def control(config: Mapping[str, Any], **settings: int) -> int:
    """Changes the tenant; returns how many requests it has had since the last call.

    :param settings: ``latency_ms`` before each answer, and how many of the newest applications
        are ``hidden``.
    """
    query = "&".join(f"{name}={value}" for name, value in settings.items())
    with urlopen(f"{config['gateway_url']}{CONTROL}?{query}", timeout=60) as answer:
        return int(json.load(answer)["requests"])


def source_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that :func:`serving` yields, without the key that the connector rejects."""
    return {key: value for key, value in config.items() if key != "token"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--latency", type=int, default=0, help="milliseconds before each answer")
    options = parser.parse_args()
    # Ten threads wait for the interpreter's lock: the default of 5 ms would delay answers.
    sys.setswitchinterval(0.001)
    with Server(options.applications, options.latency / 1000) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        config = {"client_id": "benchmark", "client_secret": "benchmark", "token": TOKEN}
        print(json.dumps({**config, "token_url": url + "/token", "gateway_url": url}), flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # Ends when the process that started it ends, also when that is killed.
        sys.stdin.read()


if __name__ == "__main__":
    main()
