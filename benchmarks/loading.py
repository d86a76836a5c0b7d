"""Into a DuckDB file: ``phenom sync`` and PyAirbyte's own read, from the same connector."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks import tenant
from benchmarks.environments import PEERS, pyairbyte_python, source_phenom
from benchmarks.processes import clean_environment, measured
from benchmarks.results import Results
from benchmarks.setting import Files, prepared

OURS, PYAIRBYTE = "phenom sync", "PyAirbyte read"
AGAIN = ", nothing changed"


def measure(options: argparse.Namespace, results: Results) -> None:
    """Every first run loads into a new file; the run that follows finds nothing new in it."""
    for applications in options.applications:
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            for number in range(1, options.runs + 1):
                for who in (OURS, PYAIRBYTE):
                    if results.missing((who + AGAIN, applications, 0), number):
                        _twice(who, applications, number, files, results)


def _twice(who: str, applications: int, number: int, files: Files, results: Results) -> None:
    with tempfile.TemporaryDirectory(dir=files.folder) as name:
        folder = Path(name)
        database = folder / "phenom.duckdb"
        command = {
            OURS: [
                *(sys.executable, "-m", "phenom_cli.main", "sync", "--config", files.own_config),
                *("--warehouse", str(database)),
            ],
            PYAIRBYTE: [
                *(pyairbyte_python(), str(PEERS / "pyairbyte_read.py"), source_phenom()[0]),
                *(files.own_config, str(database)),
            ],
        }[who]
        for key in ((who, applications, 0), (who + AGAIN, applications, 0)):
            with tempfile.TemporaryFile() as output:
                environment = _environment(folder)
                run = measured(command, output, environment=environment)
                output.seek(0)
                said = output.read().splitlines()
            phases = json.loads(said[-1]) if who == PYAIRBYTE else {}
            if results.missing(key, number):
                results.add(key, number, run, **({"seconds": phases} if phases else {}))
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute("SELECT count(*) FROM applications").fetchone()
        if rows != (applications,):
            raise SystemExit(f"{who} loaded {rows} of {applications} applications")


def _environment(folder: Path) -> dict[str, str]:
    """PyAirbyte stays off the network and leaves nothing behind."""
    return clean_environment(
        AIRBYTE_OFFLINE_MODE="1",
        AIRBYTE_NO_UV="1",
        AIRBYTE_PROJECT_DIR=str(folder),
        AIRBYTE_CACHE_ROOT=str(folder / "cache"),
        AIRBYTE_LOGGING_ROOT=str(folder / "logs"),
        AIRBYTE_TEMP_DIR=str(folder),
    )
