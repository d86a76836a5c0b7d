"""Standard streams that are safe to show on a terminal.

Control characters from outside become visible escapes, and messages are wrapped between words.
While a command runs, standard output and standard error are a :class:`SafeStream` each, so that
this holds for every text, whoever prints it.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from phenom_api.visible import visible
from phenom_protocol.standard_streams import redirect_to_devnull
from phenom_protocol.wrapping import terminal_width, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def visible_line(text: str) -> str:
    """``text`` without control characters, on one line."""
    return visible(text).replace("\n", "\\n")


class SafeStream(io.TextIOBase):
    """A standard stream that writes text as :func:`visible` has it.

    :param stream: the stream itself, for progress displays and colours.
    :param messages: whether it is for messages: a terminal gets long lines wrapped between words,
        and no command fails because a message cannot be written.
    """

    def __init__(self, stream: TextIO, *, messages: bool = False) -> None:
        self.stream = stream
        self._messages = messages
        self._live_console: Console | None = None
        self._incomplete_line = ""

    # Without encoding, errors and buffer, click writes bytes to the stream itself.
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

    def close(self) -> None:
        """Does nothing: the stream belongs to the interpreter.

        Python closes this object when it is no longer used, and would flush the stream again.
        """

    def write(self, text: str) -> int:
        try:
            if self._live_console is not None:
                self._write_above(self._live_console, text)
            else:
                self.stream.write(self._wrapped(visible(text)))
        except OSError:
            if not self._messages:
                raise
        return len(text)

    @contextmanager
    def above(self, live_console: Console) -> Iterator[None]:
        """Inside the block, text goes above what rich updates on that console."""
        self._live_console = live_console
        try:
            yield
        finally:
            self._live_console = None
            self.write(self._incomplete_line)
            self._incomplete_line = ""

    def _write_above(self, live_console: Console, text: str) -> None:
        from rich.text import Text

        lines, newline, self._incomplete_line = (self._incomplete_line + text).rpartition("\n")
        if newline:
            shown = wrapped(visible(lines), live_console.width)
            live_console.print(Text(shown), soft_wrap=True)

    def _wrapped(self, text: str) -> str:
        if not self._messages or not self.stream.isatty():
            return text
        return wrapped(text, terminal_width(self.stream))


def print_wrapped(console: Console, text: Text, indent: str = "") -> None:
    """Prints one line of text without control characters, broken between words only."""
    start = 0
    for line in wrapped(text.plain, console.width - len(indent)).split("\n"):
        start = text.plain.index(line, start)
        console.print(indent, text[start : start + len(line)], sep="", soft_wrap=True)
        start += len(line)


def unwrapped(stream: Any) -> Any:
    """The stream inside a :class:`SafeStream`; any other stream as it is."""
    return stream.stream if isinstance(stream, SafeStream) else stream


def above(live_console: Console) -> AbstractContextManager[None]:
    """Inside the block, what is written to standard error goes above what rich updates there."""
    stderr = sys.stderr
    return stderr.above(live_console) if isinstance(stderr, SafeStream) else nullcontext()


@contextmanager
def safe_standard_streams() -> Iterator[None]:
    """Inside the block, standard output and standard error are safe streams.

    At its end both are flushed: the interpreter would fail when it exits if a flush failed then.
    """
    sys.stdin = _opened(sys.stdin, 0, "r")
    out, errors = _opened(sys.stdout, 1, "w"), _opened(sys.stderr, 2, "w")
    for stream in (out, errors):
        if isinstance(stream, io.TextIOWrapper):
            # Like click, takes ASCII for a wrong setting. Other encodings show an escape for a
            # character that they lack.
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if is_ascii else None, errors="backslashreplace")
    try:
        with redirect_stdout(SafeStream(out)), redirect_stderr(SafeStream(errors, messages=True)):
            yield
    finally:
        for stream in (out, errors):
            try:
                stream.flush()
            except OSError:
                redirect_to_devnull(stream)


def _opened(stream: TextIO | None, descriptor: int, mode: str) -> TextIO:
    """The stream, or a placeholder for one that is closed.

    Without it, the next file that is opened would get the descriptor, in child processes too. The
    placeholder is open in the other direction, so that reading or writing fails as before.
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
    """Whether a standard stream is open, and not the placeholder of a closed one."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return True  # Not a file: a test has replaced the stream.
    try:
        if descriptor == 0:
            os.read(descriptor, 0)
        else:
            os.write(descriptor, b"")
    except OSError as error:
        return error.errno != errno.EBADF
    return True
