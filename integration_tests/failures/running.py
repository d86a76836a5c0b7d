"""Runs the source in this process against a local tenant: real sockets, but no real waits."""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from time import monotonic
from typing import Any
from unittest import mock

from integration_tests.source.reading import STREAMS, ConnectorOutput, catalog
from phenom_api import gateway as gateway_module
from phenom_api.connection import Connection
from phenom_api.gateway import Gateway
from phenom_api.retries import RetryPolicy
from phenom_sandbox import LocalTenant
from source_phenom import check as check_module
from source_phenom import run as source

APPLY_STREAMS = ("applications", "candidates")
JOB_STREAMS = tuple(name for name in STREAMS if name not in APPLY_STREAMS)
QUICK = RetryPolicy(first_wait=0.5, read=5.0, connect=2.0)
Warehouse = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Waits:
    """A clock that sleeping moves forward at once."""

    slept: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _ahead: float = 0.0

    def clock(self) -> float:
        return monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._ahead += seconds


@dataclass
class Ran:
    """What a run printed, how long it would have waited, and its gateway."""

    outcome: ConnectorOutput
    waits: Waits
    gateways: list[Gateway]

    @property
    def code(self) -> int:
        return self.outcome.code

    @property
    def gateway(self) -> Gateway:
        return self.gateways[-1]

    @property
    def status(self) -> str:
        """The status and the message of ``check``."""
        (message,) = self.outcome.of("CONNECTION_STATUS")
        found = message["connectionStatus"]
        return f"{found['status']}: {found.get('message', '')}"

    @property
    def ended(self) -> dict[str, str]:
        """The last status of every stream."""
        return {name: statuses[-1] for name, statuses in self.outcome.statuses.items()}

    @property
    def warnings(self) -> str:
        logs = [message["log"] for message in self.outcome.of("LOG")]
        return "\n".join(log["message"] for log in logs if log["level"] == "WARN")

    @property
    def doubts(self) -> list[str]:
        """The warnings that say why a listing's deletions were not reported."""
        said = ("reports no deletions", "reported as deleted")
        return [line for line in self.warnings.splitlines() if any(part in line for part in said)]

    def content(self) -> Warehouse:
        """The records by stream and id, without the time at which they were read."""
        return {
            stream: {record["id"]: without_time(record) for record in records}
            for stream, records in self.outcome.records.items()
        }

    def deleted(self) -> set[str]:
        """Remote ids of the tombstones; ids if there are no remote ids."""
        return {
            record.get("remote_id", record["id"])
            for records in self.outcome.records.values()
            for record in records
            if record["remote_deleted_at"] is not None
        }


def without_time(record: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in record.items() if column != "changed_at"}


def run(
    command: str,
    config: Mapping[str, Any],
    *,
    state: Sequence[Any] | None = None,
    streams: Sequence[str] = STREAMS,
    mode: str = "incremental",
    policy: RetryPolicy = QUICK,
    secrets: Sequence[str] = (),
) -> Ran:
    """Run ``source-phenom COMMAND``. Its output must not contain secrets or personal data."""
    waits = Waits()
    gateways: list[Gateway] = []

    class QuickGateway(Gateway):
        def __init__(self, connection: Connection, **_: Any) -> None:
            super().__init__(
                connection,
                policy=policy,
                clock=waits.clock,
                sleep=waits.sleep,
                rng=random.Random(1),
            )
            gateways.append(self)

    out = io.TextIOWrapper(io.BytesIO())
    with (
        TemporaryDirectory() as folder,
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(gateway_module, "Gateway", QuickGateway),
        mock.patch.object(check_module, "Gateway", QuickGateway),
    ):
        files: dict[str, Any] = {"config": config}
        if command == "read":
            files["catalog"] = catalog(streams, mode)
            if state is not None:
                files["state"] = json.loads(json.dumps(state))
        arguments = [command]
        for name, content in files.items():
            path = Path(folder) / f"{name}.json"
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        code = 0
        try:
            source.main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    out.flush()
    printed = out.buffer.getvalue()
    outcome = ConnectorOutput(code, [json.loads(line) for line in printed.splitlines()])
    _is_discreet(outcome, [config["client_secret"], config.get("api_key") or "", *secrets])
    return Ran(outcome, waits, gateways)


def _is_discreet(outcome: ConnectorOutput, secrets: Sequence[str]) -> None:
    """No secret and no token anywhere, and no e-mail address outside records and states."""
    for message in outcome.messages:
        line = json.dumps(message)
        assert not any(secret in line for secret in secrets if secret), "a secret was printed"
        assert "Bearer " not in line
        if message["type"] not in ("RECORD", "STATE"):
            assert "@" not in line, line


def read(local: LocalTenant, more: Mapping[str, Any] | None = None, **options: Any) -> Ran:
    """``source-phenom read`` of the local tenant."""
    config = {**local.config, "page_size": 20, "num_workers": 4, **(more or {})}
    return run("read", config, secrets=local.issued_tokens, **options)
