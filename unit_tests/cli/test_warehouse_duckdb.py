"""From a connector's lines to a DuckDB file: what is committed, and when."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pytest

from phenom_cli.warehouse import duckdb_load
from phenom_cli.warehouse.duckdb_file import Changes, DuckDBFile, StreamTable
from phenom_cli.warehouse.duckdb_load import Load
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.hearing import ReadMonitor

MOMENT = {"type": ["null", "string"], "format": "date-time"}
TEXT = {"type": ["null", "string"]}
PROPERTIES: dict[str, Any] = {
    "id": {"type": "string"},
    "remote_id": TEXT,
    "changed_at": MOMENT,
    "remote_deleted_at": MOMENT,
    "name": TEXT,
    "location": {"type": ["null", "object"]},
}
EARLIER, LATER = "2026-01-01T10:00:00.123Z", "2026-01-02T10:00:00.000Z"
NOW = datetime(2026, 1, 3, 12, 30, tzinfo=timezone.utc)


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def record(record_id: str, stream: str = "jobs", **data: Any) -> bytes:
    """As the connector prints it."""
    data = {"changed_at": EARLIER, "remote_deleted_at": None, "id": record_id, **data}
    content = {"stream": stream, "data": data, "emitted_at": 1_767_225_600_123}
    return line({"type": "RECORD", "record": content})


def gone(record_id: str) -> bytes:
    return record(record_id, changed_at=LATER, remote_deleted_at=LATER)


def state(number: int, stream: str = "jobs") -> bytes:
    content = {"stream_descriptor": {"name": stream}, "stream_state": {"number": number}}
    return line({"type": "STATE", "state": {"type": "STREAM", "stream": content}})


def status(value: str, stream: str = "jobs") -> bytes:
    about = {"stream_descriptor": {"name": stream}, "status": value}
    return line({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": about}})


COMPLETE = status("COMPLETE")


class Loaded:
    """A DuckDB file that lines are loaded into, one read after the other."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "phenom.duckdb"
        self._folder = folder

    def read(
        self,
        *given: bytes,
        lines: Iterable[bytes] = (),
        full_refresh: bool = False,
        streams: Sequence[str] = ("jobs",),
        properties: dict[str, Any] = PROPERTIES,
    ) -> Changes:
        """Returns the changes of the first stream."""
        schema = {"type": "object", "properties": properties}
        tables = {name: StreamTable({"name": name, "json_schema": schema}) for name in streams}
        file = DuckDBFile(str(self.path), self._folder)
        hearing = ReadMonitor(list(streams), Events(io.StringIO(), []), lambda: 0.0)
        try:
            replaced = [
                name for name in streams if full_refresh and not file.is_empty(tables[name])
            ]
            file.prepare(list(tables.values()))
            places = {name: name for name in streams}
            load = Load(file, tables, places, replaced, hearing, self._folder, lambda: NOW)
            load.run(chain(given, lines))
        finally:
            file.close()
        return load.changes[streams[0]]

    def rows(self, query: str = "SELECT id, name FROM jobs ORDER BY id, name") -> Any:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(query).fetchall()

    def states(self) -> dict[str, int]:
        rows = self.rows("SELECT table_name, state_json FROM _airbyte_state")
        return {name: json.loads(text)["stream"]["stream_state"]["number"] for name, text in rows}


@pytest.fixture
def warehouse(tmp_path: Path) -> Loaded:
    return Loaded(tmp_path)


def test_values_as_they_are(warehouse: Loaded) -> None:
    location = {"city": 'Köln "am" \\ Rhein', "zip": None}
    changes = warehouse.read(
        record("a", name="00123", remote_id="1e5\t\n", location=location), state(1), COMPLETE
    )
    assert changes == Changes(new=1)
    (row,) = warehouse.rows(
        "SELECT name, remote_id, location, changed_at, remote_deleted_at,"
        " _airbyte_extracted_at, _airbyte_meta, length(_airbyte_raw_id) FROM jobs"
    )
    assert json.loads(row[2]) == location
    assert row[:2] == ("00123", "1e5\t\n")
    assert row[3:] == (
        datetime(2026, 1, 1, 10, 0, 0, 123_000),
        None,
        datetime(2026, 1, 1, 0, 0, 0, 123_000),
        "{}",
        36,
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
            id="a stream that nobody asked for",
        ),
    ],
)
def test_what_a_state_covers_is_committed(
    warehouse: Loaded, lines: list[bytes], rows: list[Any], number: int | None
) -> None:
    warehouse.read(*lines)
    assert warehouse.rows() == rows
    assert warehouse.states() == ({} if number is None else {"jobs": number})


def test_streams_that_take_turns(warehouse: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small files and little that may wait: many of them are on their way at a time.
    monkeypatch.setattr(duckdb_load, "FILE_BYTES", 1_000)
    monkeypatch.setattr(duckdb_load, "MOST_WAITING", 2)
    lines: list[bytes] = []
    for number in range(300):
        lines += [record(f"j{number:03}"), record(f"u{number:03}", stream="users")]
    warehouse.read(*lines, state(1), state(2, "users"), streams=("jobs", "users"))
    for table in ("jobs", "users"):
        expected = [(f"{table[0]}{number:03}",) for number in range(300)]
        assert warehouse.rows(f"SELECT id FROM {table} ORDER BY id") == expected
    assert warehouse.states() == {"jobs": 1, "users": 2}
    assert not list(warehouse.path.parent.glob("*.jsonl"))


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


def test_a_full_refresh_that_is_complete(warehouse: Loaded) -> None:
    warehouse.read(*(record(name, remote_id=name.upper()) for name in "abc"), gone("d"), state(1))
    changes = warehouse.read(
        record("a"), record("e"), state(2), record("b", name="x"), state(3), COMPLETE,
        full_refresh=True,
    )  # fmt: skip
    assert changes == Changes(new=1, changed=2, deleted=1)
    assert warehouse.rows("SELECT remote_id, name, changed_at FROM jobs WHERE id = 'c'") == [
        ("C", None, NOW.replace(tzinfo=None))
    ]
    deleted = "SELECT id, remote_deleted_at FROM jobs WHERE remote_deleted_at IS NOT NULL"
    assert dict(warehouse.rows(deleted)) == {
        "c": NOW.replace(tzinfo=None),
        "d": datetime(2026, 1, 2, 10),
    }
    assert warehouse.states() == {"jobs": 3}


def test_a_full_refresh_of_nothing(warehouse: Loaded) -> None:
    warehouse.read(record("a"), state(1))
    changes = warehouse.read(state(2), COMPLETE, full_refresh=True)
    assert changes == Changes(deleted=1)


def test_a_full_refresh_that_breaks_off(warehouse: Loaded) -> None:
    warehouse.read(record("a"), record("b"), state(1))
    changes = warehouse.read(
        record("a", name="new"), state(2), status("INCOMPLETE"), full_refresh=True
    )
    assert changes == Changes()
    assert warehouse.rows() == [("a", None), ("b", None)]
    assert warehouse.states() == {"jobs": 1}
    # Where there was nothing to replace, what was read is worth keeping.
    warehouse.read(
        record("x", stream="users"), state(1, "users"), full_refresh=True, streams=("users",)
    )
    assert warehouse.rows("SELECT id FROM users") == [("x",)]


def test_columns_come_and_stay(warehouse: Loaded) -> None:
    warehouse.read(record("a", name="one"), record("b"), state(1))
    warehouse.rows("ALTER TABLE jobs ADD COLUMN remark VARCHAR")
    warehouse.rows("UPDATE jobs SET remark = 'mine: ' || id")
    fewer = {name: about for name, about in PROPERTIES.items() if name != "name"}
    changes = warehouse.read(
        record("a", grade=7, remote_id="r"),
        record("c", grade=8),
        state(2),
        properties={**fewer, "grade": {"type": "integer"}},
    )
    assert changes == Changes(new=1, changed=1)
    assert warehouse.rows("SELECT id, name, remark, grade, remote_id FROM jobs ORDER BY id") == [
        ("a", "one", "mine: a", 7, "r"),
        ("b", None, "mine: b", None, None),
        ("c", None, None, 8, None),
    ]


def test_a_value_that_does_not_fit_costs_its_checkpoint_alone(warehouse: Loaded) -> None:
    lines = [record("a"), state(1), record("b"), record("c", changed_at="never"), state(2)]
    with pytest.raises(duckdb.Error):
        warehouse.read(*lines)
    assert warehouse.rows() == [("a", None)]
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
