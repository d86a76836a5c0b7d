"""The gateway of interactive commands: fewer attempts, and each retry is shown."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phenom_cli.terminal import visible_line

if TYPE_CHECKING:
    from phenom_api.connection import Connection
    from phenom_api.gateway import Gateway

RETRY_POLICY: dict[str, Any] = {"attempts": 5, "throttled": 120.0}
"""The differences from the connectors' :class:`phenom_api.retries.RetryPolicy`."""


class _WarningHandler(logging.Handler):
    def __init__(self, write_line: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._write_line = write_line

    def emit(self, record: logging.LogRecord) -> None:
        self._write_line(f"Warning: {visible_line(record.getMessage())}")


def _write_on_stderr(line: str) -> None:
    # click.echo would write to the terminal directly, into the line of the spinner.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def show_warnings(write_line: Callable[[str], None] = _write_on_stderr) -> Iterator[None]:
    """Shows the log's warnings: above all what failed, and when the next attempt is.

    :param write_line: is called from any thread.
    """
    logger, handler = logging.getLogger("airbyte"), _WarningHandler(write_line)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def interactive_gateway(connection: Connection) -> Iterator[Gateway]:
    """Shows warnings on stderr; an interrupt also ends a wait for the next attempt."""
    from phenom_api.gateway import Gateway, RetryPolicy

    with show_warnings(), Gateway(connection, policy=RetryPolicy(**RETRY_POLICY)) as gateway:
        yield gateway
