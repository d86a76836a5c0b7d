"""What `start_date` leaves out, and what is not read because of it, is not reported as deleted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.deltas.connection import Connection, Ran
from integration_tests.deltas.rows import APPLICATIONS, CANDIDATES, Record
from phenom_sandbox import ORDERS, LocalTenant

BOTH = (APPLICATIONS, CANDIDATES)
EARLIER, LATER = "2024-06-01", "2025-06-01"
OLD_IDS = ("65a0000000000000000000aa", "659f000000000000000000bb")

in_either_order = pytest.mark.parametrize("order", ORDERS[:2])


def sync(connection: Connection, *, kill_after: int | None = None, **config: Any) -> Ran:
    tenant = connection.local.tenant
    tenant.second += 3_600
    now = datetime.fromtimestamp(tenant.second, timezone.utc)
    settings = {"page_size": 5, "num_workers": 1, "full_scan_hours": 24, **config}
    ran = connection.sync(settings, BOTH, now, kill_after=kill_after)
    assert not ran.failures
    return ran


def deleted(ran: Ran) -> list[Record]:
    told = [record for records in ran.records.values() for record in records]
    return [record for record in told if record["remote_deleted_at"]]


def created_since(local: LocalTenant, date: str) -> set[str]:
    start = datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp() * 1000
    ids: Sequence[str] = [row["id"] for row in local.tenant.applications()]
    return {each for each in ids if local.tenant.created(each) >= start}


@in_either_order
@pytest.mark.parametrize("hours", [0, 24, 8760])
@pytest.mark.parametrize("earlier", [{}, {"start_date": EARLIER}, {"start_date": LATER}])
@pytest.mark.parametrize("size", [3, 60])
def test_old_rows_at_the_end_where_new_ones_appear(
    order: str, hours: int, earlier: dict[str, Any], size: int
) -> None:
    with phenom_sandbox.running(jobs=3, applications=size, order=order) as local:
        connection = Connection(local, random.Random(1))
        sync(connection, **earlier)
        for _ in range(3):
            local.tenant.add_application()
        for row_id in OLD_IDS:
            local.tenant.add_application({"id": row_id})
        local.tenant.second += 30 * 3_600
        ran = sync(connection, start_date=LATER, full_scan_hours=hours)
        assert not deleted(ran)
        assert len(ran.records[APPLICATIONS]) == 3
        local.tenant.second += 30 * 3_600
        assert not any(sync(connection, start_date=LATER).records.values())
        remote_ids = {row["remote_id"] for row in connection.warehouse[APPLICATIONS].values()}
        assert remote_ids >= created_since(local, LATER)


@in_either_order
@pytest.mark.parametrize("kill_after", range(1, 16))
def test_killed_after_it_was_moved_forward(order: str, kill_after: int) -> None:
    with phenom_sandbox.running(jobs=3, applications=60, order=order) as local:
        connection = Connection(local, random.Random(kill_after))
        sync(connection, start_date=EARLIER)
        assert not deleted(sync(connection, start_date=LATER, kill_after=kill_after))
        assert not deleted(sync(connection, start_date=LATER))


@in_either_order
def test_it_is_moved_forward_and_back(order: str) -> None:
    with phenom_sandbox.running(jobs=3, applications=60, order=order) as local:
        connection = Connection(local, random.Random(1))
        ids = {date: created_since(local, date) for date in (EARLIER, LATER)}
        first = sync(connection, start_date=EARLIER)
        assert {record["remote_id"] for record in first.records[APPLICATIONS]} == ids[EARLIER]
        forward = sync(connection, start_date=LATER)
        assert not deleted(forward)
        assert not forward.records[APPLICATIONS]
        assert any("start_date leaves out" in line for line in forward.log)
        back = sync(connection, start_date=EARLIER)
        told = {record["remote_id"] for record in back.records[APPLICATIONS]}
        assert told == ids[EARLIER] - ids[LATER]
        assert not any(sync(connection, start_date=EARLIER).records.values())


@in_either_order
def test_rows_before_it_are_not_read(order: str) -> None:
    with phenom_sandbox.running(jobs=3, applications=2_000, order=order) as local:
        connection = Connection(local, random.Random(1))
        sync(connection)
        sync(connection, start_date="2025-12-01")
        again = sync(connection, start_date="2025-12-01", full_scan_hours=0)
        kept = len(created_since(local, "2025-12-01"))
        assert again.listing_requests <= kept / 5 + 20
