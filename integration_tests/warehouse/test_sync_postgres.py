"""``phenom sync`` into a real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from psycopg import sql

import phenom_sandbox
from integration_tests.source.reading import STREAMS
from integration_tests.warehouse.command import (
    DANGLING,
    EVERY_RECORD_CHANGES,
    NEW_COLUMNS,
    UNTOUCHED,
    filled,
    phenom_sync,
    without_new_columns,
    write_config,
)

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer

pytestmark = pytest.mark.warehouse

# Text that a loader could take for a number, a date or the end of a field.
AWKWARD = ("00123", "1e5", "2024-01-01", "NULL", "\\N", 'a\tb\\c\n"d"', "  ", "\u0000nul", "ß 😀")

COMPARED = {
    "jobs": "remote_id, name, description, status, opened_at, custom_fields::text",
    "candidates": "remote_id, first_name, last_name, phone_numbers::text, location::text",
    "applications": "remote_id, job_id, candidate_id, integration_fields::text",
    "users": "remote_id, email, first_name",
}


@pytest.fixture
def tenant() -> Iterator[Any]:
    with phenom_sandbox.running(seed=12, jobs=60, applications=150) as local:
        for text, job in zip(AWKWARD, list(local.tenant.open_jobs()), strict=False):
            local.tenant.set_job(job["jobId"], {"title": text, "additionalFields": {"code": text}})
        yield local


def test_sync_twice(postgres: PostgresServer, tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    warehouse = ("--warehouse", postgres.url() + "?schema=recruiting")

    first = phenom_sync("--config", config, *warehouse, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    for stream in STREAMS:
        assert first.table[stream]["new"] == first.table[stream]["total"] > 0
    with connected(postgres, "recruiting") as connection:
        for meaning, query in DANGLING.items():
            assert connection.execute(query).fetchone() == (0,), meaning
    gone = next(iter(tenant.tenant.applications()))
    tenant.tenant.delete_application(gone["id"])
    second = phenom_sync("--config", config, *warehouse, cwd=tmp_path)
    assert second.changes()["applications"] == {"new": 0, "changed": 0, "deleted": 1}
    assert second.changes()["jobs"] == UNTOUCHED

    # The same tenant in DuckDB: the same values.
    in_duckdb = phenom_sync("--config", config, cwd=tmp_path)
    assert in_duckdb.exit_code == 0, in_duckdb.stderr
    with (
        connected(postgres, "recruiting") as here,
        duckdb.connect(str(tmp_path / "phenom.duckdb"), read_only=True) as there,
    ):
        for table, columns in COMPARED.items():
            query = f"SELECT {columns} FROM {table} WHERE remote_deleted_at IS NULL"
            found = sorted(map(comparable, here.execute(query).fetchall()))
            assert found == sorted(map(comparable, there.execute(query).fetchall())), table
        names = {name for (name,) in here.execute("SELECT name FROM jobs").fetchall()}
    assert {"00123", "1e5", "2024-01-01"} <= names

    for sync in (first, second):
        assert postgres.password not in sync.stdout + sync.stderr


def comparable(row: tuple[Any, ...]) -> str:
    """The values as text; jsonb writes nested ones in its own way."""
    nested = [isinstance(value, str) and value[:1] in ("{", "[") for value in row]
    values = [
        json.dumps(json.loads(value), sort_keys=True) if is_nested else value
        for value, is_nested in zip(row, nested, strict=True)
    ]
    return repr(values)


def connected(postgres: PostgresServer, schema: str) -> psycopg.Connection[tuple[Any, ...]]:
    connection = psycopg.connect(postgres.url())
    connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
    return connection


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://phenom:wrong-word@127.0.0.1:{port}/postgres", "password authentication"),
        ("postgresql://phenom:{password}@127.0.0.1:{port}/absent", '"absent" does not exist'),
        ("postgresql://phenom:wrong-word@127.0.0.1:9/postgres", "Connection refused"),
        ("postgresql://phenom:wrong-word@127.0.0.1:9/x?schema=Bad-Name", "lower-case letters"),
        ("postgresql://phenom:wrong-word@127.0.0.1:9/x?shema=people", "Did you mean schema?"),
    ],
)
def test_unusable_server(
    postgres: PostgresServer, tenant: Any, tmp_path: Path, url: str, message: str
) -> None:
    config = write_config(tmp_path, tenant.config)
    address = url.format(port=postgres.port, password=postgres.password)
    sync = phenom_sync("--config", config, "--warehouse", address, cwd=tmp_path)
    assert sync.exit_code == 1
    assert message in sync.stderr
    assert "Traceback" not in sync.stderr
    for password in ("wrong-word", postgres.password):
        assert password not in sync.stdout + sync.stderr


def test_role_that_may_not_create_tables(
    postgres: PostgresServer, tenant: Any, tmp_path: Path
) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'read-only-word'")
    config = write_config(tmp_path, tenant.config)
    address = f"postgresql://reader:read-only-word@127.0.0.1:{postgres.port}/postgres"
    sync = phenom_sync("--config", config, "--warehouse", address, cwd=tmp_path)
    assert sync.exit_code == 1
    assert "permission denied for schema public" in sync.stderr
    assert "GRANT USAGE, CREATE ON SCHEMA public TO reader;" in sync.stderr
    assert "Starting the connector" not in sync.stderr
    assert "Traceback" not in sync.stderr
    assert "read-only-word" not in sync.stderr


def test_role_that_may_only_read(postgres: PostgresServer, tenant: Any, tmp_path: Path) -> None:
    """The sync fails before anything is read."""
    config = write_config(tmp_path, tenant.config)
    options = ("--config", config, "--streams", "roles", "--warehouse")
    first = phenom_sync(*options, f"{postgres.url()}?schema=looked_at", cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'visitors-word'")
        connection.execute("GRANT USAGE ON SCHEMA looked_at TO visitor")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA looked_at TO visitor")
    address = f"postgresql://visitor:visitors-word@127.0.0.1:{postgres.port}/postgres"
    sync = phenom_sync(*options, f"{address}?schema=looked_at", cwd=tmp_path)
    assert sync.exit_code == 1
    assert "permission denied for table roles" in sync.stderr
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON looked_at.roles TO visitor;" in sync.stderr
    assert "Starting the connector" not in sync.stderr


@pytest.mark.parametrize("schema", ["order", "user"])
def test_a_schema_named_like_a_word_of_sql(
    postgres: PostgresServer, tenant: Any, tmp_path: Path, schema: str
) -> None:
    config = write_config(tmp_path, tenant.config)
    warehouse = ("--warehouse", f"{postgres.url()}?schema={schema}")
    sync = phenom_sync("--config", config, *warehouse, "--streams", "roles", cwd=tmp_path)
    assert sync.exit_code == 0, sync.stderr
    assert sync.table["roles"]["total"] == 2


def test_tables_of_an_earlier_version_gain_the_new_columns(
    postgres: PostgresServer, tenant: Any, tmp_path: Path
) -> None:
    config = write_config(tmp_path, tenant.config)
    warehouse = ("--warehouse", postgres.url() + "?schema=earlier")
    assert phenom_sync("--config", config, *warehouse, cwd=tmp_path).exit_code == 0
    with connected(postgres, "earlier") as connection:
        before = {table: connection.execute(filled(table)).fetchone() for table in NEW_COLUMNS}
        for statement in without_new_columns():
            connection.execute(statement)
    changed = write_config(tmp_path, {**tenant.config, **EVERY_RECORD_CHANGES})
    done = phenom_sync("--config", changed, *warehouse, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    with connected(postgres, "earlier") as connection:
        after = {table: connection.execute(filled(table)).fetchone() for table in NEW_COLUMNS}
    assert after == before
    assert all(all(counts or ()) for counts in after.values())
