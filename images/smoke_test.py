"""Runs every command of both connectors in their images, against the local tenant."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from images.tools import Completed, Container
from phenom_api import __version__
from phenom_sandbox import LocalTenant

Message = dict[str, Any]
Report = Callable[[str], None]

PYTHON = "/opt/phenom/bin/python"

_WHERE_AM_I = """
import os, tempfile
assert os.getuid() != 0 and os.getgid() != 0, "root"
assert 0 not in os.getgroups(), "the group root"
for folder in ("/", "/opt/phenom", "/airbyte/integration_code", "/tmp", "/var/tmp"):
    try:
        tempfile.TemporaryFile(dir=folder)
    except OSError:
        continue
    raise AssertionError("writable: " + folder)
"""

_THROUGH_THE_CDK = """
import json, sys
from airbyte_cdk.entrypoint import launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from source_phenom import manifest
from source_phenom.source import SourcePhenom
folder, stream = sys.argv[1:]
config = json.load(open(folder + "/config.json"))
# The manifest alone, then the connector in the CDK.
alone = YamlDeclarativeSource(path_to_yaml=str(manifest.PATH), config=config)
(found,) = [each for each in alone.streams(config) if each.name == stream]
rows = sum(1 for part in found.generate_partitions() for _ in part.read())
print(json.dumps({"type": "LOG", "log": {"level": "INFO", "message": f"rows: {rows}"}}))
files = ["--config", folder + "/config.json", "--catalog", folder + "/one_stream.json"]
launch(SourcePhenom(), ["read", *files])
"""


class SmokeTestFailed(Exception):
    """The message names the connector, the command, and what it printed."""


def confinement(container: Container, report: Report) -> None:
    """The image's user is not root, and can write nowhere.

    :raises SmokeTestFailed: names the folder that is writable.
    """
    _Step("confinement", container).program("-c", _WHERE_AM_I)
    report("  not root, and no folder is writable: ok")


def source(container: Container, files: Path, local: LocalTenant, report: Report) -> None:
    """spec, check, discover, read, a second read with its state, and a read through the CDK.

    :param files: the folder that the container sees.
    :raises SmokeTestFailed: at the first command that does not do what it should.
    """
    checks = _Checks("source", container, files, local, report)
    checks.common()
    with checks.step("discover") as step:
        catalog = step.one("CATALOG", step.run("discover", "--config"))
        streams = [each["name"] for each in catalog["catalog"]["streams"]]
        step.expect({"jobs", "candidates", "applications"} <= set(streams), f"streams: {streams}")
    checks.write("catalog", configured(catalog["catalog"]["streams"]))
    with checks.step("read, with a writable /tmp") as step:
        messages = step.run("read", "--config", "--catalog", tmp=True)
        counted = Counter(each["record"]["stream"] for each in step.of("RECORD", messages))
        step.expect(counted["applications"] == _applications(local), f"records: {dict(counted)}")
        step.expect(set(counted) == set(streams), f"records: {dict(counted)}")
    checks.write("state", [each["state"] for each in step.of("STATE", messages)])
    with checks.step("read again, nothing new") as step:
        messages = step.run("read", "--config", "--catalog", "--state", tmp=True)
        again = step.of("RECORD", messages)
        step.expect(not again, f"{len(again)} records were emitted again")
        states = {
            each["state"]["stream"]["stream_descriptor"]["name"]
            for each in step.of("STATE", messages)
        }
        step.expect(states == set(streams), f"states of: {sorted(states)}")
    one = [each for each in catalog["catalog"]["streams"] if each["name"] == "jobs"]
    checks.write("one_stream", configured(one))
    with checks.step("read through the CDK, and with the manifest alone") as step:
        messages = step.program("-c", _THROUGH_THE_CDK, container.folder, "jobs", tmp=True)
        rows = f"rows: {counted['jobs']}"
        step.expect(any(rows in str(each.get("log")) for each in messages), f"not {rows}")
        step.expect(len(step.of("RECORD", messages)) == counted["jobs"], "other records than read")


def destination(container: Container, files: Path, local: LocalTenant, report: Report) -> None:
    """spec, check, discover, and a write of one application, which must arrive at the tenant.

    :param files: the folder that the container sees.
    :raises SmokeTestFailed: at the first command that does not do what it should.
    """
    checks = _Checks("destination", container, files, local, report)
    checks.common()
    with checks.step("discover") as step:
        message = step.one("DESTINATION_CATALOG", step.run("discover", "--config"))
        operations = [each["object_name"] for each in message["destination_catalog"]["operations"]]
        step.expect("create_application" in operations, f"operations: {operations}")
    stream = {"name": "create_application", "json_schema": {"type": "object"}}
    checks.write("catalog", configured([stream]))
    before = _applications(local)
    with checks.step("write") as step:
        job = next(iter(local.tenant.open_jobs()))["jobId"]
        lines = "\n".join(map(json.dumps, _one_application(job)))
        messages = step.run("write", "--config", "--catalog", stdin=lines.encode())
        state = step.one("STATE", messages)
        stats = state["state"]["destinationStats"]
        step.expect(stats["recordCount"] == 1, f"statistics: {stats}")
        step.expect(not stats.get("rejectedRecordCount"), f"statistics: {stats}")
        step.expect(_applications(local) == before + 1, "the application did not arrive")


def configured(streams: list[Message]) -> Message:
    """A catalog of these streams, which are read in increments where they can be."""
    return {
        "streams": [
            {
                "stream": {"supported_sync_modes": ["full_refresh"], **each},
                "sync_mode": (each.get("supported_sync_modes") or ["full_refresh"])[-1],
                "destination_sync_mode": "append",
            }
            for each in streams
        ]
    }


def _one_application(job: str) -> list[Message]:
    person = {"first_name": "Ada", "last_name": "Lovelace", "email_address": "ada@example.com"}
    row = {"candidate": person, "application": {"job_id": f"remote:{job}"}}
    name = "create_application"
    state = {"stream_descriptor": {"name": name}, "stream_state": {"n": 1}}
    return [
        {"type": "RECORD", "record": {"stream": name, "data": row, "emitted_at": 1}},
        {"type": "STATE", "state": {"type": "STREAM", "stream": state}},
    ]


def _applications(local: LocalTenant) -> int:
    return sum(1 for _ in local.tenant.applications())


class _Checks:
    """The commands of one connector, with the files that they need."""

    def __init__(
        self, name: str, container: Container, files: Path, local: LocalTenant, report: Report
    ) -> None:
        self.name = name
        self._container = container
        self._files = files
        self._report = report
        self.write("config", local.config)

    def write(self, name: str, content: object) -> None:
        """A file for the options of this name. It holds nothing but the local tenant's data."""
        path = self._files / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        path.chmod(0o644)

    def common(self) -> None:
        """What both connectors do alike."""
        with self.step("--version") as step:
            text = step.text(self._container("--version"))
            step.expect(__version__ in text, text)
        with self.step("spec") as step:
            message = step.one("SPEC", step.run("spec"))
            properties = message["spec"]["connectionSpecification"]["properties"]
            step.expect("client_secret" in properties, f"settings: {sorted(properties)}")
        with self.step("check") as step:
            message = step.one("CONNECTION_STATUS", step.run("check", "--config"))
            status = message["connectionStatus"]
            step.expect(status["status"] == "SUCCEEDED", json.dumps(status))

    @contextmanager
    def step(self, name: str) -> Iterator[_Step]:
        started = time.monotonic()
        yield _Step(f"{self.name}: {name}", self._container)
        self._report(f"  {self.name}: {name}: ok ({time.monotonic() - started:.1f} s)")


class _Step:
    def __init__(self, name: str, container: Container) -> None:
        self._name = name
        self._container = container

    def run(
        self, command: str, *options: str, stdin: bytes = b"", tmp: bool = False
    ) -> list[Message]:
        """The messages of a command; an option names the file that it takes."""
        arguments = [command]
        for option in options:
            arguments += [option, f"{self._container.folder}/{option.removeprefix('--')}.json"]
        return self._messages(self._container(*arguments, stdin=stdin, tmp=tmp))

    def program(self, *arguments: str, tmp: bool = False) -> list[Message]:
        """What Python prints in the image."""
        return self._messages(self._container(*arguments, tmp=tmp, program=PYTHON))

    def one(self, kind: str, messages: list[Message]) -> Message:
        """The only message of this type."""
        found = self.of(kind, messages)
        self.expect(len(found) == 1, f"{len(found)} messages of type {kind}")
        return found[0]

    def of(self, kind: str, messages: list[Message]) -> list[Message]:
        return [each for each in messages if each["type"] == kind]

    def text(self, done: Completed) -> str:
        if done.returncode != 0:
            printed = (done.stdout + done.stderr).decode(errors="replace")
            last = "\n".join(printed.splitlines()[-15:])
            raise SmokeTestFailed(f"{self._name}: exit code {done.returncode}\n{last}")
        return done.stdout.decode()

    def expect(self, is_right: bool, otherwise: str) -> None:
        if not is_right:
            raise SmokeTestFailed(f"{self._name}: {otherwise}")

    def _messages(self, done: Completed) -> list[Message]:
        return [json.loads(line) for line in self.text(done).splitlines()]
