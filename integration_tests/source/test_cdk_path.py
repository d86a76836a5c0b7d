"""The console script and the connector inside the CDK print the same messages, byte for byte.

The console script does not use the CDK's classes for records, and prints whole pages. A client of
``SourcePhenom`` gets message objects that the CDK serialises one by one. There is one difference:
the CDK's serializer leaves out columns that are null, and the console script prints them.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import Status
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

import phenom_sandbox
from integration_tests.source.reading import catalog
from source_phenom import manifest
from source_phenom.source import SourcePhenom

_MOMENT = re.compile(rb'"emitted_at":[\d.]+|"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"')
_FINGERPRINTS = re.compile(rb'"fingerprints":"[^"]*"')


@pytest.fixture(scope="module")
def config() -> Iterator[dict[str, Any]]:
    with phenom_sandbox.running(seed=5, jobs=40, applications=230) as local:
        yield {**local.config, "include_closed_jobs": True}


def _files(folder: Path, **contents: Any) -> list[str]:
    arguments = []
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content))
        arguments += [f"--{name}", str(folder / name)]
    return arguments


def _by_itself(arguments: list[str]) -> list[bytes]:
    command = [sys.executable, "-m", "source_phenom.run", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout.splitlines()


def _inside_the_cdk(config: dict[str, Any], arguments: list[str]) -> list[bytes]:
    entrypoint = AirbyteEntrypoint(SourcePhenom(config=config))
    parsed = entrypoint.parse_args(arguments)
    return [line.encode() for line in entrypoint.run(parsed)]


def _told(lines: list[bytes]) -> list[bytes]:
    """Messages other than logs, without the times of the run."""
    kept = [line for line in lines if not line.startswith(b'{"type":"LOG"')]
    return [_FINGERPRINTS.sub(b"", _MOMENT.sub(b"", line)) for line in kept]


@pytest.fixture(params=[None, "recruiter-1"], ids=["no acting user", "acting user"])
def configured(config: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    return {**config, "ph_user_id": request.param} if request.param else config


@pytest.mark.parametrize("command", ["spec", "check", "discover"])
def test_commands(configured: dict[str, Any], tmp_path: Path, command: str) -> None:
    config, arguments = configured, [command]
    if command != "spec":
        arguments += _files(tmp_path, config=config)
    assert list(map(json.loads, _told(_by_itself(arguments)))) == list(
        map(json.loads, _told(_inside_the_cdk(config, arguments)))
    )


def _without_null_columns(line: bytes) -> bytes:
    if not line.startswith(b'{"type":"RECORD"'):
        return line
    message = orjson.loads(line)
    data = message["record"]["data"]
    message["record"]["data"] = {name: value for name, value in data.items() if value is not None}
    return orjson.dumps(message)


def test_read(configured: dict[str, Any], tmp_path: Path) -> None:
    config = configured
    streams = manifest.stream_names(acting_user="ph_user_id" in config)
    arguments = ["read", *_files(tmp_path, config=config, catalog=catalog(streams))]
    told = _told(list(map(_without_null_columns, _by_itself(arguments))))
    assert told == _told(_inside_the_cdk(config, arguments))
    assert sum(line.startswith(b'{"type":"RECORD"') for line in told) > 500


def test_read_with_files(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(staging))
    config = {**config, "ph_user_id": "recruiter-1"}
    configured = catalog(["candidate_documents"], files=True)
    arguments = ["read", *_files(tmp_path, config=config, catalog=configured)]
    told = _told(list(map(_without_null_columns, _by_itself(arguments))))
    assert told == _told(_inside_the_cdk(config, arguments))
    assert sum(b'"file_reference":{' in line for line in told) > 100


def _rows_of(source: YamlDeclarativeSource, config: dict[str, Any], name: str) -> list[Any]:
    (stream,) = [stream for stream in source.streams(config) if stream.name == name]
    return [record.data for part in stream.generate_partitions() for record in part.read()]


def _manifest_alone(config: dict[str, Any], path: Path = manifest.PATH) -> YamlDeclarativeSource:
    return YamlDeclarativeSource(path_to_yaml=str(path), config=config)


def test_manifest_alone_reads_a_stream(config: dict[str, Any]) -> None:
    records = _rows_of(_manifest_alone(config), config, "applications")
    assert len(records) == 230
    assert all(record["id"] for record in records)


def test_manifest_alone_checks_a_connection(config: dict[str, Any]) -> None:
    logger = logging.getLogger("airbyte")
    assert _manifest_alone(config).check(logger, config).status is Status.SUCCEEDED
    wrong = {**config, "client_secret": "not-the-secret"}
    assert _manifest_alone(wrong).check(logger, wrong).status is Status.FAILED


def test_requests_are_those_of_the_manifest(config: dict[str, Any], tmp_path: Path) -> None:
    """If the manifest has other paths, the requests go to those paths."""
    changed = tmp_path / "manifest.yaml"
    text = manifest.PATH.read_text(encoding="utf-8")
    changed.write_text(text.replace("/jobs-api/v1/jobs", "/jobs-api/v1/closedJobs"))
    config = {**config, "include_closed_jobs": False}
    open_jobs = {job["id"] for job in _rows_of(_manifest_alone(config), config, "jobs")}
    closed_jobs = {job["id"] for job in _rows_of(_manifest_alone(config, changed), config, "jobs")}
    assert open_jobs - closed_jobs
    assert closed_jobs
