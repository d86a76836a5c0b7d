"""PyAirbyte and ``phenom sync`` can load the same warehouse in turn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import phenom_sandbox
from integration_tests.pyairbyte import pyairbyte_python, quiet_environment
from integration_tests.source.reading import STREAMS
from integration_tests.warehouse.command import phenom_sync, write_config
from integration_tests.warehouse.databases import COLUMNS, KINDS, Database, new_database

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

# As PyAirbyte's documentation has it; prints how many records each stream delivered.
READ = """
import json, sys
import airbyte
from airbyte.caches import DuckDBCache, PostgresCache

command, config, kind, options = sys.argv[1:]
source = airbyte.get_source(
    "source-phenom", config=json.load(open(config)), local_executable=command, streams="*"
)
cache = {"duckdb": DuckDBCache, "postgresql": PostgresCache}[kind]
result = source.read(cache(**json.loads(options)))
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


def pyairbyte_read(config: Path, database: Database) -> dict[str, int]:
    """Records per stream that PyAirbyte's own read took."""
    warehouse = database.warehouse
    options: dict[str, Any] = {"db_path": database.address, "schema_name": "main"}
    if warehouse.postgres_url is not None:
        url = urlsplit(warehouse.postgres_url)
        options = {
            "host": url.hostname,
            "port": url.port,
            "username": url.username,
            "password": warehouse.password,
            "database": url.path.strip("/"),
            "schema_name": warehouse.postgres_schema,
        }
    source = Path(sys.executable).with_name("source-phenom")
    done = subprocess.run(
        [pyairbyte_python(), "-c", READ, source, config, database.kind, json.dumps(options)],
        capture_output=True,
        encoding="utf-8",
        env=quiet_environment(config.parent / "pyairbyte"),
        cwd=config.parent,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


LAYOUT = {
    "duckdb": {
        "tables": "SELECT table_name, sql FROM duckdb_tables() WHERE NOT temporary",
        "constraints": "SELECT table_name, constraint_text FROM duckdb_constraints()",
        "views": "SELECT view_name FROM duckdb_views() WHERE NOT internal",
    },
    "postgresql": {
        # Nested columns are jsonb here and json there, which is all that differs.
        "tables": """SELECT table_name, column_name, replace(data_type, 'jsonb', 'json'),
            is_nullable, character_maximum_length, numeric_precision, numeric_scale
            FROM information_schema.columns WHERE table_schema = current_schema()""",
        "constraints": """SELECT table_name, constraint_type
            FROM information_schema.table_constraints
            WHERE table_schema = current_schema() AND constraint_type = 'PRIMARY KEY'""",
        "views": "SELECT viewname FROM pg_views WHERE schemaname = current_schema()",
    },
}


def described(database: Database) -> dict[str, Any]:
    """Tables, columns, types, constraints and contents but for what differs between loads."""
    found = {
        **LAYOUT[database.kind],
        "catalog": "SELECT * FROM _airbyte_streams",
        "states": "SELECT source_name, stream_name, table_name FROM _airbyte_state",
    }
    contents = {}
    for stream in STREAMS:
        (first,) = database.run(f"SELECT * FROM {stream} LIMIT 1")
        names = database.run(COLUMNS[database.kind].format(stream))
        assert len(names) == len(first)
        kept = [f'"{name}"' for (name,) in names if name not in OWN]
        rows = database.run(f"SELECT {', '.join(kept)}, remote_deleted_at IS NULL FROM {stream}")
        contents[stream] = sorted(map(meant, rows))
    return {
        **{what: sorted(database.run(query), key=repr) for what, query in found.items()},
        **contents,
    }


def meant(row: tuple[Any, ...]) -> str:
    """Values, nested ones as what they mean."""
    return repr(
        [
            json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
            for value in row
        ]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_continues_after_the_other(
    kind: str, tenant: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    config = write_config(tmp_path, tenant.config)
    theirs = new_database(kind, tmp_path / "theirs", request)
    ours = new_database(kind, tmp_path / "ours", request)
    first = pyairbyte_read(config, theirs)
    loaded = phenom_sync("--config", config, "--warehouse", ours.address, cwd=tmp_path)
    assert loaded.exit_code == 0, loaded.stderr
    assert first == {stream: row["new"] for stream, row in loaded.table.items()}
    assert_equal(kind, ours, theirs)

    applications = list(tenant.tenant.applications())
    tenant.tenant.delete_application(applications[0]["id"])
    source = {"jobApplicationData": {"applicantSource": "A new source"}}
    tenant.tenant.set_application(applications[1]["id"], source)
    tenant.tenant.add_application(None)
    job = next(row for row in tenant.tenant.open_jobs() if row["siteType"] == "external")
    tenant.tenant.delete_job(job["jobId"])

    # Crosswise: what changed, and no more than that.
    second = phenom_sync("--config", config, "--warehouse", theirs.address, cwd=tmp_path)
    assert second.exit_code == 0, second.stderr
    assert second.changes()["applications"] == {"new": 1, "changed": 1, "deleted": 1}
    assert second.changes()["jobs"] == {"new": 0, "changed": 0, "deleted": 1}
    taken = pyairbyte_read(config, ours)
    changes = {stream: sum(row.values()) for stream, row in second.changes().items()}
    assert {stream: taken.get(stream, 0) for stream in changes} == changes
    assert_equal(kind, ours, theirs)


def assert_equal(kind: str, ours: Database, theirs: Database) -> None:
    """The same layout; the same rows where PyAirbyte's are what the connector printed."""
    own, other = described(ours), described(theirs)
    assert own.keys() == other.keys()
    for what, rows in own.items():
        # PyAirbyte reads text that looks like a number as one on its way into PostgreSQL.
        if kind == "duckdb" or what not in STREAMS:
            assert rows == other[what], what
        else:
            assert len(rows) == len(other[what]), what
