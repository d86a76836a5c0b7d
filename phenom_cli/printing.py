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
from phenom_protocol.wrapping import terminal_width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PIPE_WIDTH = 1_000_000
"""Characters in a line if standard output is no terminal: each row of a table is one line."""


class StdoutFailed(click.ClickException):
    """Standard output cannot be written. If the reader closed the pipe, no error is shown."""

    def __init__(self, reason: str, *, is_closed_pipe: bool = False) -> None:
        super().__init__(f"Standard output cannot be written: {reason}.")
        self.is_closed_pipe = is_closed_pipe


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
        raise StdoutFailed(error.strerror or "", is_closed_pipe=closed) from None


def console() -> Console:
    """Standard output for rich; without colours if it is no terminal."""
    from rich.console import Console

    stream = unwrapped(sys.stdout)
    width = terminal_width(stream) if sys.stdout.isatty() else PIPE_WIDTH
    # Without a height, rich takes every terminal of the kind "dumb" for 80 characters wide.
    return Console(file=stream, highlight=False, width=width, height=25)


def plain(text: str, style: str = "") -> Text:
    """Text from outside for :func:`console`: on one line, and without rich's markup."""
    from rich.text import Text

    return Text(visible_line(text), style=style)


def print_error(text: str) -> None:
    """Prints an error on standard error: one line, which a terminal gets wrapped."""
    click.echo(f"Error: {visible_line(text)}", err=True)


def print_warning(text: str) -> None:
    """As :func:`print_error`, for what does not end the command."""
    click.echo(f"Warning: {visible_line(text)}", err=True)


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
