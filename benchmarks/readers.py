"""Reads the application listing with the connector, its peers, and a bare loop."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO

from benchmarks import tenant
from benchmarks.environments import PEERS, peer_python, read_command
from benchmarks.processes import Measured, clean_environment, measured
from benchmarks.results import Results
from benchmarks.setting import APPLICATIONS, Files, prepared

OURS, BARE, PLAIN_CDK = "source-phenom", "bare loop", "plain CDK"
DLT, SINGER = "dlt rest_api", "singer-sdk"
DRAIN = "tenant alone"
MINIMUM_MARGIN = 3.0
"""The tenant must be at least this many times as fast as the fastest reader."""
CHECKED_APPLICATIONS = 2_000
RUNS = {0: 3, 50: 1}
"""Default number of runs by latency in milliseconds. Waits differ little from run to run."""
RUNS_TEXT = ", ".join(f"{runs} at {latency} ms" for latency, runs in RUNS.items())


@dataclass(frozen=True)
class Reader:
    """:param mark: a part of each record's line on stdout; None: stdout is their number."""

    command: Callable[[Files], list[str]]
    mark: bytes | None


def _bare_loop(files: Files) -> list[str]:
    return [sys.executable, str(PEERS / "bare_loop.py"), files.config]


def _ours(files: Files) -> list[str]:
    return read_command(files.own_config, files.catalog(APPLICATIONS))


def _plain_cdk(files: Files) -> list[str]:
    program, catalog = str(PEERS / "plain_cdk.py"), files.catalog(APPLICATIONS)
    return [sys.executable, program, "read", "--config", files.config, "--catalog", catalog]


def _dlt(files: Files) -> list[str]:
    program, folder = str(PEERS / "dlt_rest_api.py"), str(files.folder / "dlt")
    return [peer_python("dlt"), program, files.config, folder]


def _singer(files: Files) -> list[str]:
    return [peer_python("singer"), str(PEERS / "singer_tap.py"), "--config", files.config]


RECORD_MARK = b'"stream":"applications","data"'
"""A part of each line that has an application, of connectors that speak the Airbyte protocol."""

READERS: dict[str, Reader] = {
    BARE: Reader(_bare_loop, mark=RECORD_MARK),
    OURS: Reader(_ours, mark=RECORD_MARK),
    PLAIN_CDK: Reader(_plain_cdk, mark=RECORD_MARK),
    DLT: Reader(_dlt, mark=None),
    SINGER: Reader(_singer, mark=b'"type":"RECORD"'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--readers",
        nargs="+",
        choices=READERS,
        metavar="NAME",
        default=list(READERS),
        help=f"some of: {', '.join(map(repr, READERS))} (default: all)",
    )
    add_latency_argument(parser, RUNS)


def add_latency_argument(parser: argparse.ArgumentParser, default: Iterable[int]) -> None:
    latencies = list(default)
    parser.add_argument(
        "--latency",
        nargs="+",
        type=int,
        metavar="MS",
        default=latencies,
        help=f"waits of the tenant before each answer (default: {' '.join(map(str, latencies))})",
    )


def measure(options: argparse.Namespace, results: Results) -> None:
    """Read the application listing with the connector and its peers; discard their output."""
    _check_all(options.readers)
    for applications in options.applications:
        for latency in options.latency:
            runs = options.runs or RUNS.get(latency, 1)
            with tenant.serving(applications, latency) as config, prepared(config) as files:
                if latency == 0:
                    _drain(applications, files, results)
                # In turn: when the machine is slow for a while, it is slow for all of them.
                for number in range(1, runs + 1):
                    for name in options.readers:
                        key = (name, applications, latency)
                        if results.missing(key, number):
                            results.add(key, number, _read(READERS[name], files))
        margin = tenant_margin(results, applications)
        if margin is not None and margin < MINIMUM_MARGIN:
            print(
                f"Warning: at {applications:,} applications the tenant serves only {margin:.1f}"
                f" times what the fastest reader takes; it should be {MINIMUM_MARGIN:.0f} times.",
                file=sys.stderr,
            )


def _check_all(names: list[str]) -> None:
    """Runs every reader once on a small tenant: each must deliver every record.

    This also compiles what the readers import, so that no measured run has to.
    """
    with tenant.serving(CHECKED_APPLICATIONS, 0) as config, prepared(config) as files:
        for name in names:
            mark = READERS[name].mark
            with tempfile.TemporaryFile() as output:
                _read(READERS[name], files, output)
                output.seek(0)
                if mark is None:
                    records = int(output.read().split()[-1])
                else:
                    records = sum(mark in line for line in output)
            if records != CHECKED_APPLICATIONS:
                raise SystemExit(f"{name} delivered {records} of {CHECKED_APPLICATIONS} records")
            print(f"{name} delivers every record", file=sys.stderr)


def _read(reader: Reader, files: Files, output: IO[bytes] | None = None) -> Measured:
    environment = clean_environment(RUNTIME__DLTHUB_TELEMETRY="false")
    return measured(reader.command(files), output, environment=environment)


def _drain(applications: int, files: Files, results: Results) -> None:
    """Measures how fast the tenant can serve."""
    key = DRAIN, applications, 0
    for number in (1, 2, 3):
        if results.missing(key, number):
            command = [sys.executable, str(PEERS / "drain.py"), files.config, str(applications)]
            with tempfile.TemporaryFile() as output:
                run = measured(command, output)
                output.seek(0)
                # The program's own figure: its start takes longer than the transfer.
                results.add(key, number, run._replace(wall=float(output.read())))


def tenant_margin(results: Results, applications: int) -> float | None:
    """How many times as fast as the fastest reader the tenant is; None if unknown."""
    alone = results.median((DRAIN, applications, 0))
    walls = [results.median((name, applications, 0)) for name in READERS]
    known = [wall for wall in walls if wall]
    return min(known) / alone if alone and known else None
