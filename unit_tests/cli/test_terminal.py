"""Terminals get no control characters from outside, and no broken words."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests_mock
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from phenom_api.visible import visible
from phenom_cli.display import LiveDisplay, PlainDisplay, print_results
from phenom_cli.terminal import SafeStream, visible_line
from phenom_protocol import messages
from unit_tests.cli.running import CommandResult, config_file, run, shorten_retries
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL

ROOT = Path(__file__).resolve().parents[2]
JOBS = f"{GATEWAY}/jobs-api/v1/jobs"
APPLICATIONS = f"{GATEWAY}/apply/v2/applications"
FILES = f"{GATEWAY}/candidates-api/files/v1/candidates/c1/attachments"

UNSEEN = [
    *map(chr, [*range(0x20), *range(0x7F, 0xA0)]),
    *"\xad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067",
    *"\u2068\u2069\ufeff\ufff9\U000e0041",
]
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31m[not]a[/not] [link=file:///etc]b :key: \x9b2J\x7f\u202e\u2028\x85c"
)
"""Sets a title, a colour and markup, erases the screen, reverses text and ends lines."""


def unseen(text: str) -> set[str]:
    """The characters of a text that a terminal would act on."""
    return {
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\n"
    }


class TestVisible:
    @pytest.mark.parametrize("character", UNSEEN, ids=ascii)
    def test_a_control_character_is_an_escape(self, character: str) -> None:
        shown = visible_line(f"a{character}b")
        assert shown.isascii()
        assert shown.isprintable()
        assert json.loads(f'"{shown}"') == f"a{character}b"

    def test_other_text_is_unchanged(self) -> None:
        text = "Zoë 李小龍 می‌خواهم 👩‍💻 [red] \\u001b\n"
        assert visible(text) == text

    @given(st.text())
    def test_a_json_text_keeps_its_value(self, text: str) -> None:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        shown = visible(json.dumps([text, {text: 1}], ensure_ascii=False))
        assert json.loads(shown) == [whole, {whole: 1}]
        assert not unseen(shown) - {"\u200c", "\u200d"}


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[requests_mock.Mocker]:
    shorten_retries(monkeypatch, attempts=1)
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json={"access_token": "t0ken", "expires_in": 3600})
        yield mocker


class Tool:
    """Runs `phenom` with one configuration; checks that a terminal can show what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder

    def __call__(self, *words: str, **config: Any) -> CommandResult:
        file = config_file(self._folder, {**CONFIG, **config})
        split = 2 if words[0] == "documents" else 1
        done = run(self._capsys, *words[:split], "--config", file, *words[split:])
        assert not unseen(done.out)
        assert not unseen(done.err)
        assert "Traceback" not in done.err
        return done


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Tool:
    return Tool(capsys, tmp_path)


def listing(*rows: Any) -> dict[str, Any]:
    return {"data": list(rows), "totalRecordsCount": len(rows)}


class TestCommands:
    def test_scopes(self, http: requests_mock.Mocker, tool: Tool) -> None:
        http.register_uri(
            requests_mock.ANY, requests_mock.ANY, status_code=418, json={"message": HOSTILE}
        )
        http.post(TOKEN_URL, json={"access_token": "t0ken", "expires_in": 3600})
        for form in ((), ("--json",)):
            done = tool("scopes", *form)
            assert done.code == 1
            assert "[not]a[/not]" in done.out
            assert ":key:" in done.out

    def test_fields(self, http: requests_mock.Mocker, tool: Tool) -> None:
        http.get(
            JOBS, json=listing({"jobId": "1", HOSTILE: HOSTILE, "additionalFields": {"a\nb": 1}})
        )
        http.get(APPLICATIONS, status_code=400, json={"message": HOSTILE})
        done = tool("fields")
        assert "[not]a[/not]" in done.out
        assert "additionalFields.a\\nb" in done.out
        assert ":key:" in done.err
        rows = {row["path"] for row in tool("fields", "--json").json}
        assert {HOSTILE, "additionalFields.a\nb"} <= rows

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_passthrough(self, http: requests_mock.Mocker, tool: Tool, status: int) -> None:
        body = {HOSTILE: [HOSTILE], "message": HOSTILE}
        headers = {"X-Odd": "\x9b31m"}
        http.get(f"{GATEWAY}/x", status_code=status, json=body, headers=headers)
        shown = tool("passthrough", "GET", "/x").json
        assert (shown["data"], shown["headers"]) == (body, headers)
        http.get(f"{GATEWAY}/x", text=HOSTILE)
        assert tool("passthrough", "GET", "/x").json["data"] == HOSTILE

    def test_all_rows(self, http: requests_mock.Mocker, tool: Tool) -> None:
        rows = [{"id": number, HOSTILE: HOSTILE} for number in range(3)]
        http.get(JOBS, json=listing(*rows))
        assert tool("passthrough", "GET", "/jobs-api/v1/jobs", "--paginate").rows == rows
        http.get(JOBS, status_code=400, json={"message": HOSTILE})
        assert ":key:" in tool("passthrough", "GET", "/jobs-api/v1/jobs", "--paginate").err

    def test_documents(self, http: requests_mock.Mocker, tool: Tool, tmp_path: Path) -> None:
        file = {"attachmentId": "f\x9b", "attachmentName": HOSTILE, "attachmentType": HOSTILE}
        http.get(FILES, json={"attachments": [file]})
        http.get(requests_mock.ANY, status_code=400, json={"message": HOSTILE})
        http.get(FILES, json={"attachments": [file]})
        listed = tool("documents", "list", "--candidate", "c1", ph_user_id="u").rows
        assert [row["name"] for row in listed] == [HOSTILE]
        done = tool(
            "documents", "download", "--to", str(tmp_path), "--candidate", "c1", ph_user_id="u"
        )
        assert done.code == 1

    def test_arguments(self, http: requests_mock.Mocker, tool: Tool) -> None:
        http.get(f"{FILES}".replace("c1", "%1B"), status_code=404, json={})
        assert tool("documents", "list", "--candidate", "\x1b", ph_user_id="u").code == 1
        assert tool("fields", "\x1b[31m").code == 2
        assert tool("fields", **{HOSTILE: 1}).code == 1


WARNING = {"event": "warning", "message": HOSTILE + " [/]"}


def test_the_stream_may_be_closed_first() -> None:
    """Python closes an object that is no longer used, and since 3.13 warns if that fails."""
    stream = io.TextIOWrapper(io.BytesIO())
    safe = SafeStream(stream)
    safe.write("text")
    stream.close()
    del safe
    gc.collect()


class TestDisplay:
    """The connector's messages while `phenom sync` runs."""

    def test_lines(self) -> None:
        stream = io.StringIO()
        safe = SafeStream(stream)
        with PlainDisplay(lambda line: safe.writelines([line])) as shown:
            shown.show(WARNING)
        assert not unseen(stream.getvalue())

    def test_live(self) -> None:
        stream = io.StringIO()
        with LiveDisplay(Console(file=stream, width=200)) as shown:
            shown.show(WARNING)
        assert not unseen(stream.getvalue())
        assert "[not]a[/not]" in stream.getvalue()
        assert ":key:" in stream.getvalue()

    def test_table(self) -> None:
        row = {"stream": HOSTILE, "new": 1, "changed": 0, "deleted": 0, "total": 1}
        for width in (60, 200):
            stream = io.StringIO()
            print_results(Console(file=stream, width=width), [{**row, "failure": HOSTILE}])
            assert not unseen(stream.getvalue())


@pytest.mark.parametrize(
    "message",
    [
        messages.log("WARN", HOSTILE + "\ud800"),
        messages.error(HOSTILE + "\ud800", HOSTILE, "config_error", 1, stream=HOSTILE),
        messages.connection_status(False, HOSTILE + "\ud800"),
    ],
    ids=["log", "error", "check"],
)
def test_messages_of_a_connector(message: bytes) -> None:
    assert not unseen(message.decode())
    assert json.dumps(HOSTILE + "\ufffd") in json.dumps(json.loads(message))


def phenom(*arguments: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "phenom_cli.main", *arguments], cwd=ROOT, check=False, **streams
    )


class TestStandardStreams:
    """A stream that is closed, full or no longer read gives a message and no traceback."""

    @pytest.mark.parametrize("command", [("--help",), ("completion", "bash"), ("scopes", "--help")])
    def test_closed_pipe(self, command: tuple[str, ...]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        done = phenom(*command, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    @pytest.mark.parametrize("command", [("--help",), ("completion", "bash")])
    def test_full_disk(self, command: tuple[str, ...]) -> None:
        with Path("/dev/full").open("wb") as full:
            done = phenom(*command, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 1
        assert done.stderr == b"Error: The output cannot be written: No space left on device.\n"

    def test_closed_output(self) -> None:
        done = phenom("--help", stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
        assert done.returncode == 1
        assert done.stderr == b"Error: The output cannot be written: Bad file descriptor.\n"

    def test_child_processes_get_a_placeholder_for_a_closed_stream(self) -> None:
        code = (
            "import os, subprocess; from phenom_cli.terminal import safe_standard_streams\n"
            "with safe_standard_streams():\n"
            "    code = 'import os; [os.fstat(number) for number in range(3)]'\n"
            f"    done = subprocess.run([{sys.executable!r}, '-c', code], check=False)\n"
            "os._exit(done.returncode)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            check=False,
            preexec_fn=partial(os.closerange, 0, 3),
        )
        assert done.returncode == 0

    def test_closed_standard_error(self) -> None:
        done = phenom("--help", stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2))
        assert done.returncode == 0
        assert b"Usage: phenom" in done.stdout

    @pytest.mark.parametrize(
        ("encoding", "shown"), [("ascii", "Zuń".encode()), ("latin-1", b"Zu\\u0144")]
    )
    def test_an_encoding_that_lacks_characters(self, encoding: str, shown: bytes) -> None:
        done = phenom(
            *("scopes", "--config", "/nowhere/Zuń\x9b"),
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        assert done.returncode == 1
        assert shown + b"\\u009b " in done.stderr
