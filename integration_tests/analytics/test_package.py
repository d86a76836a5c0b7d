"""The dbt project `analytics/` as a package of another project."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from phenom_cli.report.environment import Environment

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

FILES = {
    "dbt_project.yml": """
name: ours
version: 1.0.0
config-version: 2
profile: ours
vars:
  phenom: {phenom_schema: loaded, phenom_stage_mapping: our_stages}
models:
  phenom: {marts: {+schema: marts}}
seeds:
  ours: {our_stages: {+column_types: {stage: varchar(200), stage_key: varchar(40)}}}
""",
    "profiles.yml": """
ours:
  target: dev
  outputs: {dev: {type: duckdb, path: "{{ env_var('OURS') }}", schema: people}}
""",
    "seeds/our_stages.csv": "stage,stage_key\nKaffee,interview\n",
    "models/ours.sql": "select stage_key from {{ ref('phenom__applications') }}",
}


def test_another_project_builds_it(environment: Environment, tmp_path: Path) -> None:
    """Its tables are elsewhere, a stage mapping is its own, and deleted rows are kept on demand."""
    file = tmp_path / "with space.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA loaded")
        connection.execute(
            "CREATE TABLE loaded.applications AS SELECT * FROM (VALUES"
            " ('a', 'Kaffee', NULL), ('b', 'Kaffee', TIMESTAMP '2025-01-01'))"
            " AS rows(id, current_stage, remote_deleted_at)"
        )
    project = tmp_path / "project"
    package = json.dumps({"packages": [{"local": str(environment.project)}]})
    for name, text in {**FILES, "packages.yml": package}.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _dbt(environment, project, file, "deps")
    _dbt(environment, project, file, "build", "--exclude-resource-type", "unit_test")
    assert _stages(file) == [("interview",)]
    kept = json.dumps({"phenom_keep_deleted": True})
    _dbt(environment, project, file, "run", "--select", "+ours", "--vars", kept)
    assert _stages(file) == [("interview",), ("interview",)]


def _dbt(environment: Environment, project: Path, file: Path, *command: str) -> None:
    done = subprocess.run(
        [environment.dbt, "--no-use-colors", "--no-send-anonymous-usage-stats", *command],
        cwd=project,
        env={**os.environ, "OURS": str(file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


def _stages(file: Path) -> list[tuple[str]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM people_marts.phenom__jobs").fetchone()
        return connection.execute("SELECT stage_key FROM people.ours").fetchall()
