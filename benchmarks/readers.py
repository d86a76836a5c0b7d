"""Reading the application listing: the connector, its peers, and a loop that does nothing else."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from benchmarks import tenant
from benchmarks.environments import PEERS, peer_python, source_phenom
from benchmarks.processes import Failed, Measured, clean_environment, measured
from benchmarks.results import Key, Results
from benchmarks.setting import APPLICATIONS, Files, prepared

PAGE = 100
AT_A_TIME = 10
"""Requests that the parallel readers have in flight."""
OURS, BARE, PLAIN_CDK = "source-phenom", "bare loop", "plain CDK"
DLT, DLT_DEFERRED = "dlt rest_api", "dlt deferred"
SINGER, SINGER_FASTEST = "singer-sdk", "singer-sdk, fastest"
DRAIN = "tenant alone"
ENOUGH = 3.0
"""How many times the fastest reader's pace the tenant must be able to serve."""


@dataclass(frozen=True)
class Reader:
    """:param one_by_one: it asks for a page when it has the one before, so latency adds up.
    :param mark: in every line of stdout that is a record; without one, stdout is their number.
    """

    command: Callable[[Files], list[str]]
    one_by_one: bool
    mark: bytes | None


def _bare_loop(files: Files) -> list[str]:
    return [sys.executable, str(PEERS / "bare_loop.py"), files.config]


def _ours(files: Files) -> list[str]:
    catalog = files.catalog(APPLICATIONS)
    return [*source_phenom(), "read", "--config", files.own_config, "--catalog", catalog]


def _plain_cdk(files: Files) -> list[str]:
    program, catalog = str(PEERS / "plain_cdk.py"), files.catalog(APPLICATIONS)
    return [sys.executable, program, "read", "--config", files.config, "--catalog", catalog]


def _dlt(program: str) -> Callable[[Files], list[str]]:
    path = str(PEERS / program)
    return lambda files: [peer_python("dlt"), path, files.config, str(files.folder / "dlt")]


def _singer(program: str) -> Callable[[Files], list[str]]:
    path = str(PEERS / program)
    return lambda files: [peer_python("singer"), path, "--config", files.config]


_AIRBYTE_RECORD = b'"stream":"applications","data"'
_SINGER_RECORD = b'"type":"RECORD"'

READERS: dict[str, Reader] = {
    BARE: Reader(_bare_loop, one_by_one=False, mark=_AIRBYTE_RECORD),
    OURS: Reader(_ours, one_by_one=False, mark=_AIRBYTE_RECORD),
    PLAIN_CDK: Reader(_plain_cdk, one_by_one=True, mark=_AIRBYTE_RECORD),
    DLT: Reader(_dlt("dlt_rest_api.py"), one_by_one=True, mark=None),
    DLT_DEFERRED: Reader(_dlt("dlt_deferred.py"), one_by_one=False, mark=None),
    SINGER: Reader(_singer("singer_tap.py"), one_by_one=True, mark=_SINGER_RECORD),
    SINGER_FASTEST: Reader(_singer("singer_fast.py"), one_by_one=True, mark=_SINGER_RECORD),
}

LONGEST = (
    "skip what is expected to take longer: the seconds per record of the reader's largest run"
    " without latency, and the latency once per page, or once per ten pages where ten requests are"
    " in flight; what nevertheless takes twice as long is ended"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--applications", nargs="+", type=int, default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--latency", nargs="+", type=int, default=[0, 50, 200], metavar="MS")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--longest", type=float, default=300, metavar="SECONDS", help=LONGEST)


def measure(options: argparse.Namespace, results: Results) -> None:
    _try_all(options.readers, min(options.applications))
    for applications in sorted(options.applications):
        for latency in sorted(options.latency):
            keys = {name: (name, applications, latency) for name in options.readers}
            numbers = range(1, options.runs + 1)
            if not any(results.missing(key, n) for key in keys.values() for n in numbers):
                continue
            with tenant.serving(applications, latency) as config, prepared(config) as files:
                if latency == 0:
                    _drain(applications, files, results)
                # In turn, so that what slows the machine down for a while meets them all.
                for number in numbers:
                    for name, key in keys.items():
                        if results.missing(key, number):
                            _run(READERS[name], key, number, files, options.longest, results)
            warn_of_slow_tenant(results, applications)


def _try_all(names: list[str], applications: int) -> None:
    """Every reader once, not measured: it delivers everything, and what it imports is compiled."""
    with tenant.serving(applications, 0) as config, prepared(config) as files:
        for name in names:
            with tempfile.TemporaryFile() as output:
                _read(READERS[name], files, output, limit=3_600)
                output.seek(0)
                mark = READERS[name].mark
                if mark is None:
                    records = int(output.read().split()[-1])
                else:
                    records = sum(mark in line for line in output)
            if records != applications:
                raise SystemExit(f"{name} delivered {records} of {applications} records")
            print(f"{name} delivers all of {applications:,} records", file=sys.stderr)


def _read(reader: Reader, files: Files, output: IO[bytes] | None, limit: float) -> Measured:
    environment = clean_environment(RUNTIME__DLTHUB_TELEMETRY="false")
    return measured(reader.command(files), output, environment=environment, limit=limit)


def _run(
    reader: Reader, key: Key, number: int, files: Files, longest: float, results: Results
) -> None:
    expected = expected_seconds(key, results)
    if expected is not None and expected > longest:
        results.skip(key, f"about {expected:.0f} s expected")
        return
    try:
        results.add(key, number, _read(reader, files, None, 2 * longest))
    except Failed as failed:
        results.skip(key, str(failed).splitlines()[0])
        print(failed, file=sys.stderr)


def expected_seconds(key: Key, results: Results) -> float | None:
    """From the same reader's largest run without latency; None where there is none."""
    name, applications, latency = key
    known = [n for who, n, ms in results.measured() if who == name and ms == 0]
    if not known:
        return None
    wall = results.median((name, max(known), 0)) or 0.0
    rounds = applications / PAGE / (1 if READERS[name].one_by_one else AT_A_TIME)
    return wall * applications / max(known) + rounds * latency / 1000


def _drain(applications: int, files: Files, results: Results) -> None:
    key = DRAIN, applications, 0
    for number in (1, 2, 3):
        if results.missing(key, number):
            command = [sys.executable, str(PEERS / "drain.py"), files.config, str(applications)]
            with tempfile.TemporaryFile() as output:
                run = measured(command, output)
                output.seek(0)
                # Without its start, which is longer than the transfer.
                results.add(key, number, run._replace(wall=float(output.read())))


def tenants_margin(results: Results, applications: int) -> float | None:
    """How many times the fastest reader's pace the tenant serves to one that does not look."""
    alone = results.median((DRAIN, applications, 0))
    walls = [results.median((name, applications, 0)) for name in READERS]
    known = [wall for wall in walls if wall]
    return min(known) / alone if alone and known else None


def warn_of_slow_tenant(results: Results, applications: int) -> None:
    margin = tenants_margin(results, applications)
    if margin is not None and margin < ENOUGH:
        print(
            f"Warning: at {applications:,} applications the tenant serves only {margin:.1f} times "
            f"what the fastest reader takes; {ENOUGH:.0f} are wanted.",
            file=sys.stderr,
        )
