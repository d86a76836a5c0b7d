"""Every file of the project is checked by something that ``./run test`` runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tasks.checks import CHECKS, shell_scripts

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = "unit_tests/packaging"

CHECKED_BY = {
    ".py": "types (mypy)",
    ".md": "unit_tests/docs/test_pages.py",
    ".json": f"{PACKAGING}/test_checked.py",
    ".svg": f"{PACKAGING}/test_checked.py",
    ".yml": "YAML (yamllint)",
    ".yaml": "YAML (yamllint)",
    ".txt": f"{PACKAGING}/test_locks.py",
    ".in": f"{PACKAGING}/test_locks.py",
    ".typed": f"{PACKAGING}/test_release.py",
    ".sql": "integration_tests/coverage/test_readme.py",
    ".csv": "unit_tests/docs/test_analytics.py",
    ".css": "integration_tests/analytics/test_report.py",
    ".png": "unit_tests/docs/test_pages.py",
    ".tf": "unit_tests/docs/test_terraform.py",
    ".timer": "unit_tests/docs/test_units.py",
    ".service": "unit_tests/docs/test_units.py",
    ".sh": "shell scripts (shellcheck)",
    "run": "shell scripts (shellcheck)",
    "Dockerfile": "Dockerfile (hadolint)",
    "CODEOWNERS": f"{PACKAGING}/test_github.py",
    "pyproject.toml": "style (ruff check)",
    ".gitignore": f"{PACKAGING}/test_ignored.py",
    ".dockerignore": f"{PACKAGING}/test_dockerfile.py",
    "LICENSE": f"{PACKAGING}/test_release.py",
    "MANIFEST.in": f"{PACKAGING}/test_release.py",
}
"""By a file's name, or else by its suffix: a check of ``tasks/checks.py``, or a test."""


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a clone")
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_kind_of_file_has_a_check() -> None:
    kinds = {
        path.name if path.name in CHECKED_BY else path.suffix or path.name for path in tracked()
    }
    assert kinds - set(CHECKED_BY) == set(), "say here what checks the new kind of file"


@pytest.mark.parametrize("check", sorted(set(CHECKED_BY.values())))
def test_the_checks_exist(check: str) -> None:
    assert check in CHECKS or (ROOT / check).is_file()


def test_every_shell_script_is_checked() -> None:
    with_shell = {
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.read_bytes().startswith((b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash"))
    }
    assert with_shell == set(shell_scripts()) >= {"run", ".ci/run"}


def test_json_and_drawings_can_be_read() -> None:
    for path in tracked():
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        if path.suffix == ".svg":
            ElementTree.parse(path)
