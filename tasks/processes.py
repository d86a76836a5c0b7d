"""Programs that ``./run`` starts. They end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tasks import ROOT

GRACE = 20  # seconds that a program has to end after Ctrl-C


def run(
    command: Sequence[str | Path],
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    hidden: tuple[str, ...] = (),
    keep_open: Sequence[int] = (),
) -> int:
    """Wait for a program, and return its exit code.

    It has its own process group, so that everything that it started can be ended with it.

    :param folder: where it runs.
    :param hidden: how lines on standard error begin that are left out. What a program says about
        its interruption is left out, too.
    :param keep_open: file descriptors that it gets.
    """
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE if hidden else None,
        text=True,
        errors="replace",
        start_new_session=True,
        pass_fds=keep_open,
    ) as child:
        try:
            for line in child.stderr or ():
                if not line.startswith(hidden):
                    sys.stderr.write(f"  {line}")
                    sys.stderr.flush()
            return child.wait()
        except BaseException:
            _end(child)
            raise


def _end(child: subprocess.Popen[str]) -> None:
    """As Ctrl-C would: tests stop their servers then. What does not end is killed."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(GRACE)
            return
        except ProcessLookupError:
            return
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue


def become(command: Sequence[str | Path]) -> NoReturn:
    """Run a program in place of this one."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], [str(word) for word in command])
