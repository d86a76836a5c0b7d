"""The command `phenom write`."""

from __future__ import annotations

import codecs
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from click.testing import CliRunner, Result

from integration_tests.destination.writing import (
    ROOT,
    application,
    file,
    file_names,
    limit_file_size,
    with_interrupts,
    written,
)
from phenom_cli.write import write
from phenom_sandbox import Fault, LocalTenant
from source_phenom.models.ids import UnifiedIds


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


def test_a_dry_run_of_a_candidate_without_a_job(local: LocalTenant, tmp_path: Path) -> None:
    row = application("ada@secret.example", "")
    del row["application"]
    row["candidate"]["phone_number"] = "+49 30 998877"
    row |= {"attachments": [file("Ada CV.pdf", "CV")], "source": {"name": "Referral"}}
    text = json.dumps(row)
    options = {"action": "create_candidate", "ph_user_id": "u"}
    done = run(local, tmp_path, text, "--dry-run", **options)
    assert done.exit_code == 0
    (valid,) = printed(done)
    create, upload = valid["requests"]
    assert create == {
        "request": "POST /candidates-api/v2/candidates",
        "body": {
            "firstName": "***",
            "lastName": "***",
            "profileSources": ["Referral"],
            "emailList": [{"email": "***", "type": "Personal", "status": "Primary"}],
            "contacts": [
                {
                    "type": "Mobile",
                    "phoneNumber": "***",
                    "status": "Primary",
                    "countryCode": "***",
                }
            ],
        },
    }
    assert upload["request"].startswith("PATCH /candidates-api/files")
    assert upload["body"]["attachment"]["fileName"] == "***.pdf"
    assert upload["body"]["isParsableResume"] == "true"
    for private in ("Ada", "Lovelace", "secret", "998877"):
        assert private not in done.output
    assert local.requests.total == 0


def test_files_in_columns(local: LocalTenant, job: str, tmp_path: Path) -> None:
    """They are sent, refused or reported, with and without a dry run."""
    person = {
        "CANDIDATE_FIRST_NAME": "Ada",
        "CANDIDATE_LAST_NAME": "Lovelace",
        "APPLICATION_JOB_ID": job,
        "RESUME": "cv.pdf",
    }
    rows = [
        {"ATTACHMENTS_NAME": "cv.pdf", "ATTACHMENTS_TYPE": "CV", "ATTACHMENTS_DATA": "eA=="},
        {"attachments[0].name": "cv.pdf", "attachments[0].type": "CV"},
    ]
    text = "\n".join(
        json.dumps({**person, "CANDIDATE_EMAIL_ADDRESS": f"a{number}@example.com", **row})
        for number, row in enumerate(rows)
    )
    dry = run(local, tmp_path, text, "--dry-run")
    assert [each["status"] for each in printed(dry)] == ["valid", "rejected"]
    assert "Unknown columns of create_application are ignored: RESUME." in dry.stderr
    done = run(local, tmp_path, text)
    created, rejected = printed(done)
    assert (created["status"], rejected["status"]) == ("created", "rejected")
    assert "attachments[0] must have exactly one of data and data_url" in rejected["error"]
    assert file_names(local, created["application_id"]) == ["cv.pdf"]
    assert "Unknown columns of create_application are ignored: RESUME." in done.stderr


def test_progress(local: LocalTenant, tmp_path: Path) -> None:
    done = run(local, tmp_path, "{}\n" * 250)
    assert len(printed(done)) == 250
    assert "100 records: 100 rejected\n200 records: 200 rejected\n" in done.stderr
    assert "create_application: 250 records: 250 rejected." in done.stderr


def test_errors_in_the_configuration(local: LocalTenant, tmp_path: Path) -> None:
    done = run(local, tmp_path, "{}", num_workers=0)
    assert done.exit_code == 1
    assert "num_workers" in done.stderr
    done = run(local, tmp_path, json.dumps(application("a@b.de", "x")), client_secret="wrong")
    assert done.exit_code == 1
    assert "client_secret" in done.stderr
    assert printed(done)[0]["status"] == "unsettled"


def start(
    local: LocalTenant,
    folder: Path,
    *arguments: str,
    stdout: int = PIPE,
    stderr: int = PIPE,
    prepare: Callable[[], None] | None = None,
    **config: Any,
) -> Popen[bytes]:
    path = folder / "config.json"
    path.write_text(json.dumps({**local.config, **config}), encoding="utf-8")
    return Popen(
        [
            *(sys.executable, "-m", "phenom_cli.main", "write", "--config", str(path)),
            *("--action", "create_application", *arguments),
        ],
        stdin=PIPE,
        stdout=stdout,
        stderr=stderr,
        cwd=ROOT,
        preexec_fn=partial(with_interrupts, prepare),
    )


def test_results_are_printed_while_records_are_read(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    """From standard input to standard output, as in a pipeline."""
    with start(local, tmp_path, "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            line = json.dumps(application(f"a{number}@example.com", job))
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["position"] == number + 1
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("end", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_interrupted(
    local: LocalTenant, job: str, tmp_path: Path, end: signal.Signals, exit_code: int
) -> None:
    """Requests in progress end and are reported; a second run with the same file does the rest."""
    path = tmp_path / "records.jsonl"
    rows = [json.dumps(application(f"a{number}@example.com", job)) for number in range(60)]
    path.write_text("\n".join(rows), encoding="utf-8")
    # So slow that the run cannot end before the signal, even on a busy machine.
    local.faults.latency = Fault(500, path="/apply")
    with start(local, tmp_path, str(path)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline()]
        process.send_signal(end)
        lines += process.stdout.readlines()
        said = process.stderr.read().decode()
    assert process.returncode == exit_code
    assert len(lines) == 60
    statuses = Counter(json.loads(line)["status"] for line in lines)
    assert set(statuses) == {"created", "unsettled"}
    assert statuses["created"] == len(list(written(local)))
    assert "same file" in said
    assert "Traceback" not in said

    local.faults.clear()
    again = run(local, tmp_path, path.read_text(encoding="utf-8"))
    assert again.exit_code == 0
    assert len(list(written(local))) == 60


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_results_that_cannot_be_written(local: LocalTenant, job: str, tmp_path: Path) -> None:
    for text in (json.dumps(application("ada@example.com", job)), "broken"):
        done = run(local, tmp_path, text, results_path="/dev/full")
        assert done.exit_code == 1
        assert "Error: results_path cannot be written: No space left" in done.stderr
    done = run(local, tmp_path, "{}", results_path=str(tmp_path))
    assert done.exit_code == 1
    assert "Error: results_path cannot be written: Is a directory" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_summary_counts_results_that_cannot_be_written(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    done = run(
        local, tmp_path, json.dumps(application("a@example.com", job)), results_path="/dev/full"
    )
    assert "create_application: 1 record: 1 created." in done.stderr
    assert "Results that could not be written: create_application: 1 created." in done.stderr
    assert [each["status"] for each in printed(done)] == ["created"], (
        "it is printed, although it cannot be written to the file"
    )
    text = json.dumps(application("b@example.com", job))
    assert run(local, tmp_path, text, results_path=os.devnull).exit_code == 0


@pytest.mark.parametrize("target", ["closed pipe", "/dev/full", "full disk"])
@pytest.mark.parametrize("mode", ["fail", "skip"])
def test_standard_output_that_fails(
    local: LocalTenant, job: str, tmp_path: Path, target: str, mode: str
) -> None:
    """Requests in progress end, nothing more is sent, and everything is counted."""
    if target == "/dev/full" and not Path(target).exists():
        pytest.skip(f"needs {target}")
    path, printed_to = tmp_path / "records.jsonl", tmp_path / "printed.jsonl"
    rows = [json.dumps(application(f"a{number}@example.com", job)) for number in range(60)]
    path.write_text("\n".join(rows), encoding="utf-8")
    reader, writer = os.pipe()
    if target != "closed pipe":
        os.close(writer)
        to = target if target.startswith("/") else str(printed_to)
        writer = os.open(to, os.O_WRONLY | os.O_CREAT)
    os.close(reader)
    limit = (lambda: limit_file_size(2_000)) if target == "full disk" else None
    with start(
        local, tmp_path, str(path), stdout=writer, prepare=limit, on_rejected_record=mode
    ) as process:
        os.close(writer)
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert process.returncode == 1
    told = len(printed_to.read_bytes().split(b"\n")) - 1 if target == "full disk" else 0
    created = len(list(written(local)))
    assert told < created < 60
    assert f" records: {created} created, " in said
    assert f"could not be written: create_application: {created - told} created" in said
    assert ("Standard output cannot be written" in said) == (target != "closed pipe")
    assert "Traceback" not in said
    assert "Exception ignored" not in said


@pytest.mark.parametrize("descriptor", [0, 1, 2])
def test_a_closed_standard_stream(
    local: LocalTenant, job: str, tmp_path: Path, descriptor: int
) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(application("a@example.com", job)), encoding="utf-8")
    source = "-" if descriptor == 0 else str(path)
    process = start(local, tmp_path, source, prepare=lambda: os.close(descriptor))
    output, said = process.communicate(timeout=60)
    assert b"Traceback" not in said
    if descriptor == 2:
        assert process.returncode == 0
        assert json.loads(output)["status"] == "created"
    else:
        assert process.returncode != 0
        assert b"standard output" in said.lower() or b"standard input is closed" in said
        assert list(written(local)) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_progress_that_cannot_be_printed(local: LocalTenant, job: str, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    rows = [json.dumps(application("a@example.com", job)), *["{}"] * 120]
    path.write_text("\n".join(rows), encoding="utf-8")
    with (
        Path("/dev/full").open("wb") as full,
        start(
            local, tmp_path, str(path), stderr=full.fileno(), on_rejected_record="skip"
        ) as process,
    ):
        assert process.stdout is not None
        assert len(process.stdout.readlines()) == 121
    assert process.returncode == 0


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_damaged_text(
    local: LocalTenant, job: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    good = json.dumps(application("a@example.com", job))
    lines = [
        good.replace("Ada", "J\xfcrgen").encode("latin-1"),
        good.replace("Ada", "\\ud83d").encode(),
        good.replace('"candidate":', '"custom": {"\\udfff": 1}, "candidate":').encode(),
        json.dumps({"candidate": good.replace("Ada", "\\udcfc")}).encode(),
        good.replace("Ada", "J\ufffdrgen").encode(),
        good.replace("Ada", "J\u00fcrgen").encode(),
    ]
    path = tmp_path / "records.jsonl"
    for content, code in ((b"\n".join(lines), 1), (codecs.BOM_UTF8 + lines[-1], 0)):
        path.write_bytes(content)
        with start(local, tmp_path, str(path), *options) as process:
            assert process.stdout is not None
            found = sorted(map(json.loads, process.stdout), key=lambda each: each["position"])
        assert process.returncode == code
        fine = found.pop()
        assert fine["status"] in ("created", "already_applied", "valid")
        assert [each["status"] for each in found] == ["rejected"] * len(found)
    names = [each["candidateData"]["firstName"] for each in written(local)]
    assert names == ([] if options else ["J\u00fcrgen"])


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_another_encoding_is_named(
    local: LocalTenant, job: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(application("a@example.com", job)), encoding="utf-16")
    with start(local, tmp_path, str(path), *options) as process:
        output, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == b""
    assert b"The input is UTF-16 text: save it as UTF-8." in said


def test_records_that_are_nested_deeply(local: LocalTenant, job: str, tmp_path: Path) -> None:
    good = json.dumps(application("a@example.com", UnifiedIds("phenom").of("jobs", job)))
    texts = [
        good.replace('"candidate":', f'"custom": {"[" * depth}{"]" * depth}, "candidate":')
        # In between, it depends on Python's version: 3.13 parses 5,000, the others do not.
        for depth in (198, 254, 255, 300, 1_000, 100_000)
    ]
    done = run(local, tmp_path, "\n".join(texts))
    assert [each["status"] for each in printed(done)] == [
        "created",
        *["already_applied"] * 4,
        "rejected",
    ]


def test_keys_of_objects_in_capitals(local: LocalTenant, job: str, tmp_path: Path) -> None:
    row = {
        "CANDIDATE": {
            "FIRST_NAME": "Ada",
            "LAST_NAME": "Lovelace",
            "EMAIL_ADDRESS": "a@example.com",
            "LOCATION": {"CITY": "Berlin", "COUNTRY": "DE"},
        },
        "APPLICATION": json.dumps({"JOB_ID": job}),
        "ATTACHMENTS": [{key.upper(): value for key, value in file("cv.pdf", "CV").items()}],
        "SOURCE": {"NAME": "Referral"},
    }
    done = run(local, tmp_path, json.dumps(row))
    assert done.exit_code == 0
    (made,) = written(local)
    assert made["candidateData"]["addressData"]["city"] == "Berlin"
    assert made["jobApplicationData"]["applicantSource"] == "Referral"
    assert file_names(local, made["id"]) == ["cv.pdf"]


def test_help() -> None:
    done = CliRunner().invoke(write, ["--help"])
    assert done.exit_code == 0
    assert "--dry-run" in done.output
