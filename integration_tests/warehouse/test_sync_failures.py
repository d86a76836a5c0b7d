"""The errors of ``phenom sync``: the reason, what to do, and no traceback."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import phenom_sandbox
from integration_tests.warehouse.command import phenom_sync, write_config

pytestmark = pytest.mark.warehouse

SECRET = "do-not-print-me"
CONFIG = {
    "client_id": "client",
    "client_secret": SECRET,
    "token_url": "http://127.0.0.1:9/token",
    "gateway_url": "http://127.0.0.1:9",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "absent.json"], "absent.json cannot be read"),
        (["--config", "broken.json"], "broken.json is not valid JSON (line 2)"),
        (["--config", "list.json"], "list.json is not a JSON object"),
        (["--config", "tenant.json", "--warehouse", "nowhere/x.duckdb"], "does not exist"),
        (["--config", "tenant.json", "--warehouse", "."], "is a folder"),
        (["--config", "tenant.json", "--warehouse", "mysql://a/b"], "mysql:// is not supported"),
        (["--config", "tenant.json", "--warehouse", "postgresql://h:x/d"], "URL is not usable"),
        (["--config", "tenant.json", "--warehouse", "notes.txt"], "is not a DuckDB database"),
        (["--config", "tenant.json", "--warehouse", "busy.duckdb"], "in use by another program"),
        (["--config", "tenant.json", "--streams", "jobs,nope"], "There is no stream nope"),
        (["--config", "tenant.json", "--streams", "Job"], "Did you mean jobs?"),
        (
            ["--config", "tenant.json", "--streams", "jbos rolls"],
            "There is no stream jbos. Did you mean jobs? There is no stream rolls. Did you mean",
        ),
        (["--config", "tenant.json", "--streams", "employees"], "set ph_user_id in the config"),
        (["--streams", "groups"], "add --acting-user"),
        (["--config", "tenant.json", "--acting-user"], "Set ph_user_id in tenant.json"),
        (["--config", "tenant.json", "--streams", ","], "names no stream"),
        (["--config", "unknown.json"], "colour"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)
def test_errors(arguments: list[str], message: str, tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    write_config(tmp_path, {**CONFIG, "colour": "blue"}, "unknown.json")
    (tmp_path / "broken.json").write_text('{\n"a":,}', encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("Buy milk.\n" * 1000, encoding="utf-8")
    with duckdb.connect(str(tmp_path / "busy.duckdb")):
        sync = phenom_sync(*arguments, cwd=tmp_path)
    assert sync.exit_code in (1, 2)
    assert message in sync.stderr
    assert "Traceback" not in sync.stderr
    assert SECRET not in sync.stdout + sync.stderr
    assert not sync.stdout


def test_no_stream_can_be_read(tmp_path: Path) -> None:
    with phenom_sandbox.running(jobs=5, applications=5) as tenant:
        tenant.faults.wrong_secret = True
        config = write_config(tmp_path, {**tenant.config, "client_secret": SECRET})
        sync = phenom_sync("--config", config, "--streams", "roles", cwd=tmp_path)
    assert sync.exit_code == 1
    assert "token" in sync.stderr
    assert "Traceback" not in sync.stderr
    assert SECRET not in sync.stdout + sync.stderr
    assert not sync.stdout


def test_every_reason_is_reported_if_nothing_can_be_read(tmp_path: Path) -> None:
    with phenom_sandbox.running(jobs=5, applications=5) as tenant:
        tenant.faults.deny = phenom_sandbox.Fault()
        config = write_config(tmp_path, tenant.config)
        sync = phenom_sync("--config", config, "--streams", "users,jobs,candidates", cwd=tmp_path)
    assert sync.exit_code == 1
    errors = [line for line in sync.stderr.splitlines() if line.startswith("Error: ")]
    assert [error.partition(": ")[2].partition(": ")[0] for error in errors] == [
        "the stream users failed, the stream jobs failed",
        "the stream candidates failed",
    ]
    assert "GET /jobs-api/v1/jobs" in errors[0]
    assert "GET /apply/v2/applications" in errors[1]


def test_every_retry_is_seen(tmp_path: Path) -> None:
    with phenom_sandbox.running(seed=1, jobs=3, applications=5) as local:
        local.faults.server_error = [
            phenom_sandbox.Fault(502, path="/apply", count=1),
            phenom_sandbox.Fault(500, path="/token", count=1),
        ]
        write_config(tmp_path, local.config)
        sync = phenom_sync("--config", "tenant.json", cwd=tmp_path)
    assert sync.exit_code == 0
    for what in ("The token request was answered with 500", "applications was answered with 502"):
        (line,) = (line for line in sync.stderr.splitlines() if what in line)
        assert line.startswith("Warning: ")
        assert ". The next try is in 0." in line
