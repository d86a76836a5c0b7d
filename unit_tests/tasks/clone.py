"""A small clone of the project, in which a program of ours stands in for uv."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
NOTHING: Mapping[str, str] = MappingProxyType({})

UV = """#!/usr/bin/env bash
set -eu
if [ "$1" = --version ]; then echo "uv $UV_VERSION (made up)"; exit; fi
echo "$*" >> "$STAND_IN/calls"
env > "$STAND_IN/environment"
if [ "$1" = venv ]; then
    environment=${*: -1}
    mkdir -p "$environment/bin"
    ln -s "$STAND_IN/python" "$environment/bin/python"
else
    echo "Resolved 2 packages" >&2
    echo " + package==1.0" >&2
    if [ -p "$STAND_IN/arrived" ]; then
        echo here > "$STAND_IN/arrived"
        read -r _ < "$STAND_IN/leave"
    fi
    if [ -e "$STAND_IN/failure" ]; then cat "$STAND_IN/failure" >&2; exit 2; fi
    if [ "$2" = compile ]; then exit; fi
    phenom=$(dirname "$4")/phenom
    printf '#!/bin/sh\\necho phenom "$@" in "$PWD"\\n' > "$phenom"
    chmod +x "$phenom"
fi
"""


@dataclass(frozen=True)
class Clone:
    root: Path
    stand_in: Path
    """The folder of the program that stands in for uv: ``calls``, ``environment``, ``failure``."""
    processes: list[Process] = field(default_factory=list)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.stand_in}/bin:/usr/bin:/bin",
            "HOME": str(self.stand_in),
            "PHENOM_PYTHON": sys.executable,
            "STAND_IN": str(self.stand_in),
            "UV_VERSION": "0.13.9",
            **variables,
        }

    def start(
        self, *arguments: str, cwd: Path | None = None, variables: Mapping[str, str] = NOTHING
    ) -> Process:
        process = subprocess.Popen(
            [self.root / "run", *arguments],
            cwd=cwd or self.root,
            env=self.environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_signals,
        )
        self.processes.append(process)
        return process

    def run(
        self, *arguments: str, cwd: Path | None = None, variables: Mapping[str, str] = NOTHING
    ) -> Done:
        process = self.start(*arguments, cwd=cwd, variables=variables)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def end(self) -> None:
        """Whatever a failed test left."""
        for process in self.processes:
            process.terminate()
            process.communicate()

    def calls(self) -> list[str]:
        """How uv was called since the last time."""
        file = self.stand_in / "calls"
        found = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [call.replace(str(self.root), "ROOT") for call in found]

    def uv_environment(self) -> dict[str, str]:
        lines = (self.stand_in / "environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def hold(self) -> None:
        """From now on, an installation waits until it is released or ended."""
        for name in ("arrived", "leave"):
            os.mkfifo(self.stand_in / name)

    def wait_for_uv(self) -> None:
        assert (self.stand_in / "arrived").read_text() == "here\n"

    def release(self) -> None:
        (self.stand_in / "leave").write_text("on\n")

    def release_all(self) -> None:
        for name in ("arrived", "leave"):
            (self.stand_in / name).unlink()


Process = subprocess.Popen[str]
Done = subprocess.CompletedProcess[str]


def _heed_signals() -> None:
    """Also where the tests run in the background and ignore them."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def small_clone(folder: Path) -> Clone:
    """Only what an installation needs, in a path with a space."""
    clone = Clone(folder / "the clone", folder / "stand-in")
    (clone.stand_in / "bin").mkdir(parents=True)
    python = clone.stand_in / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    uv = clone.stand_in / "bin" / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    for name in ("run", "setup.py", "phenom_api/__init__.py"):
        (clone.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone.root / name)
    shutil.copytree(ROOT / "tasks", clone.root / "tasks", ignore=shutil.ignore_patterns("__py*"))
    names = ("sync.txt", "connector.txt", "vendor-sdk.txt", "uv.txt", "analytics.txt")
    for name in (*names, "tests/pyairbyte.txt"):
        path = clone.root / "requirements" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return clone
