"""The questions of `docs/analytics.md` have the answers that the tenant itself gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

import phenom_sandbox
from integration_tests.analytics.truth import Truth
from integration_tests.analytics.warehouses import SCHEMA, build, questions, report, sync
from integration_tests.warehouse.databases import KINDS, Database, new_database
from phenom_cli.report.environment import DbtEnvironment
from phenom_sandbox import LocalTenant
from source_phenom import manifest

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

PROJECT = Path(__file__).resolve().parents[2] / "analytics"


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=1, jobs=40, applications=300) as local:
        yield local


@pytest.mark.parametrize("kind", KINDS)
def test_before_and_after_changes(
    kind: str,
    environment: DbtEnvironment,
    local: LocalTenant,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    database = new_database(kind, tmp_path, request)
    sync(local, database, tmp_path)
    assert "ERROR=0 SKIP=0" in build(environment, database)
    _check(database, local)
    _check_columns(database)
    # Every stream that a sync reads has a row, with the time of the sync.
    streams = database.run(
        f"SELECT stream FROM {SCHEMA}.phenom__freshness WHERE last_sync_at >= last_change_at"
        " OR (last_sync_at IS NOT NULL AND last_change_at IS NULL)"
    )
    assert {name for (name,) in streams} == set(manifest.stream_names())

    _change(local)
    sync(local, database, tmp_path)
    page = tmp_path / "page.html"
    done = report(database, page)
    assert done.returncode == 0, done.stderr
    assert page.read_text(encoding="utf-8").endswith("</main></body></html>\n")
    _check(database, local)


def _check_columns(database: Database) -> None:
    """The columns of the tables are those that the project describes."""
    described = {
        (model["name"], column["name"])
        for path in PROJECT.glob("models/*/_*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ())
        for column in model["columns"]
        if column["description"]
    }
    found = database.run(
        "SELECT table_name, column_name FROM information_schema.columns"
        f" WHERE table_schema = '{SCHEMA}' AND table_name LIKE '%phenom\\_\\_%' ESCAPE '\\'"
    )
    assert set(found) == described


def _change(local: LocalTenant) -> None:
    """Applications come, are deleted, decided and reopened; a job is deleted, another closed."""
    tenant = local.tenant
    applications = list(tenant.applications())
    by_stage: dict[str, list[str]] = {}
    for each in applications:
        status = tenant.hiring_status(each["id"])
        if status and each["candidateData"].get("id"):
            by_stage.setdefault(status.value, []).append(each["id"])
    tenant.set_hiring_status(by_stage["Rejected"][0], "Interview")
    tenant.set_hiring_status(by_stage["Rejected"][0], "Hired")
    tenant.set_hiring_status(by_stage["Hired"][0], "In Review")
    tenant.set_hiring_status(by_stage["New"][0], "new")
    tenant.delete_application(by_stage["Hired"][1])
    tenant.delete_application(by_stage["In Review"][0])
    jobs = [each["jobId"] for each in tenant.open_jobs()]
    tenant.delete_job(jobs[0])
    tenant.close_job(next(each for each in jobs if each != jobs[0]))


def _check(database: Database, local: LocalTenant) -> None:
    opened = dict(
        database.run(
            "SELECT remote_id, coalesce(opened_at, remote_created_at) FROM jobs"
            " WHERE remote_deleted_at IS NULL"
        )
    )
    expected = Truth(local.tenant, opened).answers()
    for question, answer in zip(questions(), expected, strict=True):
        assert len(question.query.splitlines()) <= 8
        rows = database.run(question.query)
        assert _comparable(question.title, rows) == _comparable(question.title, answer), (
            question.title
        )


def _comparable(title: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Names of recruiters and spellings of stages are left out, times compared to a minute."""
    if "recruiters" in title:
        rows = [row[-2:] for row in rows]
    if "stay in each stage" in title:
        rows = sorted(
            ["".join(letter for letter in row[0].lower() if letter.isalnum()), *row[1:]]
            for row in rows
        )
    return [[_number(value) for value in row] for row in rows]


def _number(value: Any) -> Any:
    if isinstance(value, (int, str)) or value is None or not hasattr(value, "__float__"):
        return value
    return pytest.approx(float(value), abs=0.011)
