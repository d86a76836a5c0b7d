"""Runs `phenom` in this process on a terminal of any width."""

from __future__ import annotations

import fcntl
import io
import os
import re
import struct
import sys
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from phenom_cli.main import phenom
from phenom_protocol.wrapping import cells

WIDTHS = [60, 80, 140]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A terminal; ``stream`` writes to it."""

    def __init__(self, width: int) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        self.stream = io.TextIOWrapper(os.fdopen(theirs, "wb"), encoding="utf-8")

    def read(self) -> str:
        """What it got until ``stream`` is closed, with escape sequences and ``\\r``."""
        seen = b""
        try:
            while part := os.read(self._ours, 65_536):
                seen += part
        except OSError:
            pass  # Linux reports the end in this way.
        os.close(self._ours)
        return seen.decode()


@contextmanager
def terminal(
    monkeypatch: pytest.MonkeyPatch, width: int, kind: str = "xterm"
) -> Iterator[list[str]]:
    """Inside the block, standard output and standard error are one terminal.

    The list gets what the terminal got, without escape sequences, when the block ends.
    """
    shown: list[str] = []
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", kind)
    opened = Terminal(width)
    with ThreadPoolExecutor(1) as reader, monkeypatch.context() as patch:
        read = reader.submit(opened.read)
        patch.setattr(sys, "stdout", opened.stream)
        patch.setattr(sys, "stderr", opened.stream)
        try:
            yield shown
        finally:
            opened.stream.close()
            shown.append(_ESCAPES.sub("", read.result()).replace("\r\n", "\n"))


def on_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str, kind: str = "xterm"
) -> str:
    """What `phenom` shows with these arguments."""
    with terminal(monkeypatch, width, kind) as shown, pytest.raises(SystemExit):
        phenom.main([*arguments], prog_name="phenom")
    return shown[0]


def too_long(shown: str, width: int) -> list[str]:
    """The lines that the terminal breaks though there is a blank at which they could be broken."""
    return [line for line in shown.splitlines() if cells(line) > width and len(line.split()) > 1]


def words(text: str) -> set[str]:
    """Without the punctuation of a row that is shown as a block."""
    return {word.rstrip(";:") for word in text.split()}
