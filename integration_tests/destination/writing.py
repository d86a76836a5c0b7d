"""Runs `destination-phenom write` as a subprocess; its input and its results."""

from __future__ import annotations

import base64
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from phenom_sandbox import LocalTenant

ROOT = Path(__file__).resolve().parents[2]
STREAMS = ("create_candidate", "create_application")
Row = dict[str, Any]

# The writer with short waits.
_WITH_SHORT_WAITS = """
import sys
from destination_phenom import attachments, run, write
from phenom_api.gateway import RetryPolicy
write.RETRY_POLICY = RetryPolicy(
    attempts=12, first_wait=0.01, longest_wait=0.2, throttled=3.0, connect=2.0, read=0.6
)
attachments.RETRY_PAUSE = 0.01
run.main(sys.argv[1:])
"""


@dataclass
class Writing:
    """The output of one `write`, and the lines that it appended to the results file."""

    exit_code: int
    lines: list[bytes] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)

    @property
    def messages(self) -> list[Row]:
        return [json.loads(line) for line in self.lines]

    @property
    def states(self) -> list[bytes]:
        return [line for line in self.lines if json.loads(line)["type"] == "STATE"]

    @property
    def log(self) -> list[str]:
        return [each["log"]["message"] for each in self.messages if each["type"] == "LOG"]

    @property
    def errors(self) -> list[Row]:
        return [each["trace"]["error"] for each in self.messages if each["type"] == "TRACE"]

    def of(self, stream: str) -> list[Row]:
        """The results of a stream by position."""
        found = [each for each in self.results if each["stream"] == stream]
        return sorted(found, key=lambda each: each["position"])

    def statuses(self, stream: str = "create_application") -> list[str]:
        return [each["status"] for each in self.of(stream)]


def application(email: str, job_id: str, **more: Any) -> Row:
    """A valid record; `more` adds or replaces members."""
    row: Row = {
        "candidate": {"first_name": "Ada", "last_name": "Lovelace", "email_address": email},
        "application": {"job_id": job_id},
    }
    row.update(more)
    return row


def file(name: str, kind: str = "OTHER", content: str = "content") -> Row:
    return {"name": name, "type": kind, "data": base64.b64encode(content.encode()).decode()}


def record(row: Row, stream: str = "create_application") -> str:
    return json.dumps(
        {"type": "RECORD", "record": {"stream": stream, "data": row, "emitted_at": 1}}
    )


def state(number: int, stream: str = "create_application") -> str:
    """A state message with unusual spaces, numbers and members, which have to be kept."""
    return (
        f'{{ "type":"STATE","state": {{"type":"STREAM","stream":{{"stream_descriptor":'
        f'{{"name":"{stream}"}},"stream_state":{{"n":{number}, "f":1.50}}}}, "id":{number}, '
        f'"unknown\\u0020member":[1e2]}} }}'
    )


def catalog(streams: Sequence[str] = STREAMS, objects: Mapping[str, str] | None = None) -> Row:
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {"type": "object"},
                    "supported_sync_modes": ["full_refresh"],
                },
                "sync_mode": "full_refresh",
                "destination_sync_mode": "append",
                **(
                    {"destination_object_name": objects[name]}
                    if objects is not None and name in objects
                    else {}
                ),
            }
            for name in streams
        ]
    }


def with_interrupts(prepare: Callable[[], None] | None) -> None:
    """Runs in the new process. Processes started in the background would ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if prepare is not None:
        prepare()


def start(
    local: LocalTenant,
    folder: Path,
    *,
    config: Mapping[str, Any] | None = None,
    configured: Row | None = None,
    stdout: int = subprocess.PIPE,
    stderr: int | None = None,
    prepare: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """A running `write` with pipes; its results go to `folder/results.jsonl`.

    `prepare` is called in the new process.
    """
    whole = {**local.config, "results_path": str(folder / "results.jsonl"), **(config or {})}
    (folder / "config.json").write_text(json.dumps(whole), encoding="utf-8")
    (folder / "catalog.json").write_text(json.dumps(configured or catalog()), encoding="utf-8")
    return subprocess.Popen(
        [
            *(sys.executable, "-c", _WITH_SHORT_WAITS, "write"),
            *("--config", str(folder / "config.json"), "--catalog", str(folder / "catalog.json")),
        ],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        cwd=ROOT,
        preexec_fn=partial(with_interrupts, prepare),
    )


def limit_file_size(size: int) -> None:
    """Files of this process cannot get longer, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def write(
    local: LocalTenant,
    folder: Path,
    lines: Iterable[str],
    *,
    config: Mapping[str, Any] | None = None,
    configured: Row | None = None,
) -> Writing:
    """Run `write` to its end."""
    before = len(results(folder))
    process = start(local, folder, config=config, configured=configured)
    output, _ = process.communicate("".join(f"{line}\n" for line in lines).encode(), timeout=120)
    return Writing(process.returncode, output.splitlines(), results(folder)[before:])


def results(folder: Path) -> list[Row]:
    path = folder / "results.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def written(local: LocalTenant) -> Iterator[Row]:
    """The applications that were not generated with the tenant."""
    for each in local.tenant.applications():
        if not local.tenant.applied.is_generated(str(each["id"])):
            yield each


def file_names(local: LocalTenant, application_id: str) -> list[str]:
    return sorted(each["fileName"] for each in local.tenant.attachments(application_id))
