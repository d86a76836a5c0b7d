"""Runs `source-phenom read` as a subprocess, and compares its records with the expected ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .expected import STREAMS, Record

ROOT = Path(__file__).resolve().parents[2]
CHANGED_AT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


@dataclass
class Reading:
    """What one `read` printed."""

    exit_code: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    streams: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Say why this is not a complete read of all seven streams."""
        found = []
        if self.exit_code != 0:
            found.append(f"exit code {self.exit_code}")
        for stream in STREAMS:
            if not self.statuses.get(stream) or self.statuses[stream][-1] != "COMPLETE":
                found.append(f"{stream}: status {self.statuses.get(stream)}")
        for stream in self.records:
            if stream not in STREAMS:
                found.append(f"{stream}: no such stream")
        return found


def discover(config_path: Path) -> list[dict[str, Any]]:
    """Return the streams of the catalog, which is the same for all configurations here."""
    if not _DISCOVERED:
        for message in _messages(_run("discover", "--config", str(config_path)).stdout):
            if message["type"] == "CATALOG":
                _DISCOVERED.extend(message["catalog"]["streams"])
    return _DISCOVERED


_DISCOVERED: list[dict[str, Any]] = []


def read(config: Mapping[str, Any], folder: Path) -> Reading:
    """Read all discovered streams in full refresh; `folder` gets config and catalog."""
    config_path, catalog_path = folder / "config.json", folder / "catalog.json"
    config_path.write_text(json.dumps(config), encoding="utf-8")
    streams = discover(config_path)
    configured = [
        {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        for stream in streams
    ]
    catalog_path.write_text(json.dumps({"streams": configured}), encoding="utf-8")
    ran = _run("read", "--config", str(config_path), "--catalog", str(catalog_path))
    reading = Reading(ran.returncode, streams=streams)
    for message in _messages(ran.stdout):
        if message["type"] == "RECORD":
            record = message["record"]
            reading.records.setdefault(record["stream"], []).append(record["data"])
        elif message["type"] == "LOG":
            reading.log.append(message["log"]["message"])
            if message["log"]["level"] == "WARN":
                reading.warnings.append(message["log"]["message"])
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            name = status["stream_descriptor"]["name"]
            reading.statuses.setdefault(name, []).append(status["status"])
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            reading.log.append(message["trace"]["error"]["message"])
    return reading


def differences(expected: Mapping[str, Mapping[str, Record]], reading: Reading) -> list[str]:
    """Say, record by record and column by column, where a reading is not what is expected."""
    found = []
    for stream in STREAMS:
        wanted, seen = expected[stream], set()
        for record in reading.records.get(stream, []):
            record_id = record["id"]
            if record_id in seen:
                found.append(f"{stream}: {record_id} emitted twice: {_short(record)}")
            seen.add(record_id)
            if record_id not in wanted:
                found.append(f"{stream}: unexpected record {_short(record)}")
                continue
            found += _differing_columns(stream, wanted[record_id], record)
        for record_id, record in wanted.items():
            if record_id not in seen:
                found.append(f"{stream}: missing record {_short(record)}")
    return found


def _differing_columns(stream: str, wanted: Record, got: Record) -> list[str]:
    found = []
    name = f"{stream} {wanted.get('remote_id', wanted['id'])!r}"
    if not CHANGED_AT.match(str(got.get("changed_at"))):
        found.append(f"{name}: changed_at is {got.get('changed_at')!r}")
    for column in sorted({*wanted, *got} - {"changed_at"}):
        if column not in got:
            found.append(f"{name}: no column {column}, expected {_short(wanted[column])}")
        elif column not in wanted:
            found.append(f"{name}: column {column} should not be there: {_short(got[column])}")
        elif _as_json(wanted[column]) != _as_json(got[column]):
            found.append(
                f"{name}: {column} is {_short(got[column])}, expected {_short(wanted[column])}"
            )
    return found


def _as_json(value: Any) -> str:
    # Python takes 1, 1.0 and True for equal; their JSON texts differ.
    return json.dumps(value, sort_keys=True)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)[:600]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "source_phenom.run", *arguments],
        cwd=ROOT,
        # A zone that is not UTC, so that nothing depends on the machine's zone.
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "DO_NOT_TRACK": "1", "TZ": "Asia/Kolkata"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def _messages(stdout: str) -> list[dict[str, Any]]:
    messages = []
    for line in stdout.split("\n"):
        if line.strip():
            message = json.loads(line)
            assert isinstance(message, dict), line[:200]
            messages.append(message)
    return messages
