"""``personal_data: pseudonymous``: what a read prints, remembers, logs and keeps on disk."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from source_phenom import manifest
from source_phenom.config import source_config
from source_phenom.listings import spool
from source_phenom.personal_data import personal_data
from source_phenom.reading.earlier_mode import without_old_keys
from source_phenom.snapshot import StreamState, tenant_tag
from unit_tests.personal_data.hidden import HIDDEN, hidden
from unit_tests.personal_data.secrets_of_people import Marks, applied, found_marks, person, tenant
from unit_tests.reading import protocol
from unit_tests.reading.protocol import Tenant
from unit_tests.reading.recruiting import NOW, Printed, Recruiting, read

USER: dict[str, Any] = {"ph_user_id": "u-1"}
HOUR = timedelta(hours=1)


def everything(printed: Printed) -> bytes:
    """All that leaves a run, with the content of the states unpacked."""
    return json.dumps(
        [printed.records, printed.states, printed.remembered(), printed.failures, printed.log],
        ensure_ascii=False,
    ).encode()


def letters(log: list[str]) -> list[str]:
    """What the log says, whatever the order of records was."""
    return sorted("".join(sorted(line)) for line in log)


def by_id(records: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        stream: sorted(rows, key=lambda row: str(row["id"])) for stream, rows in records.items()
    }


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that keeps everything that a run writes to disk."""
    kept = partial(NamedTemporaryFile, dir=tmp_path, delete=False)
    monkeypatch.setattr(spool, "TemporaryFile", kept)
    monkeypatch.setattr(spool, "SpooledTemporaryFile", lambda **_: kept())
    monkeypatch.setattr(spool, "SHARD_IN_MEMORY", 0)
    return tmp_path


def written(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("user", [{}, USER], ids=["alone", "acting user"])
def test_records_are_those_of_full_mode_with_pseudonyms(
    people: Recruiting, user: dict[str, Any]
) -> None:
    full, pseudonymous = read(people, **user), read(people, **user, **HIDDEN)
    assert pseudonymous.failures == full.failures == []
    assert by_id(pseudonymous.records) == by_id(hidden(full.records))
    assert letters(pseudonymous.log) == letters(full.log)


@pytest.mark.parametrize("user", [{}, USER], ids=["alone", "acting user"])
def test_nothing_personal_leaves_a_run(
    people: Recruiting,
    marks: Marks,
    user: dict[str, Any],
    on_disk: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "airbyte")
    states: dict[str, Any] = {}
    for is_first in (True, False):
        printed = read(people, states, **user, **HIDDEN)
        states = printed.states
        assert any(printed.records.values()) == is_first
        left = (everything(printed), written(on_disk), caplog.text.encode())
        assert all(left)
        assert found_marks(*left) == set()


def test_the_search_finds_the_values_of_full_mode(
    people: Recruiting, marks: Marks, on_disk: Path
) -> None:
    printed = read(people, **USER)
    assert found_marks(written(on_disk))
    shown = found_marks(everything(printed))
    # The others are in applications that are not their candidate's newest, or in no column.
    assert len(shown) > len(marks.all) / 2


def test_columns_that_are_not_personal_are_equal(people: Recruiting) -> None:
    full, pseudonymous = read(people, **USER), read(people, **USER, **HIDDEN)
    for stream, rows in full.records.items():
        properties = manifest.schema(stream)["properties"]
        clear = [name for name, schema in properties.items() if not schema["x-personal-data"]]

        def values(records: list[dict[str, Any]], names: list[str] = clear) -> list[str]:
            return sorted(json.dumps([row[name] for name in names]) for row in records)

        assert values(rows) == values(pseudonymous.records[stream])


def test_changes_are_seen_as_in_full_mode(people: Recruiting, marks: Marks) -> None:
    """Also those of the candidate whose id is an e-mail address: requests need the real one."""
    modes: dict[str, dict[str, Any]] = {"full": USER, "hidden": {**USER, **HIDDEN}}
    states = {name: read(people, **mode).states for name, mode in modes.items()}
    for number, each in enumerate(people.applied):
        if each.own is not None:
            each.own["hiringStatus"] = {"value": f"Stage {number + 10}"}
            each.history[0]["updatedValue"] = f"Stage {number + 10}"
    people.applied[2].row["candidateData"]["lastName"] = marks.text()
    del people.applied[5]
    for profile in people.profiles:
        profile["updatedDate"] = int(NOW.timestamp() * 1000)
    later = NOW + HOUR
    full, pseudonymous = (
        read(people, states[name], now=later, **mode) for name, mode in modes.items()
    )
    emitted = {stream: len(rows) for stream, rows in full.records.items() if rows}
    assert emitted["applications"] > 3
    assert emitted["application_activities"] == 3
    assert {stream: len(rows) for stream, rows in pseudonymous.records.items() if rows} == emitted
    after = read(people, **modes["hidden"])
    for stream, rows in pseudonymous.records.items():
        whole = {row["id"]: row for row in after.records[stream]}
        for row in rows:
            if row["remote_deleted_at"] is None:
                assert {**row, "changed_at": ""} == {**whole[row["id"]], "changed_at": ""}


def test_a_stage_that_only_the_applicants_of_the_job_show(people: Recruiting) -> None:
    """They are matched by candidate id, also if that is an address."""
    people.applied[4] = replace(people.applied[4], own=None, addresses=())
    full, pseudonymous = read(people, **USER), read(people, **USER, **HIDDEN)
    stages = [
        {row["remote_id"]: row["current_stage"] for row in printed.records["applications"]}
        for printed in (full, pseudonymous)
    ]
    assert stages[0] == stages[1]
    assert stages[0][people.applied[4].row["id"]] == "Stage 4"


DELTAS: dict[str, Any] = {"full_scan_hours": 24}
APPLYING = ("applications", "candidates")


def is_delta(printed: Printed) -> bool:
    return any(": a delta, as the last full scan" in line for line in printed.log)


def test_requests_are_those_of_full_mode(people: Recruiting) -> None:
    """A pseudonym is no id in Phenom."""
    asked: list[set[str]] = []
    modes: list[dict[str, Any]] = [{}, HIDDEN]
    for mode in modes:
        people.asked.clear()
        first = read(people, **USER, **DELTAS, **mode)
        for profile in people.profiles:
            profile["updatedDate"] = int(NOW.timestamp() * 1000)
        assert is_delta(read(people, first.states, now=NOW + HOUR, **USER, **DELTAS, **mode))
        asked.append(set(people.asked))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("user", [{}, USER], ids=["alone", "acting user"])
def test_deltas_hide_what_full_scans_hide(
    people: Recruiting,
    marks: Marks,
    user: dict[str, Any],
    on_disk: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """New candidates, new applications of known ones, and a change that only the search shows."""
    caplog.set_level(logging.DEBUG, "airbyte")
    known = people.applied[2].row["candidateData"]
    as_id = people.applied[4].row["candidateData"]
    options = {**user, **DELTAS, **HIDDEN}
    first = read(people, **options)
    quiet = read(people, first.states, now=NOW + HOUR, **options)
    assert is_delta(quiet)
    assert not any(quiet.records.values())
    new = [person(marks, marks.address()), known, as_id, person(marks, marks.address(), id="c-9")]
    for number, data in enumerate(new):
        people.applied.append(applied(7_200 + number, marks, data))
    for profile in people.profiles:
        profile["updatedDate"] = int((NOW + HOUR).timestamp() * 1000)
    delta = read(people, quiet.states, now=NOW + 2 * HOUR, **options)
    assert is_delta(delta)
    assert delta.failures == []
    assert len(delta.records["applications"]) >= len(new)
    assert len(delta.records["candidates"]) >= 2
    on_disk_now = written(on_disk)
    now = by_id(hidden(read(people, **user).records))
    for stream in APPLYING:
        warehouse = {row["id"]: row for each in (first, delta) for row in each.records[stream]}
        same = [{**row, "changed_at": ""} for _, row in sorted(warehouse.items())]
        assert same == [{**row, "changed_at": ""} for row in now[stream]]
    later = read(people, delta.states, now=NOW + 3 * HOUR, **options)
    assert is_delta(later)
    assert not any(later.records.values())
    runs = [everything(each) for each in (first, quiet, delta, later)]
    assert on_disk_now
    assert found_marks(*runs, on_disk_now, caplog.text.encode()) == set()


def test_what_deltas_keep_on_disk_is_encrypted(people: Recruiting, on_disk: Path) -> None:
    for mode, is_readable in (({}, True), (HIDDEN, False)):
        first = read(people, streams=APPLYING, **DELTAS, **mode)
        for file in on_disk.iterdir():
            file.unlink()
        assert is_delta(read(people, first.states, streams=APPLYING, **DELTAS, **mode))
        assert written(on_disk)
        assert bool(found_marks(written(on_disk))) is is_readable


@pytest.mark.parametrize("user", [{}, USER], ids=["alone", "acting user"])
def test_a_changed_mode_or_key_means_a_full_scan(people: Recruiting, user: dict[str, Any]) -> None:
    modes: list[dict[str, Any]] = [{}, HIDDEN, {**HIDDEN, "pseudonym_key": "another-key-for-tests"}]
    for before in modes:
        for after in modes:
            first = read(people, streams=APPLYING, **user, **DELTAS, **before)
            second = read(people, first.states, streams=APPLYING, **user, **DELTAS, **after)
            assert is_delta(second) is (before == after)


def test_sources_that_full_mode_remembers_are_dropped(people: Recruiting) -> None:
    """An override may have led an address into the sources, which the state has for deltas."""
    override = {
        "model": "candidates",
        "field": "source",
        "paths": ["candidateData.contactData.email"],
    }
    options: dict[str, Any] = {**DELTAS, "field_overrides": [override]}
    full = read(people, streams=APPLYING, **options)
    tenant_of_state = tenant_tag(protocol.GATEWAY, "phenom")
    state = StreamState.parse(full.states["candidates"], tenant=tenant_of_state)
    assert found_marks(json.dumps(dict(state.extras)).encode())
    personal = personal_data(source_config({**protocol.CONFIG, **options, **HIDDEN}))
    kept, old_keys = without_old_keys("candidates", state, personal)
    assert old_keys
    assert (
        found_marks(json.dumps(kept.dump()).encode(), json.dumps(dict(kept.extras)).encode())
        == set()
    )
    assert not kept.snapshot.labelled
    hiding = read(people, full.states, now=NOW + HOUR, streams=APPLYING, **options, **HIDDEN)
    assert not is_delta(hiding)
    assert found_marks(everything(hiding)) == set()
    hidden_delta = read(people, hiding.states, streams=APPLYING, **options, **HIDDEN)
    assert found_marks(everything(hidden_delta)) == set()


def test_switching_the_mode_and_back(people: Recruiting, marks: Marks) -> None:
    def after(printed: Printed, before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        rows = {row["id"]: row for stream in printed.records.values() for row in stream}
        return before | rows

    def live(rows: dict[str, dict[str, Any]]) -> Any:
        kept = [row for row in rows.values() if row["remote_deleted_at"] is None]
        return sorted(json.dumps({**row, "changed_at": ""}, sort_keys=True) for row in kept)

    modes: list[dict[str, Any]] = [{}, HIDDEN, {**HIDDEN, "pseudonym_key": "another-key-for-tests"}]
    modes += [HIDDEN, {}]
    warehouse: dict[str, dict[str, Any]] = {}
    states: dict[str, Any] = {}
    for number, mode in enumerate(modes):
        printed = read(people, states, now=NOW + number * HOUR, **USER, **mode)
        assert printed.failures == []
        if mode:
            assert found_marks(everything(printed)) == set()
        warehouse, states = after(printed, warehouse), printed.states
        assert live(warehouse) == live(after(read(people, **USER, **mode), {}))
        quiet = read(people, states, now=NOW + number * HOUR, **USER, **mode)
        assert not any(quiet.records.values())
    # What full mode left in the warehouse is gone from the rows that were deleted since.
    gone = [row for row in warehouse.values() if row["remote_deleted_at"] is not None]
    assert gone
    assert found_marks(json.dumps(gone).encode()) == set()


def test_a_run_that_reads_nothing_passes_on_no_address(tmp_path: Path, marks: Marks) -> None:
    denied = Tenant(jobs={"external": tenant(marks).jobs})
    with denied.served():
        full = protocol.read(tmp_path, streams=["users"])
    assert found_marks(json.dumps(full.messages).encode())
    denied.denied = ("/jobs-api/v1/jobs",)
    with denied.served():
        printed = protocol.read(tmp_path, HIDDEN, full.states, streams=["users"])
    assert printed.failures
    rows = printed.records["users"]
    assert {row["id"] for row in rows} == {row["id"] for row in full.records["users"]}
    assert all(row["remote_deleted_at"] for row in rows)
    (state,) = printed.states
    blob = state["stream"]["stream_state"]
    remembered = StreamState.parse(blob, tenant=tenant_tag(protocol.GATEWAY, "phenom"))
    assert len(remembered.snapshot) == 0
    assert found_marks(json.dumps(printed.messages).encode()) == set()


@pytest.mark.parametrize(
    "encoded",
    [
        b"ZQMARK7x",
        "Zqmark7x".encode("utf-16-le"),
        "Zqmark7x".encode("utf-16-be"),
        b64encode(b"Zqmark7x"),
        b64encode(b" Zqmark7x"),
        b64encode(b"  ZQMARK7X"),
        b"Zqmark7x".hex().encode(),
        b"\\u005a\\u0071\\u006d\\u0061\\u0072\\u006b",
        b"%5A%71%6D%61%72%6B",
    ],
)
def test_the_search_finds_encoded_values(encoded: bytes) -> None:
    assert found_marks(b"{before " + encoded + b" after}")
    assert not found_marks(b"{before " + encoded[:6] + b" after}")
