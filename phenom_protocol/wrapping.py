"""Breaks text for a terminal between words, so that the terminal does not break it inside one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO

_DEFAULT_WIDTH = 80


def terminal_width(terminal: TextIO) -> int:
    """Characters in a line. The environment variable COLUMNS overrides the terminal's own width."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(terminal.fileno()).columns or _DEFAULT_WIDTH
    return _DEFAULT_WIDTH


def wrapped(text: str, width: int) -> str:
    """``text`` with its long lines broken at spaces into lines of at most ``width`` characters.

    A longer word (a URL, an id, a path) gets a line of its own and stays whole, so that it can be
    copied. Wide characters count as two. What follows in a line begins as far in as that line.
    """
    return "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    if cells(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    lines: list[str] = []
    current = ""
    for word in line[len(indent) :].split(" "):
        longer = f"{current} {word}" if current else indent + word
        if current.strip() and cells(longer) > width:
            lines.append(current.rstrip(" "))
            longer = indent + word
        current = longer
    return "\n".join([*lines, current.rstrip(" ")])


def cells(text: str) -> int:
    """How many characters wide a terminal shows the text."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
