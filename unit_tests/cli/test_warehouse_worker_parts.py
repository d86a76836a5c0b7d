"""The worker's parts that need no PyAirbyte: events, failures, the connector's messages, counts."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from phenom_cli.warehouse.connector import Connector
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.failures import SyncFailed, warehouse_failure


def test_secrets_are_masked_wherever_they_are() -> None:
    told = io.StringIO()
    events = Events(told, ["s3cret word", "s3cret"])
    events.emit("error", message="s3cret and s3cret%20word", rows=[{"failure": "s3cret word!"}])
    assert json.loads(told.getvalue()) == {
        "event": "error",
        "message": "**** and ****",
        "rows": [{"failure": "****!"}],
    }


def test_a_value_in_a_database_error_is_not_repeated(tmp_path: Path) -> None:
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


class Heard:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def record(self, stream: str, data: dict[str, Any]) -> None:
        self.events.append(("record", stream, data["id"]))

    def status(self, stream: str, status: str) -> None:
        self.events.append(("status", stream, status))

    def error(self, stream: str | None, message: str) -> None:
        self.events.append(("error", stream, message))

    def warning(self, message: str) -> None:
        self.events.append(("warning", message))

    def end_of_read(self, exit_code: int) -> Iterator[str]:
        self.events.append(("end", exit_code))
        yield '{"type": "RECORD"}'


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


def test_messages_are_heard_and_only_data_pass(tmp_path: Path) -> None:
    record = {"type": "RECORD", "record": {"stream": "jobs", "data": {"id": "1"}}}
    state = {"type": "STATE", "state": {}}
    descriptor = {"name": "jobs"}
    status = {"stream_descriptor": descriptor, "status": "INCOMPLETE"}
    messages: list[Any] = [
        "a stray print",
        {"type": "LOG", "log": {"level": "INFO", "message": "chatter"}},
        {"type": "LOG", "log": {"level": "WARN", "message": "look"}},
        record,
        state,
        trace(type="ERROR", error={"message": "403", "stream_descriptor": descriptor}),
        trace(type="ERROR", error={"message": "all in all"}),
        trace(type="STREAM_STATUS", stream_status=status),
    ]
    heard = Heard()
    connector = Connector(script(tmp_path, messages, 1), tmp_path, heard)
    passed = [json.loads(line) for line in connector.execute(["read"])]
    assert passed == [record, state, {"type": "RECORD"}]
    assert heard.events == [
        ("warning", "look"),
        ("record", "jobs", "1"),
        ("error", "jobs", "403"),
        ("error", None, "all in all"),
        ("status", "jobs", "INCOMPLETE"),
        ("end", 1),
    ]


def test_discovery_fails_with_the_connectors_words(tmp_path: Path) -> None:
    messages = [trace(type="ERROR", error={"message": "'client_id' is required"})]
    connector = Connector(script(tmp_path, messages, 1), tmp_path, Heard())
    connector.start_discovery(b"{}")
    with pytest.raises(SyncFailed, match="'client_id' is required"):
        connector.discovered()


def test_discovery_that_says_nothing(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 3), tmp_path, Heard())
    connector.start_discovery(b"{}")
    with pytest.raises(SyncFailed, match=r"exit code 3.*a last word"):
        connector.discovered()


def test_configuration_of_a_discovery_is_private(tmp_path: Path) -> None:
    connector = Connector(script(tmp_path, [], 0), tmp_path, Heard())
    connector.start_discovery(b'{"client_secret": "x"}')
    with pytest.raises(SyncFailed):
        connector.discovered()
    written = [path for path in tmp_path.iterdir() if b"client_secret" in path.read_bytes()]
    assert written
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)


def test_connector_that_is_not_there(tmp_path: Path) -> None:
    connector = Connector(str(tmp_path / "absent"), tmp_path, Heard())
    with pytest.raises(SyncFailed, match="cannot be started"):
        connector.start_discovery(b"{}")
