"""Data on standard output: JSON as UTF-8 whatever the terminal's encoding, or text by rich."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from phenom_api.visible import visible
from phenom_cli.screen import above, is_open, itself, visible_line
from phenom_protocol.standard_streams import let_go_of, write_whole

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

PIPE_WIDTH = 100
"""Characters in a line where there is no terminal that has a width."""


class StdoutFailed(click.ClickException):
    """Standard output takes nothing more. Of a reader who closed the pipe nothing is said."""

    def __init__(self, reason: str, *, closed_pipe: bool = False) -> None:
        super().__init__(f"Standard output cannot be written: {reason}.")
        self._closed_pipe = closed_pipe

    def show(self, file: Any = None) -> None:
        if not self._closed_pipe:
            super().show(file)


def print_json(value: Any, indent: int | None = None) -> None:
    """One JSON text and a line break. Lone surrogates become U+FFFD.

    :raises StdoutFailed: where it cannot be written.
    """
    _write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def print_json_lines(values: Iterable[Any], mask: Callable[[str], str]) -> None:
    """A line of JSON per value, after ``mask`` has seen the lines."""
    _write(mask("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)))


def need_stdout() -> None:
    """Raises StdoutFailed where there is no standard output, before anything is done."""
    if not is_open(sys.stdout):
        raise StdoutFailed("it is closed")


def _write(text: str) -> None:
    try:
        write_whole(sys.stdout.buffer, visible(text).encode())
    except OSError as error:
        let_go_of(sys.stdout)
        closed = isinstance(error, BrokenPipeError)
        raise StdoutFailed(error.strerror or "", closed_pipe=closed) from None


def console(pipe_width: int = PIPE_WIDTH) -> Console:
    """Prints without colour into a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else pipe_width
    return Console(file=itself(sys.stdout), highlight=False, width=width)


def plain(text: str, style: str = "") -> Text:
    """Text from outside for a table or a line of :func:`console`: no markup, on one line."""
    from rich.text import Text

    return Text(visible_line(text), style=style)


def print_rendered(console: Console, rendered: RenderableType) -> None:
    """Prints without the blanks that rich puts at the ends of lines."""
    with console.capture() as capture:
        console.print(rendered)
    for line in capture.get().splitlines():
        click.echo(line.rstrip(), file=console.file)


def message_console() -> Console:
    """Standard error, for what moves or has colours."""
    from rich.console import Console

    return Console(file=itself(sys.stderr))


@contextmanager
def status(text: str) -> Iterator[Callable[[str], None]]:
    """Shows that something goes on, on a terminal that standard error has to itself.

    Yields what replaces the text. Messages that are printed meanwhile go above it.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda _: None
        return
    from rich.live import Live
    from rich.spinner import Spinner

    console, spinner = message_console(), Spinner("dots", text)
    with (
        above(console),
        Live(
            spinner,
            console=console,
            refresh_per_second=12.5,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ),
    ):
        yield lambda text: spinner.update(text=text)
