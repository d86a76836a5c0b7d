"""A large batch with all faults of the tenant switched on, interrupted several times."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from integration_tests.destination.writing import (
    STREAMS,
    Row,
    Writing,
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
from phenom_sandbox.faults import SWITCHES
from source_phenom.models.ids import UnifiedIds

RECORDS = 2_000
STATE_EVERY = 40
CREATE_CANDIDATE, CREATE_APPLICATION = STREAMS
CONFIG = {
    "num_workers": 8,
    "on_rejected_record": "skip",
    "max_attachment_bytes": 2_000,
    "ph_user_id": "recruiter",
}
KINDS = ("CV", "COVER_LETTER", "OTHER")


@dataclass(frozen=True)
class Sent:
    """A state of the batch, the number of its stream's records before it, and its counts.

    A line of no stream is counted by the next state, whatever its stream.
    """

    line: str
    stream: str
    before: int
    records: int
    rejected: int


@dataclass
class Batch:
    """The input, and the expected result.

    `expected` says by stream and position whether a record is valid. `applications` (by e-mail and
    job) and `candidates` (by e-mail) hold the names of the attachments at the end.
    """

    lines: list[str] = field(default_factory=list)
    states: list[Sent] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    uncounted: int = 0
    expected: dict[str, list[bool]] = field(default_factory=lambda: {name: [] for name in STREAMS})
    applications: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    candidates: dict[str, set[str]] = field(default_factory=dict)

    def add(self, stream: str, row: Row, valid: bool) -> None:
        self.lines.append(record(row, stream))
        self.expected[stream].append(valid)

    def add_state(self, stream: str) -> None:
        before = [each.before for each in self.states if each.stream == stream]
        fresh = self.expected[stream][before[-1] if before else 0 :]
        line = state(len(self.states), stream)
        records, rejected = len(fresh) + self.uncounted, fresh.count(False) + self.uncounted
        self.states.append(Sent(line, stream, len(self.expected[stream]), records, rejected))
        self.uncounted = 0
        self.lines.append(line)

    def add_broken(self) -> None:
        self.lines.append('{"type": "RECORD", "record": {"stream": "create_appl')
        self.broken.append(len(self.lines))
        self.uncounted += 1


def batch(jobs: Sequence[str], rng: random.Random) -> Batch:
    """A third of the pairs of person and job occurs more than once, a fifth is invalid."""
    made = Batch()
    ids = UnifiedIds("phenom")
    for number in range(RECORDS):
        files = [
            file(f"{kind}-{rng.randrange(3)}.pdf".lower(), kind)
            for kind in KINDS
            if rng.random() < 0.2
        ]
        names = {each["name"] for each in files}
        more: Row = {"attachments": files} if files else {}
        valid = rng.random() >= 0.2
        if rng.random() < 0.1:
            stream, email = CREATE_CANDIDATE, f"Member.{rng.randrange(RECORDS // 15)}@example.com"
            row: Row = {"candidate": application(email, "")["candidate"], **more}
            if valid:
                made.candidates.setdefault(email.lower(), set()).update(names)
        else:
            # A candidate with a job applies for it.
            stream = CREATE_APPLICATION if rng.random() < 0.9 else CREATE_CANDIDATE
            email, job_id = f"Person.{rng.randrange(RECORDS // 2)}@example.com", rng.choice(jobs)
            given = rng.choice([job_id, f"remote:{job_id}", ids.of("jobs", job_id)])
            row = application(email if rng.random() < 0.7 else email.lower(), given, **more)
            if valid:
                made.applications.setdefault((email.lower(), job_id), set()).update(names)
        if not valid:
            spoil(row, rng)
        made.add(stream, flat(row) if rng.random() < 0.2 else row, valid)
        if number % 500 == 250:
            made.add_broken()
        if number % STATE_EVERY == STATE_EVERY - 1:
            for each in STREAMS:
                made.add_state(each)
    return made


def spoil(row: Row, rng: random.Random) -> None:
    person: dict[str, Any] = row["candidate"]
    kind = rng.randrange(12)
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
        row["application"] = {"job_id": "remote:"}
    elif kind == 6:
        row["application"] = {"job_id": UnifiedIds("phenom").of("jobs", "no such job")}
    elif kind == 7:
        row["attachments"] = [{"name": "cv.pdf", "type": "CV"}]
    elif kind == 8:
        row["attachments"] = [file("a.pdf", "CV", "x" * 1_001)] * 2
    elif kind == 9:
        row["attachments"] = [{**file("cv.pdf"), "type": "RESUME"}]
    elif kind == 10:
        row["attachments"] = [
            {"name": "cv.pdf", "type": "CV", "data_url": "http://files.example/cv"}
        ]
    else:
        row["application"] = {"job_id": "remote:JR-OF-NOBODY"}


def flat(row: Row) -> Row:
    """The row as flat columns, as in a warehouse."""
    made: Row = {"_airbyte_raw_id": "1", "candidate": json.dumps(row["candidate"])}
    made |= {f"application_{key}": value for key, value in row.get("application", {}).items()}
    if "attachments" in row:
        made["attachments"] = json.dumps(row["attachments"])
    return made


def faults() -> dict[str, Any]:
    """All switches of the tenant except the two that end every run."""
    apis, jobs = ("/apply", "/candidates-api"), "/jobs-api"
    return {
        "latency": Fault(5, probability=0.1),
        "throttle": [
            Fault(429, probability=0.01, retry_after=0.02),
            Fault(503, probability=0.005, retry_after=0.02),
        ],
        "server_error": [Fault(status, probability=0.01) for status in (500, 502, 503, 504)],
        "reset": Fault(probability=0.02),
        "reset_after_headers": Fault(probability=0.01),
        "truncate": Fault(0.5, probability=0.01),
        "html": [*(Fault(path=path, probability=0.01) for path in apis), Fault(path=jobs, count=2)],
        "empty_body": [Fault(path=path, probability=0.01) for path in apis],
        "gzip": Fault(probability=0.2),
        "redirect": [
            Fault(302, method="GET", probability=0.01),
            *(Fault(307, path=path, probability=0.01) for path in apis),
        ],
        "unauthorized": Fault(every=101),
        "lost_answer": [
            Fault("reset", probability=0.05),
            Fault("timeout", probability=0.004),
            Fault(502, probability=0.05),
        ],
        "token_lifetime": 2,
        "token_format": [Fault("bare", every=3), Fault("jwt", every=2)],
        # For the job listing, where unified ids are looked up. Jobs are deleted at its beginning;
        # the records refer to jobs at its end.
        "page_limit": Fault(7, every=2),
        "silent_page_limit": Fault(5, every=3),
        "short_page": Fault(3, probability=0.1),
        "empty_page": Fault(9, count=3),
        "data_null": Fault(path=jobs, count=3),
        "total": [Fault("missing", every=2), Fault("null", every=3), Fault("string", every=2)],
        "paging_as_text": Fault(every=2),
        "churn": [
            Fault("insert", position=0, every=3),
            Fault("delete", position=0, every=4, count=20),
            Fault("edit", every=5),
        ],
        # For operations that are not used here.
        "search_window": 10_000,
        "dates_only": True,
        "nameless_activities": True,
    }


def killed(after: int) -> Callable[[LocalTenant, Path, Batch], None]:
    """Kills a run after it gave back that many states."""

    def interrupt(local: LocalTenant, folder: Path, made: Batch) -> None:
        process = start(local, folder, config=CONFIG)
        assert process.stdin is not None
        assert process.stdout is not None
        pipe, states, before = process.stdin, list[bytes](), len(results(folder))

        def feed() -> None:
            with contextlib.suppress(BrokenPipeError):
                for line in made.lines:
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
        assert len(states) >= after
        assert_in_order(states, made)
        assert_accounted(results(folder)[before:], states, made)

    return interrupt


def refused(switch: str, fault: Fault, words: str) -> Callable[[LocalTenant, Path, Batch], None]:
    """Denies access in the middle of a run; the run ends with an error that says what to do."""

    def interrupt(local: LocalTenant, folder: Path, made: Batch) -> None:
        local.faults.update({switch: fault})
        done = write(local, folder, made.lines, config=CONFIG)
        local.faults.update({switch: None})
        assert done.exit_code == 1
        assert done.errors[0]["failure_type"] == "config_error"
        assert words in done.errors[0]["message"]
        assert "send them again" in done.errors[0]["message"]
        assert_in_order(done.states, made)
        assert_accounted(done.results, done.states, made)
        for stream in STREAMS:
            positions = [each["position"] for each in done.of(stream)]
            assert positions == list(range(1, len(positions) + 1)), (
                "every record that came in has a result"
            )
        statuses = Counter(each["status"] for each in done.results)
        assert 0 < statuses["unsettled"] < sum(statuses.values())

    return interrupt


INTERRUPTIONS = (
    killed(10),
    refused("wrong_secret", Fault(after=1), "client_secret"),
    refused("deny", Fault(path="/apply", after=700), "Ask Phenom to grant it: Apply API"),
    killed(24),
)


def test_every_switch_is_used() -> None:
    assert {*faults(), "deny", "wrong_secret"} == set(SWITCHES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_a_batch_interrupted_and_sent_again(tmp_path: Path, seed: int) -> None:
    with phenom_sandbox.running(
        seed=seed, jobs=30, applications=100, accepts_duplicates=True
    ) as local:
        jobs = list(dict.fromkeys(str(row["jobId"]) for row in local.tenant.open_jobs()))
        made = batch(jobs[-8:], random.Random(seed))
        people_before = set(local.tenant.people.ids())
        local.faults.update(faults())
        for interrupt in INTERRUPTIONS:
            interrupt(local, tmp_path, made)
        done = write(local, tmp_path, made.lines, config=CONFIG)
        local.faults.clear()
        assert_written(local, made, people_before)

    assert done.exit_code == 0, done.errors
    assert_results(done, made)
    assert_in_order(done.states, made)
    assert len(done.states) == len(made.states)


def assert_written(local: LocalTenant, made: Batch, people_before: set[str]) -> None:
    """One application per valid person and job, one candidate per valid person, all attachments."""
    applied = Counter[tuple[str, str]]()
    for each in written(local):
        key = (
            each["candidateData"]["contactData"]["email"].lower(),
            str(each["jobApplicationData"]["jobId"]),
        )
        applied[key] += 1
        assert file_names(local, each["id"]) == sorted(made.applications[key])
    assert dict(applied) == dict.fromkeys(made.applications, 1)

    members = Counter[str]()
    for candidate_id in set(local.tenant.people.ids()) - people_before:
        person = local.tenant.people.find(candidate_id)
        assert person is not None
        email = person["emails"][0].lower()
        if email.startswith("member."):
            members[email] += 1
            names = [each.name for each in local.tenant.files.of_candidate(candidate_id)]
            assert sorted(names) == sorted(made.candidates[email])
    assert dict(members) == dict.fromkeys(made.candidates, 1)


def assert_results(done: Writing, made: Batch) -> None:
    """Every line of the input has a line in the results, with the right status."""
    assert len(done.results) == RECORDS + len(made.broken)
    broken = [each for each in done.results if each["stream"] is None]
    assert [each["line"] for each in broken] == made.broken
    for stream, expected in made.expected.items():
        found = done.of(stream)
        assert [each["position"] for each in found] == list(range(1, len(expected) + 1))
        for valid, result in zip(expected, found, strict=True):
            wanted = ("created", "already_applied", "already_exists") if valid else ("rejected",)
            assert result["status"] in wanted, result
            assert (result["error"] is None) == valid, result


def assert_in_order(states: Sequence[bytes], made: Batch) -> None:
    """The states that came back are the first ones that were sent, with their counts."""
    for line, sent in zip(states, made.states, strict=False):
        counts = f'"recordCount":{sent.records}.0,"rejectedRecordCount":{sent.rejected}.0'
        assert line.decode() == sent.line.replace(
            "[1e2]}", f'[1e2],"destinationStats":{{{counts}}}}}'
        )


def assert_accounted(found: Sequence[Row], states: Sequence[bytes], made: Batch) -> None:
    """Every record before a state that came back is finished, and is in the results."""
    decided = {
        (each["stream"], each["position"]) for each in found if each["status"] != "unsettled"
    }
    for sent in made.states[: len(states)]:
        assert {(sent.stream, place + 1) for place in range(sent.before)} <= decided
