"""A large batch with every fault of the tenant switched on, killed twice and sent again."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.destination.writing import (
    Row,
    application,
    file,
    file_names,
    record,
    results,
    start,
    state,
    write,
    written,
)
from phenom_sandbox import Fault, LocalTenant
from phenom_sandbox.gateway import apply
from source_phenom.models.ids import UnifiedIds

RECORDS = 2_000
STATE_EVERY = 40
CONFIG = {"num_workers": 8, "on_rejected_record": "skip", "max_attachment_bytes": 2_000}


@dataclass
class Batch:
    """`valid` holds the file names that each (e-mail, job) has in the end."""

    lines: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    valid: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def batch(jobs: list[str], rng: random.Random) -> Batch:
    made = Batch()
    ids = UnifiedIds("phenom")
    people = [f"Person.{number}@example.com" for number in range(RECORDS // 2)]
    for number in range(RECORDS):
        email, job_id = rng.choice(people), rng.choice(jobs[:8])
        given = rng.choice([job_id, f"remote:{job_id}", ids.of("jobs", job_id)])
        row = application(email if rng.random() < 0.7 else email.lower(), given)
        files = [
            file(f"{kind}-{rng.randrange(3)}.pdf".lower(), kind)
            for kind in ("CV", "COVER_LETTER", "OTHER")
            if rng.random() < 0.2
        ]
        if files:
            row["attachments"] = files
        if rng.random() < 0.2:
            spoil(row, rng)
            made.expected.append("rejected")
        else:
            made.expected.append("done")
            names = made.valid.setdefault((email.lower(), job_id), set())
            names.update(each["name"] for each in files)
        made.lines.append(record(flat(row) if rng.random() < 0.2 else row))
        if number % STATE_EVERY == STATE_EVERY - 1:
            made.lines.append(state(number + 1))
    return made


def spoil(row: Row, rng: random.Random) -> None:
    person: dict[str, Any] = row["candidate"]
    kind = rng.randrange(10)
    if kind == 0:
        person["first_name"] = "x" * 21
    elif kind == 1:
        del person["last_name"]
    elif kind == 2:
        person["email_address"] = "nobody"
    elif kind == 3:
        person["phone_number"] = "call me"
    elif kind == 4:
        person["location"] = {"city": "Berlin", "country": "Germany"}
    elif kind == 5:
        del row["application"]
    elif kind == 6:
        row["application"] = {"job_id": UnifiedIds("phenom").of("jobs", "no such job")}
    elif kind == 7:
        row["attachments"] = [{"name": "cv.pdf", "type": "CV"}]
    elif kind == 8:
        row["attachments"] = [file("cv.pdf", "CV", "x" * 2_001)]
    else:
        row["application"] = {"job_id": "remote:JR-OF-NOBODY"}


def flat(row: Row) -> Row:
    """As a warehouse may have it."""
    made: Row = {"_airbyte_raw_id": "1", "candidate": json.dumps(row["candidate"])}
    made |= {f"application_{key}": value for key, value in row.get("application", {}).items()}
    if "attachments" in row:
        made["attachments"] = json.dumps(row["attachments"])
    return made


def switch_everything_on(local: LocalTenant) -> None:
    gateway, jobs = "/apply", "/jobs-api"
    local.faults.update(
        {
            "latency": Fault(5, probability=0.1),
            "throttle": [
                Fault(429, probability=0.01, retry_after=0.02),
                Fault(503, probability=0.005, retry_after=0.02),
            ],
            "server_error": [Fault(status, probability=0.01) for status in (500, 502, 503, 504)],
            "reset": Fault(probability=0.02),
            "reset_after_headers": Fault(probability=0.01),
            "truncate": Fault(0.5, path=gateway, probability=0.01),
            "html": [Fault(200, path=gateway, probability=0.01), Fault(path=jobs, count=2)],
            "empty_body": Fault(200, path=gateway, probability=0.01),
            "gzip": Fault(probability=0.2),
            "redirect": [
                Fault(302, method="GET", path=gateway, probability=0.01),
                Fault(307, path=gateway, probability=0.01),
            ],
            "unauthorized": Fault(every=101),
            "lost_answer": [
                Fault("reset", path=gateway, probability=0.05),
                Fault("timeout", path=gateway, probability=0.004),
                Fault(502, path=gateway, probability=0.05),
            ],
            "token_lifetime": 2,
            "page_limit": 7,
            "total": "missing",
            "paging_as_text": True,
        }
    )


def killed(local: LocalTenant, folder: Path, lines: list[str], after: int) -> list[bytes]:
    """Kill a run once it has given `after` states back; returns those."""
    process = start(local, folder, config=CONFIG)
    assert process.stdin is not None
    assert process.stdout is not None
    pipe, states = process.stdin, list[bytes]()

    def feed() -> None:
        with contextlib.suppress(BrokenPipeError):
            for line in lines:
                pipe.write(line.encode() + b"\n")
                pipe.flush()

    feeder = threading.Thread(target=feed)
    feeder.start()
    for line in process.stdout:
        if line.endswith(b"\n") and b'"STATE"' in line:
            states.append(line.rstrip(b"\n"))
        if len(states) == after:
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    feeder.join()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        pipe.close()
    return states


@pytest.fixture
def gullible(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that does not notice by itself that somebody applies twice."""
    known = apply.submit_application
    blind = FunctionType(known.__code__, {**vars(apply), "_earlier": lambda *_: None})
    monkeypatch.setattr(apply, "submit_application", blind)


@pytest.mark.slow
@pytest.mark.usefixtures("gullible")
@pytest.mark.parametrize("seed", [1])
def test_a_batch_killed_twice_and_sent_again(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with phenom_sandbox.running(seed=seed, jobs=30, applications=100) as local:
        jobs = list(dict.fromkeys(str(row["jobId"]) for row in local.tenant.open_jobs()))
        made = batch(jobs, rng)
        switch_everything_on(local)
        for after in (5, 14):
            states = killed(local, tmp_path, made.lines, after)
            assert_in_order(states, made)
            accounted = {each["position"] for each in results(tmp_path)}
            assert accounted >= set(range(1, after * STATE_EVERY + 1))
        done = write(local, tmp_path, made.lines, config=CONFIG)
        local.faults.clear()

        created = Counter(
            (
                each["candidateData"]["contactData"]["email"].lower(),
                each["jobApplicationData"]["jobId"],
            )
            for each in written(local)
        )
        assert dict(created) == dict.fromkeys(made.valid, 1)
        for each in written(local):
            email = each["candidateData"]["contactData"]["email"].lower()
            names = made.valid[email, each["jobApplicationData"]["jobId"]]
            assert file_names(local, each["id"]) == sorted(names)

    assert done.exit_code == 0, done.errors
    assert [each["position"] for each in done.of("create_application")] == list(
        range(1, RECORDS + 1)
    )
    assert len(done.results) == RECORDS
    for expected, result in zip(made.expected, done.of("create_application"), strict=True):
        wanted = ("rejected",) if expected == "rejected" else ("created", "already_applied")
        assert result["status"] in wanted, result
        assert (result["error"] is None) == (expected != "rejected"), result
    assert_in_order(done.states, made)
    assert len(done.states) == RECORDS // STATE_EVERY


def assert_in_order(states: list[bytes], made: Batch) -> None:
    """The states that came back are the first ones that were sent, with the counts between."""
    sent = [line for line in made.lines if '"STATE"' in line]
    for number, line in enumerate(states):
        rejected = made.expected[number * STATE_EVERY : (number + 1) * STATE_EVERY].count(
            "rejected"
        )
        counts = f'"recordCount":{STATE_EVERY}.0,"rejectedRecordCount":{rejected}.0'
        assert line.decode() == sent[number].replace(
            "[1e2]}", f'[1e2],"destinationStats":{{{counts}}}}}'
        )
