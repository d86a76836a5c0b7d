"""``phenom sync`` with ``personal_data: pseudonymous``: nobody can be found in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.warehouse.command import DANGLING, UNTOUCHED, phenom_sync, write_config
from integration_tests.warehouse.databases import KINDS, Database, new_database
from unit_tests.personal_data.hidden import HIDDEN
from unit_tests.personal_data.secrets_of_people import Marks, found_marks

pytestmark = pytest.mark.warehouse


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return new_database(request.param, tmp_path, request)


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


def content(database: Database) -> bytes:
    """All that the tables hold, the states among them."""
    tables = database.run(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    )
    assert len(tables) > 7
    rows = [database.run(f'SELECT * FROM "{table}"') for (table,) in tables]
    return json.dumps(rows, default=str, ensure_ascii=False).encode()


def counts(database: Database) -> dict[str, Any]:
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
    return {name: database.run(query) for name, query in live.items()}


def dangling(database: Database) -> dict[str, int]:
    """How many references lead nowhere, by meaning."""
    found = {name: database.run(query) for name, query in DANGLING.items()}
    return {name: number for name, ((number,),) in found.items() if number}


@pytest.mark.parametrize("kind", KINDS)
def test_a_warehouse_without_people(
    tenant: Any, marks: Marks, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole, hidden = (new_database(kind, tmp_path / name, request) for name in ("full", "hidden"))
    config = write_config(tmp_path, tenant.config, "full.json")
    done = phenom_sync("--config", config, "--warehouse", whole.address, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert len(found_marks(content(whole))) > len(marks.all) / 2

    config = write_config(tmp_path, {**tenant.config, **HIDDEN}, "hidden.json")
    for is_first in (True, False):
        done = phenom_sync("--config", config, "--warehouse", hidden.address, cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        assert is_first or set(map(str, done.changes().values())) == {str(UNTOUCHED)}
        printed = (done.stdout + done.stderr).encode()
        assert found_marks(content(hidden), printed) == set()
        if kind == "duckdb":
            assert found_marks(Path(hidden.address).read_bytes()) == set()
    assert counts(hidden) == counts(whole)
    assert dangling(hidden) == {}


@pytest.mark.parametrize("arguments", [(), ("--full-refresh",)], ids=["incremental", "refresh"])
def test_a_warehouse_that_forgets_people(
    tenant: Any, database: Database, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    where = ("--warehouse", database.address)
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync("--config", config, *where, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    before = counts(database)

    config = write_config(tmp_path, {**tenant.config, **HIDDEN})
    done = phenom_sync("--config", config, *where, *arguments, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert found_marks(content(database), (done.stdout + done.stderr).encode()) == set()
    assert counts(database) == before
    totals = {stream: numbers["total"] for stream, numbers in done.table.items()}
    assert totals == {stream: numbers["total"] for stream, numbers in first.table.items()}


def test_switching_the_mode_back_and_forth(tenant: Any, database: Database, tmp_path: Path) -> None:
    """The rows of the other mode become tombstones, and come back to life."""
    keys: list[dict[str, set[str]]] = []
    numbers: list[dict[str, Any]] = []
    for options in ({}, HIDDEN, {}, {**HIDDEN, "pseudonym_key": "another-key-for-tests"}, HIDDEN):
        config = write_config(tmp_path, {**tenant.config, **options})
        done = phenom_sync("--config", config, "--warehouse", database.address, cwd=tmp_path)
        assert done.exit_code == 0, done.stderr
        assert not options or found_marks(content(database)) == set()
        numbers.append(counts(database))
        keys.append(
            {
                stream: {
                    remote_id
                    for (remote_id,) in database.run(
                        f"SELECT remote_id FROM {stream} WHERE remote_deleted_at IS NULL"
                    )
                }
                for stream in ("candidates", "users", "applications", "jobs")
            }
        )
    full, hidden, full_again, other, hidden_again = keys
    assert (full_again, hidden_again) == (full, hidden)
    for stream in ("applications", "jobs"):
        assert full[stream] == hidden[stream] == other[stream]
    assert full["users"].isdisjoint(hidden["users"])
    assert hidden["users"].isdisjoint(other["users"])
    assert {len(each["candidates"]) for each in keys} == {len(full["candidates"])}
    assert numbers == [numbers[0]] * len(numbers)
