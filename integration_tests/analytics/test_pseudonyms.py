"""``phenom report`` shows the same numbers without knowing who anybody is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import phenom_sandbox
from integration_tests.analytics.warehouses import report, sync
from integration_tests.warehouse.databases import KINDS, new_database
from phenom_cli.report.environment import DbtEnvironment
from unit_tests.personal_data.hidden import HIDDEN

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

PERSONAL = "SELECT DISTINCT {column} FROM {stream} WHERE remote_deleted_at IS NULL"


def numbers(page: str) -> list[str]:
    """The figures of the page, and all cells and labels that hold nothing but a number."""
    return re.findall(r">\s*([0-9][0-9,.]*\s?%?(?: days)?)\s*<", page)


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_without_people(
    environment: DbtEnvironment, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pages, databases = {}, {}
    with phenom_sandbox.running(seed=3, jobs=30, applications=100) as local:
        for mode, options in {"full": {}, "pseudonymous": HIDDEN}.items():
            databases[mode] = new_database(kind, tmp_path / mode, request)
            sync(local, databases[mode], tmp_path, **options)
    for mode, database in databases.items():
        page = tmp_path / f"{mode}.html"
        done = report(database, page)
        assert done.returncode == 0, done.stderr
        pages[mode] = page.read_text(encoding="utf-8")
    assert len(numbers(pages["full"])) > 50
    assert sorted(numbers(pages["pseudonymous"])) == sorted(numbers(pages["full"]))
    people = {
        value
        for stream in ("users", "candidates", "employees")
        for column in ("first_name", "last_name", "email")
        for (value,) in databases["full"].run(PERSONAL.format(column=column, stream=stream))
        if value and len(value) > 3
    }

    def shown(page: str) -> set[str]:
        return {value for value in people if re.search(rf"\b{re.escape(value)}\b", page)}

    assert shown(pages["full"])
    assert shown(pages["pseudonymous"]) == set()
