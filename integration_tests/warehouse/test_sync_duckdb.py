"""``phenom sync`` from a local tenant into a DuckDB file, as a subprocess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_sandbox
from integration_tests.source.reading import STREAMS
from integration_tests.warehouse.command import (
    DANGLING,
    EVERY_RECORD_CHANGES,
    NEW_COLUMNS,
    UNTOUCHED,
    filled,
    phenom_sync,
    without_new_columns,
    write_config,
)
from phenom_sandbox import Fault

pytestmark = pytest.mark.warehouse

FORBIDDEN_LISTING = "/apply/v2/applications"


@pytest.fixture
def tenant() -> Iterator[Any]:
    with phenom_sandbox.running(seed=11, jobs=60, applications=150) as local:
        yield local


def rows(file: Path, table: str) -> dict[str, tuple[bool, str]]:
    """By id: whether the row is live, and its content without bookkeeping."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            f"SELECT id, remote_deleted_at IS NULL, CAST(row_without AS VARCHAR) FROM ("
            f"SELECT id, remote_deleted_at, (SELECT t) AS row_without FROM ("
            f"SELECT * EXCLUDE (changed_at, _airbyte_raw_id, _airbyte_extracted_at, _airbyte_meta)"
            f" FROM {table}) t)"
        ).fetchall()
    return {record_id: (live, content) for record_id, live, content in found}


def every_row(file: Path) -> dict[str, dict[str, tuple[bool, str]]]:
    return {stream: rows(file, stream) for stream in STREAMS}


def difference(
    before: dict[str, tuple[bool, str]], after: dict[str, tuple[bool, str]]
) -> dict[str, int]:
    gone = (False, "")
    pairs = [(before.get(record_id, gone), row) for record_id, row in after.items()]
    return {
        "new": sum(not old[0] and new[0] for old, new in pairs),
        "changed": sum(old[0] and new[0] and old[1] != new[1] for old, new in pairs),
        "deleted": sum(old[0] and not new[0] for old, new in pairs),
        "total": sum(new[0] for _, new in pairs),
    }


def test_tables_follow_the_tenant(tenant: Any, tmp_path: Path) -> None:
    config, file = write_config(tmp_path, tenant.config), tmp_path / "phenom.duckdb"

    first = phenom_sync("--config", config, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    assert list(first.table) == list(STREAMS)
    loaded = every_row(file)
    for stream, numbers in first.table.items():
        total = len(loaded[stream])
        assert total > 0, stream
        assert numbers == {"new": total, "changed": 0, "deleted": 0, "total": total}
    with duckdb.connect(str(file), read_only=True) as connection:
        for meaning, query in DANGLING.items():
            assert connection.execute(query).fetchone() == (0,), meaning
        tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
    assert {name for name in tables if not name.startswith("_airbyte_")} == set(STREAMS)

    second = phenom_sync("--config", config, cwd=tmp_path)
    assert second.exit_code == 0, second.stderr
    assert second.changes() == dict.fromkeys(STREAMS, UNTOUCHED)
    assert every_row(file) == loaded

    applications = list(tenant.tenant.applications())
    tenant.tenant.delete_application(applications[0]["id"])
    tenant.tenant.set_application(
        applications[1]["id"], {"jobApplicationData": {"applicantSource": "A new source"}}
    )
    tenant.tenant.add_application(None)
    job = next(row for row in tenant.tenant.open_jobs() if row["siteType"] == "external")
    tenant.tenant.delete_job(job["jobId"])
    third = phenom_sync("--config", config, cwd=tmp_path)
    assert third.exit_code == 0, third.stderr
    edited = every_row(file)
    for stream in STREAMS:
        assert third.table[stream] == difference(loaded[stream], edited[stream]), stream
    assert third.changes()["applications"] == {"new": 1, "changed": 1, "deleted": 1}
    assert third.changes()["jobs"] == {"new": 0, "changed": 0, "deleted": 1}

    # A full refresh has no state: it finds deleted rows as those that it did not read.
    tenant.tenant.delete_application(applications[2]["id"])
    refreshed = phenom_sync("--config", config, "--full-refresh", cwd=tmp_path)
    assert refreshed.exit_code == 0, refreshed.stderr
    assert refreshed.changes()["applications"] == {"new": 0, "changed": 0, "deleted": 1}
    for stream in set(STREAMS) - {"applications", "candidates"}:
        assert refreshed.changes()[stream] == UNTOUCHED
    assert rows(file, "applications")[_unified_id(file, applications[2]["id"])][0] is False


def _unified_id(file: Path, remote_id: str) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("SELECT id FROM applications WHERE remote_id = ?", [remote_id])
        return str((found.fetchone() or [""])[0])


def test_failed_stream_is_named_and_the_others_are_loaded(tenant: Any, tmp_path: Path) -> None:
    config, file = write_config(tmp_path, tenant.config), tmp_path / "phenom.duckdb"
    tenant.faults.deny = Fault(path=FORBIDDEN_LISTING)

    denied = phenom_sync("--config", config, cwd=tmp_path)
    assert denied.exit_code == 1
    assert denied.table["jobs"]["total"] > 0
    assert denied.table["applications (failed)"]["total"] == 0
    assert "the stream applications failed" in denied.stderr
    assert FORBIDDEN_LISTING in denied.stderr
    assert "Traceback" not in denied.stderr

    tenant.faults.clear()
    allowed = phenom_sync("--config", config, cwd=tmp_path)
    assert allowed.exit_code == 0, allowed.stderr
    assert allowed.changes()["jobs"] == UNTOUCHED
    assert allowed.changes()["applications"]["new"] == len(rows(file, "applications")) > 0


def test_only_the_chosen_streams(tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    sync = phenom_sync(
        "--config", config, "--streams", "roles, jobs", "--warehouse", "a b.duckdb", cwd=tmp_path
    )
    assert sync.exit_code == 0, sync.stderr
    assert list(sync.table) == ["jobs", "roles"]
    assert (tmp_path / "a b.duckdb").is_file()
    # Nothing but the warehouse is left behind.
    assert {path.name for path in tmp_path.iterdir()} == {"tenant.json", "a b.duckdb"}


def test_streams_may_be_chosen_one_by_one(tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    chosen = ("--streams", "roles users", "--streams", "jobs,")
    sync = phenom_sync("--config", config, *chosen, cwd=tmp_path)
    assert sync.exit_code == 0, sync.stderr
    assert list(sync.table) == ["users", "jobs", "roles"]


def test_made_up_data_and_a_real_tenant_cannot_share_a_warehouse(
    tenant: Any, tmp_path: Path
) -> None:
    made_up = phenom_sync("--streams", "roles", cwd=tmp_path)
    assert made_up.exit_code == 0, made_up.stderr
    assert made_up.table["roles"]["new"] == 2
    again = phenom_sync("--streams", "roles", cwd=tmp_path)
    assert again.changes() == {"roles": UNTOUCHED}, again.stderr

    config = write_config(tmp_path, tenant.config)
    real = phenom_sync("--config", config, "--streams", "roles", cwd=tmp_path)
    assert real.exit_code == 1
    assert "made-up data" in real.stderr
    assert not real.stdout


def test_two_tenants_share_a_warehouse(tenant: Any, tmp_path: Path) -> None:
    ours = write_config(tmp_path, {**tenant.config, "integration_id": "ours"}, "ours.json")
    theirs = write_config(tmp_path, {**tenant.config, "integration_id": "theirs"}, "theirs.json")
    for config in (ours, theirs):
        sync = phenom_sync("--config", config, "--streams", "users", cwd=tmp_path)
        assert sync.exit_code == 0, sync.stderr
        assert sync.table["users"]["new"] > 0
    # The other tenant's sync left the first tenant's state as it was.
    again = phenom_sync("--config", ours, "--streams", "users", cwd=tmp_path)
    assert again.changes() == {"users": UNTOUCHED}, again.stderr
    # A full refresh concerns the rows of its tenant only.
    refresh = phenom_sync("--config", ours, "--streams", "users", "--full-refresh", cwd=tmp_path)
    assert refresh.exit_code == 0, refresh.stderr
    assert refresh.changes() == {"users": UNTOUCHED}


def test_a_warehouse_that_pyairbyte_loaded_first(tenant: Any, tmp_path: Path) -> None:
    """PyAirbyte keeps any tenant's state under the table's name."""
    config = write_config(tmp_path, {**tenant.config, "integration_id": "acme"})
    arguments = ("--config", config, "--streams", "users")
    assert phenom_sync(*arguments, cwd=tmp_path).exit_code == 0
    with duckdb.connect(str(tmp_path / "phenom.duckdb")) as connection:
        connection.execute("UPDATE _airbyte_state SET table_name = stream_name")

    again = phenom_sync(*arguments, cwd=tmp_path)
    assert again.changes() == {"users": UNTOUCHED}, again.stderr
    assert "users: 0 records read" in again.stderr
    with duckdb.connect(str(tmp_path / "phenom.duckdb")) as connection:
        keys = connection.execute("SELECT table_name FROM _airbyte_state").fetchall()
    assert keys == [("users",)]

    # The default tenant would use the same key: its sync fails instead of reading everything.
    ours = write_config(tmp_path, tenant.config, "ours.json")
    refused = phenom_sync("--config", ours, "--streams", "users", cwd=tmp_path)
    assert refused.exit_code == 1
    assert "another gateway_url or integration_id" in refused.stderr


def test_a_failed_full_refresh_leaves_everything_as_it_was(tenant: Any, tmp_path: Path) -> None:
    config, file = write_config(tmp_path, tenant.config), tmp_path / "phenom.duckdb"
    assert phenom_sync("--config", config, cwd=tmp_path).exit_code == 0
    before = rows(file, "applications")
    tenant.tenant.delete_application(next(iter(tenant.tenant.applications()))["id"])
    tenant.faults.deny = Fault(path=FORBIDDEN_LISTING)
    denied = phenom_sync("--config", config, "--full-refresh", cwd=tmp_path)
    assert denied.exit_code == 1
    assert "applications was not read to its end: its rows stay as they were" in denied.stderr
    assert rows(file, "applications") == before

    # Its state is what it was, too: the deletion is not lost.
    tenant.faults.clear()
    allowed = phenom_sync("--config", config, cwd=tmp_path)
    assert allowed.changes()["applications"] == {"new": 0, "changed": 0, "deleted": 1}


def test_a_table_that_was_dropped_is_filled_again(tenant: Any, tmp_path: Path) -> None:
    config, file = write_config(tmp_path, tenant.config), tmp_path / "phenom.duckdb"
    arguments = ("--config", config, "--streams", "jobs,users")
    assert phenom_sync(*arguments, cwd=tmp_path).exit_code == 0
    before = rows(file, "users")
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP TABLE users")

    # A run that fails at once must not leave the old state for the new table.
    tenant.faults.wrong_secret = True
    tenant.expire_tokens()
    assert phenom_sync(*arguments, cwd=tmp_path).exit_code == 1
    tenant.faults.clear()
    again = phenom_sync(*arguments, cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes()["jobs"] == UNTOUCHED
    assert rows(file, "users") == before


def test_tables_of_an_earlier_version_gain_the_new_columns(tenant: Any, tmp_path: Path) -> None:
    config, file = write_config(tmp_path, tenant.config), tmp_path / "phenom.duckdb"
    assert phenom_sync("--config", config, cwd=tmp_path).exit_code == 0
    with duckdb.connect(str(file)) as connection:
        before = {table: connection.execute(filled(table)).fetchone() for table in NEW_COLUMNS}
        for statement in without_new_columns():
            connection.execute(statement)
    changed = write_config(tmp_path, {**tenant.config, **EVERY_RECORD_CHANGES})
    done = phenom_sync("--config", changed, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    with duckdb.connect(str(file), read_only=True) as connection:
        after = {table: connection.execute(filled(table)).fetchone() for table in NEW_COLUMNS}
        types = connection.execute("SELECT DISTINCT typeof(applied_at) FROM applications")
        assert types.fetchall() == [("TIMESTAMP",)]
    assert after == before
    assert all(all(counts or ()) for counts in after.values())
