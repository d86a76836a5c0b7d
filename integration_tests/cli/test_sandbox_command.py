"""``phenom sandbox`` and ``python -m phenom_sandbox``: messages, signals, errors."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from phenom_cli.main import phenom

COMMANDS = {
    "phenom": [sys.executable, "-m", "phenom_cli.main", "sandbox"],
    "module": [sys.executable, "-m", "phenom_sandbox"],
}
SMALL = ["--jobs", "3", "--applications", "4"]

each_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@contextmanager
def serving(command: list[str], *arguments: str, stdout: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*command, *SMALL, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        yield str(occupant.getsockname()[1])


def refused(command: list[str], *arguments: str, stdout: Any = subprocess.PIPE) -> str:
    """Runs a command that must fail; returns what it prints on stderr."""
    done = subprocess.run(
        [*command, *SMALL, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode in (1, 2)
    assert not done.stdout
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    return done.stderr


@each_command
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_ended(command: list[str], end: int, tmp_path: Path) -> None:
    file = tmp_path / "sandbox.json"
    with file.open("w") as out, serving(command, "--port", "0", stdout=out) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        config = json.loads(file.read_text())
        address = config["token_url"].removesuffix("/token")
        assert address in said
        assert "Ctrl-C" in said
        keys = {"clientId": config["client_id"], "clientSecret": config["client_secret"]}
        assert requests.post(config["token_url"], data=keys, timeout=30).status_code == 200
        process.send_signal(end)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


@each_command
def test_the_port_is_taken(command: list[str], taken: str, tmp_path: Path) -> None:
    said = refused(command, "--port", taken)
    assert f"Port {taken} is in use" in said
    assert "--port" in said
    with (tmp_path / "tenant.json").open("w") as out:
        assert "--output" in refused(command, "--port", taken, stdout=out)


@each_command
def test_the_output_file_is_written_only_if_it_serves(
    command: list[str], taken: str, tmp_path: Path
) -> None:
    file = tmp_path / "tenant.json"
    file.write_text("mine")
    refused(command, "--port", taken, "--output", str(file))
    assert file.read_text() == "mine"
    with serving(command, "--port", "0", "--output", str(file), stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert str(file) in process.stderr.readline()
        assert set(json.loads(file.read_text())) >= {"client_id", "client_secret", "token_url"}
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    new = tmp_path / "new.json"
    with serving(command, "--port", "0", "--output", str(new), stdout=None) as process:
        assert process.stderr is not None
        process.stderr.readline()
    assert new.stat().st_mode & 0o077 == 0


@each_command
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "65535"),
        (["--port", "-1"], "65535"),
        (["--port", "http"], "http"),
        (["--jobs", "-1"], "-1"),
        (["--port", "0", "--output", "{folder}"], "cannot be written: Is a directory"),
        (["--port", "0", "--output", "{folder}/a/b"], "cannot be written: No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_cannot_serve(
    command: list[str], arguments: list[str], message: str, tmp_path: Path
) -> None:
    given = [argument.format(folder=tmp_path) for argument in arguments]
    assert message in refused(command, *given)


def test_a_host_of_another_machine() -> None:
    said = refused(COMMANDS["module"], "--host", "192.0.2.1", "--port", "0")
    assert "192.0.2.1 is not an address of this machine" in said


@each_command
def test_full_disk(command: list[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as out:
        said = refused(command, "--port", "0", stdout=out)
    assert "cannot be written: No space left on device" in said


def test_help_mentions_acting_users() -> None:
    shown = CliRunner().invoke(phenom, ["sandbox", "--help"]).output
    assert "accepts any ph_user_id" in " ".join(shown.split())
