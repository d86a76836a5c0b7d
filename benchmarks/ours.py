"""What the connector costs by itself: both streams, a quiet sync, start, memory, state."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import tenant
from benchmarks.environments import PEERS, source_phenom
from benchmarks.processes import measured
from benchmarks.results import Results
from benchmarks.setting import APPLICATIONS, LISTING, Files, prepared

ONE, OTHER, BOTH = "applications", "candidates", "applications and candidates"
QUIET, BARE, START = "quiet sync", "bare loop", "start alone"
CDK, PYTHON = "import airbyte_cdk", "python"
EVERYTHING = "everything"
STREAMS = (
    *("users", "jobs", "candidates", "applications", "roles"),
    *("job_user_role_assignments", "job_hiring_team_members"),
)


def streams(options: argparse.Namespace, results: Results) -> None:
    """Each stream of the application listing alone, and both in one pass."""
    _full_reads(options, results, {ONE: APPLICATIONS, OTHER: [OTHER], BOTH: LISTING})


def quiet(options: argparse.Namespace, results: Results) -> None:
    """A second incremental sync of the applications, when nothing changed; and the start alone."""
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            catalog = files.catalog(APPLICATIONS, "incremental")
            state = _state_after(files, catalog)
            results.note(f"state bytes at {applications}", Path(state).stat().st_size)
            commands = {
                BARE: [sys.executable, str(PEERS / "bare_loop.py"), files.config],
                QUIET: [*_read(files, catalog), "--state", state],
                START: [*source_phenom(), "spec"],
            }
            for number in range(1, options.runs + 1):
                for who, command in commands.items():
                    if results.missing((who, applications, 0), number):
                        results.add((who, applications, 0), number, measured(command))


def _state_after(files: Files, catalog: str) -> str:
    with tempfile.TemporaryFile() as output:
        measured(_read(files, catalog), output)
        output.seek(0)
        states = [
            json.loads(line)["state"] for line in output if line.startswith(b'{"type":"STATE')
        ]
    return files.write("state", states[-1:])


def startup(options: argparse.Namespace, results: Results) -> None:
    """The commands that read nothing, beside an import of the CDK."""
    with tenant.serving(options.applications[0], 0) as config, prepared(config) as files:
        given = ["--config", files.own_config]
        commands = {
            PYTHON: [sys.executable, "-c", "pass"],
            CDK: [sys.executable, "-c", "import airbyte_cdk"],
            "spec": [*source_phenom(), "spec"],
            "check": [*source_phenom(), "check", *given],
            "discover": [*source_phenom(), "discover", *given],
        }
        for command in commands.values():
            # What is imported is compiled at its first use.
            measured(command)
        for number in range(1, options.runs + 1):
            for who, command in commands.items():
                if results.missing((who, 0, 0), number):
                    results.add((who, 0, 0), number, measured(command))


def memory(options: argparse.Namespace, results: Results) -> None:
    """A full read of all streams, at several sizes."""
    _full_reads(options, results, {ONE: APPLICATIONS, EVERYTHING: STREAMS})


def _full_reads(
    options: argparse.Namespace, results: Results, readings: Mapping[str, Sequence[str]]
) -> None:
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            for number in range(1, options.runs + 1):
                for who, names in readings.items():
                    if results.missing((who, applications, 0), number):
                        command = _read(files, files.catalog(names))
                        results.add((who, applications, 0), number, measured(command))


def state(options: argparse.Namespace, results: Results) -> None:
    """Bytes and seconds of an encoded state, for ids as databases make them."""
    from benchmarks.snapshot_codec import measure

    for records in options.applications:
        if results.missing(("state", records, 0), 1):
            with tempfile.TemporaryDirectory() as folder:
                row = measure("ObjectIds", records, Path(folder))
            results.note(f"state of {records}", {name: round(v, 3) for name, v in row.items()})


def _read(files: Files, catalog: str) -> list[str]:
    return [*source_phenom(), "read", "--config", files.own_config, "--catalog", catalog]
