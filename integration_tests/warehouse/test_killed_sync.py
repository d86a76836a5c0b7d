"""A killed sync leaves rows and states that belong together, and no temporary file."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integration_tests.warehouse.databases import KINDS, Database, new_database
from integration_tests.warehouse.killing import killed_at

pytestmark = pytest.mark.warehouse

KILLS = 12

CONNECTOR = f"""#!{sys.executable}
import json, sys

def say(**message):
    print(json.dumps(message, separators=(",", ":")), flush=True)

def record(number, **more):
    moment = "2026-01-01T00:00:00Z"
    data = {{"id": f"{{number:06}}", "changed_at": moment, "note": "x" * 500, **more}}
    say(type="RECORD", record={{"stream": "jobs", "data": data, "emitted_at": 1}})

def state(seen):
    about = {{"stream_descriptor": {{"name": "jobs"}}, "stream_state": {{"seen": seen}}}}
    say(type="STATE", state={{"type": "STREAM", "stream": about}})

given = json.load(open(sys.argv[sys.argv.index("--state") + 1]))
seen = given[0]["stream"]["stream_state"]["seen"] if given else 0
tenant = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
assert tenant["client_secret"] == "a secret"
for number in range(seen, 30):
    record(number)
    if number % 10 == 9:
        state(number + 1)
if seen < 40:
    record(3, remote_deleted_at="2026-01-02T00:00:00Z")
    record(4, note="changed")
    state(40)
about = {{"stream_descriptor": {{"name": "jobs"}}, "status": "COMPLETE"}}
say(type="TRACE", trace={{"type": "STREAM_STATUS", "stream_status": about}})
"""
"""Prints 30 records with a state after every 10, then deletes one record and changes one."""

SYNC = """
from datetime import datetime, timezone
from phenom_cli.address import parse_warehouse
from phenom_cli.warehouse import load, run
from phenom_cli.warehouse.states import TenantIdentity

connector, address = arguments
os.umask(0o077)
load.BATCH_BYTES = 1_500
moment = {"type": ["null", "string"], "format": "date-time"}
properties = {
    "id": {"type": "string"}, "changed_at": moment, "remote_deleted_at": moment,
    "note": {"type": "string"},
}
stream = {
    "name": "jobs", "json_schema": {"properties": properties},
    "default_cursor_field": ["changed_at"], "source_defined_primary_key": [["id"]],
}
request = run.Request(
    connector, {"client_secret": "a secret"}, TenantIdentity("phenom"), lambda model, key: key,
    parse_warehouse(address), [stream],
)
run.sync(request, lambda event: None, lambda: 0.0, lambda: datetime.now(timezone.utc))
# DuckDB imports pandas for a parameter of a query. Signals that arrive meanwhile are lost.
assert "pandas" not in sys.modules
print(number)
"""


@pytest.fixture
def connector(tmp_path: Path) -> Path:
    path = tmp_path / "connector"
    path.write_text(CONNECTOR, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def sync(
    temporary: Path, connector: Path, database: Database, fatal: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs a sync that is killed at step ``fatal``; without that, it prints its number of steps."""
    return killed_at(fatal, SYNC, str(connector), database.address, temporary=temporary)


def seen(database: Database) -> int:
    states = database.states()
    return int(states["jobs"]["stream"]["stream_state"]["seen"]) if states else 0


def assert_rows_belong_to_the_state(database: Database, covered: int) -> None:
    rows = database.run("SELECT id, note, remote_deleted_at IS NULL FROM jobs ORDER BY id")
    expected = [[f"{number:06}", "x" * 500, True] for number in range(min(covered, 30))]
    if covered == 40:
        expected[3][2] = False
        expected[4][1] = "changed"
    assert [list(row) for row in rows] == expected


def tables_there(database: Database) -> bool:
    query = "SELECT 1 FROM information_schema.tables WHERE table_name = 'jobs'"
    if database.kind == "postgresql":
        query += " AND table_schema = current_schema()"
    elif not Path(database.address).exists():
        return False
    return bool(database.run(query))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_step(
    kind: str, connector: Path, temporary: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = sync(temporary, connector, new_database(kind, tmp_path / "whole", request))
    assert whole.returncode == 0, whole.stderr
    steps = int(whole.stdout)
    assert steps > 40
    found = set()
    for fatal in sorted(random.Random(kind).sample(range(1, steps + 1), KILLS)):
        database = new_database(kind, tmp_path / str(fatal), request)
        killed = sync(temporary, connector, database, fatal)
        assert killed.returncode == -9, killed.stderr
        assert not list(temporary.iterdir())
        if tables_there(database):
            found.add(seen(database))
            assert_rows_belong_to_the_state(database, seen(database))
        again = sync(temporary, connector, database)
        assert again.returncode == 0, again.stderr
        assert_rows_belong_to_the_state(database, 40)
    assert len(found) > 2


@pytest.mark.parametrize("mode", [None, 0o644])
def test_only_the_owner_can_read_new_files(
    connector: Path, temporary: Path, tmp_path: Path, mode: int | None, request: Any
) -> None:
    database = new_database("duckdb", tmp_path, request)
    if mode is not None:
        database.run("SELECT 1")
        Path(database.address).chmod(mode)
    assert sync(temporary, connector, database, 100).returncode == -9
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("phenom.duckdb*")}
    # An existing file keeps its mode: its owner may have let others read it.
    assert modes.pop("phenom.duckdb") == (mode or 0o600)
    assert modes == {"phenom.duckdb.wal": 0o600}


def test_the_next_sync_removes_temporary_files_of_a_killed_one(
    connector: Path, temporary: Path, tmp_path: Path, request: Any
) -> None:
    database = new_database("duckdb", tmp_path, request)
    left = tmp_path / "phenom.duckdb.tmp"
    left.mkdir()
    left.joinpath("duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"unreadable")
    assert sync(temporary, connector, database).returncode == 0
    assert not left.exists()
