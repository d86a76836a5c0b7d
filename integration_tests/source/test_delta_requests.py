"""How many requests a delta makes."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.deltas.connection import Connection, Ran
from integration_tests.deltas.history import MOST_REQUESTS
from integration_tests.deltas.rows import APPLICATIONS, CANDIDATES
from phenom_sandbox import ORDERS

ROWS, PAGE = 30_000, 20
BOTH = (APPLICATIONS, CANDIDATES)
CONFIG: dict[str, Any] = {"full_scan_hours": 24, "page_size": PAGE}
COMBINATIONS = pytest.mark.parametrize("streams", [BOTH, (APPLICATIONS,), (CANDIDATES,)])


@pytest.fixture(scope="module", params=ORDERS[:2])
def scanned(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A large tenant that has been read once."""
    with phenom_sandbox.running(jobs=20, applications=ROWS, order=request.param) as local:
        connection = Connection(local, random.Random(1))
        first = sync(connection, BOTH)
        assert len(first.records[APPLICATIONS]) == ROWS
        assert first.listing_requests > ROWS / PAGE
        yield connection


@pytest.fixture
def connection(scanned: Connection) -> Connection:
    """Another connection with its states, before any test."""
    return Connection(scanned.local, scanned.rng, states=copy.deepcopy(scanned.states))


def sync(connection: Connection, streams: Sequence[str], *, hours: int = 0, **config: Any) -> Ran:
    now = datetime.fromtimestamp(connection.local.tenant.second, timezone.utc)
    ran = connection.sync({**CONFIG, **config}, streams, now + timedelta(hours=hours))
    assert not ran.failures
    return ran


def total(ran: Ran) -> int:
    return sum(ran.requests.values())


@COMBINATIONS
def test_a_quiet_delta(connection: Connection, streams: Sequence[str]) -> None:
    sync(connection, streams)
    ran = sync(connection, streams, hours=23)
    assert not any(ran.records.values())
    assert total(ran) <= MOST_REQUESTS


@pytest.mark.parametrize("total_fault", ["missing", "null", "string"])
def test_a_quiet_delta_without_a_total(connection: Connection, total_fault: str) -> None:
    sync(connection, BOTH)
    connection.local.faults.total = total_fault
    try:
        assert total(sync(connection, BOTH)) <= MOST_REQUESTS
    finally:
        connection.local.faults.clear()


@COMBINATIONS
@pytest.mark.parametrize("number", [1, 19, 500])
def test_new_rows(connection: Connection, streams: Sequence[str], number: int) -> None:
    sync(connection, streams)
    for _ in range(number):
        connection.local.tenant.second += 30
        connection.local.tenant.add_application()
    ran = sync(connection, streams)
    if APPLICATIONS in streams:
        assert len(ran.records[APPLICATIONS]) == number
    assert total(ran) <= MOST_REQUESTS + -(-number // PAGE)


def test_deleted_rows(connection: Connection) -> None:
    sync(connection, BOTH)
    ids = [row["id"] for row in connection.local.tenant.applications()]
    for row_id in random.Random(1).sample(ids, 100):
        connection.local.tenant.delete_application(row_id)
    ran = sync(connection, BOTH)
    assert total(ran) <= MOST_REQUESTS
    assert not any(ran.records.values())


@pytest.mark.parametrize("order", ORDERS[:2])
def test_with_an_acting_user(order: str) -> None:
    with phenom_sandbox.running(jobs=5, applications=400, order=order) as local:
        connection = Connection(local, random.Random(1))
        user: dict[str, Any] = {"ph_user_id": "acting-user", "page_size": 2}
        sync(connection, BOTH, **user)
        # The changes of a day are looked for again, so the next sync is a day later.
        local.tenant.second += 3 * 86_400
        sync(connection, BOTH, full_scan_hours=400, **user)
        local.tenant.second += 3 * 86_400
        quiet = sync(connection, BOTH, full_scan_hours=400, **user)
        assert not any(quiet.records.values())
        assert quiet.listing_requests <= MOST_REQUESTS
        row = local.tenant.application_at(200)
        local.tenant.set_application(row["id"], {"customFieldData": {"note": "changed"}})
        asked: Counter[str] = Counter()

        def count(_: str, path: str, query: str) -> None:
            if "/candidates-api/applications/v1/candidates/" in path:
                asked[path] += 1

        local.before_request(count)
        ran = sync(connection, BOTH, full_scan_hours=400, **user)
        local.before_request(None)
        assert [record["remote_id"] for record in ran.records[APPLICATIONS]] == [row["id"]]
        assert ran.listing_requests <= MOST_REQUESTS
        assert max(asked.values()) == 1
