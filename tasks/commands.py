"""What each command of ``./run`` does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from types import FrameType

from tasks import ROOT, TaskError, say
from tasks.checks import failed_checks
from tasks.environments import ANALYTICS, CONNECTOR, SYNC, TESTS, ensure_others
from tasks.every_python import VERSIONS, test_all
from tasks.locked_versions import lock
from tasks.processes import become, run

# loadfile keeps the tests of one file on one worker, so that its server is started once.
PYTEST = ("-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")

WAREHOUSE = Path("phenom.duckdb")
"""Where ``phenom sync`` and ``phenom report`` look if they are not told."""


def main(arguments: Sequence[str]) -> None:
    command, *rest = arguments
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)
    os.environ["PYTHONNOUSERSITE"] = "1"
    try:
        sys.exit(COMMANDS[command](rest))
    except KeyboardInterrupt:
        say("Interrupted. Everything that was started has ended.")
        sys.exit(130)
    except TaskError as error:
        say(f"Error: {error}")
    except OSError as error:
        say(f"Error: {error.strerror}: {error.filename or command}")
    sys.exit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _sync(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(SYNC)
    become([CONNECTOR.bin / "phenom", "sync", *arguments])


def _report(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(SYNC)
    ANALYTICS.ensure(["analytics.txt"], project=False)
    phenom = CONNECTOR.bin / "phenom"
    if not arguments and not WAREHOUSE.exists():
        say(f"There is no {WAREHOUSE}: loading made-up data into it first.")
        if code := run([phenom, "sync", "--acting-user"], folder=Path.cwd()):
            return code
    become([phenom, "report", *arguments])


def _test(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(TESTS)
    python = CONNECTOR.bin / "python"
    if arguments:
        become([python, "-m", "pytest", *arguments])
    ensure_others()
    failed = failed_checks(CONNECTOR.bin)
    say("tests (pytest) ...")
    if run([python, *PYTEST]) != 0:
        failed.append("tests (pytest)")
    return _result(failed)


def _check(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(TESTS)
    return _result(failed_checks(CONNECTOR.bin))


def _result(failed: Sequence[str]) -> int:
    if failed:
        raise TaskError(f"failed: {', '.join(failed)}")
    return 0


def _test_all(arguments: Sequence[str]) -> int:
    versions = list(takewhile(VERSIONS.__contains__, arguments))
    return test_all([*PYTEST, *arguments[len(versions) :]], versions)


def _setup(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(TESTS)
    ensure_others()
    say("Everything is installed.")
    return 0


def _image(arguments: Sequence[str]) -> int:
    CONNECTOR.ensure(SYNC)
    os.chdir(ROOT)
    become([CONNECTOR.bin / "python", "-m", "images", *arguments])


def _lock(arguments: Sequence[str]) -> int:
    return lock()


COMMANDS = {
    "sync": _sync,
    "report": _report,
    "test": _test,
    "check": _check,
    "test-all": _test_all,
    "setup": _setup,
    "lock": _lock,
    "image": _image,
}
