"""Warehouses with the tables of a sync and the marts that dbt makes of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import phenom_sandbox
from integration_tests.warehouse.command import phenom_sync, write_config
from integration_tests.warehouse.databases import Database, duckdb_file
from phenom_cli import local_tenant
from phenom_cli.report.environment import DbtEnvironment
from phenom_cli.report.marts import build_marts
from phenom_sandbox import LocalTenant

AS_OF = "2026-01-01 00:00:00"
"""The end of the local tenant's generated data."""
SCHEMA = "phenom_analytics"
SITE_TYPES = ("external", "internal")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "analytics.md"


def sync(local: LocalTenant, database: Database, folder: Path, **changes: Any) -> None:
    config = {
        **local.config,
        "ph_user_id": "u-1",
        "include_closed_jobs": True,
        "site_types": list(SITE_TYPES),
        **changes,
    }
    config = {key: value for key, value in config.items() if value is not None}
    path = write_config(folder, config)
    done = phenom_sync("--config", path, "--warehouse", database.address, cwd=folder)
    assert done.exit_code == 0, done.stderr


def documented(folder: Path) -> Database:
    """A DuckDB file in the folder with the local tenant that `docs/analytics.md` describes."""
    database = duckdb_file(folder / "phenom.duckdb")
    with phenom_sandbox.running(
        seed=local_tenant.SEED, jobs=local_tenant.JOBS, applications=local_tenant.APPLICATIONS
    ) as local:
        sync(local, database, folder)
    return database


def build(
    environment: DbtEnvironment, database: Database, command: Sequence[str] = ("build",)
) -> str:
    """Runs dbt, by default with all tests of the project. Returns what it printed."""
    return build_marts(environment, database.warehouse, SCHEMA, AS_OF, command)


def report(database: Database, page: Path) -> subprocess.CompletedProcess[str]:
    """Runs ``phenom report``."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "phenom_cli.main", "report", "--as-of", "2026-01-01"),
            *("--warehouse", database.address, "--output", str(page)),
        ],
        capture_output=True,
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Question:
    """A question of `docs/analytics.md` with its query and the answer that the page shows."""

    title: str
    query: str
    answer: str


def questions() -> list[Question]:
    parts = re.split(r"^### \d+\. ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        title, _, rest = part.partition("\n")
        query, after = re.search(r"```sql\n(.*?)\n```(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
        answer = "\n".join(line for line in after.splitlines() if line.startswith("|"))
        found.append(Question(title, query, answer))
    return found


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    lines += [f"| {' | '.join(_shown(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, str) and "|" in value:
        return json.dumps(value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)
