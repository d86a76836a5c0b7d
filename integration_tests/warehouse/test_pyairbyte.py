"""PyAirbyte and ``phenom sync`` write the same DuckDB file, and go on with each other's."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_sandbox
from integration_tests.source.reading import STREAMS
from integration_tests.warehouse.command import phenom_sync, write_config
from phenom_cli.interpreter import pyairbyte_python
from phenom_cli.sync import _source_command

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

# As PyAirbyte's documentation has it; prints how many records each stream delivered.
READ = """
import json, sys
import airbyte
from airbyte.caches import DuckDBCache

command, config, database = sys.argv[1:]
source = airbyte.get_source(
    "source-phenom", config=json.load(open(config)), local_executable=command, streams="*"
)
result = source.read(DuckDBCache(db_path=database, schema_name="main"))
tracker = result._progress_tracker
print("\\n" + json.dumps({name: tracker.stream_read_counts[name] for name in result.streams}))
"""

AWKWARD = (
    "00123",
    "1e5",
    "2024-01-01",
    "NULL",
    "\\N",
    'a\tb\\c\n"d"',
    "  ",
    "null",
    "ß 😀",
    "\u2028",
)
OWN = ("_airbyte_raw_id", "_airbyte_extracted_at", "changed_at", "remote_deleted_at")
"""Columns that differ between any two runs."""


@pytest.fixture
def tenant() -> Iterator[Any]:
    with phenom_sandbox.running(seed=21, jobs=40, applications=120) as local:
        for text, job in zip(AWKWARD, list(local.tenant.open_jobs()), strict=False):
            change = {"title": text, "additionalFields": {"code": text, "deep": [{"x": [1.50]}]}}
            local.tenant.set_job(job["jobId"], change)
        yield local


def pyairbyte_read(config: Path, file: Path) -> dict[str, int]:
    """Records per stream that PyAirbyte's own read took."""
    folder = config.parent
    places = ("PROJECT_DIR", "CACHE_ROOT", "LOGGING_ROOT", "TEMP_DIR")
    environment = {f"AIRBYTE_{place}": str(folder / "pyairbyte") for place in places}
    (folder / "pyairbyte").mkdir(exist_ok=True)
    done = subprocess.run(
        [pyairbyte_python(), "-c", READ, _source_command(), str(config), str(file)],
        capture_output=True,
        encoding="utf-8",
        env={
            **os.environ,
            **environment,
            "AIRBYTE_OFFLINE_MODE": "1",
            "AIRBYTE_NO_UV": "1",
            "DO_NOT_TRACK": "1",
        },
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


def described(file: Path) -> dict[str, Any]:
    """Tables, columns, types, constraints and contents but for what differs between loads."""
    with duckdb.connect(str(file), read_only=True) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return sorted(connection.execute(query).fetchall(), key=repr)

        tables = "SELECT table_name, sql FROM duckdb_tables() WHERE NOT temporary"
        constraints = "SELECT table_name, constraint_text FROM duckdb_constraints()"
        return {
            "tables": rows(tables),
            "constraints": rows(constraints),
            "views": rows("SELECT view_name FROM duckdb_views() WHERE NOT internal"),
            "catalog": rows("SELECT * FROM _airbyte_streams"),
            "states": rows("SELECT source_name, stream_name, table_name FROM _airbyte_state"),
            **{
                stream: rows(
                    f"SELECT * EXCLUDE ({', '.join(OWN)}), remote_deleted_at IS NULL FROM {stream}"
                )
                for stream in STREAMS
            },
        }


def test_each_goes_on_with_what_the_other_wrote(tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    theirs, ours = tmp_path / "theirs.duckdb", tmp_path / "ours.duckdb"
    first = pyairbyte_read(config, theirs)
    loaded = phenom_sync("--config", config, "--warehouse", ours, cwd=tmp_path)
    assert loaded.exit_code == 0, loaded.stderr
    assert first == {stream: row["new"] for stream, row in loaded.table.items()}
    assert described(ours) == described(theirs)

    applications = list(tenant.tenant.applications())
    tenant.tenant.delete_application(applications[0]["id"])
    source = {"jobApplicationData": {"applicantSource": "A new source"}}
    tenant.tenant.set_application(applications[1]["id"], source)
    tenant.tenant.add_application(None)
    job = next(row for row in tenant.tenant.open_jobs() if row["siteType"] == "external")
    tenant.tenant.delete_job(job["jobId"])

    # Crosswise: what changed, and no more than that.
    second = phenom_sync("--config", config, "--warehouse", theirs, cwd=tmp_path)
    assert second.exit_code == 0, second.stderr
    assert second.changes()["applications"] == {"new": 1, "changed": 1, "deleted": 1}
    assert second.changes()["jobs"] == {"new": 0, "changed": 0, "deleted": 1}
    taken = pyairbyte_read(config, ours)
    changes = {stream: sum(row.values()) for stream, row in second.changes().items()}
    assert {stream: taken.get(stream, 0) for stream in changes} == changes
    assert described(ours) == described(theirs)
