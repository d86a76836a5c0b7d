"""Lets a command clean up when a signal ends it."""

from __future__ import annotations

import signal
import sys
from typing import Any


def exit_on_signals() -> None:
    """Raise ``SystemExit`` on SIGTERM, and on SIGHUP when the terminal is closed.

    A signal that is ignored (``nohup``) stays ignored.
    """
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, _exit)


def _exit(number: int, _: Any) -> None:
    sys.exit(128 + number)
