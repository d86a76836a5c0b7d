"""Data on standard output: JSON as UTF-8 whatever the terminal's encoding, or text by rich."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_WIDTH = 100
"""Characters in a line where there is no terminal that has a width."""


def print_json(value: Any, indent: int | None = None) -> None:
    """One JSON text and a line break. Lone surrogates become U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    out = sys.stdout.buffer
    out.write(text.encode("utf-8", "replace") + b"\n")
    out.flush()


def print_json_lines(values: Iterable[Any], mask: Callable[[str], str]) -> None:
    """A line of JSON per value, after ``mask`` has seen the lines."""
    lines = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    out = sys.stdout.buffer
    out.write(mask(lines).encode("utf-8", "replace"))
    out.flush()


def console(pipe_width: int = PIPE_WIDTH) -> Console:
    """Prints without colour into a pipe."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else pipe_width)


def print_rendered(console: Console, rendered: RenderableType) -> None:
    """Prints without the blanks that rich puts at the ends of lines."""
    with console.capture() as capture:
        console.print(rendered)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def progress_console() -> Console:
    """For what moves while one waits; silent unless stderr is a terminal that is all its own."""
    from rich.console import Console

    return Console(stderr=True, quiet=not sys.stderr.isatty() or sys.stdout.isatty())
