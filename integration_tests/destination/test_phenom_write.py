"""`phenom write`, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import phenom_sandbox
from integration_tests.destination.writing import application, file, written
from phenom_cli.write import write
from phenom_sandbox import LocalTenant
from source_phenom.models.ids import UnifiedIds


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=5, jobs=12, applications=30) as running:
        yield running


@pytest.fixture
def job(local: LocalTenant) -> str:
    return str(next(local.tenant.open_jobs())["jobId"])


def run(
    local: LocalTenant,
    folder: Path,
    text: str,
    *options: str,
    action: str = "create_application",
    **config: Any,
) -> Result:
    path = folder / "config.json"
    path.write_text(json.dumps({**local.config, **config}), encoding="utf-8")
    arguments = ["--config", str(path), "--action", action, *options, "-"]
    return CliRunner().invoke(write, arguments, input=text)


def printed(result: Result) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return sorted(lines, key=lambda each: each["position"])


def test_one_line_per_record(local: LocalTenant, job: str, tmp_path: Path) -> None:
    lines = [
        json.dumps(application("ada@example.com", UnifiedIds("phenom").of("jobs", job))),
        "",
        "not a record",
        json.dumps(application("bob@example.com", job, source={"name": "x"})),
        json.dumps(application("ADA@example.com", job)),
    ]
    done = run(local, tmp_path, "\n".join(lines))
    assert done.exit_code == 1
    assert [each["status"] for each in printed(done)] == [
        "created",
        "rejected",
        "created",
        "already_applied",
    ]
    assert "4 records: 2 created, 1 had applied already, 1 rejected" in done.stderr
    assert len(list(written(local))) == 2


@pytest.mark.parametrize(("mode", "code"), [("skip", 0), ("fail", 1)])
def test_exit_codes(local: LocalTenant, tmp_path: Path, mode: str, code: int) -> None:
    assert run(local, tmp_path, "{}", on_rejected_record=mode).exit_code == code
    assert run(local, tmp_path, "", on_rejected_record=mode).exit_code == 0


def test_a_dry_run_sends_nothing_and_shows_nothing_personal(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    row = application(
        "ada@secret.example",
        UnifiedIds("phenom").of("jobs", job),
        attachments=[
            file("Ada CV.pdf", "CV", "private"),
            {"name": "Ada.png", "type": "OTHER", "data_url": "https://files.example/?secret=1"},
        ],
    )
    row["candidate"] |= {"phone_number": "+49 30 998877", "location": {"country": "DE"}}
    done = run(local, tmp_path, json.dumps(row) + "\n{}", "--dry-run")
    assert done.exit_code == 1
    valid, rejected = printed(done)
    assert (valid["status"], rejected["status"]) == ("valid", "rejected")
    assert [each["request"] for each in valid["requests"]] == [
        "GET /apply/v2/applications/status",
        "POST /apply/v2/applications",
        "POST /apply/v2/applications/{id}/attachments",
    ]
    body = valid["requests"][1]["body"]
    assert body["jobApplicationData"]["jobId"] == job
    assert body["resumeData"]["fileContent"] == "<7 bytes>"
    for private in ("Ada", "Lovelace", "secret", "998877", "private"):
        assert private not in done.output
    assert "1 of 2 records are valid" in done.stderr
    assert list(written(local)) == []
    assert not any("apply" in endpoint for endpoint in local.requests.counts)


def test_what_is_wrong_with_the_configuration(local: LocalTenant, tmp_path: Path) -> None:
    done = run(local, tmp_path, "{}", num_workers=0)
    assert done.exit_code == 1
    assert "num_workers" in done.stderr
    done = run(local, tmp_path, json.dumps(application("a@b.de", "x")), client_secret="wrong")
    assert done.exit_code == 1
    assert "client_secret" in done.stderr
    assert printed(done)[0]["status"] == "unsettled"


def test_help() -> None:
    done = CliRunner().invoke(write, ["--help"])
    assert done.exit_code == 0
    assert "--dry-run" in done.output
