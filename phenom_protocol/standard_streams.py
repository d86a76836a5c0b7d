"""Standard error and standard output where they are closed, full, or read by nobody any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import BinaryIO, TextIO


def write_whole(stream: BinaryIO, content: bytes) -> None:
    """All of it, also with PYTHONUNBUFFERED, where a write may take a part and say nothing.

    :raises OSError: where it cannot be written; how much of it was, is not known.
    """
    left = memoryview(content)
    while left:
        left = left[stream.write(left) :]
    stream.flush()


def tell_on_stderr(*lines: str, end: str = "\n") -> None:
    """Lines on standard error, where that is neither closed nor full."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write("".join(f"{line}{end}" for line in lines))
        sys.stderr.flush()
    except OSError:
        let_go_of(sys.stderr)


def let_go_of(stream: TextIO) -> None:
    """Keep the interpreter from failing once more when it flushes a broken stream at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
