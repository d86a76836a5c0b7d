"""``analytics/`` as a dbt package of another project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

import phenom_sandbox
from integration_tests.analytics.warehouses import sync
from integration_tests.warehouse.databases import duckdb_file
from phenom_cli.report.environment import DbtEnvironment

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

SEED = "our_stages"
PROJECT = {
    "name": "ours",
    "version": "1.0.0",
    "profile": "ours",
    "seeds": {"ours": {SEED: {"+column_types": {"stage": "varchar", "stage_key": "varchar"}}}},
    # The package's marts have a schema of their own, and its tables' names do not change.
    "models": {"phenom": {"+schema": "hiring"}},
    "vars": {
        "phenom": {
            "phenom_schema": "raw",
            "phenom_keep_deleted": True,
            "phenom_stage_mapping": SEED,
            "phenom_as_of": "2026-01-01 00:00:00",
        }
    },
}


def test_in_another_project(environment: DbtEnvironment, tmp_path: Path) -> None:
    """The tables are in another schema, deleted rows are kept, stages have a mapping of ours."""
    database = duckdb_file(tmp_path / "phenom.duckdb")
    with phenom_sandbox.running(seed=2, jobs=10, applications=60) as local:
        sync(local, database, tmp_path)
        local.tenant.delete_application(next(iter(local.tenant.applications()))["id"])
        sync(local, database, tmp_path)
    database.run("CREATE SCHEMA raw")
    for (name,) in database.run("SELECT table_name FROM duckdb_tables()"):
        database.run(f"CREATE TABLE raw.{name} AS FROM main.{name}")
        database.run(f"DROP TABLE main.{name}")

    root = tmp_path / "project"
    (root / "seeds").mkdir(parents=True)
    _write(root / "dbt_project.yml", PROJECT)
    _write(root / "packages.yml", {"packages": [{"local": str(environment.project)}]})
    target = {"type": "duckdb", "path": database.address, "schema": "analytics"}
    _write(root / "profiles.yml", {"ours": {"target": "here", "outputs": {"here": target}}})
    (root / "seeds" / f"{SEED}.csv").write_text("stage,stage_key\nNew,screening\n")
    _dbt(environment, root, "deps")
    assert "ERROR=0 SKIP=0" in _dbt(environment, root, "build", "--select", "package:phenom", SEED)

    marts = "analytics_hiring"
    ((rows, deleted),) = database.run(
        "SELECT count(*), count(remote_deleted_at) FROM raw.applications"
    )
    assert deleted == 1
    assert database.run(f"SELECT count(*) FROM {marts}.phenom__applications") == [(rows,)]
    assert database.run(
        f"SELECT DISTINCT stage_key FROM {marts}.phenom__application_stages WHERE stage = 'New'"
    ) == [("screening",)]


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def _dbt(environment: DbtEnvironment, root: Path, *command: str) -> str:
    done = subprocess.run(
        [environment.dbt, "--no-use-colors", "--no-send-anonymous-usage-stats",
         "--no-version-check", *command, "--profiles-dir", root],
        cwd=root,
        env={**os.environ, "DBT_LOG_PATH": str(root / "logs")},
        capture_output=True,
        encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout
