"""The password of a PostgreSQL warehouse need not be in its URL, as `docs/installing.md` says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import phenom_sandbox

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer


def sync(folder: Path, warehouse: str, **environment: str) -> None:
    arguments = ["--config", "tenant.json", "--streams", "jobs", "--warehouse", warehouse]
    done = subprocess.run(
        [sys.executable, "-m", "phenom_cli.main", "sync", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


def test_pgpassword_and_pgpass(postgres: PostgresServer, tmp_path: Path) -> None:
    warehouse = postgres.url(password="-").replace(":-@", "@") + "?schema=passwords"
    assert postgres.password not in warehouse
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{postgres.password}\n", encoding="utf-8")
    passwords.chmod(0o600)
    with phenom_sandbox.running(jobs=20, applications=10) as local:
        (tmp_path / "tenant.json").write_text(json.dumps(local.config), encoding="utf-8")
        sync(tmp_path, warehouse, PGPASSWORD=postgres.password)
        sync(tmp_path, warehouse, PGPASSFILE=str(passwords))
