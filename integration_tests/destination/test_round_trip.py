"""What the destination writes is what others read: the source, the vendor's SDK, PyAirbyte."""

from __future__ import annotations

import base64
import http.client
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import phenom_sandbox
from integration_tests.destination.writing import ROOT, application, file, record, write, written
from integration_tests.source.reading import read
from phenom_sandbox import LocalTenant
from source_phenom.models.ids import UnifiedIds

PYAIRBYTE = ROOT / ".venv-pyairbyte" / "bin" / "python"


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=8, jobs=12, applications=30) as running:
        yield running


@pytest.fixture
def job(local: LocalTenant) -> str:
    return str(next(local.tenant.open_jobs())["jobId"])


def test_the_source_finds_what_was_written(local: LocalTenant, job: str, tmp_path: Path) -> None:
    before = read(local.config)
    jobs = {each["remote_id"]: each["id"] for each in before.records["jobs"]}
    row = application("Ada@Example.com", jobs[job], source={"name": "Round trip"})
    row["candidate"] |= {
        "phone_number": "+49 30 1234567",
        "location": {"city": "Berlin", "country": "de"},
    }
    (result,) = write(local, tmp_path, [record(row)]).results
    after = read({**local.config, "only_created_applications": True,
                  "application_sources": ["round trip"]})  # fmt: skip
    ids = UnifiedIds("phenom")
    (made,) = after.records["applications"]
    assert made["remote_id"] == result["application_id"]
    assert made["job_id"] == jobs[job]
    assert made["candidate_id"] == ids.of("candidates", result["candidate_id"])
    (person,) = after.records["candidates"]
    assert person["id"] == made["candidate_id"]
    assert (person["first_name"], person["last_name"]) == ("Ada", "Lovelace")
    assert person["source"] == "Round trip"
    assert person["email_addresses"] == [{"email_address": "Ada@Example.com", "type": None}]
    assert person["phone_numbers"] == [{"phone_number": "+49301234567", "type": None}]
    assert (person["location"]["city"], person["location"]["country"]) == ("Berlin", "DE")
    assert len(read(local.config).records["applications"]) == (
        len(before.records["applications"]) + 1
    )


def test_the_vendors_sdk_reads_what_was_written(
    local: LocalTenant, job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_token = pytest.importorskip(
        "phenom.commons.get_token",
        reason="the vendor's SDK is not installed: pip install --no-deps -r "
        "requirements/vendor-sdk.txt, and six and PyJWT",
    )
    applications_api = importlib.import_module("phenom.api.apply.applications_api")
    attachments_api = importlib.import_module("phenom.api.apply.attachments_api")
    row = application(
        "ada@example.com", job, attachments=[file("cv.pdf", "CV", "résumé"), file("b.txt")]
    )
    (result,) = write(local, tmp_path, [record(row)]).results
    config: dict[str, Any] = local.config
    # The SDK speaks https with the login host only.
    monkeypatch.setattr(get_token.http.client, "HTTPSConnection", http.client.HTTPConnection)
    token = get_token.tokengeneration(
        urlsplit(config["token_url"]).netloc, config["client_id"], config["client_secret"]
    )
    arguments = (token, config["gateway_url"], "unused")
    found = applications_api.ApplicationsApi(*arguments).get_application(result["application_id"])
    data = found["data"] if isinstance(found, dict) else found.to_dict()["data"]
    assert job in json.dumps(data)
    assert "ada@example.com" in json.dumps(data)
    files = attachments_api.AttachmentsApi(*arguments).download_attachments(
        result["application_id"]
    )
    listed = files["data"] if isinstance(files, dict) else files.to_dict()["data"]
    contents = [each.get("fileContent") or each.get("file_content") for each in listed]
    assert [base64.b64decode(each).decode() for each in contents] == ["résumé", "content"]


_PYAIRBYTE = """
import json, sys
import airbyte as ab
from airbyte.caches import DuckDBCache

given = json.load(sys.stdin)
source = ab.get_source("source-phenom-applicants", local_executable=given["source"], config={},
                       install_if_missing=False)
source.select_all_streams()
destination = ab.get_destination("destination-phenom", local_executable=given["destination"],
                                 config=given["config"], install_if_missing=False)
destination.check()
cache = DuckDBCache(db_path=given["cache"])
written = destination.write(source, cache=False, state_cache=cache)
print(json.dumps({"records": written.processed_records}))
"""

_SOURCE = """#!{python}
import json, sys
rows = json.loads({rows!r})
schema = {{"type": "object", "properties": {{"candidate": {{"type": "object"}},
          "application": {{"type": "object"}}}}}}
stream = {{"name": "create_application", "json_schema": schema,
          "supported_sync_modes": ["full_refresh", "incremental"], "source_defined_cursor": True}}
command = sys.argv[1]
if command == "spec":
    message = {{"type": "SPEC", "spec": {{"connectionSpecification": {{"type": "object"}}}}}}
    print(json.dumps(message))
elif command == "check":
    status = {{"status": "SUCCEEDED"}}
    print(json.dumps({{"type": "CONNECTION_STATUS", "connectionStatus": status}}))
elif command == "discover":
    print(json.dumps({{"type": "CATALOG", "catalog": {{"streams": [stream]}}}}))
else:
    for row in rows:
        record = {{"stream": "create_application", "data": row, "emitted_at": 1}}
        print(json.dumps({{"type": "RECORD", "record": record}}))
    print(json.dumps({{"type": "STATE", "state": {{"type": "STREAM", "stream": {{
        "stream_descriptor": {{"name": "create_application"}}, "stream_state": {{"n": 1}}}}}}}}))
"""


@pytest.mark.warehouse
def test_pyairbyte_writes_with_it(local: LocalTenant, job: str, tmp_path: Path) -> None:
    python = os.environ.get("PHENOM_PYAIRBYTE_PYTHON") or str(PYAIRBYTE)
    if not Path(python).is_file():
        pytest.skip("no PyAirbyte: ./run setup installs it, or set PHENOM_PYAIRBYTE_PYTHON")
    rows = [application(f"a{number}@example.com", job) for number in range(3)]
    source, destination = tmp_path / "source-phenom-applicants", tmp_path / "destination-phenom"
    source.write_text(_SOURCE.format(python=sys.executable, rows=json.dumps(rows)))
    destination.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m destination_phenom.run "$@"\n'
    )
    for program in (source, destination):
        program.chmod(0o755)
    given = {
        "source": str(source),
        "destination": str(destination),
        "config": {**local.config, "results_path": str(tmp_path / "results.jsonl")},
        "cache": str(tmp_path / "state.duckdb"),
    }
    done = subprocess.run(
        [python, "-W", "ignore", "-c", _PYAIRBYTE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=180,
        cwd=tmp_path,
        env={**os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(list(written(local))) == 3
    results = (tmp_path / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in results] == ["created"] * 3
