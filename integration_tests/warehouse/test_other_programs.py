"""What other programs do with the warehouse, and settings of the session, do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

import phenom_sandbox
from integration_tests.warehouse.command import phenom_sync, write_config
from integration_tests.warehouse.databases import new_database, postgres_schema
from integration_tests.warehouse.loading import (
    COMPLETE,
    PROPERTIES,
    TEXT,
    Loaded,
    owned,
    record,
    state,
)
from phenom_cli.warehouse import load
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.run import open_warehouse
from phenom_cli.warehouse.tables import Changes

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer

pytestmark = pytest.mark.warehouse


@pytest.fixture
def in_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    return Loaded(new_database("postgresql", tmp_path, request))


@pytest.fixture
def in_duckdb(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    return Loaded(new_database("duckdb", tmp_path, request))


def failure(warehouse: Loaded, *lines: bytes, **options: Any) -> SyncFailed:
    with pytest.raises((duckdb.Error, psycopg.Error)) as failed:
        warehouse.read(*lines, **options)
    return warehouse_failure(failed.value, warehouse.database.warehouse, "jobs")


def test_the_later_of_two_versions_of_a_record_counts(warehouse: Loaded) -> None:
    """Also where PostgreSQL puts short rows into the free space of earlier pages."""
    rng = Random(1)
    names = [f"{number:04}" for number in range(1_000)]
    earlier = [record(name, name="x" * rng.choice((50, 300, 1_500, 1_900))) for name in names]
    warehouse.read(*earlier, *(record(name, name="later") for name in names), state(1))
    assert warehouse.rows("SELECT name, count(*) FROM jobs GROUP BY name") == [("later", 1_000)]


def test_settings_of_the_session(warehouse: Loaded, tmp_path: Path) -> None:
    """Time zone and encoding; also in a column to which somebody gave a time zone."""
    settings = {"TZ": "America/New_York", "PGTZ": "America/New_York", "PGCLIENTENCODING": "LATIN1"}
    with phenom_sandbox.running(seed=2, jobs=3, applications=3) as local:
        for job in local.tenant.open_jobs():
            local.tenant.set_job(job["jobId"], {"title": "Köchin"})
        config = write_config(tmp_path, local.config)
        target = ("--warehouse", warehouse.database.address)
        arguments = ("--config", config, *target, "--streams", "jobs", "--full-refresh")
        first = phenom_sync(*arguments, cwd=tmp_path)
        assert first.exit_code == 0, first.stderr
        warehouse.rows("ALTER TABLE jobs ALTER COLUMN _airbyte_extracted_at TYPE TIMESTAMPTZ")
        second = phenom_sync(*arguments, cwd=tmp_path, environment=settings)
    assert second.exit_code == 0, second.stderr
    assert warehouse.rows("SELECT DISTINCT name FROM jobs") == [("Köchin",)]
    ((read_at,),) = warehouse.rows("SELECT min(_airbyte_extracted_at AT TIME ZONE 'UTC') FROM jobs")
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert abs(now - read_at) < timedelta(minutes=10)


def test_a_database_with_another_encoding(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    warehouse = Loaded(postgres_schema(postgres.url("latin"), "recruiting"))
    warehouse.read(record("a", name="Köln"), state(1))
    assert warehouse.rows() == [("a", "Köln")]
    refused = failure(warehouse, record("a", name="😀"), state(2))
    assert "cannot store a character of stream jobs" in refused.message
    assert warehouse.rows() == [("a", "Köln")]


def test_ids_of_type_uuid(warehouse: Loaded) -> None:
    warehouse.read(owned("a"), owned("b"), state(1))
    warehouse.rows("ALTER TABLE jobs ALTER COLUMN id TYPE UUID USING id::UUID")
    changes = warehouse.read(
        owned("a", name="x"), owned("c"), state(2), COMPLETE, full_refresh=True
    )
    assert changes == Changes(new=1, changed=1, deleted=1)


def test_first_syncs_of_several_tenants_side_by_side(in_postgres: Loaded) -> None:
    tenants = ("a", "b", "c", "d")

    def sync(tenant: str) -> Changes:
        return in_postgres.read(owned("x", tenant), state(1), integration_id=tenant)

    with ThreadPoolExecutor(len(tenants)) as threads:
        assert list(threads.map(sync, tenants)) == [Changes(new=1)] * len(tenants)
    assert in_postgres.rows("SELECT count(*) FROM jobs") == [(len(tenants),)]
    assert in_postgres.states() == {f"{tenant}:jobs": 1 for tenant in tenants}


@pytest.mark.parametrize("full_refresh", [False, True])
def test_two_syncs_of_one_tenant_side_by_side(in_postgres: Loaded, full_refresh: bool) -> None:
    """The one that ends later fails: its rows and the other's would not fit to one state."""
    in_postgres.read(owned("a", name="first"), state(1))

    def lines() -> Iterator[bytes]:
        in_postgres.read(owned("a", name="changed"), state(2))
        yield state(3)
        yield COMPLETE

    with pytest.raises(SyncFailed, match="Another sync loaded the stream jobs meanwhile"):
        in_postgres.read(lines=lines(), full_refresh=full_refresh)
    assert in_postgres.rows("SELECT name FROM jobs") == [("changed",)]
    assert in_postgres.states() == {"jobs": 2}


def test_a_table_that_is_locked(postgres: PostgresServer) -> None:
    options = "&options=-c%20lock_timeout%3D100"
    warehouse = Loaded(postgres_schema(postgres.url(), "locked", options))
    warehouse.read(record("a"), state(1))
    with_grade = {**PROPERTIES, "grade": TEXT}
    with psycopg.connect(postgres.url()) as other:
        other.execute("SELECT * FROM locked.jobs")
        refused = failure(warehouse, record("a", grade="x"), state(2), properties=with_grade)
    assert "is locked: another session" in refused.message
    assert "pg_stat_activity" in refused.advice
    assert warehouse.states() == {"jobs": 1}
    changes = warehouse.read(record("a", grade="x"), state(2), properties=with_grade)
    assert changes == Changes(changed=1)


def test_nothing_waits_for_ever_for_a_lock(in_postgres: Loaded) -> None:
    dialect = open_warehouse(in_postgres.database.warehouse)
    assert dialect.execute("SHOW lock_timeout") == [("5min",)]
    dialect.close()


def test_a_connection_that_is_ended(in_postgres: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    # With a queue of one, the first commit has ended when the second is submitted.
    monkeypatch.setattr(load, "MAX_QUEUED", 1)

    def lines() -> Iterator[bytes]:
        yield from (record("a"), state(1), record("b"), state(2))
        in_postgres.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'phenom sync'"
        )
        yield from (record("c"), state(3))

    with pytest.raises(psycopg.Error) as ended:
        in_postgres.read(lines=lines())
    failed = warehouse_failure(ended.value, in_postgres.database.warehouse, "jobs")
    assert failed.advice == "Run the sync again: it continues from its last commit."
    rows = [key for (key,) in in_postgres.rows("SELECT id FROM jobs ORDER BY id")]
    assert rows == ["a", "b"][: in_postgres.states()["jobs"]]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE VIEW jobs AS SELECT 1 AS id", '"jobs" already exists'),
        ('CREATE TABLE jobs ("ID" VARCHAR)', "Column with name id already exists"),
    ],
)
def test_something_else_has_the_name(in_duckdb: Loaded, statement: str, message: str) -> None:
    in_duckdb.rows(statement)
    assert message in failure(in_duckdb, record("a"), state(1)).message
