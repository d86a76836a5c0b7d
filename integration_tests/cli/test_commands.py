"""`phenom scopes`, `passthrough` and `fields` against a local tenant."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from phenom_sandbox import Access, Fault, LocalTenant
from source_phenom import manifest
from unit_tests.cli.running import CommandResult, config_file, run, shorten_retries
from unit_tests.cli.terminals import too_long

ROOT = Path(__file__).resolve().parents[2]
ERASED = re.compile(r"[^\n]*\r\n\S*\r\x1b\[1A\x1b\[2K|[^\n]*\x1b\[2K")
"""A line that is erased: from the line below it, or from its own end."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
Tool = Callable[..., CommandResult]


@pytest.fixture(scope="module")
def served() -> Iterator[LocalTenant]:
    access = Access(api_key="key-of-the-tenant", prefix="/prefix")
    with phenom_sandbox.running(seed=7, jobs=60, applications=130, access=access) as running:
        yield running


@pytest.fixture
def local(served: LocalTenant) -> Iterator[LocalTenant]:
    yield served
    served.faults.clear()


@pytest.fixture
def tool(
    local: LocalTenant,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Tool:
    shorten_retries(monkeypatch, attempts=3)

    def call(command: str, *arguments: str, **config: Any) -> CommandResult:
        file = config_file(tmp_path, {**local.config, **config})
        return run(capsys, command, "--config", file, *arguments)

    return call


class TestScopes:
    def test_all_reachable(self, tool: Tool) -> None:
        done = tool("scopes", "--json", ph_user_id="recruiter-1")
        assert done.code == 0
        assert {row["result"] for row in done.json} == {"reachable"}
        kinds = Counter(row["kind"] for row in done.json)
        assert kinds["model"] == len(manifest.stream_names())
        assert kinds["columns"] > kinds["action"] == 2

    def test_denied_family(self, local: LocalTenant, tool: Tool) -> None:
        local.faults.deny = Fault(path="/jobs-api")
        done = tool("scopes", "--json")
        assert done.code == 1
        results = {row["name"]: (row["result"], row["http_status"]) for row in done.json}
        assert results["users"] == ("denied", 403)
        assert results["applications"] == ("reachable", 200)
        assert results["create_application"] == ("reachable", 400)
        assert results["create_candidate"] == ("not configured", None)

    def test_gateway_down(self, local: LocalTenant, tool: Tool) -> None:
        local.faults.server_error = Fault(502, path="/apply")
        done = tool("scopes", "--json")
        results = {row["name"]: (row["result"], row["http_status"]) for row in done.json}
        assert done.code == 1
        assert results["candidates"] == ("failed", 502)

    def test_nothing_is_written(self, local: LocalTenant, tool: Tool) -> None:
        before = len(local.tenant.applied)
        tool("scopes", ph_user_id="recruiter-1")
        assert len(local.tenant.applied) == before

    def test_check_asks_the_same_listings(self, local: LocalTenant, tmp_path: Path) -> None:
        local.faults.deny = Fault(path="/apply")
        file = config_file(tmp_path, local.config)
        done = subprocess.run(
            [sys.executable, "-m", "source_phenom.run", "check", "--config", file],
            capture_output=True,
            cwd=ROOT,
            timeout=30,
            check=True,
        )
        status = json.loads(done.stdout)["connectionStatus"]
        assert status["status"] == "SUCCEEDED"
        assert "Without it: streams applications, candidates." in status["message"]


class TestPassthrough:
    def test_one_job(self, local: LocalTenant, tool: Tool) -> None:
        done = tool("passthrough", "GET", "/jobs-api/v1/jobs", "-p", "limit=1")
        assert done.code == 0
        assert done.json["url"] == f"{local.config['gateway_url']}/jobs-api/v1/jobs?limit=1"
        assert done.json["status"] == 200
        assert len(done.json["data"]["data"]) == 1

    def test_lasting_fault_and_denial(self, local: LocalTenant, tool: Tool) -> None:
        local.faults.server_error = Fault(503, path="/apply")
        done = tool("passthrough", "GET", "/apply/v2/applications")
        assert (done.code, done.json["status"]) == (0, 503)
        assert done.json["data"]["error"] == "The service is not available"
        local.faults.clear()
        local.faults.deny = True
        assert tool("passthrough", "GET", "/apply/v2/applications").json["status"] == 403

    def test_expired_token_is_renewed(self, local: LocalTenant, tool: Tool) -> None:
        local.faults.unauthorized = Fault(count=1)
        assert tool("passthrough", "GET", "/jobs-api/v1/jobs").json["status"] == 200

    def test_search_with_a_body(self, tool: Tool) -> None:
        path = "/candidates-api/v1/candidates/search/"
        body = json.dumps({"from": 0, "size": 3})
        done = tool("passthrough", "POST", path, "-d", body, ph_user_id="recruiter-1")
        assert len(done.json["data"]["data"]["candidates"]) == 3

    @pytest.mark.parametrize(
        ("path", "size"),
        [("/jobs-api/v1/jobs", "open"), ("/apply/v2/applications", "applied")],
    )
    def test_all_rows(self, local: LocalTenant, tool: Tool, path: str, size: str) -> None:
        local.faults.page_limit = 25
        done = tool("passthrough", "GET", path, "--paginate")
        assert done.code == 0
        assert len(done.rows) == len(getattr(local.tenant, size))

    def test_secrets_are_not_printed(self, local: LocalTenant, tool: Tool) -> None:
        for path in ("/jobs-api/v1/jobs", "/nowhere"):
            done = tool("passthrough", "GET", path)
            for secret in (local.config["client_secret"], local.config["api_key"]):
                assert secret not in done.out + done.err


class TestFields:
    def test_every_field_and_no_value(self, local: LocalTenant, tool: Tool) -> None:
        done = tool("fields", "--json", "--sample", "1000")
        assert done.code == 0
        paths = {row["path"]: row for row in done.json}
        assert paths["customFieldData.noticePeriod"]["feeds"] == [
            "applications.custom_fields",
            "candidates.custom_fields",
        ]
        assert paths["candidateData.contactData.email"]["shape"] == "<e-mail>"
        assert all(0 <= row["filled"] <= 1 for row in done.json)
        shown = done.out + tool("fields").out
        for position in range(130):
            person = local.tenant.application_at(position)["candidateData"]
            held = [person["contactData"]["email"], person["contactData"]["phoneNumber"]]
            held += [person["addressData"]["addressLine1"]] if person["addressData"] else []
            assert not [value for value in held if value and str(value) in shown]

    def test_closed_jobs_and_several_site_types(self, tool: Tool) -> None:
        done = tool(
            "fields", "--json", site_types=["external", "internal"], include_closed_jobs=True
        )
        assert done.code == 0
        (site_type,) = (row for row in done.json if row["path"] == "siteType")
        assert site_type["feeds"] == ["jobs.visibility", "jobs.integration_fields"]


def on_terminal(
    width: int,
    *arguments: str,
    stdout: int | None = None,
    stderr: int | None = subprocess.DEVNULL,
    kind: str = "xterm",
) -> str:
    """Everything that a terminal of that width gets.

    :param stdout, stderr: another place for one of them.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "phenom_cli.main", *arguments],
        stdout=theirs if stdout is None else stdout,
        stderr=theirs if stderr is None else stderr,
        cwd=ROOT,
        env={**environment, "TERM": kind},
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(ours)
    process.wait(timeout=30)
    return seen.decode()


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("command", ["scopes", "fields"])
def test_on_a_terminal(local: LocalTenant, tmp_path: Path, command: str, width: int) -> None:
    file = config_file(tmp_path, local.config)
    shown = ESCAPES.sub("", on_terminal(width, command, "--config", file))
    assert not too_long(shown, width)
    assert "…" not in shown
    if command == "fields":
        assert "candidateData.contactData.email" in shown
        assert len(re.findall(r"\bintegration_fields\b", shown)) > 20


@pytest.mark.parametrize("kind", ["xterm", "dumb"])
@pytest.mark.parametrize("command", ["scopes", "fields"])
def test_the_spinner_is_erased_before_text(
    local: LocalTenant, tmp_path: Path, command: str, kind: str
) -> None:
    local.faults.deny = Fault(path="/jobs-api")
    shown = on_terminal(
        *(80, command, "--config", config_file(tmp_path, local.config)),
        stdout=subprocess.DEVNULL,
        stderr=None,
        kind=kind,
    )
    assert ("\x1b" in shown) == (kind == "xterm")
    lines = ESCAPES.sub("", ERASED.sub("", shown)).splitlines()
    assert any(line.startswith("Error: ") for line in lines)
    assert not [line for line in lines if "..." in line]


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("stdout", [None, subprocess.DEVNULL])
def test_a_long_error_is_broken_between_words(
    tmp_path: Path, width: int, stdout: int | None
) -> None:
    wrong = {"client_id": "a", "nothing_that_is_known": 1, "page_size": "many"}
    call = ("fields", "--config", config_file(tmp_path, wrong))
    shown = on_terminal(width, *call, stdout=stdout, stderr=None)
    lines = shown.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= width
    assert shown.split() == error_in_a_pipe(*call).split()


def error_in_a_pipe(*arguments: str) -> str:
    """The one line that the command prints on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "phenom_cli.main", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["scopes", "passthrough", "fields"])
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    done = run(capsys, command, "--help")
    assert done.code == 0
    assert "Examples" in done.out
    assert max(map(len, done.out.splitlines())) <= 85
    assert "Exit code 0" in done.out or "exit code 0" in done.out
