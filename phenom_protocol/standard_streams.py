"""Writes to standard output and standard error, which may be closed, full or a broken pipe."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import BinaryIO, TextIO

from phenom_api.visible import visible
from phenom_protocol.wrapping import terminal_width, wrapped


def write_whole(stream: BinaryIO, content: bytes) -> None:
    """Write all of ``content``. With PYTHONUNBUFFERED, one write may write only a part.

    :raises OSError: if it cannot be written; a part may have been.
    """
    left = memoryview(content)
    while left:
        left = left[stream.write(left) :]
    stream.flush()


def print_on_stderr(*lines: str) -> None:
    """Write lines to standard error, unless that is closed or full.

    Control characters become visible escapes. A terminal gets a long line as several ones.
    """
    if sys.stderr is None:
        return
    text = "".join(f"{visible(line)}\n" for line in lines)
    try:
        if sys.stderr.isatty():
            text = wrapped(text, terminal_width(sys.stderr))
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        redirect_to_devnull(sys.stderr)


def redirect_to_devnull(stream: TextIO) -> None:
    """Keep the interpreter from failing once more when it flushes a broken stream at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
