"""The entry point of both connectors: parses arguments, runs the command, returns an exit code."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from phenom_api.errors import (
    AuthenticationFailed,
    DiskUnusable,
    InvalidConfig,
    PermissionDenied,
    PhenomError,
    RequestRefused,
)
from phenom_protocol import messages
from phenom_protocol.json_file import UnreadableFile, read_json_file, read_json_lines
from phenom_protocol.output import Output, ProtocolLog
from phenom_protocol.standard_streams import print_on_stderr, redirect_to_devnull

Command = Callable[[argparse.Namespace, "Session"], int]
"""Carries out one command; returns the exit code."""

Read = TypeVar("Read")


class ProtocolError(Exception):
    """Ends the run with a TRACE message and exit code 1."""

    def __init__(
        self,
        message: str,
        detail: str = "",
        failure_type: messages.FailureType = "config_error",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail or message
        self.failure_type = failure_type


class Session:
    """A command's output and log."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.log = ProtocolLog(output)

    def print_on_stderr(self, *lines: str) -> None:
        """For messages when standard output cannot be written any more."""
        print_on_stderr(*map(self.log.masked, lines))


def run(
    name: str,
    description: str,
    commands: Mapping[str, tuple[Command, str, Sequence[str]]],
    argv: Sequence[str] | None,
    version: str,
) -> int:
    """Parse ``argv`` and run the command. Every error becomes a TRACE message.

    If standard output cannot be written, the exit code is 1 and standard error says why, unless
    the reader closed the pipe (``| head``).

    :param commands: per command its function, its help, and the files that it takes; a file
        name that ends with ``?`` is optional.
    """
    arguments = _parser(name, description, commands, version).parse_args(argv)
    if sys.stdout is None:
        print_on_stderr("Standard output is closed, so no messages can be written.")
        return 1
    session = Session(Output())
    root = logging.getLogger()
    before, root.handlers = root.handlers, [session.log]
    root.setLevel(logging.WARNING)
    airbyte = logging.getLogger("airbyte")
    airbyte.setLevel(logging.DEBUG if arguments.debug else logging.INFO)
    try:
        exit_code = _carried_out(commands[arguments.command][0], arguments, session)
    finally:
        root.handlers = before or [logging.NullHandler()]
    failure = session.output.failure
    if failure is None:
        return exit_code
    redirect_to_devnull(sys.stdout)
    if not isinstance(failure, BrokenPipeError):
        print_on_stderr(f"Standard output cannot be written: {failure.strerror}.")
    return exit_code or 1


def _carried_out(command: Command, arguments: argparse.Namespace, session: Session) -> int:
    try:
        return command(arguments, session)
    except ProtocolError as error:
        _trace(session, error.message, error.detail, error.failure_type)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if session.output.failure is None:
            _trace(
                session,
                "The connector met a situation it does not know. Please report it with the "
                "technical detail below.",
                f"{type(error).__name__}: {origin_of(error)}",
                "system_error",
            )
    return 1


def read_json(path: str, what: str) -> Any:
    """The JSON value in a file; raises :class:`ProtocolError` if it cannot be read."""
    return _read(read_json_file, path, what)


def read_messages(path: str, what: str) -> list[Any]:
    """The JSON values in a file that may have several of them, one on each line."""
    return _read(read_json_lines, path, what)


def _read(read: Callable[[str, str], Read], path: str, what: str) -> Read:
    try:
        return read(path, f"The {what} file")
    except UnreadableFile as error:
        raise ProtocolError(f"{error.message} ({path})") from None


class _ArgumentParser(argparse.ArgumentParser):
    """Prints an error on one line, which a terminal gets broken between words."""

    def error(self, message: str) -> NoReturn:
        text = f"{self.prog}: error: {message}".replace("\n", "\\n")
        print_on_stderr(self.format_usage().rstrip(), text)
        sys.exit(2)


def _parser(
    name: str,
    description: str,
    commands: Mapping[str, tuple[Command, str, Sequence[str]]],
    version: str,
) -> argparse.ArgumentParser:
    parser = _ArgumentParser(prog=name, description=description)
    parser.add_argument("--version", action="version", version=f"{name} {version}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for command, (_, text, files) in commands.items():
        subparser = subparsers.add_parser(command, help=text, description=text)
        subparser.add_argument("--debug", action="store_true", help="log in detail")
        for file in files:
            option, optional = file.rstrip("?"), file.endswith("?")
            subparser.add_argument(
                f"--{option}",
                metavar="FILE",
                type=_file_name,
                required=not optional,
                help=f"JSON file with the {option}" + (" (optional)" if optional else ""),
            )
    return parser


def _file_name(written: str) -> str:
    """Refuses JSON instead of a file name, without repeating it: it may contain secrets."""
    if written.lstrip().startswith(("{", "[")):
        raise argparse.ArgumentTypeError("the name of a file with the JSON, not the JSON itself")
    return written


def _trace(session: Session, message: str, detail: str, failure_type: messages.FailureType) -> None:
    trace = messages.error(
        session.log.masked(message),
        session.log.masked(detail),
        failure_type,
        messages.now_millis(),
    )
    try:
        session.output.write(trace)
    except OSError:
        session.print_on_stderr(message)


_CONFIGURATION_ERRORS = (AuthenticationFailed, InvalidConfig, PermissionDenied, RequestRefused)


def failure_type(error: PhenomError) -> messages.FailureType:
    """What the protocol calls an error: one to correct in the configuration or on the machine, or
    one that passes."""
    if isinstance(error, DiskUnusable):
        return "system_error"
    return "config_error" if isinstance(error, _CONFIGURATION_ERRORS) else "transient_error"


def origin_of(error: BaseException) -> str:
    """Where an exception came from. Not its text, which can hold an applicant's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return " <- ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
