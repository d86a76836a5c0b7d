"""Runs ``phenom sync`` as a subprocess, and reads its output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# How a table shows that nothing happened to it.
UNTOUCHED = {"new": 0, "changed": 0, "deleted": 0}


@dataclass(frozen=True)
class Sync:
    """One finished ``phenom sync``."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def table(self) -> dict[str, dict[str, int]]:
        """The table on stdout: numbers per stream; a failed stream's name is as printed."""
        head, *lines = self.stdout.splitlines()
        names = head.split()[1:]
        rows = (re.split(r"\s{2,}", line.strip()) for line in lines)
        return {
            stream: {
                name: int(number.replace(",", ""))
                for name, number in zip(names, numbers, strict=True)
            }
            for stream, *numbers in rows
        }

    def changes(self) -> dict[str, dict[str, int]]:
        """The table without its column ``total``."""
        return {
            stream: {name: number for name, number in numbers.items() if name != "total"}
            for stream, numbers in self.table.items()
        }


def phenom_sync(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> Sync:
    done = subprocess.run(
        [sys.executable, "-m", "phenom_cli.main", "sync", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        timeout=300,
    )
    return Sync(done.returncode, done.stdout, done.stderr)


def write_config(folder: Path, config: Mapping[str, Any], name: str = "tenant.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


DANGLING = {
    "hiring team member without job": (
        "SELECT count(*) FROM job_hiring_team_members m"
        " WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = m.job_id)"
    ),
    "hiring team member without user": (
        "SELECT count(*) FROM job_hiring_team_members m"
        " WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)"
    ),
    "role assignment without hiring team member": (
        "SELECT count(*) FROM job_user_role_assignments a"
        " WHERE NOT EXISTS (SELECT 1 FROM job_hiring_team_members m WHERE m.id = a.job_user_id)"
    ),
    "role assignment without role": (
        "SELECT count(*) FROM job_user_role_assignments a"
        " WHERE NOT EXISTS (SELECT 1 FROM roles r WHERE r.id = a.role_id)"
    ),
    "application without its candidate": (
        "SELECT count(*) FROM applications a WHERE a.candidate_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.id = a.candidate_id)"
    ),
}
"""Queries that count references to nowhere; each must answer 0."""


NEW_COLUMNS = {"applications": ("applied_at", "source", "remote_job_id"), "candidates": ("email",)}
"""Columns that tables made by an earlier version do not have."""

EVERY_RECORD_CHANGES = {
    "custom_fields": [{"model": model, "key": "application", "path": "id"} for model in NEW_COLUMNS]
}
"""As after an update of the connector that adds columns."""


def without_new_columns() -> list[str]:
    """Statements that make tables what an earlier version made."""
    return [
        f"ALTER TABLE {table} DROP COLUMN {column}"
        for table, columns in NEW_COLUMNS.items()
        for column in columns
    ]


def filled(table: str) -> str:
    """A query: how many live rows a table has, and in how many each new column has a value."""
    counts = ", ".join(f"count({column})" for column in NEW_COLUMNS[table])
    return f"SELECT count(*), {counts} FROM {table} WHERE remote_deleted_at IS NULL"
