"""Lines that the loader cannot take, and values that a table refuses: what the message says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

from integration_tests.warehouse.databases import new_database
from integration_tests.warehouse.loading import (
    COMPLETE,
    PROPERTIES,
    Loaded,
    line,
    record,
    state,
    status,
)
from phenom_cli.warehouse.columns import column_types
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.sql_names import sql_name

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer

pytestmark = pytest.mark.warehouse


def failed(warehouse: Loaded, *lines: bytes, types: Mapping[str, str] | None = None) -> SyncFailed:
    with pytest.raises((duckdb.Error, psycopg.Error)) as refused:
        warehouse.read(*lines)
    return warehouse_failure(refused.value, warehouse.database.warehouse, "jobs", types)


def of_type(kind: str, **content: Any) -> bytes:
    return line({"type": "STATE", "state": {"type": kind, **content}})


@pytest.mark.parametrize(
    ("state_line", "kind"),
    [
        (of_type("GLOBAL", **{"global": {"stream_states": []}}), "GLOBAL"),
        (of_type("LEGACY", data={}), "LEGACY"),
        (of_type("STREAM"), "STREAM, but without a stream"),
        (line({"type": "STATE"}), "unknown"),
    ],
    ids=["global", "legacy", "without a stream", "nothing"],
)
def test_a_state_that_is_not_of_a_stream(warehouse: Loaded, state_line: bytes, kind: str) -> None:
    with pytest.raises(SyncFailed, match=f"a state of the type {kind}: phenom sync") as refused:
        warehouse.read(record("a"), state(1), record("b"), state_line)
    assert "Install the connector again" in refused.value.advice
    assert set(warehouse.rows()) <= {("a", None)}


def test_messages_about_streams_that_are_not_read(warehouse: Loaded) -> None:
    others = (record("x", "others"), state(1, "others"), status("COMPLETE", "others"))
    warehouse.read(*others, record("a"), state(1), COMPLETE)
    assert (warehouse.rows(), warehouse.states()) == ([("a", None)], {"jobs": 1})


@pytest.mark.parametrize(
    "broken",
    [
        record("b", name="ada").replace(b"ada", rb"ada\ud800"),
        record("b", name="ada").replace(b"ada", rb"ada\udc00"),
        record("b", location={"city": "ada"}).replace(b"ada", rb"ada\ud800"),
        record("b", name="ada").replace(b"ada", b"ada\xff"),
        record("b", name="ada").replace(b'ada"', b"ada"),
        state(2).replace(b"number", rb"\ud800"),
    ],
    ids=["high", "low", "nested", "bytes", "cut off", "state"],
)
def test_a_line_that_is_not_json(warehouse: Loaded, broken: bytes) -> None:
    with pytest.raises(SyncFailed, match="is not valid JSON: it holds half of a surr") as refused:
        warehouse.read(record("a"), state(1), broken, state(3))
    assert "ada" not in refused.value.message
    assert set(warehouse.rows()) <= {("a", None)}


CHANGED_TYPES = {
    "name": ("INTEGER", "VARCHAR"),
    "location": ("TIMESTAMP", "JSON"),
    "changed_at": ("UUID", "TIMESTAMP"),
    "_airbyte_meta": ("DATE", "JSON"),
    "_airbyte_extracted_at": ("INTEGER", "TIMESTAMP"),
}


@pytest.mark.parametrize("column", CHANGED_TYPES)
def test_a_column_whose_type_somebody_changed(warehouse: Loaded, column: str) -> None:
    """The message names the table, the column, and the statement that gives the type back."""
    changed, original = CHANGED_TYPES[column]
    if warehouse.database.kind == "postgresql":
        original = original.replace("JSON", "JSONB")
    warehouse.read(record("a"), state(1))
    warehouse.rows(f"ALTER TABLE jobs DROP COLUMN {column}")
    warehouse.rows(f"ALTER TABLE jobs ADD COLUMN {column} {changed}")
    types = column_types({"properties": PROPERTIES}, original if "JSON" in original else "JSON")
    schema = warehouse.database.warehouse.postgres_schema
    table = "jobs" if warehouse.database.kind == "duckdb" else f"{schema}.jobs"
    failure = failed(
        warehouse, record("b", name="ada", location={"city": "x"}), state(2), types=types
    )
    assert f"does not fit into the column {column} of {table} (" in failure.message
    assert "ada" not in failure.message
    assert f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {original};" in failure.advice
    assert "phenom sync --full-refresh --streams jobs" in failure.advice


@pytest.mark.parametrize(
    ("statement", "message", "advice"),
    [
        (
            "CREATE TABLE jobs (id VARCHAR, name VARCHAR UNIQUE)",
            "into jobs (rule PRIMARY KEY or UNIQUE) (ConstraintException)",
            "create jobs without the constraint",
        ),
        (
            "CREATE TABLE jobs (id VARCHAR, name VARCHAR CHECK (length(name) < 2))",
            'into jobs (rule CHECK((length("name") < 2)))',
            "create jobs without the constraint",
        ),
        (
            "CREATE TABLE jobs (id VARCHAR UNIQUE, name VARCHAR REFERENCES jobs(id))",
            "into jobs (rule foreign key)",
            "create jobs without the constraint",
        ),
    ],
    ids=["unique", "check", "foreign key"],
)
def test_a_constraint_in_duckdb(
    tmp_path: Path, request: pytest.FixtureRequest, statement: str, message: str, advice: str
) -> None:
    warehouse = Loaded(new_database("duckdb", tmp_path, request))
    warehouse.rows(statement)
    failure = failed(warehouse, record("a", name="ada"), record("b", name="ada"), state(1))
    assert message in failure.message
    assert "ada" not in failure.message
    assert advice in failure.advice


def test_every_word_of_postgresql_can_be_a_name(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url()) as connection:
        words = connection.execute("SELECT word FROM pg_get_keywords()").fetchall()
        for (word,) in words:
            name = sql_name(word)
            for statement in (
                f"CREATE TEMP TABLE {name} ({name} varchar)",
                f"ALTER TABLE {name} ALTER COLUMN {name} DROP NOT NULL",
            ):
                connection.execute(statement.encode())
