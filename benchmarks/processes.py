"""Runs a command and measures wall clock, CPU and memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from benchmarks import ROOT

_SECONDS_BETWEEN_SAMPLES = 0.2


class Measured(NamedTuple):
    """The time and memory of a process and its child processes.

    :param wall: seconds. :param cpu: user and system seconds of all of them together.
    :param peak: the most resident memory that all of them had at one time, in MB (10**6 bytes);
        outside Linux, that of the largest one.
    """

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """The process failed or took too long; the text ends with the last lines of its stderr."""


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without the variables that change how Python runs.

    ``PYTHONUNBUFFERED`` makes every printed line a system call; ``PYTHONDONTWRITEBYTECODE`` makes
    a program compile its modules at each start.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "DO_NOT_TRACK": "1", **more}


def measured(
    command: Sequence[str],
    output: IO[bytes] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    limit: float = 3_600,
) -> Measured:
    """Runs a command; raises :class:`Failed` if it fails or takes more than ``limit`` seconds.

    :param output: where stdout goes; by default it is thrown away.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment() if environment is None else environment,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        watch = _MemoryWatch(process.pid)
        timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
            together = watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()[-5:]
            code = process.returncode
            ending = f"was ended after {limit:.0f} s" if wall >= limit else f"exit code {code}"
            raise Failed("\n".join([f"{' '.join(command[:3])}: {ending}", *said]))
    largest = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return Measured(wall, usage.ru_utime + usage.ru_stime, max(largest, together))


class _MemoryWatch:
    """Samples the resident memory of all processes of a session (Linux only)."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The most that they had at one time, in MB."""
        self._stopped.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        page = resource.getpagesize()
        while not self._stopped.wait(_SECONDS_BETWEEN_SAMPLES):
            pages = 0
            for stat in Path("/proc").glob("[0-9]*/stat"):
                try:
                    # Split behind the name, which may hold anything: state, parent, group, session
                    fields = stat.read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[3]) == self._session:
                    pages += int(fields[21])
            self._peak = max(self._peak, pages * page / 1e6)
