"""Reads a connector's configuration and answers ``check``, for source and destination."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phenom_api.connection import AnyConnection
from phenom_api.errors import InvalidConfig
from phenom_protocol import messages
from phenom_protocol.entry import ProtocolError, Session, read_json

Validate = Callable[[Any], AnyConnection]
"""Turns a JSON value into a configuration; raises :class:`phenom_api.errors.InvalidConfig`."""


@dataclass(frozen=True)
class CheckResult:
    """Whether the connection works; ``message`` says what does not work, or what to do."""

    succeeded: bool
    message: str | None = None


def configuration(
    arguments: argparse.Namespace, session: Session, validate: Validate[AnyConnection]
) -> AnyConnection:
    """The configuration in the file of ``--config``. Its secrets are masked in the log from now on.

    :raises ProtocolError: if it is not valid.
    """
    try:
        config = validate(read_json(arguments.config, "config"))
    except InvalidConfig as error:
        raise ProtocolError(error.message) from None
    session.log.hide(config.secrets())
    return config


def print_check(
    arguments: argparse.Namespace,
    session: Session,
    validate: Validate[AnyConnection],
    check: Callable[[AnyConnection], CheckResult],
) -> int:
    """Print the result of ``check``. An invalid configuration is a failed check."""
    try:
        result = check(configuration(arguments, session, validate))
    except ProtocolError as error:
        result = CheckResult(False, error.message)
    session.output.write(
        messages.connection_status(
            result.succeeded, result.message and session.log.masked(result.message)
        )
    )
    return 0
