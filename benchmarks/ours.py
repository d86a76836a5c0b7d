"""Measures the connector alone: a quiet sync, pseudonyms, start, memory, state."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import tenant
from benchmarks.environments import PEERS, read_command, source_phenom
from benchmarks.processes import measured
from benchmarks.results import Results
from benchmarks.setting import APPLICATIONS, Files, prepared

QUIET, BARE, START = "quiet sync", "bare loop", "start alone"
CDK, PYTHON = "import airbyte_cdk", "python"
EVERYTHING = "all streams"
FULL, PSEUDONYMOUS = "full", "pseudonymous"
STREAMS = (
    *("users", "jobs", "candidates", "applications", "roles"),
    *("job_user_role_assignments", "job_hiring_team_members"),
)


def quiet(options: argparse.Namespace, results: Results) -> None:
    """Sync the applications a second time, when nothing has changed."""
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            catalog = files.catalog(APPLICATIONS, "incremental")
            state = _state_after(files, catalog)
            commands = {
                BARE: [sys.executable, str(PEERS / "bare_loop.py"), files.config],
                QUIET: [*read_command(files.own_config, catalog), "--state", state],
                START: [*source_phenom(), "spec"],
            }
            for number in range(1, options.runs + 1):
                for who, command in commands.items():
                    if results.missing((who, applications, 0), number):
                        results.add((who, applications, 0), number, measured(command))


def _state_after(files: Files, catalog: str) -> str:
    """The file with the state that a first sync leaves."""
    with tempfile.TemporaryFile() as output:
        measured(read_command(files.own_config, catalog), output)
        output.seek(0)
        states = [
            json.loads(line)["state"] for line in output if line.startswith(b'{"type":"STATE')
        ]
    return files.write("state", states[-1:])


def privacy(options: argparse.Namespace, results: Results) -> None:
    """Read applications and candidates with names and with pseudonyms."""
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            own = json.loads(Path(files.own_config).read_text())
            hidden = {**own, "personal_data": PSEUDONYMOUS, "pseudonym_key": "a key of a benchmark"}
            catalog = files.catalog(("applications", "candidates"))
            configs = {FULL: own, PSEUDONYMOUS: hidden}
            for number in range(1, options.runs + 1):
                for mode, content in configs.items():
                    if results.missing((mode, applications, 0), number):
                        run = measured(read_command(files.write(mode, content), catalog))
                        results.add((mode, applications, 0), number, run)


def startup(options: argparse.Namespace, results: Results) -> None:
    """Run the commands that read nothing, and an import of the CDK."""
    with tenant.serving(min(options.applications), 0) as config, prepared(config) as files:
        given = ["--config", files.own_config]
        commands = {
            PYTHON: [sys.executable, "-c", "pass"],
            CDK: [sys.executable, "-c", "import airbyte_cdk"],
            "spec": [*source_phenom(), "spec"],
            "check": [*source_phenom(), "check", *given],
            "discover": [*source_phenom(), "discover", *given],
        }
        for command in commands.values():
            # The first run of each compiles what it imports.
            measured(command)
        for number in range(1, options.runs + 1):
            for who, command in commands.items():
                if results.missing((who, 0, 0), number):
                    results.add((who, 0, 0), number, measured(command))


def memory(options: argparse.Namespace, results: Results) -> None:
    """Read all streams of tenants of several sizes."""
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            for number in range(1, options.runs + 1):
                if results.missing((EVERYTHING, applications, 0), number):
                    command = read_command(files.own_config, files.catalog(STREAMS))
                    results.add((EVERYTHING, applications, 0), number, measured(command))


def state(options: argparse.Namespace, results: Results) -> None:
    """Encode and decode a state, for each kind of record ids; --applications counts records."""
    # Not at the top: on Linux a measured process starts with its parent's peak of memory, and this
    # imports numpy.
    from benchmarks import snapshot_codec

    for records in options.applications:
        for kind in snapshot_codec.DISTRIBUTIONS:
            if results.figures(kind, records) is None:
                with tempfile.TemporaryDirectory() as folder:
                    figures = snapshot_codec.measure(kind, records, Path(folder))
                results.add_figures(kind, records, figures)
