"""A real PostgreSQL server for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration_tests import postgres_server
from integration_tests.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server on a free port of this machine that requires a password."""
    try:
        with postgres_server.running() as server:
            yield server
    except postgres_server.NoServer as missing:
        pytest.skip(str(missing))
