"""`phenom fields` over mocked HTTP: the fields, and the columns they feed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unit_tests.cli.running import CommandResult, config_file, run
from unit_tests.reading.protocol import CONFIG, Tenant

SECRETS = ("Lovelace", "ada@example.com", "JR-4711", "Zuse Research", "hm@example.com")


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.jobs["external"] = [
        {
            "jobId": "JR-4711",
            "title": "Engineer",
            "hiringManagerEmail": "hm@example.com",
            "additionalFields": {"orgUnit": "Zuse Research", "dept": None},
        },
        {"jobId": "JR-4712", "title": "", "additionalFields": {"orgUnit": 7}},
    ]
    tenant.applications = [
        {
            "id": "65920080c22eeb252edd8ab3",
            "candidateData": {
                "lastName": "Lovelace",
                "contactData": {"email": "ada@example.com"},
            },
            "jobApplicationData": {"jobId": "JR-4711", "applicantSource": "Referral"},
            "customFieldData": {"notice": "3 months"},
        }
    ]
    return tenant


def fields(
    tenant: Tenant,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    *arguments: str,
    **config: Any,
) -> CommandResult:
    file = config_file(folder, {**CONFIG, **config})
    with tenant.served():
        return run(capsys, "fields", "--config", file, *arguments)


@pytest.mark.parametrize("levels", [90, 300, 900])
def test_deeply_nested_fields(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path, levels: int
) -> None:
    deep: Any = 1
    for _ in range(levels):
        deep = {"a": deep}
    tenant.jobs["external"].append({"jobId": "JR-4713", "deep": deep})
    done = fields(tenant, capsys, tmp_path, "--json")
    assert done.code == 0
    assert any(row["path"] == "deep.a.a" for row in done.json)


def test_fields(tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = fields(tenant, capsys, tmp_path, "--json")
    assert done.code == 0
    assert done.err == "Looked at 2 of 2 jobs.\nLooked at 1 of 1 applications.\n"
    rows = {(row["model"], row["path"]): row for row in done.json}
    assert rows["jobs", "additionalFields.orgUnit"] == {
        "model": "jobs",
        "path": "additionalFields.orgUnit",
        "types": ["string", "integer"],
        "filled": 1.0,
        "shape": "Aaaa Aaaaaaaa",
        "feeds": ["jobs.custom_fields"],
    }
    assert rows["jobs", "title"]["filled"] == 0.5
    assert rows["jobs", "additionalFields.dept"]["types"] == ["null"]
    assert rows["jobs", "additionalFields.dept"]["feeds"] == [
        "jobs.department",
        "jobs.custom_fields",
    ]
    assert rows["candidates", "candidateData.contactData.email"]["shape"] == "<e-mail>"
    assert rows["applications", "jobApplicationData.applicantSource"]["feeds"] == [
        "applications.source",
        "applications.integration_fields",
        "candidates.source",
    ]
    assert rows["applications", "customFieldData.notice"]["feeds"] == [
        "applications.custom_fields",
        "candidates.custom_fields",
    ]


def test_field_overrides(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    override = {"model": "jobs", "field": "department", "paths": ["additionalFields.orgUnit"]}
    done = fields(tenant, capsys, tmp_path, "--json", field_overrides=[override])
    (row,) = (row for row in done.json if row["path"] == "additionalFields.orgUnit")
    assert row["feeds"] == ["jobs.department", "jobs.custom_fields"]


def test_only_created_applications(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tenant.applications.append(
        {"id": "1", "jobApplicationData": {"applicantSource": " FAIR"}, "customFieldData": {"a": 1}}
    )
    ours = {"only_created_applications": True, "application_sources": ["Fair"]}
    done = fields(tenant, capsys, tmp_path, "--json", **ours)
    assert "Looked at 1 of 2 applications." in done.err
    paths = {row["path"] for row in done.json if row["model"] != "jobs"}
    assert "customFieldData.a" in paths
    assert not [path for path in paths if "notice" in path or path.startswith("candidateData")]


def test_no_value_is_shown(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments in ((), ("--json",)):
        done = fields(tenant, capsys, tmp_path, *arguments)
        assert not [secret for secret in SECRETS if secret in done.out + done.err]


def test_a_line_per_field_in_a_pipe(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = fields(tenant, capsys, tmp_path).out
    (line,) = (line for line in out.splitlines() if "contactData.email" in line)
    assert line.split() == [
        "candidateData.contactData.email",
        "string",
        "100%",
        "<e-mail>",
        "email,",
        "email_addresses",
    ]
    assert "\x1b" not in out
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_a_denied_listing_does_not_stop_the_other(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tenant.denied = ("/jobs-api/v1/jobs",)
    done = fields(tenant, capsys, tmp_path, "--json")
    assert done.code == 1
    assert {row["model"] for row in done.json} == {"candidates", "applications"}
    assert "Error: the jobs cannot be read: The API client may not call" in done.err


def test_an_empty_tenant(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = fields(Tenant(), capsys, tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "Looked at 0 of 0 jobs." in done.err
