"""What a terminal gets to see: no control characters from outside, no words cut in two.

While a command runs, standard output and standard error are :class:`Screen`, so that this holds
for every text that is printed, whoever prints it.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from phenom_api.visible import visible
from phenom_protocol.standard_streams import let_go_of

if TYPE_CHECKING:
    from rich.console import Console

_DEFAULT_WIDTH = 80


def visible_line(text: str) -> str:
    """A text that has to stay on one line, without control characters."""
    return visible(text).replace("\n", "\\n")


class Screen(io.TextIOBase):
    """A standard stream that shows text as :func:`visible` has it.

    :param stream: the stream itself; what is to move or to have colours is written there.
    :param messages: whether it is for people alone: a terminal gets long lines broken between
        words, and no command fails because a message cannot be shown.
    """

    def __init__(self, stream: TextIO, *, messages: bool = False) -> None:
        self.stream = stream
        self._messages = messages
        self._moving: Console | None = None
        self._held = ""

    # Without these click writes to the buffer instead.
    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.stream.errors

    @property
    def buffer(self) -> BinaryIO:
        return self.stream.buffer

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError:
            if not self._messages:
                raise

    def write(self, text: str) -> int:
        try:
            if self._moving is not None:
                self._write_above(self._moving, text)
            else:
                self.stream.write(self._wrapped(visible(text)))
        except OSError:
            if not self._messages:
                raise
        return len(text)

    @contextmanager
    def above(self, moving: Console) -> Iterator[None]:
        """Meanwhile text goes above what moves on that console."""
        self._moving = moving
        try:
            yield
        finally:
            self._moving = None
            self.write(self._held)
            self._held = ""

    def _write_above(self, moving: Console, text: str) -> None:
        from rich.text import Text

        whole, newline, self._held = (self._held + text).rpartition("\n")
        if newline:
            moving.print(Text(visible(whole)))

    def _wrapped(self, text: str) -> str:
        if not self._messages or not self.stream.isatty():
            return text
        width = _width(self.stream)
        return "\n".join(
            textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
            if len(line) > width
            else line
            for line in text.split("\n")
        )


def _width(terminal: TextIO) -> int:
    """Characters in a line of it."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(terminal.fileno()).columns or _DEFAULT_WIDTH
    return _DEFAULT_WIDTH


def itself(stream: Any) -> Any:
    """The stream behind a :class:`Screen`, or the stream."""
    return stream.stream if isinstance(stream, Screen) else stream


def above(moving: Console) -> AbstractContextManager[None]:
    """Meanwhile what is written to standard error goes above what moves there."""
    screen = sys.stderr
    return screen.above(moving) if isinstance(screen, Screen) else nullcontext()


@contextmanager
def screens() -> Iterator[None]:
    """Standard output and standard error are screens until this is left.

    Afterwards nothing is left in them that could fail once more when the interpreter ends.
    """
    sys.stdin = _opened(sys.stdin, 0, "r")
    out, errors = _opened(sys.stdout, 1, "w"), _opened(sys.stderr, 2, "w")
    for stream in (out, errors):
        if isinstance(stream, io.TextIOWrapper):
            # Like click, takes ASCII for a mistake. What else lacks a character shows its escape.
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if is_ascii else None, errors="backslashreplace")
    try:
        with redirect_stdout(Screen(out)), redirect_stderr(Screen(errors, messages=True)):
            yield
    finally:
        for stream in (out, errors):
            _let_go(stream)


def _opened(stream: TextIO | None, descriptor: int, mode: str) -> TextIO:
    """Where a standard stream is closed, the next file that is opened would take its place.

    What takes it instead, also in child processes, is open for the other direction only: to use it
    still fails.
    """
    if stream is not None:
        return stream
    null = os.open(os.devnull, os.O_WRONLY if mode == "r" else os.O_RDONLY)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    os.set_inheritable(descriptor, True)
    return cast(TextIO, open(descriptor, mode, encoding="utf-8", closefd=False))


def is_open(stream: TextIO) -> bool:
    """Whether a standard stream is there, and no file that took the place of a closed one."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return True  # It is no file: a test gives or collects what goes through it.
    try:
        if descriptor == 0:
            os.read(descriptor, 0)
        else:
            os.write(descriptor, b"")
    except OSError as error:
        return error.errno != errno.EBADF
    return True


def _let_go(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        let_go_of(stream)
