"""What is committed from a connector's lines, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import psycopg
import pytest

from integration_tests.warehouse.loading import (
    COMPLETE,
    LATER,
    MOMENT,
    NOW,
    PROPERTIES,
    TEXT,
    Loaded,
    gone,
    line,
    owned,
    record,
    state,
    status,
)
from phenom_cli.warehouse import load
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.tables import LEFT_SCHEMA, Changes
from source_phenom.models.ids import UnifiedIds

pytestmark = pytest.mark.warehouse


def test_values(warehouse: Loaded) -> None:
    location = {"city": 'Köln "am" \\ Rhein', "zip": None}
    changes = warehouse.read(
        record("a", name="00123", remote_id="1e5\t\n", location=location), state(1), COMPLETE
    )
    assert changes == Changes(new=1)
    (row,) = warehouse.rows(
        "SELECT name, remote_id, location, changed_at, remote_deleted_at,"
        " _airbyte_extracted_at, CAST(_airbyte_meta AS VARCHAR), length(_airbyte_raw_id) FROM jobs"
    )
    assert (json.loads(row[2]) if isinstance(row[2], str) else row[2]) == location
    assert row[:2] == ("00123", "1e5\t\n")
    assert row[3:] == (
        datetime(2026, 1, 1, 10, 0, 0, 123_000),
        None,
        datetime(2026, 1, 1, 0, 0, 0, 123_000),
        "{}",
        36 if warehouse.database.kind == "duckdb" else 32,
    )


def test_a_record_of_any_size(warehouse: Loaded) -> None:
    warehouse.read(record("a"), record("b", name="x" * 20_000_000), record("c"), state(1))
    lengths = warehouse.rows("SELECT id, length(name) FROM jobs ORDER BY id")
    assert lengths == [("a", None), ("b", 20_000_000), ("c", None)]


@pytest.mark.parametrize(
    ("lines", "rows", "number"),
    [
        pytest.param([record("a"), state(1)], [("a", None)], 1, id="a state and its rows"),
        pytest.param(
            [record("a"), state(1), record("b")], [("a", None)], 1, id="rows without a state"
        ),
        pytest.param([record("a")], [], None, id="no state at all"),
        pytest.param([state(1)], [], 1, id="a state without rows"),
        pytest.param(
            [record("a"), state(1), record("b"), state(2)],
            [("a", None), ("b", None)],
            2,
            id="checkpoints",
        ),
        pytest.param(
            [record("a", name="old"), record("b"), record("a", name="new"), state(1)],
            [("a", "new"), ("b", None)],
            1,
            id="twice in one checkpoint: the later one",
        ),
        pytest.param(
            [record("a", name="old"), state(1), record("a", name="new"), state(2)],
            [("a", "new")],
            2,
            id="twice in two checkpoints",
        ),
        pytest.param([record("a"), state(1), record("b")[:-1]], [("a", None)], 1, id="cut off"),
        pytest.param(
            [record("a"), record("b")[:-9], state(1)], [("a", None)], 1, id="cut off in the middle"
        ),
        pytest.param([b"stray print\n", record("a"), state(1)], [("a", None)], 1, id="stray print"),
        pytest.param(
            [json.dumps(json.loads(record("a", name="b")), indent=None).encode() + b"\n", state(1)],
            [("a", "b")],
            1,
            id="spelled otherwise",
        ),
        pytest.param(
            [record("x", stream="unasked"), record("a"), state(1)],
            [("a", None)],
            1,
            id="a stream that was not selected",
        ),
    ],
)
def test_what_a_state_covers_is_committed(
    warehouse: Loaded, lines: list[bytes], rows: list[Any], number: int | None
) -> None:
    warehouse.read(*lines)
    assert warehouse.rows() == rows
    assert warehouse.states() == ({} if number is None else {"jobs": number})


def test_records_of_two_streams_in_turn(warehouse: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small batches and a short queue, so that many of them are on their way.
    monkeypatch.setattr(load, "BATCH_BYTES", 1_000)
    monkeypatch.setattr(load, "MAX_QUEUED", 2)
    lines: list[bytes] = []
    for number in range(300):
        lines += [record(f"j{number:03}"), record(f"u{number:03}", stream="users")]
    warehouse.read(*lines, state(1), state(2, "users"), streams=("jobs", "users"))
    for table in ("jobs", "users"):
        expected = [(f"{table[0]}{number:03}",) for number in range(300)]
        assert warehouse.rows(f"SELECT id FROM {table} ORDER BY id") == expected
    assert warehouse.states() == {"jobs": 1, "users": 2}


def test_changes_are_counted(warehouse: Loaded) -> None:
    warehouse.read(*(record(name) for name in "abcde"), gone("f"), state(1))
    changes = warehouse.read(
        record("a", changed_at=LATER),  # the same again
        record("b", name="renamed"),
        gone("c"),
        gone("f"),
        record("g"),
        state(2),
        record("f"),  # back again
        state(3),
    )
    assert changes == Changes(new=2, changed=1, deleted=1)
    live = "SELECT id FROM jobs WHERE remote_deleted_at IS NULL ORDER BY id"
    assert [name for (name,) in warehouse.rows(live)] == ["a", "b", "d", "e", "f", "g"]


def live(warehouse: Loaded, table: str = "jobs") -> list[str]:
    query = f"SELECT remote_id FROM {table} WHERE remote_deleted_at IS NULL ORDER BY remote_id"
    return [remote_id for (remote_id,) in warehouse.rows(query)]


def test_a_full_refresh_that_is_complete(warehouse: Loaded) -> None:
    warehouse.read(*map(owned, "abc"), owned("d", remote_deleted_at=LATER), state(1))
    changes = warehouse.read(
        owned("a"), owned("e"), state(2), owned("b", name="x"), state(3), COMPLETE,
        full_refresh=True,
    )  # fmt: skip
    assert changes == Changes(new=1, changed=1, deleted=1)
    assert warehouse.rows("SELECT name, changed_at FROM jobs WHERE remote_id = 'c'") == [
        (None, NOW.replace(tzinfo=None))
    ]
    deleted = "SELECT remote_id, remote_deleted_at FROM jobs WHERE remote_deleted_at IS NOT NULL"
    assert dict(warehouse.rows(deleted)) == {
        "c": NOW.replace(tzinfo=None),
        "d": datetime(2026, 1, 2, 10),
    }
    assert warehouse.states() == {"jobs": 3}


def test_a_full_refresh_of_nothing(warehouse: Loaded) -> None:
    warehouse.read(owned("a"), state(1))
    changes = warehouse.read(state(2), COMPLETE, full_refresh=True)
    assert changes == Changes(deleted=1)


def test_a_full_refresh_that_fails(warehouse: Loaded) -> None:
    warehouse.read(owned("a"), owned("b"), state(1))
    changes = warehouse.read(
        owned("a", name="new"), state(2), status("INCOMPLETE"), full_refresh=True
    )
    assert changes == Changes()
    assert warehouse.rows("SELECT remote_id, name FROM jobs ORDER BY 1") == [
        ("a", None),
        ("b", None),
    ]
    assert warehouse.states() == {"jobs": 1}
    # Where there was nothing to replace, what was read is worth keeping.
    warehouse.read(
        record("x", stream="users"), state(1, "users"), full_refresh=True, streams=("users",)
    )
    assert warehouse.rows("SELECT id FROM users") == [("x",)]


def test_a_full_refresh_whose_scan_was_not_complete(warehouse: Loaded) -> None:
    warehouse.read(owned("a"), owned("b"), state(1))
    content = {"stream_descriptor": {"name": "jobs"}}
    blob = {"number": 2, "complete_scan": False}
    incomplete = {"type": "STREAM", "stream": {**content, "stream_state": blob}}
    changes = warehouse.read(
        owned("a", name="new"),
        line({"type": "STATE", "state": incomplete}),
        COMPLETE,
        full_refresh=True,
    )
    assert changes == Changes(changed=1)
    assert live(warehouse) == ["a", "b"]
    # The old state does not cover the new rows: the next sync must read everything again.
    assert warehouse.states() == {}
    assert "not complete: 1 rows" in warehouse.warnings[0]


def test_a_full_refresh_with_a_start_date(warehouse: Loaded) -> None:
    """A row that start_date leaves out was not deleted; only an application's id tells its time."""
    old, new, lasting = "5f0000000000000000000001", "650000000000000000000002", "no time"
    blob = {"number": 2, "start_date": "2022-01-01"}

    def refreshed(stream: str) -> Changes:
        content = {"stream_descriptor": {"name": stream}, "stream_state": blob}
        read = (
            owned("650000000000000000000003", stream=stream),
            line({"type": "STATE", "state": {"type": "STREAM", "stream": content}}),
            status("COMPLETE", stream),
        )
        keys = (old, new, lasting)
        warehouse.read(
            *(owned(key, stream=stream) for key in keys), state(1, stream), streams=(stream,)
        )
        return warehouse.read(*read, full_refresh=True, streams=(stream,))

    assert refreshed("applications") == Changes(new=1, deleted=2)
    kept = "SELECT remote_id FROM applications WHERE remote_deleted_at IS NULL ORDER BY 1"
    assert warehouse.rows(kept) == [(old,), ("650000000000000000000003",)]
    assert warehouse.warnings == []
    assert refreshed("candidates") == Changes(new=1)
    assert "3 rows of candidates were not found" in warehouse.warnings[0]


def test_a_full_refresh_concerns_one_tenants_rows(warehouse: Loaded) -> None:
    theirs = [owned(key, "theirs") for key in "abx"]
    warehouse.read(*map(owned, "abc"), *theirs, state(1))
    changes = warehouse.read(owned("a"), state(2), COMPLETE, full_refresh=True)
    assert changes == Changes(deleted=2)
    assert live(warehouse) == ["a", "a", "b", "x"]
    changes = warehouse.read(state(3), COMPLETE, full_refresh=True, integration_id="nobody")
    assert changes == Changes()
    assert live(warehouse) == ["a", "a", "b", "x"]
    warehouse.read(state(4), COMPLETE, full_refresh=True, integration_id="theirs")
    assert live(warehouse) == ["a"]


JOIN = {
    **{name: PROPERTIES[name] for name in ("id", "changed_at", "remote_deleted_at")},
    "job_id": TEXT,
}
MEMBERS = "job_hiring_team_members"


def members(*tenants: str) -> list[bytes]:
    return [
        record(f"of {tenant}", MEMBERS, job_id=UnifiedIds(tenant).of("jobs", "a"))
        for tenant in tenants
    ]


def refreshed_members(warehouse: Loaded) -> list[str]:
    warehouse.read(
        *(state(2, MEMBERS), status("COMPLETE", MEMBERS)),
        full_refresh=True,
        streams=(MEMBERS,),
        properties=JOIN,
    )
    found = warehouse.rows(f"SELECT id FROM {MEMBERS} WHERE remote_deleted_at IS NULL ORDER BY id")
    return [key for (key,) in found]


def test_rows_without_a_remote_id_are_recognised_by_their_references(warehouse: Loaded) -> None:
    warehouse.read(owned("a"), owned("a", "theirs"), state(1))
    both = members("phenom", "theirs")
    warehouse.read(*both, state(1, MEMBERS), streams=(MEMBERS,), properties=JOIN)
    assert refreshed_members(warehouse) == ["of theirs"]
    assert not warehouse.warnings


def test_rows_of_an_unknown_tenant_stay(warehouse: Loaded) -> None:
    both = members("phenom", "theirs")
    warehouse.read(*both, state(1, MEMBERS), streams=(MEMBERS,), properties=JOIN)
    assert refreshed_members(warehouse) == ["of phenom", "of theirs"]
    assert f"--full-refresh --streams jobs,{MEMBERS}" in warehouse.warnings[0]


def test_columns_are_added_and_left(warehouse: Loaded) -> None:
    warehouse.read(record("a", name="one"), record("b", name="two"), state(1))
    warehouse.rows('ALTER TABLE jobs ADD COLUMN "100%? OK" VARCHAR')
    warehouse.rows("""UPDATE jobs SET "100%? OK" = 'mine: ' || id""")
    fewer = {name: about for name, about in PROPERTIES.items() if name != "name"}
    changes = warehouse.read(
        record("a", grade=7, remote_id="r"),
        record("c", grade=8),
        state(2),
        properties={**fewer, "grade": {"type": "integer"}},
    )
    assert changes == Changes(new=1, changed=1)
    # What left the schema is empty in the rows that were written.
    assert warehouse.rows(
        'SELECT id, name, "100%? OK", grade, remote_id FROM jobs ORDER BY id'
    ) == [
        ("a", None, "mine: a", 7, "r"),
        ("b", "two", "mine: b", None, None),
        ("c", None, None, 8, None),
    ]
    # Also when it left long ago.
    warehouse.read(record("b"), state(3), properties=fewer)
    assert warehouse.rows("""SELECT name, "100%? OK" FROM jobs WHERE id = 'b'""") == [
        (None, "mine: b")
    ]


def test_hard_deletes_are_turned_off(warehouse: Loaded) -> None:
    on = {**PROPERTIES, "_ab_cdc_deleted_at": MOMENT}
    deleted = record("a", remote_deleted_at=LATER, _ab_cdc_deleted_at=LATER)
    warehouse.read(record("a"), deleted, state(1), properties=on)
    warehouse.read(record("b"), state(2))
    warehouse.read(record("a"), state(3))
    assert warehouse.rows(
        "SELECT id FROM jobs WHERE _ab_cdc_deleted_at IS NULL AND remote_deleted_at IS NULL"
        " ORDER BY id"
    ) == [("a",), ("b",)]


def test_views_indexes_grants_and_added_columns_survive(warehouse: Loaded) -> None:
    warehouse.read(record("a"), record("b"), state(1))
    warehouse.rows("ALTER TABLE jobs ADD COLUMN mark VARCHAR DEFAULT 'none'")
    warehouse.rows("CREATE VIEW named AS SELECT id, name FROM jobs WHERE name IS NOT NULL")
    if warehouse.database.kind == "postgresql":
        warehouse.rows("ALTER TABLE jobs ADD COLUMN number INTEGER GENERATED ALWAYS AS IDENTITY")
        warehouse.rows(
            "ALTER TABLE jobs ADD COLUMN twice VARCHAR GENERATED ALWAYS AS (id || id) STORED"
        )
        warehouse.rows("GRANT SELECT ON jobs TO PUBLIC")
        before = dict(warehouse.rows("SELECT id, number FROM jobs"))
    warehouse.rows("UPDATE jobs SET mark = 'mine' WHERE id = 'a'")
    warehouse.rows("CREATE UNIQUE INDEX by_id ON jobs (id)")
    if warehouse.database.kind == "postgresql":
        # A table of others that refers to ours.
        warehouse.rows("CREATE TABLE seen (id VARCHAR REFERENCES jobs (id))")
        warehouse.rows("INSERT INTO seen VALUES ('a')")
    warehouse.read(record("a", name="x"), record("c", name="y"), state(2))
    assert warehouse.rows("SELECT id, mark FROM jobs ORDER BY id") == [
        ("a", "mine"),
        ("b", "none"),
        ("c", "none"),
    ]
    assert warehouse.rows("SELECT id FROM named ORDER BY id") == [("a",), ("c",)]
    if warehouse.database.kind == "postgresql":
        after = dict(warehouse.rows("SELECT id, number FROM jobs"))
        assert {key: after[key] for key in "ab"} == before
        assert warehouse.rows("SELECT twice FROM jobs WHERE id = 'c'") == [("cc",)]
        rights = warehouse.rows("SELECT has_table_privilege('public', 'jobs', 'SELECT')")
        assert rights == [(True,)]


COMMENTS = {
    "duckdb": (
        "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'jobs'",
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'jobs'",
    ),
    "postgresql": (
        """SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
        WHERE attrelid = 'jobs'::regclass AND attnum > 0""",
        "SELECT obj_description('jobs'::regclass)",
    ),
}


def test_comments_of_tables_and_columns(warehouse: Loaded) -> None:
    about_name = {**TEXT, "description": "It's the title."}
    first = {**PROPERTIES, "name": about_name, "remote_id": {**TEXT, "description": "The key."}}
    warehouse.read(record("a"), state(1), properties=first)
    warehouse.rows("COMMENT ON COLUMN jobs.remote_id IS 'Look here'")
    columns, table = COMMENTS[warehouse.database.kind]
    comments = dict(warehouse.rows(columns))
    assert comments["name"] == "It's the title."
    assert "UTC" in comments["changed_at"]
    assert all(comments[f"_airbyte_{name}"] for name in ("raw_id", "extracted_at", "meta"))
    assert warehouse.rows(table) == [("Jobs.",)]
    # Another version has other descriptions; a comment that is not ours stays.
    second = {**first, "name": {**TEXT, "description": "The title."}}
    del second["location"]
    warehouse.read(record("a"), state(2), properties=second)
    comments = dict(warehouse.rows(columns))
    assert comments["name"] == "The title."
    assert comments["remote_id"] == "Look here"
    assert comments["location"] == LEFT_SCHEMA


def test_a_deeply_nested_record(warehouse: Loaded) -> None:
    nested: dict[str, Any] = {}
    for _ in range(198):
        nested = {"a": nested}
    warehouse.read(record("a"), record("b", location=nested), record("c"), state(1))
    assert warehouse.rows("SELECT count(*) FROM jobs") == [(3,)]
    ((found,),) = warehouse.rows("SELECT CAST(location AS VARCHAR) FROM jobs WHERE id = 'b'")
    assert json.loads(found) == nested


def test_nul_characters(warehouse: Loaded) -> None:
    location = {"a\0b": "\0", "back": "\\u0000 \\\0", "end": 1}
    path = "C:\\u0000"
    warehouse.read(
        record("a", name="x\0y", remote_id=path, location=location), record("b"), state(1)
    )
    ((name, remote_id, found),) = warehouse.rows(
        "SELECT name, remote_id, CAST(location AS VARCHAR) FROM jobs WHERE id = 'a'"
    )
    assert remote_id == path
    if warehouse.database.kind == "postgresql":
        assert name == "xy"
        assert json.loads(found) == {"ab": "", "back": "\\u0000 \\", "end": 1}
    else:
        assert json.loads(found) == location


def test_a_json_column_stays_json(warehouse: Loaded) -> None:
    warehouse.read(record("a", location={"city": "A"}), record("b"), state(1))
    kind = "SELECT data_type FROM information_schema.columns WHERE column_name = 'location'"
    if warehouse.database.kind == "postgresql":
        kind += " AND table_schema = current_schema()"
        assert warehouse.rows(kind) == [("jsonb",)]
        warehouse.rows("ALTER TABLE jobs ALTER COLUMN location TYPE json")
    changes = warehouse.read(
        record("a", location={"city": "A"}), record("b", location={"city": "B"}), state(2)
    )
    assert changes == Changes(changed=1)
    assert warehouse.rows(kind)[0][0].lower() == "json"


def counted(number: int, records: float) -> bytes:
    """A state that says how many records there were."""
    message = json.loads(state(number))
    message["state"]["sourceStats"] = {"recordCount": records}
    return line(message)


def test_the_number_of_rows_must_be_the_number_printed(warehouse: Loaded) -> None:
    warehouse.read(record("a"), record("b"), counted(1, 2.0), record("c"), counted(2, 1.0))
    with pytest.raises(SyncFailed, match="printed 3 records of stream jobs and 2 arrived"):
        warehouse.read(record("d"), record("e"), counted(3, 3.0))
    assert [key for key, _ in warehouse.rows()] == ["a", "b", "c"]
    assert warehouse.states() == {"jobs": 2}


def test_rows_that_a_trigger_leaves_out(warehouse: Loaded) -> None:
    if warehouse.database.kind == "duckdb":
        pytest.skip("DuckDB has no triggers")
    warehouse.read(record("a"), state(1))
    warehouse.rows(
        "CREATE FUNCTION nothing() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql"
    )
    warehouse.rows("CREATE TRIGGER t BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION nothing()")
    with pytest.raises(SyncFailed, match="took 1 of 2 rows for the table jobs"):
        warehouse.read(record("a", name="x"), record("b"), state(2))
    assert (warehouse.rows(), warehouse.states()) == ([("a", None)], {"jobs": 1})


def failed(warehouse: Loaded, *lines: bytes) -> SyncFailed:
    with pytest.raises((duckdb.Error, psycopg.Error)) as refused:
        warehouse.read(*lines)
    return warehouse_failure(refused.value, warehouse.database.warehouse, "jobs")


def test_a_value_that_does_not_fit_costs_only_its_checkpoint(warehouse: Loaded) -> None:
    failure = failed(
        warehouse,
        *(record("a"), state(1), record("b"), record("c", changed_at="never mind"), state(2)),
    )
    assert warehouse.rows() == [("a", None)]
    assert warehouse.states() == {"jobs": 1}
    assert "stream jobs" in failure.message
    assert "never mind" not in failure.message
    assert "column changed_at" in failure.message
    assert "--full-refresh --streams jobs" in failure.advice


def test_a_column_that_must_not_be_empty(warehouse: Loaded) -> None:
    warehouse.read(record("a", name="secret"), state(1))
    warehouse.rows("ALTER TABLE jobs ALTER COLUMN name SET NOT NULL")
    failure = failed(warehouse, record("b"), state(2))
    assert "stream jobs" in failure.message
    assert "column name" in failure.message
    assert "jobs ALTER COLUMN name DROP NOT NULL" in failure.advice
    assert "secret" not in failure.message
    assert warehouse.states() == {"jobs": 1}


def test_an_interrupted_read_leaves_whole_checkpoints(warehouse: Loaded) -> None:
    def lines() -> Iterable[bytes]:
        yield record("a")
        yield state(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        warehouse.read(lines=lines())
    assert (warehouse.rows(), warehouse.states()) in (
        ([], {}),
        ([("a", None)], {"jobs": 1}),
    )
