"""The examples of systemd units: accepted by systemd, and their command exists."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from phenom_cli.main import sync

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((EXAMPLES / name).read_text(encoding="utf-8"))
    return parser


def test_the_service_runs_a_sync() -> None:
    program, command, *arguments = shlex.split(unit("phenom-sync.service")["Service"]["ExecStart"])
    assert (Path(program).name, command) == ("phenom", "sync")
    context = sync.make_context("sync", arguments)
    assert context.params["config_file"] == "tenant.json"
    assert context.params["warehouse"] == "recruiting.duckdb"


def test_the_timer_starts_the_service() -> None:
    """A timer without `Unit=` starts the service of its own name."""
    assert unit("phenom-sync.timer")["Timer"]["OnCalendar"] == "hourly"
    assert (EXAMPLES / "phenom-sync.service").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_them(tmp_path: Path) -> None:
    for name in ("phenom-sync.service", "phenom-sync.timer"):
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        # systemd looks whether the program is there.
        text = text.replace("/srv/phenom/phenom-env/bin/phenom", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
    )
    found = [line for line in (done.stdout + done.stderr).splitlines() if "phenom-sync" in line]
    assert found == []
