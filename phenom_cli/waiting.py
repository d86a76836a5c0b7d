"""A gateway for commands behind which a person waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from phenom_api.connection import Connection
    from phenom_api.gateway import Gateway

PATIENCE: dict[str, Any] = {"attempts": 5, "throttled": 120.0}
"""What differs from the connector's patience."""
WORTH_SAYING = 1.0
"""Seconds of waiting that a person would wonder about."""


@contextmanager
def patient_gateway(connection: Connection) -> Iterator[Gateway]:
    """Says on stderr when it waits for another try; an interrupt ends the waiting."""
    from phenom_api.errors import Stopped
    from phenom_api.gateway import Gateway, Patience

    left = threading.Event()
    said_until = 0.0

    def wait(seconds: float) -> None:
        # Concurrent requests are held up together: that is said once.
        nonlocal said_until
        until = time.monotonic() + seconds
        if seconds >= WORTH_SAYING and until > said_until + WORTH_SAYING:
            said_until = until
            click.echo(f"Waiting {seconds:.0f} s for another try ...", err=True)
        if left.wait(seconds):
            raise Stopped("Interrupted.")

    with Gateway(connection, patience=Patience(**PATIENCE), sleep=wait) as gateway:
        try:
            yield gateway
        finally:
            left.set()
