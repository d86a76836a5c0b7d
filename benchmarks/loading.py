"""Loads into DuckDB and PostgreSQL with ``phenom sync``, PyAirbyte (same connector) and dlt."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from benchmarks import tenant
from benchmarks.environments import PEERS, peer_python, pyairbyte_python, source_phenom
from benchmarks.processes import clean_environment, measured
from benchmarks.results import Results
from benchmarks.setting import Files, prepared
from integration_tests import postgres_server
from integration_tests.postgres_server import PostgresServer

OURS, PYAIRBYTE, DLT = "phenom sync", "PyAirbyte read", "dlt rest_api"
DUCKDB, POSTGRES = "DuckDB", "PostgreSQL"
FIRST, AGAIN, DELTA = "", ", nothing changed", ", nothing changed, with full_scan_hours"
SITUATIONS = (FIRST, DELTA, AGAIN)
"""In this order: a delta needs the state of a full scan that was made with ``full_scan_hours``."""


def who(party: str, warehouse: str, situation: str = FIRST) -> str:
    """The name of a run in the results."""
    return f"{party} into {warehouse}{situation}"


def measure(options: argparse.Namespace, results: Results) -> None:
    """Every first run loads into a new warehouse; the runs that follow find nothing new in it.

    One of them reads only the end of the listing, where new applications would be.

    dlt reads only the applications. The others read all streams, with the candidates of the same
    listing. dlt does not detect changes: its second run loads everything again.
    """
    with postgres_server.running() as server:
        for applications in options.applications:
            with tenant.serving(applications, 0) as config, prepared(config) as files:
                for number, warehouse, party in product(
                    range(1, options.runs + 1), (DUCKDB, POSTGRES), (OURS, PYAIRBYTE, DLT)
                ):
                    key = (who(party, warehouse, AGAIN), applications, 0)
                    if results.missing(key, number):
                        _load(party, warehouse, applications, number, files, results, server)


def _load(
    party: str,
    warehouse: str,
    applications: int,
    number: int,
    files: Files,
    results: Results,
    server: PostgresServer,
) -> None:
    with (
        tempfile.TemporaryDirectory(dir=files.folder) as name,
        place(warehouse, Path(name), server) as address,
    ):
        folder = Path(name)
        for situation in SITUATIONS:
            if party == DLT and situation == DELTA:
                continue
            command = _command(party, files, situation, address, folder)
            key = (who(party, warehouse, situation), applications, 0)
            with tempfile.TemporaryFile() as output:
                run = measured(command, output, environment=_environment(folder))
                output.seek(0)
                said = output.read().splitlines()
            phases = json.loads(said[-1]) if party == PYAIRBYTE else {}
            if results.missing(key, number):
                results.add(key, number, run, **({"seconds": phases} if phases else {}))
        table = "dlt.applications" if party == DLT else "applications"
        rows = _count(address, f"SELECT count(*) FROM {table}")
        if rows != applications:
            raise SystemExit(f"{party} loaded {rows} of {applications} applications")


def _command(party: str, files: Files, situation: str, address: str, folder: Path) -> list[str]:
    if party == DLT:
        program = [peer_python("dlt"), str(PEERS / "dlt_load.py"), files.config]
        return [*program, str(folder / "dlt"), address]
    config = json.loads(Path(files.own_config).read_text())
    hours = 0 if situation == AGAIN else 8_760
    own_config = files.write("loading", {**config, "full_scan_hours": hours})
    if party == PYAIRBYTE:
        program = [pyairbyte_python(), str(PEERS / "pyairbyte_read.py"), source_phenom()[0]]
        return [*program, own_config, address]
    program = [sys.executable, "-m", "phenom_cli.main", "sync", "--config", own_config]
    return [*program, "--warehouse", address]


@contextmanager
def place(warehouse: str, folder: Path, server: PostgresServer) -> Iterator[str]:
    """A new DuckDB file, or a new database."""
    if warehouse == DUCKDB:
        yield str(folder / "phenom.duckdb")
        return
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE benchmark")
        try:
            yield server.url("benchmark")
        finally:
            connection.execute("DROP DATABASE benchmark WITH (FORCE)")


def _count(address: str, query: str) -> int:
    connect: Any = psycopg.connect if address.startswith("postgresql:") else duckdb.connect
    with connect(address) as connection:
        return int(connection.execute(query).fetchone()[0])


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
