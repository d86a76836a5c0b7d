"""What ``phenom report`` says where it cannot build the marts. A page that exists stays."""

from __future__ import annotations

from pathlib import Path

import click
import duckdb
import pytest

from integration_tests.analytics.warehouses import SCHEMA, report
from integration_tests.postgres_server import PostgresServer
from integration_tests.warehouse.databases import KINDS, Database, new_database, postgres_schema
from phenom_cli.report.environment import DbtEnvironment
from phenom_cli.report.readiness import check_warehouse

pytestmark = pytest.mark.warehouse

ROLE = "report_reader"


def test_without_tables(
    environment: DbtEnvironment, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for kind in KINDS:
        database = new_database(kind, tmp_path, request)
        database.run("SELECT 1")
        page = tmp_path / "page.html"
        page.write_text("an earlier page", encoding="utf-8")
        done = report(database, page)
        assert done.returncode == 1
        assert "phenom sync" in done.stderr
        assert page.read_text(encoding="utf-8") == "an earlier page"


def test_file_in_use(tmp_path: Path, environment: DbtEnvironment) -> None:
    file = str(tmp_path / "phenom.duckdb")
    with duckdb.connect(file):
        done = report(Database("duckdb", file, lambda: None, "?"), tmp_path / "page.html")
    assert done.returncode == 1
    assert "in use by another program" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_rights(postgres: PostgresServer, tmp_path: Path) -> None:
    owner = postgres_schema(postgres.url(), "readiness")
    marts = f"{SCHEMA}_rights"
    owner.run("CREATE SCHEMA IF NOT EXISTS readiness")
    for stream in ("jobs", "applications"):
        owner.run(f"CREATE TABLE {stream} (id VARCHAR)")
    owner.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'secret'")
    owner.run(f"GRANT USAGE ON SCHEMA readiness TO {ROLE}")
    address = postgres.url().replace("//phenom:", f"//{ROLE}:")
    address = address.replace(postgres.password, "secret")
    reader = postgres_schema(address, "readiness").warehouse

    with pytest.raises(click.ClickException, match=f"GRANT CREATE, .* TO {ROLE}"):
        check_warehouse(reader, marts)
    owner.run(f"CREATE SCHEMA {marts}")
    with pytest.raises(click.ClickException, match=f"GRANT .* ON SCHEMA {marts} TO {ROLE}"):
        check_warehouse(reader, marts)
    owner.run(f"GRANT USAGE, CREATE ON SCHEMA {marts} TO {ROLE}")
    check_warehouse(reader, marts)
    owner.run(f"CREATE TABLE {marts}.phenom__jobs ()")
    with pytest.raises(click.ClickException, match=r"marts of the role phenom, .* phenom__jobs"):
        check_warehouse(reader, marts)
    check_warehouse(owner.warehouse, marts)
    remaining = f"SELECT tablename FROM pg_tables WHERE schemaname = '{marts}'"
    assert owner.run(remaining) == [("phenom__jobs",)]
