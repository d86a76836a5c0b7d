"""A sync that failed must not disturb the next one, in either kind of warehouse."""

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
from integration_tests.warehouse.databases import KINDS, Database, new_database
from phenom_cli.local_tenant import FIRST_PORT, PORTS
from phenom_sandbox import Access, Fault
from source_phenom.snapshot import Snapshot, StreamState

pytestmark = pytest.mark.warehouse

STREAMS = ("jobs", "applications")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return new_database(request.param, tmp_path, request)


@pytest.fixture
def tenant() -> Iterator[Any]:
    with phenom_sandbox.running(
        seed=3, jobs=12, applications=20, access=Access(prefix="/right")
    ) as local:
        yield local


def arguments(
    database: Database, config: Path, streams: Sequence[str] = STREAMS
) -> list[str | Path]:
    return ["--config", config, "--warehouse", database.address, "--streams", ",".join(streams)]


def loads_everything(database: Database, config: Path, tmp_path: Path, *more: str) -> None:
    """The first sync loads everything, the second one nothing."""
    first = phenom_sync(*arguments(database, config), *more, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    for stream in STREAMS:
        assert first.table[stream]["new"] == first.table[stream]["total"] > 0
    second = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert second.exit_code == 0, second.stderr
    assert second.changes() == dict.fromkeys(STREAMS, UNTOUCHED)


@pytest.mark.parametrize(
    ("database", "wrong"),
    [("duckdb", "gateway_url"), ("duckdb", "client_secret"), ("postgresql", "gateway_url")],
    indirect=["database"],
)
def test_a_wrong_configuration_and_then_the_right_one(
    database: Database, tenant: Any, tmp_path: Path, wrong: str
) -> None:
    amiss = {**tenant.config, wrong: tenant.config[wrong].replace("/right", "") + "/wrong"}
    sync = phenom_sync(*arguments(database, write_config(tmp_path, amiss)), cwd=tmp_path)
    assert sync.exit_code == 1
    assert not database.states()
    loads_everything(database, write_config(tmp_path, tenant.config), tmp_path)


@pytest.mark.parametrize("database", KINDS, indirect=True)
def test_one_of_two_streams_failed_at_first(
    database: Database, tenant: Any, tmp_path: Path
) -> None:
    config = write_config(tmp_path, tenant.config)
    tenant.faults.deny = Fault(path="/apply")
    denied = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert denied.exit_code == 1
    assert denied.table["jobs"]["new"] > 0
    assert set(database.states()) == {"jobs"}
    tenant.faults.clear()
    allowed = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert allowed.exit_code == 0, allowed.stderr
    assert allowed.changes()["jobs"] == UNTOUCHED
    assert allowed.table["applications"]["new"] == allowed.table["applications"]["total"] > 0


@pytest.mark.parametrize("database", ["duckdb", "postgresql"], indirect=True)
def test_a_state_without_rows_from_an_earlier_version(
    database: Database, tenant: Any, tmp_path: Path
) -> None:
    config = write_config(tmp_path, tenant.config)
    tenant.faults.deny = Fault(path="/apply")
    phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert set(database.states()) == {"jobs"}
    tenant.faults.clear()
    elsewhere = StreamState("2025-03-01T09:00:00.000Z", "0123456789abcdef", Snapshot())
    state = {
        "type": "STREAM",
        "stream": {
            "stream_descriptor": {"name": "applications"},
            "stream_state": elsewhere.dump(),
        },
    }
    database.run(
        "INSERT INTO _airbyte_state (source_name, stream_name, table_name, state_json,"
        " last_updated) VALUES ('source-phenom', 'applications', 'applications', ?, now())",
        json.dumps(state),
    )
    healed = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert healed.exit_code == 0, healed.stderr
    assert healed.table["applications"]["new"] == healed.table["applications"]["total"] > 0


def cut_off(state: Any) -> str:
    return json.dumps(state)[:-20]


def of_another_version(state: Any) -> str:
    text, count = re.subn(r'"version": \d+', '"version": 99', json.dumps(state))
    assert count == 1
    return text


@pytest.mark.parametrize(
    ("database", "damage"),
    [(kind, damage) for kind in KINDS for damage in (cut_off, of_another_version)],
    indirect=["database"],
)
def test_the_error_for_an_unusable_state_names_the_remedy(
    database: Database, tenant: Any, tmp_path: Path, damage: Any
) -> None:
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    text = damage(database.states()["jobs"])
    database.run("UPDATE _airbyte_state SET state_json = ? WHERE table_name = 'jobs'", text)

    refused = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert refused.exit_code == 1
    assert "saved state of stream jobs" in refused.stderr
    assert "--full-refresh --streams jobs" in refused.stderr
    assert "Traceback" not in refused.stderr

    helped = phenom_sync(*arguments(database, config, ["jobs"]), "--full-refresh", cwd=tmp_path)
    assert helped.exit_code == 0, helped.stderr
    assert helped.changes() == {"jobs": UNTOUCHED}
    again = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes() == dict.fromkeys(STREAMS, UNTOUCHED)


@pytest.mark.parametrize("database", KINDS, indirect=True)
def test_a_state_that_was_lost(database: Database, tenant: Any, tmp_path: Path) -> None:
    """Rows that were deleted meanwhile are marked, also in the models without a remote id."""
    config = write_config(tmp_path, tenant.config)
    streams = ("jobs", "roles", "job_hiring_team_members", "job_user_role_assignments")
    first = phenom_sync(*arguments(database, config, streams), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    database.run("DELETE FROM _airbyte_state")
    job = next(row for row in tenant.tenant.open_jobs() if row["siteType"] == "external")
    tenant.tenant.delete_job(job["jobId"])
    again = phenom_sync(*arguments(database, config, streams), cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes()["jobs"] == {"new": 0, "changed": 0, "deleted": 1}
    for stream in streams[2:]:
        assert again.changes()[stream]["deleted"] > 0, stream
    assert database.run("SELECT remote_id FROM jobs WHERE remote_deleted_at IS NOT NULL") == [
        (job["jobId"],)
    ]
    third = phenom_sync(*arguments(database, config, streams), cwd=tmp_path)
    assert third.changes() == dict.fromkeys(streams, UNTOUCHED), third.stderr


@pytest.mark.parametrize("database", KINDS, indirect=True)
def test_a_table_that_was_emptied(database: Database, tenant: Any, tmp_path: Path) -> None:
    config = write_config(tmp_path, tenant.config)
    first = phenom_sync(*arguments(database, config), cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    database.run("DELETE FROM jobs")
    again = phenom_sync(*arguments(database, config), cwd=tmp_path)
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
