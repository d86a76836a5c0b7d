"""The source, the vendor's SDK and PyAirbyte read what the destination wrote."""

from __future__ import annotations

import base64
import http.client
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest

from integration_tests.destination.writing import ROOT, application, file, record, write, written
from integration_tests.pyairbyte import pyairbyte_python
from integration_tests.source.reading import read
from integration_tests.warehouse.command import phenom_sync, write_config
from phenom_sandbox import LocalTenant
from source_phenom.models.ids import UnifiedIds

USER = "recruiter-1"


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


@pytest.mark.warehouse
def test_the_warehouse_holds_what_was_written(local: LocalTenant, job: str, tmp_path: Path) -> None:
    """Sync, write a record with an id from the warehouse, sync again."""
    file = tmp_path / "phenom.duckdb"
    arguments = ("--config", write_config(tmp_path, local.config), "--warehouse", file)
    first = phenom_sync(*arguments, cwd=tmp_path)
    assert first.exit_code == 0, first.stderr
    with duckdb.connect(str(file), read_only=True) as database:
        ((unified,),) = database.execute(
            "select id from jobs where remote_id = ?", [job]
        ).fetchall()
    row = application("ada@example.com", unified, source={"name": "Warehouse"})
    (result,) = write(local, tmp_path, [record(row)]).results

    again = phenom_sync(*arguments, cwd=tmp_path)
    assert again.exit_code == 0, again.stderr
    assert again.changes()["applications"] == {"new": 1, "changed": 0, "deleted": 0}
    assert again.changes()["candidates"] == {"new": 1, "changed": 0, "deleted": 0}
    with duckdb.connect(str(file), read_only=True) as database:
        found = database.execute(
            "select a.remote_id, j.remote_id, c.remote_id, c.first_name, c.last_name, c.source"
            " from applications a join jobs j on j.id = a.job_id"
            " join candidates c on c.id = a.candidate_id where c.source = 'Warehouse'"
        ).fetchall()
    assert found == [
        (result["application_id"], job, result["candidate_id"], "Ada", "Lovelace", "Warehouse")
    ]


class TestTheVendorsSdk:
    """The vendor's own client reads what the destination wrote."""

    @pytest.fixture
    def sdk(self, local: LocalTenant, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
        """Creates an API class, named by its module and name below `phenom.api`."""
        get_token = pytest.importorskip(
            "phenom.commons.get_token",
            reason="the vendor's SDK is not installed: pip install --no-deps -r "
            "requirements/vendor-sdk.txt, and six and PyJWT",
        )
        config: dict[str, Any] = local.config
        # The SDK speaks https with the login host only.
        monkeypatch.setattr(get_token.http.client, "HTTPSConnection", http.client.HTTPConnection)
        token = get_token.tokengeneration(
            urlsplit(config["token_url"]).netloc, config["client_id"], config["client_secret"]
        )

        def api(path: str) -> Any:
            module, _, name = path.rpartition(".")
            kind = getattr(importlib.import_module(f"phenom.api.{module}"), name)
            return kind(token, config["gateway_url"], "unused")

        return api

    def test_an_application(
        self, local: LocalTenant, job: str, tmp_path: Path, sdk: Callable[[str], Any]
    ) -> None:
        files = [file("cv.pdf", "CV", "résumé"), file("b.txt")]
        row = application("ada@example.com", job, attachments=files, source={"name": "Round trip"})
        (result,) = write(local, tmp_path, [record(row)]).results
        applications = sdk("apply.applications_api.ApplicationsApi")
        found = applications.get_application(result["application_id"])["data"]
        assert found["id"] == result["application_id"]
        assert found["candidateData"] == {
            "id": result["candidate_id"],
            "firstName": "Ada",
            "lastName": "Lovelace",
            "contactData": {"email": "ada@example.com"},
        }
        assert found["jobApplicationData"] == {"jobId": job, "applicantSource": "Round trip"}
        assert found["resumeData"]["fileName"] == "cv.pdf"
        status = applications.check_if_already_applied("ada@example.com", job, "en_US")["data"]
        assert status == {
            "alreadyApplied": True,
            "candidateId": result["candidate_id"],
            "applicationId": result["application_id"],
        }
        attachments = sdk("apply.attachments_api.AttachmentsApi")
        listed = attachments.download_attachments(result["application_id"])["data"]
        assert [(each["fileName"], decoded(each["fileContent"])) for each in listed] == [
            ("cv.pdf", "résumé"),
            ("b.txt", "content"),
        ]

    def test_a_candidate_without_a_job(
        self, local: LocalTenant, tmp_path: Path, sdk: Callable[[str], Any]
    ) -> None:
        row = application("ada@example.com", "")
        del row["application"]
        row["candidate"]["phone_number"] = "+49 30 1234567"
        row["attachments"] = [file("Ärztin.pdf", "CV", "résumé"), file("b.txt")]
        line = record(row, "create_candidate")
        (result,) = write(local, tmp_path, [line], config={"ph_user_id": USER}).results
        candidates = sdk("candidates.candidates_api.CandidatesApi")
        for asked in ({"candidate_id": result["candidate_id"]}, {"email": "ada@example.com"}):
            found = candidates.get_candidate_v2(USER, **asked)["data"]
            assert found["candidateId"] == result["candidate_id"]
            assert (found["firstName"], found["lastName"]) == ("Ada", "Lovelace")
            assert [each["email"] for each in found["emailList"]] == ["ada@example.com"]
            assert [each["phoneNumber"] for each in found["contacts"]] == ["301234567"]
        of_candidate = "candidatesAttachmentsApi.candidate_attachments_api.CandidateAttachmentsApi"
        files = sdk(of_candidate)
        listed = files.get_candidate_attachments(result["candidate_id"], USER)["attachments"]
        assert [each["attachmentName"] for each in listed] == ["Ärztin.pdf", "b.txt"]
        contents = [
            files.download_attachment(result["candidate_id"], each["attachmentId"], USER)
            for each in listed
        ]
        assert [decoded(each) for each in contents] == ["résumé", "content"]
        signed = files.get_pre_signed_url(result["candidate_id"], listed[0]["attachmentId"], USER)
        assert signed["fileName"] == "Ärztin.pdf"


def decoded(content: str) -> str:
    return base64.b64decode(content).decode()


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
    python = pyairbyte_python()
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
