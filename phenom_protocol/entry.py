"""The entry point that both connectors share: arguments in, messages out, an exit code."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from phenom_protocol import messages
from phenom_protocol.json_file import UnreadableFile, read_json_file, read_json_lines
from phenom_protocol.output import Output, ProtocolLog

Command = Callable[[argparse.Namespace, "Session"], int]
"""Carries out one command; returns the exit code."""

Read = TypeVar("Read")


class ProtocolError(Exception):
    """Ends the run with a TRACE message; the exit code is 1."""

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
    """Where a command writes, and what it must not write."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.log = ProtocolLog(output)


def run(
    name: str,
    description: str,
    commands: Mapping[str, tuple[Command, str, Sequence[str]]],
    argv: Sequence[str] | None,
    version: str,
) -> int:
    """Parse ``argv`` and carry out the command; whatever goes wrong becomes a TRACE message.

    :param commands: per command its function, its help, and the files that it takes; a file
        name that ends with ``?`` is optional.
    """
    arguments = _parser(name, description, commands, version).parse_args(argv)
    session = Session(Output())
    root = logging.getLogger()
    root.handlers = [session.log]
    root.setLevel(logging.WARNING)
    airbyte = logging.getLogger("airbyte")
    airbyte.setLevel(logging.DEBUG if arguments.debug else logging.INFO)
    try:
        return commands[arguments.command][0](arguments, session)
    except ProtocolError as error:
        _trace(session, error.message, error.detail, error.failure_type)
    except BrokenPipeError:
        _let_go_of_stdout()
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        _trace(
            session,
            "The connector met a situation it does not know. Please report it with the "
            "technical detail below.",
            f"{type(error).__name__}: {origin_of(error)}",
            "system_error",
        )
    return 1


def read_json(path: str, what: str) -> Any:
    """The JSON in a file that the platform gave us; a clear error where that fails."""
    return _read(read_json_file, path, what)


def read_messages(path: str, what: str) -> list[Any]:
    """The same of a file that may hold several JSON values, each on a line of its own."""
    return _read(read_json_lines, path, what)


def _read(read: Callable[[str, str], Read], path: str, what: str) -> Read:
    try:
        return read(path, f"The {what} file")
    except UnreadableFile as error:
        raise ProtocolError(f"{error.message} ({path})") from None


def _parser(
    name: str,
    description: str,
    commands: Mapping[str, tuple[Command, str, Sequence[str]]],
    version: str,
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description=description)
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
                required=not optional,
                help=f"JSON file with the {option}" + (" (optional)" if optional else ""),
            )
    return parser


def _trace(session: Session, message: str, detail: str, failure_type: messages.FailureType) -> None:
    session.output.write(
        messages.error(
            session.log.masked(message),
            session.log.masked(detail),
            failure_type,
            messages.now_millis(),
        )
    )


def origin_of(error: BaseException) -> str:
    """Where an exception came from. Not its text, which can hold an applicant's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return " <- ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )


def _let_go_of_stdout() -> None:
    """Keep the interpreter from failing once more when it flushes a closed pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
