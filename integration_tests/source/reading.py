"""Runs the source as the platform does: as a process with files in and messages out."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STREAMS = (
    "users",
    "jobs",
    "candidates",
    "applications",
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
)


@dataclass
class ConnectorOutput:
    """What a run printed, sorted by kind."""

    code: int
    messages: list[dict[str, Any]]
    records: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for message in self.of("RECORD"):
            record = message["record"]
            self.records[record["stream"]].append(record["data"])

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The last state of every stream, as the platform keeps them."""
        last = {
            message["state"]["stream"]["stream_descriptor"]["name"]: message["state"]
            for message in self.of("STATE")
        }
        return list(last.values())

    @property
    def logs(self) -> str:
        return "\n".join(message["log"]["message"] for message in self.of("LOG"))

    @property
    def failures(self) -> list[dict[str, Any]]:
        return [
            message["trace"]["error"]
            for message in self.of("TRACE")
            if message["trace"]["type"] == "ERROR"
        ]

    @property
    def statuses(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for message in self.of("TRACE"):
            status = message["trace"].get("stream_status")
            if status:
                found[status["stream_descriptor"]["name"]].append(status["status"])
        return found


def catalog(
    streams: Sequence[str] = STREAMS, mode: str = "incremental", *, files: bool | None = None
) -> dict[str, Any]:
    """A configured catalog. :param files: include_files of every stream."""
    including: dict[str, Any] = {} if files is None else {"include_files": files}
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": mode,
                "destination_sync_mode": "append_dedup",
                **including,
            }
            for name in streams
        ]
    }


def run(command: str, **files: Any) -> ConnectorOutput:
    """``source-phenom COMMAND`` with each of ``files`` written to disk and given by name."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-m", "source_phenom.run", command]
        for name, content in files.items():
            path = Path(folder) / f"{name}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            arguments += [f"--{name}", str(path)]
        done = subprocess.run(
            arguments, capture_output=True, check=False, cwd=Path(__file__).parents[2]
        )
    return ConnectorOutput(done.returncode, [json.loads(line) for line in done.stdout.splitlines()])


def read(
    config: Mapping[str, Any],
    state: Sequence[Mapping[str, Any]] | None = None,
    *,
    streams: Sequence[str] = STREAMS,
    mode: str = "incremental",
    files: bool | None = None,
) -> ConnectorOutput:
    """``source-phenom read`` of the given streams."""
    given: dict[str, Any] = {"config": config, "catalog": catalog(streams, mode, files=files)}
    if state is not None:
        given["state"] = state
    return run("read", **given)
