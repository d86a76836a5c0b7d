"""Files of documents, as the platform has them: a process, a staging folder, and real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
)
from airbyte_cdk.test.entrypoint_wrapper import read as read_with_the_cdk

import phenom_sandbox
from integration_tests.source.reading import ConnectorOutput, catalog
from phenom_sandbox import Fault, LocalTenant
from source_phenom.source import SourcePhenom

STREAM = "candidate_documents"
SIGNED = "/signed-files"
MB = 1_000_000
_RUN = """
import re, sys
from dataclasses import replace
from source_phenom.listings import staged_files
from source_phenom.streams import stream_run
staged_files.FILE_POLICY = replace(staged_files.FILE_POLICY, first_wait=0.01)
stream_run.CHECKPOINT_SECONDS = {checkpoint}
from source_phenom.run import main
try:
    main(sys.argv[1:])
finally:
    print(re.search("VmHWM:(.*)kB", open("/proc/self/status").read())[1], file=sys.stderr)
"""


@dataclass
class Ran(ConnectorOutput):
    """:param peak: the most memory that the process had at a time, in bytes."""

    peak: int = 0

    @property
    def files(self) -> dict[str, Any]:
        """File references by the records' remote ids; each record is printed once."""
        records = [message["record"] for message in self.of("RECORD")]
        found = {each["data"]["remote_id"]: each.get("file_reference") for each in records}
        assert len(found) == len(records)
        return found

    @property
    def failures_told(self) -> dict[str, int]:
        """How many files could not be sent, by reason."""
        told = Counter[str]()
        for line in self.logs.splitlines():
            head, found, reason = line.partition(" files could not be sent: ")
            if found:
                told[reason] += int(head.removeprefix(f"{STREAM}: "))
        return dict(told)


class Syncs:
    """A connection with ``include_files``."""

    def __init__(self, local: LocalTenant, folder: Path) -> None:
        self.local = local
        self.staging = folder / "staging"
        self.staging.mkdir()
        self._folder = folder
        self.state: Sequence[Any] = ()

    def start(
        self, *, files: bool = True, checkpoint: float = 60.0, **config: Any
    ) -> subprocess.Popen[bytes]:
        given = {
            "config": {**self.local.config, "ph_user_id": "recruiter-1", **config},
            "catalog": catalog([STREAM], files=files),
            "state": list(self.state),
        }
        arguments = []
        for name, content in given.items():
            path = self._folder / f"{name}.json"
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        return subprocess.Popen(
            [sys.executable, "-c", _RUN.format(checkpoint=checkpoint), "read", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "AIRBYTE_STAGING_DIRECTORY": str(self.staging)},
        )

    def sync(self, *, files: bool = True, **config: Any) -> Ran:
        process = self.start(files=files, **config)
        printed, peak = process.communicate()
        messages = [json.loads(line) for line in printed.splitlines()]
        ran = Ran(process.returncode, messages, peak=int(peak) * 1024)
        self.state = ran.states
        return ran

    def staged(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.staging)): path.read_bytes()
            for path in self.staging.rglob("*")
            if path.is_file()
        }

    def consume(self) -> None:
        """Remove the staged files, as a destination does."""
        for path in self.staging.rglob("*"):
            if path.is_file():
                path.unlink()


@contextmanager
def syncing(folder: Path, **tenant: Any) -> Iterator[Syncs]:
    with phenom_sandbox.running(seed=7, **tenant) as local:
        yield Syncs(local, folder)


def documents(local: LocalTenant) -> dict[str, bytes]:
    """The content of every document by its remote id."""
    whose = dict.fromkeys(each["candidateData"].get("id") for each in local.tenant.applications())
    return {
        f"{candidate}:{file.attachment_id}": file.content
        for candidate in whose
        if candidate and candidate in local.tenant.people
        for file in local.tenant.files.of_candidate(candidate)
    }


def fault(value: Any, key: str, **more: Any) -> Fault:
    """A fault of the storage for one document."""
    return Fault(value, path=f"{SIGNED}/{key.replace(':', '/')}", **more)


def test_a_thousand_documents_with_faults(tmp_path: Path) -> None:
    with syncing(tmp_path, jobs=20, applications=900) as syncs:
        local, files = syncs.local, syncs.local.tenant.files
        one, other = list(dict.fromkeys(key.partition(":")[0] for key in documents(local)))[:2]
        files.add(one, "large.bin", bytes(30 * MB))
        too_large = files.add(other, "too-large.bin", bytes(30 * MB + 1))
        expected = documents(local)
        assert len(expected) > 1000
        keys = [key for key, content in expected.items() if len(content) < MB]
        lost = {
            "The file's storage keeps answering 403. Try again later.": keys[10:30:4],
            "The file's storage refused with 404.": keys[30:60:3],
            "The file's storage keeps answering 503. Try again later.": keys[60:70],
            "The file's storage: the answer broke off half-way. Try again later.": keys[70:80],
            "The file's storage: the connection failed (closed without an answer). Check any proxy "
            "and the network.": keys[80:85],
            "The file is larger than 30 MB, and is not downloaded.": [
                f"{other}:{too_large.attachment_id}"
            ],
        }
        expired, not_found, failing, broken, reset, _ = lost.values()
        local.faults.server_error = [
            *(fault(403, key) for key in expired),
            *(fault(404, key) for key in not_found),
            *(fault(503, key) for key in failing),
            *(fault(403, key, count=1) for key in keys[100:120]),
            *(fault(500, key, count=1) for key in keys[120:130]),
        ]
        local.faults.truncate = [
            *(fault(0.5, key) for key in broken),
            *(fault(0.9, key, count=1) for key in keys[130:140]),
        ]
        local.faults.reset = [
            *(fault(True, key) for key in reset),
            *(fault(True, key, count=1) for key in keys[140:145]),
        ]
        local.faults.latency = [fault(300, key) for key in keys[150:153]]

        without = syncs.sync(files=False)
        syncs.state = ()
        first = syncs.sync(max_file_megabytes=30)
        assert (without.code, first.code) == (0, 0)
        assert set(first.files) == set(expected)
        failed = {key for each in lost.values() for key in each}
        assert {key for key, file in first.files.items() if file is None} == failed
        arrived = syncs.staged()
        assert len(arrived) == len(expected) - len(failed)
        for key, file in first.files.items():
            if file is not None:
                path = file["source_file_relative_path"]
                assert file["staging_file_url"] == str(syncs.staging / path)
                assert path.startswith(f"{key.replace(':', '/')}/")
                assert arrived[path] == expected[key]
                assert file["file_size_bytes"] == len(expected[key])
        assert first.failures_told == {reason: len(keys) for reason, keys in lost.items()}
        # No file is in memory as a whole.
        assert first.peak - without.peak < 20 * MB

        syncs.consume()
        second = syncs.sync(max_file_megabytes=30)
        assert (second.code, second.files, syncs.staged()) == (0, {}, {})
        assert second.failures_told == first.failures_told

        local.faults.clear()
        third = syncs.sync(max_file_megabytes=100)
        assert set(third.files) == failed
        assert None not in third.files.values()
        assert sorted(syncs.staged().values()) == sorted(expected[key] for key in failed)
        syncs.consume()
        assert (syncs.sync().files, syncs.staged()) == ({}, {})


def test_a_killed_run_sends_again_what_its_last_state_does_not_cover(tmp_path: Path) -> None:
    with syncing(tmp_path, jobs=5, applications=300) as syncs:
        local, expected = syncs.local, documents(syncs.local)
        local.faults.latency = Fault(5, path=SIGNED)
        covered, since = set[str](), set[str]()
        checkpoints = 0
        with syncs.start(checkpoint=0.0) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.endswith(b"\n"):
                    break
                message = json.loads(line)
                if message["type"] == "RECORD":
                    since.add(message["record"]["data"]["remote_id"])
                elif message["type"] == "STATE":
                    syncs.state, checkpoints = [message["state"]], checkpoints + 1
                    covered |= since
                    since = set()
                if checkpoints == 60:
                    process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        local.faults.clear()
        rest = syncs.sync()
        assert 0 < len(covered) < len(expected)
        assert set(rest.files) == set(expected) - covered
        assert sorted(syncs.staged().values()) == sorted(expected.values())
        assert syncs.sync().files == {}


def test_a_delta_sends_the_files_of_changed_candidates(tmp_path: Path) -> None:
    with syncing(tmp_path, jobs=5, applications=600) as syncs:
        local = syncs.local
        assert len(syncs.sync(full_scan_hours=24).files) == len(documents(local))
        candidate = next(iter(documents(local))).partition(":")[0]
        added = local.tenant.files.add(candidate, "new.pdf", b"new")
        second = syncs.sync(full_scan_hours=24)
        assert set(second.files) == {f"{candidate}:{added.attachment_id}"}
        assert "a delta" in second.logs


def test_the_cdks_own_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages are the CDK's objects, and the catalog is its own model."""
    with syncing(tmp_path, jobs=5, applications=60) as syncs:
        monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(syncs.staging))
        config = {**syncs.local.config, "ph_user_id": "recruiter-1"}
        configured = ConfiguredAirbyteCatalogSerializer.load(catalog([STREAM], files=True))
        assert configured.streams[0].include_files is True
        source = SourcePhenom(catalog=configured, config=config)
        output = read_with_the_cdk(source, config, configured)
        assert not output.errors
        expected = documents(syncs.local)
        assert len(output.records) == len(expected)
        for message in output.records:
            assert message.record is not None
            file = message.record.file_reference
            assert file is not None
            assert file.staging_file_url is not None
            content = Path(file.staging_file_url).read_bytes()
            assert content == expected[message.record.data["remote_id"]]
            assert len(content) == file.file_size_bytes


def test_printed_lines_parse_as_the_protocols_models(tmp_path: Path) -> None:
    with syncing(tmp_path, jobs=5, applications=30) as syncs:
        for message in syncs.sync().messages:
            parsed = AirbyteMessageSerializer.dump(AirbyteMessageSerializer.load(message))
            assert _without_nulls(parsed) == _without_nulls(message)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
