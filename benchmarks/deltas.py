"""Syncs that read only what is new (``full_scan_hours``), beside full scans and other readers."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from typing import Any

from benchmarks import readers, tenant
from benchmarks.environments import read_command
from benchmarks.processes import clean_environment, measured
from benchmarks.results import Results
from benchmarks.setting import APPLICATIONS, Files, prepared

QUIET, NEW, FULL = "delta, nothing new", "delta, 1,000 new", "full scan, nothing new"
QUIET_WITH_CANDIDATES = "delta of two streams, nothing new"
PEERS = (readers.DLT, readers.SINGER)
KINDS = (QUIET, QUIET_WITH_CANDIDATES, NEW, FULL, *PEERS)
NEW_APPLICATIONS = 1_000
PAGE = 100
LATENCIES = (0, 50, 200)
PEER_LATENCIES = (0, 50)
"""The peers send one request after the other: at 200 ms they would take seven minutes each."""
LARGEST_FOR_ALL = 200_000
"""With more applications, the peers and the candidates are left out: they take many minutes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    readers.add_latency_argument(parser, LATENCIES)


def measure(options: argparse.Namespace, results: Results) -> None:
    """Sync the applications when nothing, or 1,000 of them, is new: deltas and full scans.

    A delta takes the state of an earlier sync and prints a new one, which is part of its time. The
    other readers have no deltas. Full scans and the other readers run once.
    """
    for applications in options.applications:
        if applications < 2 * NEW_APPLICATIONS:
            raise SystemExit(f"--applications must be at least {2 * NEW_APPLICATIONS}.")
        with tenant.serving(applications, 0) as config, prepared(config) as files:
            commands = _commands(applications, config, files)
            for latency in options.latency:
                tenant.control(config, latency_ms=latency)
                for number in range(1, options.runs + 1):
                    for who, command in commands.items():
                        key = (who, applications, latency)
                        is_delta = who in (QUIET, QUIET_WITH_CANDIDATES, NEW)
                        if number > 1 and not is_delta:
                            continue
                        if who in PEERS and latency not in PEER_LATENCIES:
                            continue
                        if results.missing(key, number):
                            tenant.control(config)
                            run = measured(command, environment=_environment())
                            results.add(key, number, run, requests=tenant.control(config))


def _commands(applications: int, config: Mapping[str, Any], files: Files) -> dict[str, list[str]]:
    """The commands to measure, with the states that they continue from."""
    own = tenant.source_config(config)
    with_deltas = files.write("deltas", {**own, "full_scan_hours": 8_760})
    without = files.write("full", {**own, "full_scan_hours": 0})
    catalog = files.catalog(APPLICATIONS, "incremental")
    both = files.catalog((*APPLICATIONS, "candidates"), "incremental")

    tenant.control(config, hidden=NEW_APPLICATIONS)
    first = read_command(with_deltas, catalog)
    earlier = _synced(files, "earlier", first, applications - NEW_APPLICATIONS)
    tenant.control(config, hidden=0)
    new = [*first, "--state", earlier]
    latest = _synced(files, "latest", new, NEW_APPLICATIONS)
    commands = {
        QUIET: [*first, "--state", latest],
        NEW: new,
        FULL: [*read_command(without, catalog), "--state", latest],
    }
    if applications <= LARGEST_FOR_ALL:
        state = _synced(files, "both", read_command(with_deltas, both), applications)
        commands[QUIET_WITH_CANDIDATES] = [*read_command(with_deltas, both), "--state", state]
        for name in PEERS:
            commands[name] = readers.READERS[name].command(files)
    return commands


def _synced(files: Files, name: str, command: list[str], applications: int) -> str:
    """Runs a sync that must print so many applications; returns the file with its states."""
    states: dict[str, Any] = {}
    printed = 0
    with tempfile.TemporaryFile() as output:
        measured(command, output, environment=_environment())
        output.seek(0)
        for line in output:
            if line.startswith(b'{"type":"STATE'):
                state = json.loads(line)["state"]
                states[state["stream"]["stream_descriptor"]["name"]] = state
            printed += line.startswith(b'{"type":"RECORD') and readers.RECORD_MARK in line
    if printed != applications:
        raise SystemExit(f"A sync printed {printed} applications instead of {applications}.")
    return files.write(name, list(states.values()))


def _environment() -> dict[str, str]:
    return clean_environment(RUNTIME__DLTHUB_TELEMETRY="false")
