"""Attachments by URL, from a server on this machine."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from destination_phenom.fetching import ALLOW_LOOPBACK
from integration_tests.destination.writing import (
    application,
    file,
    file_names,
    record,
    state,
    write,
    written,
)
from phenom_sandbox import Fault, LocalTenant

RAW = {
    "/length": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 4301 + b"\r\n\r\nx",
    "/chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx",
    "/redirect": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://[x\r\n\r\n",
    "/part": b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/2\r\nContent-Length: 1\r\n\r\nx",
}


class Files(BaseHTTPRequestHandler):
    """`/size/N` returns N bytes, `/moved` redirects to `/size/9`, `/flaky` fails once."""

    asked: list[tuple[str, dict[str, str]]]
    flaky = True

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        if path == "/moved":
            return self.answer(302, b"", Location="/size/9")
        if path == "/flaky" and Files.flaky:
            Files.flaky = False
            return self.answer(503, b"busy")
        if path in RAW:
            self.wfile.write(RAW[path])
            return None
        if path == "/gone":
            return self.answer(404, b"")
        size = int(path.rpartition("/")[2]) if path.startswith("/size/") else 5
        return self.answer(200, b"x" * size, **{"Content-Type": "image/png", "Set-Cookie": "a=b"})

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(ALLOW_LOOPBACK, "1")
    Files.asked, Files.flaky = [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def by_url(url: str, name: str = "cv", kind: str = "CV") -> dict[str, str]:
    return {"name": name, "type": kind, "data_url": url}


def test_files_are_fetched(local: LocalTenant, job: str, files: str, tmp_path: Path) -> None:
    attachments = [
        by_url(f"{files}/size/7?signature=secret"),
        by_url(f"{files}/moved", "photo", "OTHER"),
        by_url(f"{files}/flaky", "b.pdf", "OTHER"),
    ]
    row = application("ada@example.com", job, attachments=attachments)
    done = write(local, tmp_path, [record(row)])
    assert done.statuses() == ["created"]
    (made,) = written(local)
    found = local.tenant.attachments(made["id"])
    assert [each["fileName"] for each in found] == ["cv", "photo", "b.pdf"]
    assert [base64.b64decode(each["fileContent"]) for each in found] == [
        b"x" * 7,
        b"x" * 9,
        b"x" * 5,
    ]
    assert [each["contentTypeId"] for each in found] == [
        "image/png",
        "image/png",
        "application/pdf",
    ]
    for _, headers in Files.asked:
        assert not {name.lower() for name in headers} & {"authorization", "cookie", "referer"}


def test_a_bad_file_server_rejects_only_its_records(
    local: LocalTenant, job: str, files: str, tmp_path: Path
) -> None:
    urls = [f"{files}/size/7", *(f"{files}{path}" for path in RAW), f"{files}/Müller CV.pdf"]
    lines = [
        record(application(f"a{number}@example.com", job, attachments=[by_url(url)]))
        for number, url in enumerate(urls)
    ]
    done = write(local, tmp_path, [*lines, state(1)])
    assert done.statuses() == ["created", *["rejected"] * len(RAW), "created"]
    assert len(done.states) == 1
    assert {result["problems"][0]["field"] for result in done.results if result["problems"]} == {
        "attachments[0].data_url"
    }
    assert "/M%C3%BCller%20CV.pdf" in [path for path, _ in Files.asked]


def test_a_second_run_fetches_no_existing_attachment(
    local: LocalTenant, job: str, files: str, tmp_path: Path
) -> None:
    row = application("ada@example.com", job, attachments=[by_url(f"{files}/size/7", "a.pdf")])
    write(local, tmp_path, [record(row)])
    Files.asked.clear()
    assert write(local, tmp_path, [record(row)]).statuses() == ["already_applied"]
    assert Files.asked == []


@pytest.mark.parametrize(
    ("path", "words"),
    [("/gone", "404"), ("/size/0", "no content"), ("/size/101", "100 bytes")],
)
def test_what_cannot_be_fetched_rejects_the_record(
    local: LocalTenant, job: str, files: str, tmp_path: Path, path: str, words: str
) -> None:
    row = application("ada@example.com", job, attachments=[by_url(f"{files}{path}?secret=1")])
    done = write(local, tmp_path, [record(row)], config={"max_attachment_bytes": 100})
    (result,) = done.results
    assert result["status"] == "rejected"
    assert result["problems"][0]["field"] == "attachments[0].data_url"
    assert words in result["error"]
    assert "secret" not in result["error"]
    assert list(written(local)) == []


def test_the_limit_holds_for_all_attachments_together(
    local: LocalTenant, job: str, files: str, tmp_path: Path
) -> None:
    attachments = [by_url(f"{files}/size/60"), file("b.pdf", content="x" * 41)]
    row = application("ada@example.com", job, attachments=attachments)
    done = write(local, tmp_path, [record(row)], config={"max_attachment_bytes": 100})
    assert done.statuses() == ["rejected"]
    assert "59 bytes" in done.results[0]["error"]


def test_loopback_is_closed_by_default(
    local: LocalTenant, job: str, files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ALLOW_LOOPBACK)
    lines = [
        record(application(f"a{number}@example.com", job, attachments=[by_url(url)]))
        for number, url in enumerate(
            [
                f"{files}/size/7",
                f"{files.replace('http:', 'https:')}/size/7",
                "https://localhost/x",
                "https://169.254.169.254/latest/meta-data",
                "https://[::1]/x",
                "https://[::ffff:127.0.0.1]/x",
                "https://[::ffff:a9fe:a9fe]/x",
                "https://127.1/x",
                "https://0x7f.1/x",
                "https://0177.0.0.1/x",
                "https://2130706433/x",
                "https://127.0.0.1./x",
            ]
        )
    ]
    done = write(local, tmp_path, lines)
    assert done.statuses() == ["rejected"] * len(lines)
    assert Files.asked == []


def test_a_lost_file_does_not_change_the_status_of_an_application(
    local: LocalTenant, job: str, files: str, tmp_path: Path
) -> None:
    attachments = [by_url(f"{files}/size/7", "a.pdf", "OTHER")]
    local.faults.deny = Fault(400, method="POST", path="/apply/v2/applications/")
    row = application("ada@example.com", job, attachments=attachments)
    write(local, tmp_path, [record(row)])
    local.faults.clear()
    attachments[0]["data_url"] = f"{files}/gone"
    done = write(local, tmp_path, [record(row)])
    assert done.exit_code == 0
    assert done.statuses() == ["already_applied"]
    assert "404" in done.results[0]["error"]
    (made,) = written(local)
    assert file_names(local, made["id"]) == []
