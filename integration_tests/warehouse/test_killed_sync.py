"""A sync into DuckDB that is killed leaves rows and states that belong together."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_cli

pytestmark = pytest.mark.warehouse

WORKER = Path(phenom_cli.__file__).with_name("warehouse_worker.py")

# Prints a checkpoint and more rows, waits until the checkpoint is on the disk, then kills the
# worker that loads them.
CONNECTOR = f"""#!{sys.executable}
import json, os, pathlib, signal, sys

def say(**message):
    print(json.dumps(message, separators=(",", ":")), flush=True)

def record(number):
    data = {{"id": f"{{number:06}}", "changed_at": "2026-01-01T00:00:00Z", "note": "x" * 500}}
    say(type="RECORD", record={{"stream": "jobs", "data": data, "emitted_at": 1}})

def state(mark):
    about = {{"stream_descriptor": {{"name": "jobs"}}, "stream_state": {{"mark": mark}}}}
    say(type="STATE", state={{"type": "STREAM", "stream": about}})

moment = {{"type": ["null", "string"], "format": "date-time"}}
properties = {{
    "id": {{"type": "string"}}, "changed_at": moment, "remote_deleted_at": moment,
    "note": {{"type": "string"}},
}}
stream = {{
    "name": "jobs", "json_schema": {{"properties": properties}},
    "default_cursor_field": ["changed_at"], "source_defined_primary_key": [["id"]],
}}
if sys.argv[1] == "discover":
    say(type="CATALOG", catalog={{"streams": [stream]}})
    sys.exit()
for number in range(1000):
    record(number)
state("the-first-checkpoint")
for number in range(1000, 3000):
    record(number)
folder = pathlib.Path(sys.argv[0]).parent
while not any(b"the-first-checkpoint" in f.read_bytes() for f in folder.glob("phenom.duckdb*")):
    pass
state("never-committed" * 10_000)
os.kill(os.getppid(), signal.SIGKILL)
"""


def _request(folder: Path, command: Path) -> dict[str, Any]:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return {
        "command": str(command),
        "config": {},
        "integration_id": "phenom",
        "tenant_tag": None,
        "place": "phenom.duckdb",
        "duckdb_path": str(folder / "phenom.duckdb"),
        "postgres_url": None,
        "postgres_schema": "public",
        "secrets": [],
        "streams": None,
        "full_refresh": False,
        "folder": str(scratch),
    }


def _killed(folder: Path, **options: Any) -> None:
    connector = folder / "connector"
    connector.write_text(CONNECTOR, encoding="utf-8")
    connector.chmod(0o755)
    killed = subprocess.run(
        [sys.executable, "-I", str(WORKER)],
        input=json.dumps(_request(folder, connector)),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        **options,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stdout


@pytest.mark.parametrize("mode", [None, 0o644])
def test_files_are_their_owners_alone(tmp_path: Path, mode: int | None) -> None:
    warehouse = tmp_path / "phenom.duckdb"
    if mode is not None:
        duckdb.connect(str(warehouse)).close()
        warehouse.chmod(mode)
    _killed(tmp_path, umask=0)
    left = [*tmp_path.glob("phenom.duckdb*"), *(tmp_path / "scratch").rglob("*")]
    modes = {file.name: file.stat().st_mode & 0o777 for file in left if file.is_file()}
    # A file that was there keeps its mode: whoever made it may have let others read it.
    assert modes.pop("phenom.duckdb") == (mode or 0o600)
    assert len(modes) > 1
    assert set(modes.values()) == {0o600}


def test_killed_in_the_middle(tmp_path: Path) -> None:
    _killed(tmp_path)
    with duckdb.connect(str(tmp_path / "phenom.duckdb")) as connection:
        rows = connection.execute("SELECT count(*), max(id) FROM jobs").fetchone()
        states = connection.execute("SELECT state_json FROM _airbyte_state").fetchall()
    mark = json.loads(states[0][0])["stream"]["stream_state"]["mark"]
    if mark == "the-first-checkpoint":
        assert rows == (1000, "000999")
    else:
        # The second state was read before the end came: then its rows are there as well.
        assert rows == (3000, "002999")
