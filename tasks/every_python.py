"""All tests on every Python of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks import ROOT, say
from tasks.environments import TESTS, Environment, ensure_others
from tasks.processes import run

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
COLUMNS = ("python", "passed", "failed", "skipped", "seconds")


def find(version: str) -> str | None:
    """The path of a Python of this version: on the PATH, of pyenv, or in a usual folder."""
    for candidate in _candidates(version):
        code = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        try:
            done = subprocess.run([candidate, "-I", "-c", code], capture_output=True, text=True)
        except OSError:
            continue
        found, _, path = done.stdout.strip().partition(" ")
        if found == version:
            return path
    return None


def _candidates(version: str) -> Iterator[str | Path]:
    for name in (f"python{version}", "python3", "python"):
        if found := shutil.which(name):
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    for folder in ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"):
        yield Path(folder, f"python{version}")
    if uv := shutil.which("uv"):
        asked = [uv, "python", "find", "--no-python-downloads", version]
        if answer := subprocess.run(asked, capture_output=True, text=True).stdout.strip():
            yield answer


def test_all(pytest: Sequence[str], versions: Sequence[str]) -> int:
    """Print a table, and return the exit code.

    :param pytest: arguments after ``python``.
    """
    pythons = {version: find(version) for version in versions or VERSIONS}
    ensure_others()
    rows: list[tuple[str, ...]] = [COLUMNS]
    failures = 0
    for version, python in pythons.items():
        if python is None:
            rows.append((version, "not on this machine"))
            continue
        environment = Environment(ROOT / f".venv-{version}", python, only_this_python=True)
        environment.ensure(TESTS)
        say(f"Running the tests on Python {version} ...")
        report = environment.folder / "tests.xml"
        report.unlink(missing_ok=True)
        code = run([environment.bin / "python", *pytest, f"--junit-xml={report}"])
        failures += code != 0
        rows.append((version, *_counts(report, code)))
    for first, *others in rows:
        print(f"{first:<8}" + "".join(f"{text:>10}" for text in others))
    return min(failures, 1)


def _counts(report: Path, code: int) -> tuple[str, ...]:
    if not report.is_file():
        return (f"pytest ended with exit code {code}",)
    suite = ElementTree.parse(report).getroot().find("testsuite")
    found = {} if suite is None else suite.attrib
    failed = int(found["failures"]) + int(found["errors"])
    passed = int(found["tests"]) - failed - int(found["skipped"])
    return (
        f"{passed:,}",
        f"{failed:,}",
        f"{int(found['skipped']):,}",
        f"{float(found['time']):,.0f}",
    )
