"""A random history ends with the warehouse equal to the tenant."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.source.reading import STREAMS, read
from integration_tests.warehouse.command import phenom_sync, write_config
from integration_tests.warehouse.databases import COLUMNS, KINDS, Database, new_database
from integration_tests.warehouse.killing import killed_at

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

SYNC = "from phenom_cli.main import main; sys.argv = ['phenom', *arguments]; main()"
STEPS = 400
"""About what a sync does with its warehouse."""

_BOOKKEEPING = {"changed_at", "_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta"}


def _edit(tenant: phenom_sandbox.Tenant, rng: random.Random, deleted: list[str]) -> None:
    applications = [row["id"] for row in tenant.applications()]
    jobs = sorted({row["jobId"] for row in tenant.open_jobs() if row["siteType"] == "external"})
    match rng.randrange(7):
        case 0:
            tenant.add_application(None)
        case 1:
            deleted.append(rng.choice(applications))
            tenant.delete_application(deleted[-1])
        case 2 if deleted:
            tenant.restore_application(deleted.pop())
        case 3:
            note = {"customFieldData": {"note": rng.random()}}
            tenant.set_application(rng.choice(applications), note)
        case 4:
            tenant.set_job(rng.choice(jobs), {"title": f"Title {rng.random()}"})
        case 5:
            mail = f"manager{rng.randrange(3)}@staff.example.com"
            tenant.set_job(rng.choice(jobs), {"hiringManagerEmail": mail})
        case _:
            tenant.delete_job(rng.choice(jobs))


def _live(database: Database, stream: str) -> dict[str, dict[str, Any]]:
    names = [name for (name,) in database.run(COLUMNS[database.kind].format(stream))]
    chosen = ", ".join(f'"{name}"' for name in names)
    found = database.run(f"SELECT {chosen} FROM {stream} WHERE remote_deleted_at IS NULL")
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return {row["id"]: _comparable(row) for row in rows}


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Columns as text: the warehouse holds objects as JSON and moments without a zone."""
    shown = {}
    for name, value in row.items():
        if name in _BOOKKEEPING or value is None:
            continue
        if isinstance(value, str) and value[:1] in "[{":
            value = json.loads(value)
        if name in ("opened_at", "applied_at"):
            value = str(value).replace("T", " ").replace("Z", "").partition(".")[0]
        shown[name] = value
    return shown


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("kind", KINDS)
def test_any_history_ends_with_the_warehouse_equal_to_the_tenant(
    kind: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Also if syncs are killed at any step and the next ones continue."""
    rng = random.Random(seed)
    deleted: list[str] = []
    database = new_database(kind, tmp_path, request)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with phenom_sandbox.running(seed=seed, jobs=25, applications=80) as local:
        config = write_config(tmp_path, local.config)
        arguments = ("--config", str(config), "--warehouse", database.address)
        for _ in range(3):
            fatal = rng.randrange(20, STEPS)
            killed_at(fatal, SYNC, "sync", *arguments, temporary=temporary, cwd=tmp_path)
            assert not list(temporary.iterdir())
            for _ in range(12):
                _edit(local.tenant, rng, deleted)
        done = phenom_sync(*arguments, cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        fresh = read(local.config)
    for stream in STREAMS:
        wanted = {record["id"]: _comparable(record) for record in fresh.records[stream]}
        assert _live(database, stream) == wanted, stream
