"""`destination-phenom` against a local tenant: the applications it creates and the states."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from integration_tests.destination.writing import (
    ROOT,
    Row,
    Writing,
    application,
    catalog,
    file,
    file_names,
    limit_file_size,
    record,
    results,
    start,
    state,
    write,
    written,
)
from phenom_sandbox import Fault, LocalTenant
from source_phenom.models.ids import UnifiedIds


def command(local: LocalTenant, folder: Path, name: str, **config: Any) -> list[Row]:
    path = folder / "config.json"
    path.write_text(json.dumps({**local.config, **config}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "destination_phenom.run", name, "--config", str(path)],
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def checked(local: LocalTenant, folder: Path, **config: Any) -> Row:
    (message,) = command(local, folder, "check", **config)
    status: Row = message["connectionStatus"]
    return status


# -- check, discover ---------------------------------------------------------------------------


def test_check_creates_nothing(local: LocalTenant, tmp_path: Path) -> None:
    before = len(list(local.tenant.applications())), len(local.tenant.people.ids())
    status = checked(local, tmp_path, ph_user_id="u", results_path=str(tmp_path / "r"))
    assert status == {"status": "SUCCEEDED"}
    assert {"POST /apply/v2/applications", "POST /candidates-api/v2/candidates"} <= set(
        local.requests.counts
    )
    assert (len(list(local.tenant.applications())), len(local.tenant.people.ids())) == before
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"client_secret": "wrong"}, "client_secret"),
        ({"gateway_url": "https://api.phenom.com/?q=1"}, "gateway_url"),
        ({"results_path": "/nowhere/results.jsonl"}, "results_path"),
        ({"on_rejected_record": "ignore"}, "on_rejected_record"),
        ({"pagesize": 3}, "pagesize"),
    ],
)
def test_check_names_what_is_wrong(
    local: LocalTenant, tmp_path: Path, config: Row, words: str
) -> None:
    status = checked(local, tmp_path, **config)
    assert status["status"] == "FAILED"
    assert words in status["message"]


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        (Fault(path="/apply"), "POST /apply/v2/applications (403)"),
        (Fault(path="/apply", method="POST"), "Apply API, submitting applications"),
        (Fault(path="/apply/v2/applications/status"), "Apply API, asking whether"),
    ],
    ids=["all", "submitting", "asking"],
)
def test_check_without_permission(
    local: LocalTenant, tmp_path: Path, denied: Fault, named: str
) -> None:
    local.faults.deny = denied
    status = checked(local, tmp_path)
    assert status["status"] == "FAILED"
    assert named in status["message"]


@pytest.mark.parametrize(
    ("method", "named"),
    [("GET", "Candidates API, reading candidates"), ("POST", "Candidates API, creating")],
)
def test_check_without_permission_for_candidates(
    local: LocalTenant, tmp_path: Path, method: str, named: str
) -> None:
    local.faults.deny = Fault(path="/candidates-api", method=method)
    status = checked(local, tmp_path, ph_user_id="u")
    assert status["status"] == "SUCCEEDED"
    assert named in status["message"]
    assert "create_candidate" in status["message"]


def test_check_with_a_wrong_path(local: LocalTenant, tmp_path: Path) -> None:
    status = checked(local, tmp_path, gateway_url=f"{local.url}/elsewhere")
    assert status["status"] == "FAILED"
    assert "gateway_url" in status["message"]


def test_check_does_not_wait_for_a_silent_host(local: LocalTenant, tmp_path: Path) -> None:
    local.faults.latency = 60_000
    started = time.monotonic()
    assert checked(local, tmp_path)["status"] == "FAILED"
    assert time.monotonic() - started < 15


def test_discover(local: LocalTenant, tmp_path: Path) -> None:
    (message,) = command(local, tmp_path, "discover")
    operations = message["destination_catalog"]["operations"]
    assert [each["object_name"] for each in operations] == [
        "create_candidate",
        "create_application",
    ]
    assert [each["json_schema"]["required"] for each in operations] == [
        ["candidate"],
        ["candidate", "application"],
    ]
    assert all(each["sync_mode"] == "append" for each in operations)
    assert all(each["matching_keys"] == [] for each in operations)


# -- what is written ---------------------------------------------------------------------------


def test_a_record_with_all_fields(local: LocalTenant, job: str, tmp_path: Path) -> None:
    row = {
        "candidate": {
            "first_name": " Ada ",
            "last_name": "Lovelace",
            "email_address": "ada@example.com",
            "phone_number": "+49 (30) 123-45 67",
            "location": {"city": "Berlin", "country": "de"},
        },
        "application": {"job_id": UnifiedIds("mine").of("jobs", job)},
        "attachments": [
            file("letter.pdf", "COVER_LETTER"),
            file("cv.docx", "CV"),
            file("second cv.pdf", "CV"),
        ],
        "source": {"unified_key": "key", "id": "7"},
    }
    done = write(local, tmp_path, [record(row)], config={"integration_id": "mine"})
    assert done.exit_code == 0, done.errors
    (result,) = done.results
    found = local.tenant.application(result["application_id"])
    assert found["candidateData"] == {
        "id": result["candidate_id"],
        "firstName": "Ada",
        "lastName": "Lovelace",
        "contactData": {"email": "ada@example.com", "phoneNumber": "+49301234567"},
        "addressData": {"addressLine1": "Berlin", "city": "Berlin", "country": "DE"},
    }
    assert found["jobApplicationData"] == {"jobId": job, "applicantSource": "key"}
    files = local.tenant.attachments(result["application_id"])
    assert [each["fileName"] for each in files] == ["cv.docx", "letter.pdf", "second cv.pdf"]
    assert files[1]["contentTypeId"] == "application/pdf"


@pytest.mark.parametrize("stream", ["create_candidate", "create_application"])
@pytest.mark.parametrize("form", ["{}", "remote:{}"])
def test_jobs_by_phenoms_own_id(
    local: LocalTenant, job: str, tmp_path: Path, stream: str, form: str
) -> None:
    done = write(
        local, tmp_path, [record(application("ada@example.com", form.format(job)), stream)]
    )
    assert done.statuses(stream) == ["created"]
    (made,) = written(local)
    assert made["jobApplicationData"] == {"jobId": job, "applicantSource": "Airbyte"}
    assert local.requests.count("GET /jobs-api/v1/jobs") == 0


def test_an_unknown_unified_job(local: LocalTenant, tmp_path: Path) -> None:
    unknown = UnifiedIds("another tenant").of("jobs", "JR-1")
    lines = [record(application(f"ada{n}@example.com", unknown)) for n in range(3)]
    done = write(local, tmp_path, lines)
    assert done.exit_code == 1
    assert done.statuses() == ["rejected"] * 3
    assert done.results[0]["problems"][0]["field"] == "application.job_id"
    assert list(written(local)) == []


def test_rows_of_a_warehouse(local: LocalTenant, job: str, tmp_path: Path) -> None:
    flat = {
        "_airbyte_raw_id": "x",
        "_AIRBYTE_EXTRACTED_AT": 1,
        "CANDIDATE_FIRST_NAME": "Ada",
        "candidate.last_name": "Lovelace",
        "candidate_email_address": "ada@example.com",
        "candidate_phone_number": 4930123456,
        "candidate_location_city": None,
        "candidate_location_country": "DE",
        "application_job_id": job,
        "attachments": json.dumps([file("cv.pdf", "CV")]),
        "source": '{"name": "Referral"}',
        "loaded_by": "dbt",
    }
    done = write(local, tmp_path, [record(flat), record(flat)])
    assert done.statuses() == ["created", "already_applied"]
    assert sum("loaded_by" in line for line in done.log) == 1
    (made,) = written(local)
    assert made["candidateData"]["addressData"] == {"addressLine1": "DE", "country": "DE"}
    assert made["candidateData"]["contactData"]["phoneNumber"] == "4930123456"
    assert made["jobApplicationData"]["applicantSource"] == "Referral"


def test_rejections_name_field_and_rule(local: LocalTenant, job: str, tmp_path: Path) -> None:
    secret = {"first_name": "Wilhelmina-Alexandrine", "email_address": "mina@secret.example"}
    bad = application("mina@secret.example", job)
    bad["candidate"] = {**secret, "phone_number": "0049-030-SECRET"}
    lines = [record(bad), record(application("ada@example.com", job)), state(1)]
    done = write(local, tmp_path, lines)
    assert done.exit_code == 1
    first, second = done.of("create_application")
    assert [each["field"] for each in first["problems"]] == [
        "candidate.first_name",
        "candidate.last_name",
        "candidate.phone_number",
    ]
    assert "at most 20" in first["error"]
    assert second["status"] == "created", "a rejected record does not stop the others"
    assert len(done.states) == 1
    assert "create_application record 1" in done.errors[0]["message"]
    assert done.errors[0]["failure_type"] == "config_error"
    said = b"\n".join(done.lines).decode() + json.dumps(done.results)
    for private in ("Wilhelmina", "secret.example", "SECRET", "Lovelace", "ada@"):
        assert private not in said


def test_what_the_gateway_refuses(local: LocalTenant, tmp_path: Path) -> None:
    done = write(
        local,
        tmp_path,
        [record(application("ada@example.com", "remote:JR-0"))],
        config={"on_rejected_record": "skip"},
    )
    assert done.exit_code == 0
    assert "Job not found" in done.results[0]["error"]


# -- order, states, broken lines ---------------------------------------------------------------


def test_states_come_back_unchanged(local: LocalTenant, job: str, tmp_path: Path) -> None:
    lines = [
        state(0),
        record(application("a@example.com", job)),
        "no message {",
        record(application("nobody", job)),
        state(1),
        state(2, "create_candidate"),
        '{"type":"LOG","log":{"level":"INFO","message":"not ours"}}',
        "",
        '{"record": 1}',
        record(application("b@example.com", job), "create_candidate"),
        record(application("c@example.com", job), "elsewhere"),
        state(3, "create_candidate"),
        '{"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]},"id":9}}',
    ]
    done = write(local, tmp_path, lines, config={"on_rejected_record": "skip"})
    assert done.exit_code == 0
    counts = [json.loads(line)["state"]["destinationStats"] for line in done.states]
    assert [(each["recordCount"], each["rejectedRecordCount"]) for each in counts] == [
        (0, 0),
        (3, 2),
        (0, 0),
        (2, 1),
        (1, 1),
    ], "a line of no stream is counted by the next state"
    for line, number in zip(done.states[:3], (0, 4, 5), strict=True):
        text = line.decode()
        start, _, rest = text.partition(',"destinationStats":')
        assert start + rest[rest.index("}") + 1 :] == lines[number]
    broken = [each for each in done.results if each["stream"] is None]
    assert [each["line"] for each in broken] == [3, 9]
    assert "Lines of the input that are no messages: 2." in done.log
    (foreign,) = done.of("elsewhere")
    assert foreign["status"] == "rejected"
    assert len(done.results) == 6


@pytest.mark.parametrize("mode", ["fail", "skip"])
def test_broken_lines_are_in_all_counts(
    local: LocalTenant, job: str, tmp_path: Path, mode: str
) -> None:
    """A broken line whose stream can be read counts as a record of it, with a position."""
    good, deep = record(application("a@example.com", job)), "[" * 100_000
    lines = [
        good,
        good[:-30],
        good.replace('"Ada"', deep),
        "{",
        state(1),
        '{"type":"RECORD","record":{"stream":"create_application"}}',
        record(application("b@example.com", job)),
        state(2),
    ]
    done = write(
        local, tmp_path, lines, config={"on_rejected_record": mode},
        configured=catalog(["create_application"]),
    )  # fmt: skip
    assert done.exit_code == (mode == "fail")
    counts = [json.loads(line)["state"]["destinationStats"] for line in done.states]
    assert [tuple(each.values()) for each in counts] == [(4, 3), (2, 1)]
    assert done.statuses() == ["created", "rejected", "rejected", "rejected", "created"]
    assert [each.get("line") for each in done.of("create_application")] == [None, 2, 3, 6, None]
    assert done.of("create_application")[2]["error"] == "The line is nested too deeply."
    assert len(done.results) == 6
    assert "create_application: 5 records: 2 created, 3 rejected." in done.log
    assert "Lines of the input that are no messages: 1." in done.log


def test_damaged_text_never_reaches_phenom(local: LocalTenant, job: str, tmp_path: Path) -> None:
    good = record(application("a@example.com", job))
    lines = [
        good.replace('"Ada"', '"\\ud83d"'),
        good.replace('"candidate":', '"\\ud83d": 1, "candidate":'),
        good.replace('"stream": "create_application"', '"stream": "create_\\ud83d"'),
        good.replace('"Ada"', '"J\ufffdrgen"'),
        good.replace('"Ada"', '"\\ud83d\\ude00"'),
    ]
    done = write(local, tmp_path, lines)
    assert done.statuses() == ["rejected", "rejected", "rejected", "created"]
    assert [each["problems"][0]["field"] for each in done.of("create_application")[:3]] == [
        "candidate.first_name",
        "",
        "candidate.first_name",
    ]
    assert [each["line"] for each in done.results if each["stream"] is None] == [3]
    (made,) = written(local)
    assert made["candidateData"]["firstName"] == "😀"


@pytest.mark.parametrize("of_catalog", [..., None, ""])
def test_an_empty_namespace_is_none(
    local: LocalTenant, job: str, tmp_path: Path, of_catalog: Any
) -> None:
    configured = catalog(["create_application"])
    if of_catalog is not ...:
        configured["streams"][0]["stream"]["namespace"] = of_catalog
    lines = []
    for number, namespace in enumerate(("", None, ...)):
        for line in (record(application(f"a{number}@example.com", job)), state(number)):
            message = json.loads(line)
            described = message.get("state", {}).get("stream", {})
            if namespace is not ...:
                described.get("stream_descriptor", message.get("record"))["namespace"] = namespace
            lines.append(json.dumps(message))
    done = write(local, tmp_path, lines, configured=configured)
    assert done.exit_code == 0
    counts = [json.loads(line)["state"]["destinationStats"] for line in done.states]
    assert [tuple(each.values()) for each in counts] == [(1, 0)] * 3
    assert [each["position"] for each in done.of("create_application")] == [1, 2, 3]
    assert not any("namespace" in each for each in done.results)


@pytest.mark.parametrize(
    "mode", ["overwrite_dedup", "update", "soft_delete", "upsert", 7, ["append"]]
)
def test_an_impossible_sync_mode(local: LocalTenant, job: str, tmp_path: Path, mode: Any) -> None:
    configured = catalog()
    configured["streams"][1]["destination_sync_mode"] = mode
    lines = [record(application("a@example.com", job)), state(1)]
    done = write(local, tmp_path, lines, configured=configured)
    assert done.exit_code == 1
    (error,) = done.errors
    assert error["failure_type"] == "config_error"
    assert "Append (destination_sync_mode append) for create_application" in error["message"]
    assert list(written(local)) == []
    assert done.states == []
    assert done.results == []


@pytest.mark.parametrize("mode", ["append_dedup", "overwrite"])
def test_a_sync_mode_that_pyairbyte_chooses_causes_a_warning(
    local: LocalTenant, job: str, tmp_path: Path, mode: str
) -> None:
    configured = catalog()
    configured["streams"][1]["destination_sync_mode"] = mode
    done = write(
        local, tmp_path, [record(application("a@example.com", job))], configured=configured
    )
    assert done.statuses() == ["created"]
    logged = [each["log"]["message"] for each in done.messages if each["type"] == "LOG"]
    assert any(f"create_application ({mode})" in text for text in logged)


def test_a_catalog_without_a_sync_mode(local: LocalTenant, job: str, tmp_path: Path) -> None:
    configured = catalog()
    for each in configured["streams"]:
        del each["destination_sync_mode"]
    done = write(
        local, tmp_path, [record(application("a@example.com", job))], configured=configured
    )
    assert done.statuses() == ["created"]


def test_a_catalog_that_is_nested_too_deeply(local: LocalTenant, tmp_path: Path) -> None:
    process = start(local, tmp_path)
    (tmp_path / "catalog.json").write_text('{"streams":' + "[" * 100_000, encoding="utf-8")
    output, _ = process.communicate(b"", timeout=60)
    assert b"The catalog file is nested too deeply" in output
    assert process.returncode == 1


def test_names_of_columns_that_may_be_personal(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    columns = {"ada@secret.example": 1, "Zebulon_Quartermaine": 2, "loaded_by": "dbt"}
    row = application("a@example.com", job, **columns)
    row["candidate"] |= {"zebulon@secret.example": 1, "frist_name": 2}
    done = write(local, tmp_path, [record(row), record({**row, "Grace Hopper": 1})])
    (warned,) = [line for line in done.log if "Unknown columns" in line]
    assert "loaded_by" in warned
    assert "one that resembles candidate.first_name" in warned
    said = (b"\n".join(done.lines).decode() + json.dumps(done.results)).lower()
    for private in ("secret.example", "quartermaine", "grace", "hopper"):
        assert private not in said


def test_broken_lines_count_as_rejected(local: LocalTenant, job: str, tmp_path: Path) -> None:
    done = write(local, tmp_path, ["broken", record(application("a@example.com", job))])
    assert done.exit_code == 1
    assert done.statuses() == ["created"]
    assert "line 1 of the input" in done.errors[0]["message"]


def test_a_state_waits_for_its_records_and_their_results(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    process = start(local, tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    local.faults.latency = 300
    for line in (record(application("a@example.com", job)), state(1)):
        process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    echoed = json.loads(process.stdout.readline())
    assert echoed["state"]["id"] == 1
    assert [each["status"] for each in results(tmp_path)] == ["created"]
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_a_line_of_the_results(local: LocalTenant, job: str, tmp_path: Path) -> None:
    lines = [record(application("nobody", job)), record(application("ada@example.com", job)), "{"]
    done = write(local, tmp_path, lines)
    (made,) = written(local)
    runs = {each.pop("run") for each in done.results}
    assert len(runs) == 1
    rejected, created = done.of("create_application")
    assert rejected == {
        "stream": "create_application",
        "position": 1,
        "status": "rejected",
        "candidate_id": None,
        "application_id": None,
        "error": "candidate.email_address must be an e-mail address",
        "problems": [{"field": "candidate.email_address", "rule": "must be an e-mail address"}],
    }
    assert created == {
        "stream": "create_application",
        "position": 2,
        "status": "created",
        "candidate_id": made["candidateData"]["id"],
        "application_id": made["id"],
        "error": None,
        "problems": [],
    }
    (broken,) = [each for each in done.results if each["stream"] is None]
    assert (broken["line"], broken["position"], broken["status"]) == (3, None, "rejected")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_state_without_results(local: LocalTenant, job: str, tmp_path: Path) -> None:
    lines = [record(application("a@example.com", job)), state(1)]
    done = write(local, tmp_path, lines, config={"results_path": "/dev/full"})
    assert done.exit_code == 1
    (error,) = done.errors
    assert error["failure_type"] == "config_error"
    assert "results_path cannot be written: No space left" in error["message"]
    assert "could not be written: create_application: 1 created." in error["message"]
    assert done.states == []
    assert "create_application: 1 record: 1 created." in done.log
    assert len(list(written(local))) == 1


def test_a_disk_that_fills_up(local: LocalTenant, job: str, tmp_path: Path) -> None:
    """The results file cannot grow: requests in progress end, and everything is counted."""
    lines = [record(application(f"a{number}@example.com", job)) for number in range(60)]
    lines = [line for each in enumerate(lines) for line in (each[1], state(each[0]))]
    # Protocol messages go through a pipe, so that the limit is on the results alone.
    process = start(local, tmp_path, prepare=lambda: limit_file_size(2_000))
    output, _ = process.communicate("\n".join(lines).encode(), timeout=120)
    messages = [json.loads(line) for line in output.splitlines()]
    assert process.returncode == 1
    told = (tmp_path / "results.jsonl").read_bytes().split(b"\n")[:-1]
    created, states = len(list(written(local))), [m for m in messages if m["type"] == "STATE"]
    assert len(told) < created < 60
    assert len(states) <= len(told)
    error = messages[-1]["trace"]["error"]["message"]
    assert f"could not be written: create_application: {created - len(told)} created" in error
    log = [m["log"]["message"] for m in messages if m["type"] == "LOG"]
    assert any(f" records: {created} created, " in line for line in log)

    (tmp_path / "results.jsonl").unlink()
    again = write(local, tmp_path, lines, config={"results_path": os.devnull})
    assert again.exit_code == 0
    assert len(list(written(local))) == 60
    assert len(again.states) == 60


@pytest.mark.parametrize("target", ["closed pipe", "/dev/full"])
def test_states_that_cannot_be_given_back(
    local: LocalTenant, job: str, tmp_path: Path, target: str
) -> None:
    if target != "closed pipe" and not Path(target).exists():
        pytest.skip(f"needs {target}")
    reader, writer = os.pipe()
    if target != "closed pipe":
        os.close(writer)
        writer = os.open(target, os.O_WRONLY)
    os.close(reader)
    lines = [record(application(f"a{number}@example.com", job)) for number in range(60)]
    lines = [line for each in enumerate(lines) for line in (each[1], state(each[0]))]
    process = start(local, tmp_path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, said = process.communicate("\n".join(lines).encode(), timeout=120)
    assert process.returncode == 1
    created = len(list(written(local)))
    assert 0 < created < 60
    assert f" records: {created} created, " in said.decode()
    assert "Traceback" not in said.decode()
    assert [each["status"] for each in results(tmp_path)].count("created") == created


def test_without_standard_output_nothing_is_sent(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    process = start(local, tmp_path, stderr=subprocess.PIPE, prepare=lambda: os.close(1))
    _, said = process.communicate(record(application("a@example.com", job)).encode(), timeout=60)
    assert process.returncode == 1
    assert "Standard output is closed" in said.decode()
    assert list(written(local)) == []


def test_without_standard_input(local: LocalTenant, tmp_path: Path) -> None:
    process = start(local, tmp_path, prepare=lambda: os.close(0))
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"Standard input is closed" in output


def test_destination_object_names(local: LocalTenant, job: str, tmp_path: Path) -> None:
    configured = catalog(["hires"], {"hires": "create_application"})
    done = write(
        local, tmp_path, [record(application("a@x.example", job), "hires")], configured=configured
    )
    assert done.statuses("hires") == ["created"]


def test_a_stream_without_an_operation(local: LocalTenant, tmp_path: Path) -> None:
    done = write(local, tmp_path, [], configured=catalog(["hires"]))
    assert done.exit_code == 1
    assert "hires" in done.errors[0]["message"]
    assert "create_application" in done.errors[0]["message"]


# -- exactly once in effect ---------------------------------------------------------------------


def test_one_person_and_job_twice_in_a_batch(local: LocalTenant, job: str, tmp_path: Path) -> None:
    """The first one is created, regardless of the number of workers."""
    lines = [
        record(application(email, job, source={"name": f"source {number}"}))
        for number in range(12)
        for email in ("Ada@example.com", "bob@example.com", "ada@EXAMPLE.com")
    ]
    done = write(local, tmp_path, lines, config={"num_workers": 12})
    statuses = done.statuses()
    assert statuses[:2] == ["created", "created"]
    assert set(statuses[2:]) == {"already_applied"}
    assert [each["jobApplicationData"]["applicantSource"] for each in written(local)] == [
        "source 0"
    ] * 2


def test_a_second_run_creates_nothing_twice(local: LocalTenant, job: str, tmp_path: Path) -> None:
    lines = [
        record(application(f"a{n}@example.com", job, attachments=[file("x.pdf"), file("x.pdf")]))
        for n in range(5)
    ]
    first = write(local, tmp_path, lines)
    again = write(local, tmp_path, lines)
    assert first.statuses() == ["created"] * 5
    assert again.statuses() == ["already_applied"] * 5
    assert [each["application_id"] for each in again.of("create_application")] == [
        each["application_id"] for each in first.of("create_application")
    ]
    assert len(list(written(local))) == 5
    for each in written(local):
        assert file_names(local, each["id"]) == ["x.pdf", "x.pdf"]
    assert len({each["run"] for each in results(tmp_path)}) == 2, "the file is appended to"


def test_attachments_that_an_earlier_run_did_not_upload(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    row = application(
        "ada@example.com", job, attachments=[file("cv.pdf", "CV"), file("a.pdf"), file("b.pdf")]
    )
    local.faults.server_error = Fault(500, method="POST", path="/apply/v2/applications/", after=1)
    first = write(local, tmp_path, [record(row), state(1)])
    assert first.exit_code == 1
    assert first.errors[0]["failure_type"] == "transient_error"
    assert first.states == []
    assert first.statuses() == ["unsettled"]
    (made,) = written(local)
    assert first.results[0]["application_id"] == made["id"]
    assert file_names(local, made["id"]) == ["a.pdf", "cv.pdf"]

    local.faults.clear()
    again = write(local, tmp_path, [record(row), state(1)])
    assert again.statuses() == ["already_applied"]
    assert len(again.states) == 1
    assert file_names(local, made["id"]) == ["a.pdf", "b.pdf", "cv.pdf"]


@pytest.mark.parametrize("status", [400, 403, 413])
def test_an_attachment_that_is_refused_for_good(
    local: LocalTenant, job: str, tmp_path: Path, status: int
) -> None:
    local.faults.deny = Fault(status, method="POST", path="/apply/v2/applications/", count=1)
    row = application("ada@example.com", job, attachments=[file("a.pdf"), file("b.pdf")])
    done = write(local, tmp_path, [record(row), state(1)])
    assert done.exit_code == 0
    (result,) = done.results
    assert result["status"] == "created"
    assert result["problems"][0]["field"] == "attachments[0]"
    assert file_names(local, result["application_id"]) == ["b.pdf"]
    assert any("1 of them lack an attachment" in line for line in done.log)
    assert len(done.states) == 1


@pytest.mark.parametrize("lost", ["reset", "timeout", 500, 502, 504, 503])
def test_answers_that_get_lost_after_the_gateway_acted(
    local: LocalTenant, job: str, tmp_path: Path, lost: Any
) -> None:
    local.faults.lost_answer = Fault(lost, path="/apply/v2/applications", count=3)
    row = application("ada@example.com", job, attachments=[file("a.pdf"), file("b.pdf")])
    done = write(local, tmp_path, [record(row)])
    assert done.exit_code == 0, done.errors
    assert done.statuses() == ["created"]
    (made,) = written(local)
    assert file_names(local, made["id"]) == ["a.pdf", "b.pdf"]
    # The journal counts a request only when its answer is sent.
    assert local.requests.count("POST /apply/v2/applications") <= 1


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": Fault(method="POST", path="/apply", count=2)},
        {"server_error": Fault(500, method="POST", path="/apply", count=2)},
        {"html": Fault(method="POST", path="/apply", count=2)},
        {"throttle": Fault(503, method="POST", path="/apply", count=2, retry_after=0)},
        {"throttle": Fault(429, method="POST", path="/apply", count=20, retry_after=0)},
        {"truncate": Fault(path="/apply", every=2, count=4)},
        {"unauthorized": Fault(every=3)},
        {"token_lifetime": 0.9, "latency": 20},
    ],
    ids=lambda fault: " ".join(fault),
)
def test_faults_that_pass(
    local: LocalTenant, job: str, tmp_path: Path, fault: dict[str, Any]
) -> None:
    local.faults.update(fault)
    row = application("ada@example.com", job, attachments=[file("a.pdf")])
    done = write(local, tmp_path, [record(row)])
    assert done.exit_code == 0, done.errors
    assert done.statuses() == ["created"]
    (made,) = written(local)
    assert file_names(local, made["id"]) == ["a.pdf"]


def test_a_gateway_that_goes_away(local: LocalTenant, job: str, tmp_path: Path) -> None:
    """Records that were not sent are reported, and no state behind them is given back."""
    lines = [record(application(f"a{n}@example.com", job)) for n in range(20)]
    lines[3:3] = [state(1)]
    lines.append(state(2))
    local.faults.server_error = Fault(503, path="/apply", after=8)
    done = write(local, tmp_path, lines, config={"num_workers": 1})
    assert done.exit_code == 1
    assert done.errors[0]["failure_type"] == "transient_error"
    assert "send them again" in done.errors[0]["message"]
    statuses = done.statuses()
    assert statuses[:3] == ["created"] * 3
    assert set(statuses[3:]) <= {"created", "unsettled"}
    assert "unsettled" in statuses
    assert [json.loads(line)["state"]["id"] for line in done.states] == [1]

    local.faults.clear()
    again = write(local, tmp_path, lines)
    assert again.exit_code == 0
    assert len(list(written(local))) == 20
    assert len(again.states) == 2


def test_no_permission_to_submit(local: LocalTenant, job: str, tmp_path: Path) -> None:
    local.faults.deny = Fault(method="POST", path="/apply")
    done = write(local, tmp_path, [record(application("a@example.com", job)), state(1)])
    assert done.exit_code == 1
    assert done.errors[0]["failure_type"] == "config_error"
    assert "Apply API" in done.errors[0]["message"]
    assert done.states == []


@pytest.mark.parametrize("input_ends", [True, False])
@pytest.mark.parametrize(("end", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(
    local: LocalTenant,
    job: str,
    tmp_path: Path,
    end: signal.Signals,
    exit_code: int,
    input_ends: bool,
) -> None:
    """Requests in progress end, and every record that came in is reported."""
    lines = [record(application(f"a{n}@example.com", job)) for n in range(60)]
    lines[2:2] = [state(1)]
    lines.append(state(2))
    local.faults.latency = Fault(30, path="/apply")
    process = start(local, tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{line}\n" for line in lines).encode())
    process.stdin.flush()
    if input_ends:
        process.stdin.close()
    printed = [process.stdout.readline()]
    process.send_signal(end)
    printed += process.stdout.readlines()
    process.wait(timeout=60)
    process.stdout.close()
    if not input_ends:
        process.stdin.close()
    done = Writing(process.returncode, printed, results(tmp_path))
    assert done.exit_code == exit_code
    told = done.of("create_application")
    assert [each["position"] for each in told] == [*range(1, len(told) + 1)]
    statuses = [each["status"] for each in told]
    assert set(statuses) == {"created", "unsettled"}
    assert statuses.count("created") == len(list(written(local)))
    assert [json.loads(line)["state"]["id"] for line in done.states] == [1]
    assert any("unsettled" in line for line in done.log)
    assert any("Send the same records again" in line for line in done.log)
