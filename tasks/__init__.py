"""The commands of ``./run``. They run before anything is installed: standard library only."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class TaskError(Exception):
    """Ends ``./run``. The text says what is wrong and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
