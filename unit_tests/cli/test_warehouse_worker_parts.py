"""The worker's parts that both warehouses share: events, failures, the connector's messages."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure
from phenom_cli.warehouse.hearing import (
    RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK,
    ReadMonitor,
    fail_if_nothing_came,
    told_together,
)


def test_secrets_are_masked_wherever_they_are() -> None:
    told = io.StringIO()
    events = Events(told, ["s3cret word", "s3cret"])
    events.emit("error", message="s3cret and s3cret%20word", rows=[{"failure": "s3cret word!"}])
    assert json.loads(told.getvalue()) == {
        "event": "error",
        "message": "**** and ****",
        "rows": [{"failure": "****!"}],
    }


def test_a_value_in_a_database_error_is_not_repeated() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as refused:
        connection.execute("SELECT CAST('ada@example.com' AS INTEGER)")
    failure = warehouse_failure(refused.value, "w.duckdb")
    assert "ada" not in failure.message
    assert "ConversionException" in failure.message


def test_the_reason_is_found_behind_other_exceptions() -> None:
    class Wrapped(Exception):
        def __init__(self, original: Exception) -> None:
            super().__init__("SELECT 'ada@example.com'")
            self.original_exception = original

    unknown = warehouse_failure(Wrapped(ValueError("ada@example.com")), "w.duckdb")
    assert "ada" not in unknown.message
    busy = Wrapped(duckdb.IOException("IO Error: Could not set lock on file"))
    assert "in use by another program" in warehouse_failure(busy, "w.duckdb").message


def test_a_damaged_file_is_not_called_one_in_use() -> None:
    words = "Corrupt database file: computed checksum 1 does not match stored checksum 2 in block 7"
    failure = warehouse_failure(duckdb.IOException(f"IO Error: {words}"), "w.duckdb")
    assert "cannot be opened or written (the file is damaged)" in failure.message
    assert "permissions" not in failure.advice


def test_an_option_of_the_url_that_there_is_not() -> None:
    unknown = type("ProgrammingError", (Exception,), {"__module__": "psycopg2"})
    error = unknown('invalid dsn: invalid URI query parameter: "schemaa"\n')
    failure = warehouse_failure(error, "postgresql://db/hr")
    assert failure.message.endswith('reached: invalid URI query parameter: "schemaa"')


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
def test_a_file_that_cannot_be_used_says_why(words: str, message: str) -> None:
    failure = warehouse_failure(duckdb.IOException(f"IO Error: {words}"), "w.duckdb")
    assert message in failure.message
    assert failure.advice


def test_no_room_for_temporary_files() -> None:
    failure = warehouse_failure(OSError(28, "No space left on device"), "w.duckdb")
    assert "No space left" in failure.message
    assert "TMPDIR" in failure.advice


def test_postgres_words() -> None:
    class Diagnostics:
        sqlstate = "22P02"
        message_primary = 'invalid input syntax for type json: "ada@example.com"'
        table_name, column_name = "candidates", "location"

    class Refused(psycopg.Error):
        diag = Diagnostics()  # type: ignore[assignment]

    failure = warehouse_failure(Refused(), "postgresql://db/hr")
    assert "candidates.location" in failure.message
    assert "ada" not in failure.message
    Diagnostics.sqlstate, Diagnostics.message_primary = "42501", "permission denied for table jobs"
    assert "permission denied" in warehouse_failure(Refused(), "postgresql://db/hr").message


def script(folder: Path, lines: list[Any], exit_code: int) -> str:
    """A connector that prints these messages, whatever it is asked."""
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
    """What comes of messages, and the events that they cause."""
    told = io.StringIO()
    hearing = ReadMonitor(streams, Events(told, []), monotonic=lambda: 0.0)
    for message in messages:
        hearing.message(message)
    return hearing, [json.loads(line) for line in told.getvalue().splitlines()]


def status(stream: str, value: str) -> dict[str, Any]:
    about = {"stream_descriptor": {"name": stream}, "status": value}
    return trace(type="STREAM_STATUS", stream_status=about)


def test_how_streams_ended_and_why() -> None:
    denied = {"message": "403", "stream_descriptor": {"name": "users"}}
    hearing, events = heard(
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
    assert (hearing.failure("jobs"), hearing.failure("users")) == (None, "403")
    assert [event for event in events if event["event"] != "progress"] == [
        {"event": "warning", "message": "look"},
        {"event": "stream", "stream": "jobs", "status": "reading"},
        {"event": "stream", "stream": "jobs", "status": "complete"},
        {"event": "stream", "stream": "users", "status": "failed"},
    ]


def failed(stream: str, message: str) -> dict[str, Any]:
    about = {"name": stream}
    return trace(type="ERROR", error={"message": message, "stream_descriptor": about})


def test_a_read_that_brought_nothing_tells_every_reason_once(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3), tmp_path)
    assert list(connector.read({}, {}, []))
    hearing, _ = heard(
        failed("employees", "Stream employees: GET /scim/Users is denied."),
        failed("users", "Stream users: GET /users is denied."),
        failed("users_of_jobs", "Stream users_of_jobs: GET /users is denied."),
        trace(type="ERROR", error={"message": "all in all"}),
        streams=["employees", "users", "users_of_jobs"],
    )
    with pytest.raises(SyncFailed) as caught:
        fail_if_nothing_came(connector, hearing)
    assert caught.value.message.splitlines() == [
        "the stream employees failed: GET /scim/Users is denied.",
        "Error: the stream users failed, the stream users_of_jobs failed: GET /users is denied.",
    ]


def test_a_reason_that_is_about_no_stream_goes_first(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3), tmp_path)
    assert list(connector.read({}, {}, []))
    hearing, _ = heard(
        trace(type="ERROR", error={"message": "'client_id' is required"}), failed("users", "so")
    )
    with pytest.raises(SyncFailed) as caught:
        fail_if_nothing_came(connector, hearing)
    assert caught.value.message == "'client_id' is required"


def test_a_remedy_names_all_streams_that_need_it() -> None:
    said = "The state of stream {0} cannot be used: read it by --streams {0}, or clear it."
    (told,) = told_together({name: said.format(name) for name in ("jobs", "users")}, 3)
    assert told == f"the stream jobs failed, the stream users failed: {said.format('jobs,users')}"


def test_one_reason_for_everything() -> None:
    told = told_together(dict.fromkeys(("jobs", "users"), "The secret is wrong."), 2)
    assert told == ["no stream could be read: The secret is wrong."]
    assert told_together({"jobs": "403"}, 1) == ["the stream jobs failed: 403"]


def test_a_stream_that_never_ended() -> None:
    hearing, _ = heard(trace(type="ERROR", error={"message": "out of order"}))
    assert hearing.failure("jobs") == "out of order"
    assert heard()[0].failure("jobs") == "it did not finish"


def test_a_read_that_brought_nothing(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3), tmp_path)
    assert list(connector.read({}, {}, []))
    hearing, _ = heard()
    with pytest.raises(SyncFailed, match=r"exit code 3.*a last word"):
        fail_if_nothing_came(connector, hearing)
    hearing.record("jobs")
    fail_if_nothing_came(connector, hearing)


def test_progress_is_not_told_too_often() -> None:
    told, clock = io.StringIO(), iter(range(1_000))
    hearing = ReadMonitor(["jobs"], Events(told, []), monotonic=lambda: float(next(clock)))
    for _ in range(3 * RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK):
        hearing.record("jobs")
    counts = [json.loads(line)["records"]["jobs"] for line in told.getvalue().splitlines()]
    assert counts == [RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK * n for n in (1, 2, 3)]


def test_discovery_fails_with_the_connectors_words(tmp_path: Path) -> None:
    messages = [trace(type="ERROR", error={"message": "'client_id' is required"})]
    connector = Connector(script(tmp_path, messages, 1), tmp_path)
    connector.start_discovery({})
    with pytest.raises(SyncFailed, match="'client_id' is required"):
        connector.discovered()


def test_discovery_that_says_nothing(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3), tmp_path)
    connector.start_discovery({})
    with pytest.raises(SyncFailed, match=r"exit code 3.*a last word"):
        connector.discovered()


def test_what_the_connector_is_given_is_private(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 0), tmp_path)
    connector.start_discovery({"client_secret": "x"})
    with pytest.raises(SyncFailed):
        connector.discovered()
    assert list(connector.read({"client_secret": "x"}, {}, []))
    written = [path for path in tmp_path.iterdir() if b"client_secret" in path.read_bytes()]
    assert len(written) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)


def test_connector_that_is_not_there(tmp_path: Path) -> None:
    connector = Connector(str(tmp_path / "absent"), tmp_path)
    with pytest.raises(SyncFailed, match="cannot be started"):
        connector.start_discovery({})
