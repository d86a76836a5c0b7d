"""Prints data on standard output: JSON as UTF-8 in every locale, or text by rich."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from phenom_api.visible import visible
from phenom_cli.terminal import above, is_open, unwrapped, visible_line
from phenom_protocol.standard_streams import redirect_to_devnull, write_whole

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

PIPE_WIDTH = 100
"""Characters in a line if standard output is no terminal."""


class StdoutFailed(click.ClickException):
    """Standard output cannot be written. If the reader closed the pipe, no error is shown."""

    def __init__(self, reason: str, *, closed_pipe: bool = False) -> None:
        super().__init__(f"Standard output cannot be written: {reason}.")
        self._closed_pipe = closed_pipe

    def show(self, file: Any = None) -> None:
        if not self._closed_pipe:
            super().show(file)


def print_json(value: Any, indent: int | None = None) -> None:
    """Prints a JSON text and a line break. Half a surrogate pair becomes U+FFFD.

    :raises StdoutFailed: if it cannot be written.
    """
    _write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def print_json_lines(values: Iterable[Any], redact: Callable[[str], str]) -> None:
    """Prints a line of JSON per value; ``redact`` gets all lines at once, before they are printed.

    :raises StdoutFailed: if they cannot be written.
    """
    _write(redact("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)))


def require_stdout() -> None:
    """Raises StdoutFailed if standard output is closed, before anything is done."""
    if not is_open(sys.stdout):
        raise StdoutFailed("it is closed")


def _write(text: str) -> None:
    try:
        write_whole(sys.stdout.buffer, visible(text).encode())
    except OSError as error:
        redirect_to_devnull(sys.stdout)
        closed = isinstance(error, BrokenPipeError)
        raise StdoutFailed(error.strerror or "", closed_pipe=closed) from None


def console(pipe_width: int = PIPE_WIDTH) -> Console:
    """Standard output for rich; without colours if it is no terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else pipe_width
    return Console(file=unwrapped(sys.stdout), highlight=False, width=width)


def plain(text: str, style: str = "") -> Text:
    """Text from outside for :func:`console`: on one line, and without rich's markup."""
    from rich.text import Text

    return Text(visible_line(text), style=style)


def print_rendered(console: Console, rendered: RenderableType) -> None:
    """Prints without the blanks that rich puts at the ends of lines."""
    with console.capture() as capture:
        console.print(rendered)
    for line in capture.get().splitlines():
        click.echo(line.rstrip(), file=console.file)


def message_console() -> Console:
    """Standard error for rich."""
    from rich.console import Console

    return Console(file=unwrapped(sys.stderr))


@contextmanager
def spinner(text: str) -> Iterator[Callable[[str], None]]:
    """Shows on standard error that the command is busy; yields a function that sets the text.

    Shows nothing if standard error is no terminal, or standard output is the same terminal.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda _: None
        return
    from rich.live import Live
    from rich.spinner import Spinner

    console, dots = message_console(), Spinner("dots", text)
    with (
        above(console),
        Live(
            dots,
            console=console,
            refresh_per_second=12.5,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ),
    ):
        yield lambda text: dots.update(text=text)
