"""A sync that failed must not stand in the way of the next one, in either kind of warehouse."""

from __future__ import annotations

import json
import re
import socket
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.warehouse.command import UNTOUCHED, phenom_sync, write_config
from integration_tests.warehouse.places import KINDS, Place, new_place
from phenom_cli.local_tenant import FIRST_PORT, PORTS
from phenom_sandbox import Access, Fault
from source_phenom.snapshot import Snapshot, StreamState

pytestmark = pytest.mark.warehouse

STREAMS = ("jobs", "applications")


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return new_place(request.param, tmp_path, request)


@pytest.fixture
def tenant() -> Iterator[Any]:
    with phenom_sandbox.running(
        seed=3, jobs=12, applications=20, access=Access(prefix="/right")
    ) as local:
        yield local


def arguments(place: Place, config: Path, streams: Sequence[str] = STREAMS) -> list[str | Path]:
    return ["--config", config, "--warehouse", place.address, "--streams", ",".join(streams)]


def loads_everything(place: Place, config: Path, tmp_path: Path, *more: str) -> None:
    """And nothing in the sync after that."""
    first = phenom_sync(*arguments(place, config), *more, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    for stream in STREAMS:
        assert first.table[stream]["new"] == first.table[stream]["total"] > 0
    second = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert second.exit_code == 0, second.stderr
    assert second.changes() == dict.fromkeys(STREAMS, UNTOUCHED)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [("duckdb", "gateway_url"), ("duckdb", "client_secret"), ("postgresql", "gateway_url")],
    indirect=["place"],
)
def test_a_wrong_configuration_and_then_the_right_one(
    place: Place, tenant: Any, tmp_path: Path, wrong: str
) -> None:
    amiss = {**tenant.config, wrong: tenant.config[wrong].replace("/right", "") + "/wrong"}
    sync = phenom_sync(*arguments(place, write_config(tmp_path, amiss)), cwd=tmp_path)
    assert sync.exit_code == 1
    assert not place.states()
    loads_everything(place, write_config(tmp_path, tenant.config), tmp_path)


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_one_of_two_streams_failed_at_first(place: Place, tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    tenant.faults.deny = Fault(path="/apply")
    denied = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert denied.exit_code == 1
    assert denied.table["jobs"]["new"] > 0
    assert set(place.states()) == {"jobs"}
    tenant.faults.clear()
    allowed = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert allowed.exit_code == 0, allowed.stderr
    assert allowed.changes()["jobs"] == UNTOUCHED
    assert allowed.table["applications"]["new"] == allowed.table["applications"]["total"] > 0


@pytest.mark.parametrize("place", ["duckdb", "postgresql"], indirect=True)
def test_what_an_earlier_version_left_of_a_failed_first_sync(
    place: Place, tenant: Any, tmp_path: Path
) -> None:
    config = write_config(tmp_path, tenant.config)
    tenant.faults.deny = Fault(path="/apply")
    phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert set(place.states()) == {"jobs"}
    tenant.faults.clear()
    elsewhere = StreamState("2025-03-01T09:00:00.000Z", "0123456789abcdef", Snapshot())
    state = {
        "type": "STREAM",
        "stream": {
            "stream_descriptor": {"name": "applications"},
            "stream_state": elsewhere.dump(),
        },
    }
    place.run(
        "INSERT INTO _airbyte_state (source_name, stream_name, table_name, state_json,"
        " last_updated) VALUES ('source-phenom', 'applications', 'applications', ?, now())",
        json.dumps(state),
    )
    healed = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert healed.exit_code == 0, healed.stderr
    assert healed.table["applications"]["new"] == healed.table["applications"]["total"] > 0


def cut_off(state: Any) -> str:
    return json.dumps(state)[:-20]


def of_another_version(state: Any) -> str:
    text, count = re.subn(r'"version": \d+', '"version": 99', json.dumps(state))
    assert count == 1
    return text


@pytest.mark.parametrize(
    ("place", "damage"),
    [(kind, damage) for kind in KINDS for damage in (cut_off, of_another_version)],
    indirect=["place"],
)
def test_a_state_that_cannot_be_used_names_what_helps(
    place: Place, tenant: Any, tmp_path: Path, damage: Any
) -> None:
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    text = damage(place.states()["jobs"])
    place.run("UPDATE _airbyte_state SET state_json = ? WHERE table_name = 'jobs'", text)

    refused = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert refused.exit_code == 1
    assert "saved state of stream jobs" in refused.stderr
    assert "--full-refresh --streams jobs" in refused.stderr
    assert "Traceback" not in refused.stderr

    helped = phenom_sync(*arguments(place, config, ["jobs"]), "--full-refresh", cwd=tmp_path)
    assert helped.exit_code == 0, helped.stderr
    assert helped.changes() == {"jobs": UNTOUCHED}
    again = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes() == dict.fromkeys(STREAMS, UNTOUCHED)


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_state_that_was_lost(place: Place, tenant: Any, tmp_path: Path) -> None:
    """What was deleted meanwhile is marked, also of the models without a key of Phenom's."""
    config = write_config(tmp_path, tenant.config)
    streams = ("jobs", "roles", "job_hiring_team_members", "job_user_role_assignments")
    first = phenom_sync(*arguments(place, config, streams), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    place.run("DELETE FROM _airbyte_state")
    job = next(row for row in tenant.tenant.open_jobs() if row["siteType"] == "external")
    tenant.tenant.delete_job(job["jobId"])
    again = phenom_sync(*arguments(place, config, streams), cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes()["jobs"] == {"new": 0, "changed": 0, "deleted": 1}
    for stream in streams[2:]:
        assert again.changes()[stream]["deleted"] > 0, stream
    assert place.run("SELECT remote_id FROM jobs WHERE remote_deleted_at IS NOT NULL") == [
        (job["jobId"],)
    ]
    third = phenom_sync(*arguments(place, config, streams), cwd=tmp_path)
    assert third.changes() == dict.fromkeys(streams, UNTOUCHED), third.stderr


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_table_that_was_emptied(place: Place, tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    place.run("DELETE FROM jobs")
    again = phenom_sync(*arguments(place, config), cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.table["jobs"] == first.table["jobs"]
    assert again.changes()["applications"] == UNTOUCHED


def test_the_local_tenant_moves_to_another_port_and_back(tmp_path: Path) -> None:
    usual = FIRST_PORT + zlib.crc32(str(tmp_path / "phenom.duckdb").encode()) % PORTS
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", usual))
        occupant.listen()
        first = phenom_sync("--streams", "roles", cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    assert f"Port {usual} is in use" in first.stderr
    back = phenom_sync("--streams", "roles", cwd=tmp_path)
    assert back.exit_code == 0, back.stderr
    assert "read again" in back.stderr
    assert back.changes() == {"roles": UNTOUCHED}
    settled = phenom_sync("--streams", "roles", cwd=tmp_path)
    assert "read again" not in settled.stderr
    assert "roles: 0 records read" in settled.stderr
