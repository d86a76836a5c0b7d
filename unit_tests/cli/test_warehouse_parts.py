"""Failures of warehouses, and the messages of the connector."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from phenom_cli.address import Warehouse, parse_warehouse
from phenom_cli.warehouse import run
from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.dialect import Dialect
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.monitor import (
    RECORDS_BETWEEN_CLOCK_READINGS,
    ReadMonitor,
    fail_if_nothing_was_read,
    failure_sentences,
)
from phenom_cli.warehouse.states import TenantIdentity

FILE = parse_warehouse("w.duckdb")
DATABASE = parse_warehouse("postgresql://loader:word@db/hr?schema=people")


def test_a_value_in_a_database_error_is_not_repeated() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as refused:
        connection.execute("SELECT CAST('ada@example.com' AS INTEGER)")
    failure = warehouse_failure(refused.value, FILE)
    assert "ada" not in failure.message
    assert "ConversionException" in failure.message


def test_an_unexpected_error_is_reported_by_its_type() -> None:
    unknown = warehouse_failure(ValueError("ada@example.com"), FILE)
    assert "ValueError" in unknown.message
    assert "ada" not in unknown.message
    assert "PHENOM_TRACEBACK" in unknown.advice


def test_a_file_in_use() -> None:
    busy = duckdb.IOException("IO Error: Could not set lock on file")
    assert "in use by another program" in warehouse_failure(busy, FILE).message


def test_a_damaged_file_is_not_reported_as_in_use() -> None:
    words = "Corrupt database file: computed checksum 1 does not match stored checksum 2 in block 7"
    failure = warehouse_failure(duckdb.IOException(f"IO Error: {words}"), FILE)
    assert "cannot be opened or written (the file is damaged)" in failure.message
    assert "permissions" not in failure.advice


def test_an_unknown_option_of_the_url() -> None:
    with pytest.raises(psycopg.Error) as refused:
        psycopg.connect("postgresql://db/hr?shema=people")
    failure = warehouse_failure(refused.value, DATABASE)
    assert failure.message.endswith("does not exist: shema. Did you mean schema?")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ('Cannot open file "/w: x.duckdb": Permission denied', "written (Permission denied)."),
        ('Cannot open file "/w.duckdb": Read-only file system', "(Read-only file system)."),
        ('Could not write file "/w.duckdb": No space left on device', "(No space left on device)."),
        ("Something else", "cannot be opened or written."),
        (
            "Trying to read a database file with version number 99, but we can only read others.\n",
            "was made by another version of DuckDB",
        ),
    ],
)
def test_a_file_that_cannot_be_used(words: str, message: str) -> None:
    failure = warehouse_failure(duckdb.IOException(f"IO Error: {words}"), FILE)
    assert message in failure.message
    assert failure.advice


def test_no_room_for_temporary_files() -> None:
    failure = warehouse_failure(OSError(28, "No space left on device"), FILE)
    assert "No space left" in failure.message
    assert "TMPDIR" in failure.advice


class Diagnostics:
    table_name: str | None = None
    column_name: str | None = None
    constraint_name: str | None = None
    context: str | None = None

    def __init__(self, sqlstate: str, message_primary: str, **more: str) -> None:
        self.sqlstate, self.message_primary = sqlstate, message_primary
        vars(self).update(more)


def refused(sqlstate: str, words: str, warehouse: Warehouse = DATABASE, **more: str) -> SyncFailed:
    """The failure that an error of PostgreSQL is turned into."""

    class Refused(psycopg.Error):
        diag = Diagnostics(sqlstate, words, **more)  # type: ignore[assignment]

    return warehouse_failure(Refused(), warehouse, "candidates")


def test_names_that_need_quotes() -> None:
    warehouse = parse_warehouse("postgresql://user:word@db/hr?schema=order")
    for words, statement in (
        ("permission denied for schema order", 'GRANT USAGE, CREATE ON SCHEMA "order" TO "user";'),
        ("permission denied for table jobs", 'ON "order".jobs TO "user";'),
        ("permission denied for database My Data", 'ON DATABASE "My Data" TO "user";'),
        ("must be owner of table jobs", 'ALTER TABLE "order".jobs OWNER TO "user";'),
    ):
        assert statement in refused("42501", words, warehouse).advice
    not_null = refused("23502", "", warehouse, table_name="jobs", column_name="name")
    assert 'ALTER TABLE "order".jobs ALTER COLUMN name DROP NOT NULL;' in not_null.advice
    assert 'the column name of "order".jobs' in not_null.message


def test_a_role_whose_name_needs_quotes() -> None:
    warehouse = parse_warehouse("postgresql://me%40tenant:word@db/hr?schema=people")
    failure = refused("42501", "permission denied for schema people", warehouse)
    assert failure.advice.endswith('GRANT USAGE, CREATE ON SCHEMA people TO "me@tenant";')


@pytest.mark.parametrize(
    "words",
    [
        "consuming input failed: server closed the connection unexpectedly",
        "the connection is lost",
        "the connection is closed",
    ],
)
def test_a_connection_that_broke(words: str) -> None:
    failure = warehouse_failure(psycopg.OperationalError(words), DATABASE)
    assert failure.message.startswith("The connection to the warehouse postgresql://loader@db/hr")
    assert failure.advice == "Run the sync again: it continues from its last commit."


def test_a_disk_that_is_full_at_a_commit() -> None:
    words = 'Failed to commit: Could not write file "/w.duckdb.wal": No space left on device'
    error = duckdb.TransactionException(f"TransactionContext Error: {words}")
    failure = warehouse_failure(error, FILE)
    assert "(No space left on device)" in failure.message
    assert "free space" in failure.advice


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(143)])
def test_a_signal_during_a_query(
    interruption: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB turns what the signal raised into an error of its own."""

    def interrupted(warehouse: Warehouse) -> Dialect:
        raise RuntimeError("Query interrupted") from interruption

    monkeypatch.setattr(run, "open_warehouse", interrupted)
    tenant = TenantIdentity("phenom")
    request = run.Request("connector", {}, tenant, lambda model, key: key, FILE, [])
    with pytest.raises(type(interruption)):
        run.sync(request, lambda event: None, lambda: 0.0, lambda: datetime.now(timezone.utc))


@pytest.mark.parametrize(
    ("failure", "column", "advice"),
    [
        (
            refused("22P02", '"ada"', context='COPY stage, line 3, column opened_at: "ada"'),
            "the column opened_at of people.candidates",
            "--full-refresh --streams candidates",
        ),
        (
            refused("23502", "ada", table_name="candidates", column_name="name"),
            "the column name of people.candidates",
            "ALTER TABLE people.candidates ALTER COLUMN name DROP NOT NULL;",
        ),
        (
            refused("23514", "ada", table_name="candidates", constraint_name="adults"),
            "people.candidates (rule adults)",
            "ALTER TABLE people.candidates DROP CONSTRAINT adults;",
        ),
    ],
)
def test_a_value_that_a_column_refuses(failure: SyncFailed, column: str, advice: str) -> None:
    assert "stream candidates" in failure.message
    assert column in failure.message
    assert "ada" not in failure.message
    assert advice in failure.advice


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("permission denied for schema people", "GRANT USAGE, CREATE ON SCHEMA people TO loader;"),
        (
            "permission denied for table jobs",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON people.jobs TO loader;",
        ),
        (
            "permission denied for database hr",
            "GRANT CREATE, TEMPORARY ON DATABASE hr TO loader;",
        ),
        (
            'permission denied to create temporary tables in database "hr"',
            "GRANT TEMPORARY ON DATABASE hr TO loader;",
        ),
        ("must be owner of table jobs", "ALTER TABLE people.jobs OWNER TO loader;"),
    ],
)
def test_a_missing_right_names_the_grant(words: str, advice: str) -> None:
    failure = refused("42501", words)
    assert words in failure.message
    assert advice in failure.advice


def script(folder: Path, lines: list[Any], exit_code: int) -> str:
    """A connector that always prints these messages."""
    path = folder / "connector"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(
        f"#!{sys.executable}\nimport sys\nprint({text!r})\n"
        f"print('a last word', file=sys.stderr)\nsys.exit({exit_code})\n",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return str(path)


def trace(**members: Any) -> dict[str, Any]:
    return {"type": "TRACE", "trace": {"emitted_at": 1.0, **members}}


def heard(
    *messages: dict[str, Any], streams: Sequence[str] = ("jobs", "users")
) -> tuple[ReadMonitor, list[dict[str, Any]]]:
    """A monitor that got the messages, and the events that it sent."""
    events: list[dict[str, Any]] = []
    monitor = ReadMonitor(streams, events.append, monotonic=lambda: 0.0)
    for message in messages:
        monitor.message(message)
    return monitor, events


def status(stream: str, value: str) -> dict[str, Any]:
    about = {"stream_descriptor": {"name": stream}, "status": value}
    return trace(type="STREAM_STATUS", stream_status=about)


def test_how_streams_ended_and_why() -> None:
    denied = {"message": "403", "stream_descriptor": {"name": "users"}}
    monitor, events = heard(
        {},
        {"type": "LOG", "log": {"level": "INFO", "message": "chatter"}},
        {"type": "LOG", "log": {"level": "WARN", "message": "look"}},
        status("jobs", "STARTED"),
        status("jobs", "RUNNING"),
        status("jobs", "COMPLETE"),
        trace(type="ERROR", error=denied),
        trace(type="ERROR", error={"message": "all in all"}),
        status("users", "INCOMPLETE"),
    )
    assert (monitor.failure("jobs", "?"), monitor.failure("users", "?")) == (None, "403")
    assert [event for event in events if event["event"] != "progress"] == [
        {"event": "warning", "message": "look"},
        {"event": "stream", "stream": "jobs", "status": "reading"},
        {"event": "stream", "stream": "jobs", "status": "complete"},
        {"event": "stream", "stream": "users", "status": "failed"},
    ]


def failed(stream: str, message: str) -> dict[str, Any]:
    about = {"name": stream}
    return trace(type="ERROR", error={"message": message, "stream_descriptor": about})


def test_a_read_without_records_reports_each_reason_once(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3))
    assert list(connector.read({}, {}, []))
    monitor, _ = heard(
        failed("employees", "Stream employees: GET /scim/Users is denied."),
        failed("users", "Stream users: GET /users is denied."),
        failed("users_of_jobs", "Stream users_of_jobs: GET /users is denied."),
        trace(type="ERROR", error={"message": "all in all"}),
        streams=["employees", "users", "users_of_jobs"],
    )
    with pytest.raises(SyncFailed) as caught:
        fail_if_nothing_was_read(connector, monitor)
    assert [*caught.value.earlier, caught.value.message] == [
        "the stream employees failed: GET /scim/Users is denied.",
        "the stream users failed, the stream users_of_jobs failed: GET /users is denied.",
    ]


def test_an_error_of_the_whole_read_is_reported_alone(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3))
    assert list(connector.read({}, {}, []))
    monitor, _ = heard(
        trace(type="ERROR", error={"message": "'client_id' is required"}), failed("users", "so")
    )
    with pytest.raises(SyncFailed) as caught:
        fail_if_nothing_was_read(connector, monitor)
    assert caught.value.message == "'client_id' is required"


def test_a_remedy_names_all_streams_that_need_it() -> None:
    said = "The state of stream {0} cannot be used: read it by --streams {0}, or clear it."
    (sentence,) = failure_sentences({name: said.format(name) for name in ("jobs", "users")}, 3)
    assert (
        sentence == f"the stream jobs failed, the stream users failed: {said.format('jobs,users')}"
    )


def test_one_reason_for_everything() -> None:
    sentences = failure_sentences(dict.fromkeys(("jobs", "users"), "The secret is wrong."), 2)
    assert sentences == ["no stream could be read: The secret is wrong."]
    assert failure_sentences({"jobs": "403"}, 1) == ["the stream jobs failed: 403"]


def test_a_stream_without_a_last_status() -> None:
    monitor, _ = heard(trace(type="ERROR", error={"message": "out of order"}))
    assert monitor.failure("jobs", "?") == "out of order"
    assert heard()[0].failure("jobs", "it did not finish") == "it did not finish"


def test_a_read_without_records_and_messages(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3))
    assert list(connector.read({}, {}, []))
    monitor, _ = heard()
    with pytest.raises(SyncFailed, match=r"exit code 3.*a last word"):
        fail_if_nothing_was_read(connector, monitor)
    monitor.record("jobs")
    fail_if_nothing_was_read(connector, monitor)


def test_progress_is_not_reported_too_often() -> None:
    clock = iter(range(1_000))
    events: list[dict[str, Any]] = []
    monitor = ReadMonitor(["jobs"], events.append, monotonic=lambda: float(next(clock)))
    for _ in range(3 * RECORDS_BETWEEN_CLOCK_READINGS):
        monitor.record("jobs")
    counts = [event["records"]["jobs"] for event in events]
    assert counts == [RECORDS_BETWEEN_CLOCK_READINGS * n for n in (1, 2, 3)]


def test_the_connector_gets_its_input_in_files_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    connector = tmp_path / "connector"
    connector.write_text('#!/bin/sh\nls -A "$(dirname "$0")"\ncat "$3" "$5" "$7"\n')
    connector.chmod(0o755)
    lines = list(Connector(str(connector)).read({"client_secret": "x"}, {"streams": []}, [1]))
    assert b"".join(lines) == b'connector\n{"client_secret": "x"}{"streams": []}[1]'


def test_a_missing_connector(tmp_path: Path) -> None:
    with pytest.raises(SyncFailed, match="cannot be started"):
        list(Connector(str(tmp_path / "absent")).read({}, {}, []))
