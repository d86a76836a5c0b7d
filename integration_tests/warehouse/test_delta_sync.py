"""`phenom sync` with deltas into a DuckDB file, also killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_sandbox
from integration_tests.deltas.beliefs import Beliefs, Watched
from integration_tests.deltas.changes import Changes
from integration_tests.deltas.rows import APPLICATIONS, CANDIDATES
from integration_tests.warehouse.command import Sync, phenom_sync, write_config
from phenom_sandbox import ORDERS, LocalTenant

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

LISTING = "/apply/v2/applications"
PAGE = 5
COLUMNS = {
    APPLICATIONS: ("remote_id", "source", "candidate_id", "job_id", "remote_job_id"),
    CANDIDATES: ("remote_id", "source", "first_name", "last_name", "email"),
}
NESTED = {APPLICATIONS: "custom_fields", CANDIDATES: "phone_numbers"}


class Warehouse:
    """A DuckDB file, loaded from a local tenant in pages of a few applications."""

    def __init__(self, folder: Path, local: LocalTenant) -> None:
        self._folder = folder
        self._local = local
        self._file = folder / "phenom.duckdb"

    def sync(self, **config: Any) -> Sync:
        done = phenom_sync(*self._arguments(config), cwd=self._folder)
        assert done.exit_code == 0, done.stderr
        return done

    def sync_killed(self, requests: int, **config: Any) -> None:
        """Kills the sync, with the connector that it started, before that request of its own."""
        command = [sys.executable, "-m", "phenom_cli.main", "sync", *self._arguments(config)]
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        seen = 0

        def kill(method: str, path: str, _: str) -> None:
            nonlocal seen
            seen += path.endswith(LISTING)
            if seen == requests:
                os.killpg(process.pid, signal.SIGKILL)

        self._local.before_request(kill)
        try:
            process.wait(300)
        finally:
            self._local.before_request(None)
        assert process.returncode == -signal.SIGKILL

    def _arguments(self, config: Mapping[str, Any]) -> list[str]:
        given = {**self._local.config, "page_size": PAGE, "num_workers": 2, **config}
        file = write_config(self._folder, given)
        streams = f"{APPLICATIONS},{CANDIDATES}"
        return ["--config", str(file), "--warehouse", str(self._file), "--streams", streams]

    def live(self, stream: str) -> dict[str, tuple[Any, ...]]:
        columns = ", ".join(("id", *COLUMNS[stream], NESTED[stream]))
        query = f"SELECT {columns} FROM {stream} WHERE remote_deleted_at IS NULL"
        with duckdb.connect(str(self._file)) as connection:
            rows = connection.execute(query).fetchall()
        assert len(rows) == len({row[0] for row in rows})
        return {str(row[0]): (*row[1:-1], _parsed(row[-1])) for row in rows}


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def tenant_rows(local: LocalTenant, stream: str) -> dict[str, tuple[Any, ...]]:
    """What a warehouse has of the tenant after a full scan."""
    listing = list(local.tenant.applications())
    records = Beliefs().exact(stream, Watched({}, [listing], None))
    columns = (*COLUMNS[stream], NESTED[stream])
    return {key: tuple(record[name] for name in columns) for key, record in records.items()}


def assert_equal(warehouse: Warehouse, local: LocalTenant) -> None:
    for stream in COLUMNS:
        assert warehouse.live(stream) == tenant_rows(local, stream)


def delta(warehouse: Warehouse, local: LocalTenant) -> Sync:
    """A sync that must not read the whole listing."""
    local.requests.clear()
    done = warehouse.sync(full_scan_hours=8760)
    rows = len(list(local.tenant.applications()))
    assert local.requests.count(f"GET {LISTING}") < rows / PAGE
    return done


@pytest.mark.parametrize("order", ORDERS[:2])
def test_syncs_with_deltas(order: str, tmp_path: Path) -> None:
    rng = random.Random(order)
    with phenom_sandbox.running(
        jobs=3, applications=250, order=order, accepts_duplicates=True
    ) as local:
        warehouse, changes = Warehouse(tmp_path, local), Changes(local.tenant, rng, PAGE)
        warehouse.sync_killed(20, full_scan_hours=8760)
        warehouse.sync(full_scan_hours=8760)
        assert_equal(warehouse, local)

        quiet = delta(warehouse, local)
        assert not any(any(numbers.values()) for numbers in quiet.changes().values())
        for _ in range(2):
            for _ in range(4):
                rng.choice((changes.add, changes.add_many, changes.edit_near))()
            warehouse.sync_killed(rng.randrange(1, 5), full_scan_hours=8760)
            changes.add()
            delta(warehouse, local)
            assert_equal(warehouse, local)

        deleted = [changes.from_new_end()[place] for place in (3, 100)]
        for row in deleted:
            local.tenant.delete_application(row["id"])
        told = delta(warehouse, local)
        assert all(numbers["deleted"] == 0 for numbers in told.changes().values())
        told = warehouse.sync(full_scan_hours=0)
        assert told.changes()[APPLICATIONS]["deleted"] == len(deleted)
        assert_equal(warehouse, local)


def test_a_listing_without_order(tmp_path: Path) -> None:
    with phenom_sandbox.running(jobs=3, applications=60, order=ORDERS[2]) as local:
        warehouse = Warehouse(tmp_path, local)
        warehouse.sync(full_scan_hours=8760)
        local.tenant.delete_application(local.tenant.application_at(30)["id"])
        warehouse.sync(full_scan_hours=8760)
        assert_equal(warehouse, local)
