"""``phenom sync`` with ``personal_data: pseudonymous``: nobody can be found in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_sandbox
from integration_tests.warehouse.command import DANGLING, UNTOUCHED, phenom_sync, write_config
from unit_tests.personal_data.secrets_of_people import Marks, found_marks

pytestmark = pytest.mark.warehouse

HIDDEN = {"personal_data": "pseudonymous", "pseudonym_key": "a-key-for-tests-only"}


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def tenant(marks: Marks) -> Iterator[Any]:
    """Every candidate, recruiter and hiring manager has marks; some candidates have no id."""
    with phenom_sandbox.running(seed=5, jobs=12, applications=40) as local:
        for number, application in enumerate(list(local.tenant.applications())):
            profile: dict[str, Any] = {
                "firstName": marks.text("Zoë {}"),
                "lastName": marks.text(),
                "contactData": {"email": marks.address(), "phoneNumber": marks.text("341 {}")},
                "addressData": {"addressLine1": marks.text("{} Street 7")},
            }
            if number % 3 == 0:
                profile["id"] = None
            changes: dict[str, Any] = {
                "candidateData": profile,
                "customFieldData": {"mother": marks.text()},
            }
            local.tenant.set_application(application["id"], changes)
        for job in list(local.tenant.open_jobs()):
            people = [
                {"recruiterName": marks.text(), "recruiterEmail": marks.address()} for _ in range(2)
            ]
            manager = {
                "hiringManagerName": marks.text(),
                "hiringManagerEmail": marks.address(),
            }
            local.tenant.set_job(job["jobId"], {**manager, "multiRecruiter": people, **people[0]})
        yield local


def content(file: Path) -> bytes:
    """All that the tables hold, the states among them, and the file as it is."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        rows = [connection.execute(f'FROM "{table}"').fetchall() for table in tables]
    return json.dumps(rows, default=str, ensure_ascii=False).encode()


def counts(file: Path) -> dict[str, Any]:
    questions = {
        "candidates": "SELECT count(*), count(DISTINCT email) FROM candidates",
        "by source": "SELECT source, count(*) FROM applications GROUP BY 1 ORDER BY 1",
        "by job": "SELECT j.name, count(DISTINCT a.candidate_id) FROM applications a"
        " JOIN jobs j ON j.id = a.job_id GROUP BY j.id, j.name ORDER BY j.name, 2",
        "recruiters": "SELECT r.unified_type, count(DISTINCT u.email) FROM users u"
        " JOIN job_hiring_team_members m ON m.user_id = u.id"
        " JOIN job_user_role_assignments s ON s.job_user_id = m.id"
        " JOIN roles r ON r.id = s.role_id GROUP BY 1 ORDER BY 1",
        "cities": "SELECT location->>'city', count(*) FROM candidates GROUP BY 1 ORDER BY 1",
    }
    live = {
        name: question.replace("FROM candidates", "FROM candidates WHERE remote_deleted_at IS NULL")
        for name, question in questions.items()
    }
    with duckdb.connect(str(file), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in live.items()}


def dangling(file: Path) -> dict[str, int]:
    """How many references lead nowhere, by meaning."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = {name: connection.execute(query).fetchall() for name, query in DANGLING.items()}
    return {name: number for name, ((number,),) in found.items() if number}


def test_a_warehouse_without_people(tenant: Any, marks: Marks, tmp_path: Path) -> None:
    whole = tmp_path / "full.duckdb"
    config = write_config(tmp_path, tenant.config, "full.json")
    assert phenom_sync("--config", config, "--warehouse", whole, cwd=tmp_path).exit_code == 0
    assert len(found_marks(content(whole))) > len(marks.all) / 2

    config = write_config(tmp_path, {**tenant.config, **HIDDEN}, "hidden.json")
    hidden = tmp_path / "hidden.duckdb"
    for is_first in (True, False):
        done = phenom_sync("--config", config, "--warehouse", hidden, cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        assert is_first or set(map(str, done.changes().values())) == {str(UNTOUCHED)}
        printed = (done.stdout + done.stderr).encode()
        assert found_marks(content(hidden), hidden.read_bytes(), printed) == set()
    assert counts(hidden) == counts(whole)
    assert dangling(hidden) == {}


@pytest.mark.parametrize("arguments", [(), ("--full-refresh",)], ids=["incremental", "refresh"])
def test_a_warehouse_that_forgets_people(
    tenant: Any, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "phenom.duckdb"
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync("--config", config, "--warehouse", file, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    before = counts(file)

    config = write_config(tmp_path, {**tenant.config, **HIDDEN})
    done = phenom_sync("--config", config, "--warehouse", file, *arguments, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert found_marks(content(file), (done.stdout + done.stderr).encode()) == set()
    assert counts(file) == before
    totals = {stream: numbers["total"] for stream, numbers in done.table.items()}
    assert totals == {stream: numbers["total"] for stream, numbers in first.table.items()}
