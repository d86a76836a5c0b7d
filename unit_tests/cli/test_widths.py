"""No command breaks a word on a terminal, however narrow; in a pipe, nothing is wrapped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests_mock
from rich.console import Console

from phenom_cli.display import LiveDisplay, print_results
from phenom_cli.printing import console
from phenom_cli.terminal import safe_standard_streams, unwrapped
from phenom_protocol.standard_streams import print_on_stderr
from phenom_protocol.wrapping import cells, wrapped
from source_phenom import run as source
from unit_tests.cli.running import config_file, run, shorten_retries
from unit_tests.cli.terminals import WIDTHS, on_terminal, terminal, too_long, words
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL

LONG = "an_additional_field_with_a_name_that_is_longer_than_some_terminals_are_wide"
WIDE = "職位描述" * 12
HEBREW = "תיאור_המשרה"
ARABIC = "المسمى الوظيفي"
PERSIAN = "می‌خواهم"
FAMILY = "👩‍💻"

JOB = {"jobId": "1", LONG: "x", WIDE: "x", HEBREW: {ARABIC: 1, PERSIAN: 2}, FAMILY: [1]}
APPLICATION = {"id": "a1", "candidateData": {"id": "c1", "firstName": "Ada"}}
RECORD = {"candidate": {"first_name": "", "phone_number": "x" * 200}}
NO_FOLDER = "/nowhere/" + "/".join(["a-folder-with-a-long-name"] * 5) + "/phenom.duckdb"

Files = dict[str, str]


class Case(NamedTuple):
    """``arguments``: FILE, USER and WRONG stand for names of files."""

    arguments: str
    is_denied: bool = False


CASES = {
    "scopes": Case("scopes --config USER"),
    "scopes without a user": Case("scopes --config FILE"),
    "scopes denied": Case("scopes --config USER", is_denied=True),
    "fields": Case("fields --config FILE"),
    "fields denied": Case("fields --config FILE", is_denied=True),
    "rows": Case("passthrough --config FILE GET /jobs-api/v1/jobs --paginate"),
    "rows denied": Case("passthrough --config FILE GET /jobs-api/v1/jobs --paginate", True),
    "documents": Case("documents list --config USER --candidate c1 --candidate " + "9" * 90),
    "documents denied": Case("documents list --config USER --candidate c1", is_denied=True),
    "no user": Case("documents list --config FILE"),
    "write": Case("write --config FILE --action create_application RECORDS"),
    "dry run": Case("write --config FILE --action create_application --dry-run RECORDS"),
    "wrong keys": Case("fields --config WRONG"),
    "no file": Case(f"fields --config {NO_FOLDER}"),
    "a wide name": Case(f"fields --config {WIDE}/{WIDE}"),
    "a name from right to left": Case(f"fields --config {HEBREW}/{HEBREW}/{HEBREW}/{HEBREW}.json"),
    "no folder": Case(f"sync --config FILE --warehouse {NO_FOLDER}"),
    "a wrong stream": Case(f"sync --config FILE --streams {LONG},jbos,{WIDE}"),
    "a wrong URL": Case("sync --config FILE --warehouse postgresql://a:b@c:d/e"),
    "a wrong option": Case(f"sync --config FILE --{LONG}"),
    "a wrong argument": Case("passthrough --config FILE GETT /x"),
    "a missing option": Case("scopes"),
    "a missing choice": Case("passthrough --config FILE"),
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    wrong = {"client_id": "a", "page_size": "many", "token_url": "ftp://x", LONG: 1, WIDE: 2}
    records = tmp_path / "records.jsonl"
    records.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    written = {"FILE": CONFIG, "USER": {**CONFIG, "ph_user_id": "u1"}, "WRONG": wrong}
    names = {"RECORDS": str(records)}
    for name, config in written.items():
        (tmp_path / name).mkdir()
        names[name] = config_file(tmp_path / name, config)
    return names


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Sets whether the gateway denies everything."""
    shorten_retries(monkeypatch, attempts=1)
    with requests_mock.Mocker() as mocker:

        def set_up(is_denied: bool) -> None:
            if is_denied:
                mocker.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=403, json={})
            else:
                mocker.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=404, json={})
                listed: list[tuple[str, Any]] = [
                    ("/jobs-api/v1/jobs", JOB),
                    ("/apply/v2/applications", APPLICATION),
                ]
                for path, row in listed:
                    # The total is wrong.
                    mocker.get(GATEWAY + path, json={"data": [row], "totalRecordsCount": 2})
            mocker.post(TOKEN_URL, json={"access_token": "t0ken", "expires_in": 3600})

        yield set_up


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_every_word_is_whole(
    name: str,
    width: int,
    files: Files,
    http: Callable[[bool], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES[name]
    arguments = [files.get(word, word) for word in case.arguments.split()]
    http(case.is_denied)
    piped = run(capsys, *arguments)
    shown = on_terminal(monkeypatch, width, *arguments)
    if arguments[0] in ("passthrough", "write"):
        # Data is the same everywhere; only a message is wrapped.
        assert piped.out in shown
        shown = shown.replace(piped.out, "")
    assert not too_long(shown, width)
    assert "…" not in shown
    assert words(piped.err) <= words(shown)
    assert words(piped.out.partition("\n")[2]) <= words(shown)


@pytest.mark.parametrize("name", CASES)
def test_in_a_pipe_a_message_is_one_line(
    name: str, files: Files, http: Callable[[bool], None], capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    arguments = [files.get(word, word) for word in case.arguments.split()]
    http(case.is_denied)
    done = run(capsys, *arguments)
    assert "\x1b" not in done.out + done.err
    lines = done.err.splitlines()
    if done.code == 2:
        assert lines[0].startswith("Usage: ")
        assert lines[1].startswith("Try '")
        lines = lines[3:]
    assert not [line for line in lines if not line or line.startswith(" ") or "\\n" in line]
    errors = [line for line in lines if line.startswith("Error: ")]
    assert bool(errors) == bool(done.code) or "write" in case.arguments


def test_a_line_break_in_a_name_does_not_end_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("fields", "--config", "a\nb"),
        ("fie\nlds",),
        ("sync", "--warehouse", "\n/b"),
    ):
        done = run(capsys, *arguments)
        (error,) = (line for line in done.err.splitlines() if line.startswith("Error: "))
        assert "\\n" in error
        assert done.err.endswith(f"{error}\n")


def test_columns_begin_below_each_other(
    files: Files, http: Callable[[bool], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also behind wide characters."""
    http(False)
    lines = run(capsys, "fields", "--config", files["FILE"]).out.splitlines()
    lines = lines[: lines.index("")]
    assert lines[0].split() == ["jobs", "type", "filled", "shape", "feeds"]
    before = [lines[0].partition("feeds")[0]]
    before += [line.partition("integration_fields")[0] for line in lines if WIDE in line]
    before += [line.partition("integration_fields")[0] for line in lines if ARABIC in line]
    assert len(before) == 3
    assert len(set(map(cells, before))) == 1


ROWS = [
    {"stream": "job_user_role_assignments", "new": 1_234_567, "total": 12_345_678},
    {"stream": "jobs", "new": 1, "total": 1},
]


@pytest.mark.parametrize("failure", [None, "so"])
@pytest.mark.parametrize("width", [40, *WIDTHS])
def test_results_of_a_sync(
    width: int, failure: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"changed": 123_456, "deleted": 0, "failure": failure, **row} for row in ROWS]
    with terminal(monkeypatch, width) as shown, safe_standard_streams():
        print_results(console(), rows)
    assert not too_long(shown[0], width)
    assert {"job_user_role_assignments", "1,234,567", "12,345,678", "123,456"} <= words(shown[0])


@pytest.mark.parametrize("width", WIDTHS)
def test_progress_of_a_sync(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ["job_user_role_assignments", "jobs"]
    warning = "the table " + LONG + " has values of an unexpected type, " * 5
    events: list[dict[str, Any]] = [
        {"event": "phase", "phase": "loading"},
        {"event": "streams", "streams": streams},
        {"event": "stream", "stream": streams[0], "status": "reading"},
        {"event": "progress", "records": dict.fromkeys(streams, 1_234_567)},
        {"event": "waiting", "waiting": True},
        {"event": "warning", "message": warning},
    ]
    with terminal(monkeypatch, width) as shown, safe_standard_streams():
        # Without its size, rich would ask the terminal that the tests run in.
        live_console = Console(file=unwrapped(sys.stderr), width=width, height=50)
        with LiveDisplay(live_console) as display:
            for event in events:
                display.show(event)
            print_on_stderr(warning)
    assert not too_long(shown[0], width)
    assert "…" not in shown[0]
    assert {LONG, "1,234,567", "waiting", *streams, *warning.split()} <= words(shown[0])


@pytest.mark.parametrize("width", WIDTHS)
def test_a_terminal_that_knows_no_colours(
    width: int, files: Files, http: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    http(False)
    shown = on_terminal(monkeypatch, width, "scopes", "--config", files["USER"], kind="dumb")
    assert not too_long(shown, width)
    assert "reachable" in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "arguments", [[], ["chekc"], ["read", "--config", "{" + LONG], ["read", "\x1b[31m\n" + WIDE]]
)
def test_arguments_of_a_connector(
    arguments: list[str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with terminal(monkeypatch, width) as shown, monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        with pytest.raises(SystemExit):
            source.main(arguments)
    assert not too_long(shown[0], width)
    assert ": error: " in shown[0]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("see https://example.com/a-b now", 10, ["see", "https://example.com/a-b", "now"]),
        ("  one two", 6, ["  one", "  two"]),
        ("one  two", 8, ["one  two"]),
        ("one   two", 4, ["one", "two"]),
        ("職位 描述", 5, ["職位", "描述"]),
        ("非 " * 3 + "a", 5, ["非 非", "非 a"]),
        ("a\n\nb c", 1, ["a", "", "b", "c"]),
        ("", 5, [""]),
    ],
)
def test_wrapping(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width).split("\n") == lines
