"""The checks that need no tests: style, types, imports, scripts, workflows, YAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks import ROOT, say
from tasks.processes import run

CHECKS = {
    "style (ruff check)": ("ruff", "check", "."),
    "format (ruff format)": ("ruff", "format", "--check", "."),
    "types (mypy)": ("mypy",),
    "imports (import-linter)": ("lint-imports", "--no-cache"),
    "shell scripts (shellcheck)": ("shellcheck",),
    "workflows (zizmor)": ("zizmor", "--offline", "--quiet", ".github"),
    "YAML (yamllint)": ("yamllint", "--strict", "."),
    "Dockerfile (hadolint)": ("hadolint", "--no-color", "Dockerfile"),
}

_SHELLS = (b"#!/bin/sh\n", b"#!/usr/bin/env bash\n")


def failed_checks(programs: Path) -> list[str]:
    """Run all of them, and return the names of those that failed.

    :param programs: the folder of the installed programs.
    """
    failed = []
    for name, (program, *arguments) in CHECKS.items():
        if program == "zizmor" and not (programs / program).exists():
            say(f"{name}: left out, because zizmor needs Python 3.11.")
            continue
        say(f"{name} ...")
        scripts = shell_scripts() if program == "shellcheck" else ()
        if run([programs / program, *arguments, *scripts]) != 0:
            failed.append(name)
    return failed


def shell_scripts() -> Iterator[str]:
    """Files in the folders of the project that a shell runs."""
    for pattern in ("*", ".ci/*", "images/*"):
        for path in filter(Path.is_file, sorted(ROOT.glob(pattern))):
            with path.open("rb") as file:
                if file.readline(40) in _SHELLS:
                    yield path.relative_to(ROOT).as_posix()
