"""The checks that need no tests: style, types, imports, scripts, workflows, YAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks import ROOT, say
from tasks.processes import run


def failed_checks(programs: Path) -> list[str]:
    """Run all of them, and return the names of those that failed.

    :param programs: the folder of the installed programs.
    """
    failed = []
    for name, (program, *arguments) in CHECKS.items():
        if not (programs / program).exists():
            say(f"{name}: left out, because {program} needs a newer Python.")
            continue
        say(f"{name} ...")
        if run([programs / program, *arguments]) != 0:
            failed.append(name)
    return failed


def shell_scripts() -> Iterator[str]:
    """Files in the folders of the project that a shell runs."""
    for pattern in ("*", ".ci/*", "images/*"):
        for path in sorted(ROOT.glob(pattern)):
            if (
                path.is_file()
                and not path.suffix
                and path.read_bytes().startswith(b"#!/usr/bin/env bash")
            ):
                yield path.relative_to(ROOT).as_posix()


CHECKS = {
    "style (ruff check)": ("ruff", "check", "."),
    "format (ruff format)": ("ruff", "format", "--check", "."),
    "types (mypy)": ("mypy",),
    "imports (import-linter)": ("lint-imports", "--no-cache"),
    "shell scripts (shellcheck)": ("shellcheck", *shell_scripts()),
    "workflows (zizmor)": ("zizmor", "--offline", "--quiet", ".github"),
    "YAML (yamllint)": ("yamllint", "--strict", "."),
    "Dockerfile (hadolint)": ("hadolint", "--no-color", "Dockerfile"),
}
