"""Kills a process at a chosen one of its calls to its warehouse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import os, signal, sys
import duckdb, psycopg

fatal, *arguments = sys.argv[1:]
number = 0

def counted(work):
    "A function of which the beginning and the end are a step each."
    def step(*given, **named):
        a_step()
        result = work(*given, **named)
        a_step()
        return result
    return step

def a_step():
    global number
    number += 1
    if number == int(fatal):
        os.kill(os.getpid(), signal.SIGKILL)

class Connection:
    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        what = getattr(self._real, name)
        return counted(what) if name in ("execute", "begin", "commit", "cursor") else what

def wrapped(connect):
    return lambda *given, **named: Connection(connect(*given, **named))

duckdb.connect, psycopg.connect = wrapped(duckdb.connect), wrapped(psycopg.connect)
psycopg.Transaction.__exit__ = counted(psycopg.Transaction.__exit__)
"""


def killed_at(
    fatal: int, script: str, *arguments: str, temporary: Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the script, which may read ``number``: the steps so far.

    :param fatal: the step at which the process kills itself; 0 for never.
    :param temporary: the folder for temporary files.
    """
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + script, str(fatal), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        umask=0,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    )
