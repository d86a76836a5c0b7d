"""A gateway for commands behind which a person waits."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phenom_api.connection import Connection
    from phenom_api.gateway import Gateway

RETRY_POLICY: dict[str, Any] = {"attempts": 5, "throttled": 120.0}
"""What differs from the connector's patience."""


class _Warnings(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"Warning: {record.getMessage()}")


def _on_stderr(line: str) -> None:
    # Not by click, which writes past rich: a spinner would share its line with this one.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def warnings_shown(say: Callable[[str], None] = _on_stderr) -> Iterator[None]:
    """Shows the warnings of the log meanwhile: above all what failed, and when the next try is.

    :param say: shows a line; is called from any thread.
    """
    logger, warnings = logging.getLogger("airbyte"), _Warnings(say)
    logger.addHandler(warnings)
    try:
        yield
    finally:
        logger.removeHandler(warnings)


@contextmanager
def patient_gateway(connection: Connection) -> Iterator[Gateway]:
    """Says on stderr when it waits for another try; an interrupt ends the waiting."""
    from phenom_api.gateway import Gateway, RetryPolicy

    with warnings_shown(), Gateway(connection, policy=RetryPolicy(**RETRY_POLICY)) as gateway:
        yield gateway
