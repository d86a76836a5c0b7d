"""`phenom documents` over mocked HTTP: an error of one candidate or file affects only that one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests_mock

from phenom_cli import candidate_files
from unit_tests.cli.running import CommandResult, config_file, run, shorten_retries
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL

APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
FILES = f"{GATEWAY}/candidates-api/files/v1/candidates"
STORAGE = "https://storage.test"
LONG = "x" * 300


class Tenant:
    """Candidates with files."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.mocker = mocker
        self._applications: list[dict[str, Any]] = []
        mocker.post(TOKEN_URL, json={"access_token": "t0ken", "expires_in": 3600})

    def candidate(self, key: str, *files: tuple[str, str]) -> str:
        """:param files: attachment id and name of each. Returns the address of their list."""
        number = len(self._applications)
        self._applications.append({"id": f"{number:024x}", "candidateData": {"id": key}})
        answer = {"data": self._applications, "pagination": {"total": number + 1}}
        self.mocker.get(APPLICATIONS, json=answer)
        address = f"{FILES}/{quote(key, safe='')}/attachments"
        listed = [{"attachmentId": file, "attachmentName": name} for file, name in files]
        self.mocker.get(address, json={"attachments": listed})
        for file, _ in files:
            url = f"{STORAGE}/{quote(key, safe='')}/{quote(file, safe='')}"
            self.mocker.get(self.signed(key, file), json={"fileUrl": url})
            self.mocker.get(url, content=f"{key} {file}".encode())
        return address

    def signed(self, key: str, file: str) -> str:
        """The URL that returns a file's pre-signed URL."""
        parts = f"{quote(key, safe='')}/attachments/{quote(file, safe='')}"
        return f"{FILES}/{parts}/pre-signed-url"


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    shorten_retries(monkeypatch, attempts=2)
    with requests_mock.Mocker(case_sensitive=True) as mocker:
        yield Tenant(mocker)


class Tool:
    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder
        self.to = folder / "files"

    def __call__(self, command: str, *arguments: str) -> CommandResult:
        config = config_file(self._folder, {**CONFIG, "ph_user_id": "u"})
        return run(self._capsys, "documents", command, "--config", config, *arguments)

    def download(self, *arguments: str) -> CommandResult:
        return self("download", "--to", str(self.to), *arguments)


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Tool:
    return Tool(capsys, tmp_path)


def contents(done: CommandResult) -> dict[tuple[str, str], str]:
    """The content of each document's file, for those that have one."""
    return {
        (row["candidate_id"], row["name"]): Path(row["file"]).read_text()
        for row in done.rows
        if row["file"] is not None
    }


@pytest.mark.parametrize(
    "keys",
    [
        [LONG, LONG + "y", "z" + LONG],
        ["é" * 100, "é" * 101, "履" * 300],
        ["a/b", "a\\b", "a%2Fb", "../a", ".a", "a.", "a", "a\x7fb", "~"],
        ["con", "NUL", "com1.x", "aux."],
        ["-rf", "--to", "*", "?", "\u202e", "👩‍💻"],
    ],
    ids=["long", "of many bytes", "paths", "reserved", "odd"],
)
def test_each_id_gets_its_own_file(tenant: Tenant, tool: Tool, keys: list[str]) -> None:
    expected: dict[tuple[str, str], str] = {}
    for key in keys:
        files = [(file, f"{number}{LONG}é.pdf") for number, file in enumerate(keys)]
        tenant.candidate(key, *files)
        expected |= {(key, name): f"{key} {file}" for file, name in files}
    for status in ("downloaded", "kept"):
        done = tool.download()
        assert done.code == 0
        assert contents(done) == expected
        assert {row["status"] for row in done.rows} == {status}
        assert len({row["file"] for row in done.rows}) == len(expected)
    for row in done.rows:
        path = Path(row["file"])
        assert path.parent.parent == tool.to
        assert max(len(path.name.encode()), len(path.parent.name.encode())) <= 255


def test_ids_that_differ_in_case_only_on_a_file_system_that_ignores_case(
    tenant: Tenant, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidate_files, "ignores_case", lambda _: True)
    for key in ("ab", "aB", "AB"):
        tenant.candidate(key, ("ab", "cv"), ("Ab", "cv"))
    done = tool.download()
    assert done.code == 0
    assert len({row["file"].lower() for row in done.rows}) == 6
    assert str(tool.to / "ab" / "ab-cv") in {row["file"] for row in done.rows}


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 400},
        {"status_code": 403},
        {"status_code": 500},
        {"text": "<html>"},
        {"json": {"attachments": "none"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["list", "download"])
def test_a_candidate_that_fails(
    tenant: Tenant, tool: Tool, command: str, answer: dict[str, Any]
) -> None:
    tenant.candidate("first", ("f", "cv"))
    broken = tenant.candidate("broken", ("f", "cv"))
    tenant.candidate("last", ("f", "cv"))
    tenant.mocker.get(broken, **answer)
    done = tool("list") if command == "list" else tool.download()
    assert done.code == 1
    assert [row["candidate_id"] for row in done.rows] == ["first", "last"]
    assert "Error: the files of candidate broken cannot be listed: " in done.err
    named = tool("list", "--document", "broken:f")
    assert named.code == 1
    assert "Phenom has no document" not in named.err


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_file_that_fails(tenant: Tenant, tool: Tool, status: int) -> None:
    tenant.candidate("c", ("1", "cv"), ("2", "cv"), ("3", "cv"))
    tenant.mocker.get(tenant.signed("c", "2"), status_code=status)
    tenant.mocker.get(f"{STORAGE}/c/1", status_code=404)
    tenant.candidate("d", ("1", "cv"))
    if status == 403:
        # Before any success, a 403 ends the command: the permission is missing.
        assert tool.download("--candidate", "d").code == 0
    done = tool.download()
    statuses = {row["document_id"]: row["status"] for row in done.rows}
    assert done.code == 1
    if status != 403:
        assert statuses == {
            "c:1": "failed",
            "c:2": "failed",
            "c:3": "downloaded",
            "d:1": "downloaded",
        }
        assert str(status) in done.rows[1]["error"]
        assert "Error: document c:1: " in done.err
        assert "Error: document c:2: " in done.err


def test_a_file_that_cannot_be_written(tenant: Tenant, tool: Tool) -> None:
    tenant.candidate("a", ("1", "cv"), ("2", "cv"))
    tenant.candidate("b", ("1", "cv"))
    (tool.to / "a" / "1-cv").mkdir(parents=True)
    (tool.to / "b").write_text("in the way")
    done = tool.download()
    assert done.code == 1
    assert [row["status"] for row in done.rows] == ["failed", "downloaded", "failed"]
    assert done.rows[0]["error"] == "The file cannot be written: Is a directory."


def test_many_failures_in_a_row_end_the_command(tenant: Tenant, tool: Tool) -> None:
    for number in range(50):
        tenant.mocker.get(tenant.candidate(f"c{number}", ("f", "cv")), status_code=500)
    done = tool.download()
    assert (done.code, done.out) == (1, "")
    assert "keeps answering 500" in done.err
    asked = {request.path for request in tenant.mocker.request_history}
    assert len(asked) < 30


def test_a_missing_permission(tenant: Tenant, tool: Tool) -> None:
    tenant.mocker.get(tenant.candidate("c", ("f", "cv")), status_code=403)
    done = tool("list")
    assert (done.code, done.out) == (1, "")
    assert "Ask Phenom to grant it" in done.err


@pytest.mark.parametrize("key", ["..", ".", "\udcff"])
def test_an_id_that_cannot_be_in_a_path(tenant: Tenant, tool: Tool, key: str) -> None:
    tenant.mocker.get(requests_mock.ANY, status_code=404)
    done = tool("list", "--candidate", key)
    assert done.code == 1
    assert "Phenom has no candidate" in done.err
