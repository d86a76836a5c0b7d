"""Builds the marts of ``analytics/`` with all their tests, and writes the report."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import psycopg

import phenom_sandbox
from benchmarks.loading import DUCKDB, POSTGRES, place
from benchmarks.processes import clean_environment, measured
from benchmarks.results import Results
from integration_tests import postgres_server
from integration_tests.postgres_server import PostgresServer

BUILD, REPORT = "dbt build with tests", "phenom report"
WAREHOUSES = (DUCKDB, POSTGRES)
SYNCED, JOBS = 10_000, 1_000
"""The size of the tenant that is synced. Its rows are copied until there are enough of them."""
_COPIED = ("applications", "candidates", "application_activities", "candidate_documents")
_KEYS = ("id", "remote_id", "candidate_id", "application_id")
_DBT = """
import sys
from integration_tests.analytics.warehouses import AS_OF, SCHEMA
from phenom_cli.address import parse_warehouse
from phenom_cli.report.environment import find_environment
from phenom_cli.report.marts import build_marts
build_marts(find_environment(), parse_warehouse(sys.argv[1]), SCHEMA, AS_OF, ["build"])
"""


def who(what: str, warehouse: str) -> str:
    """The name of a run in the results."""
    return f"{what}, {warehouse}"


def measure(options: argparse.Namespace, results: Results) -> None:
    """A tenant with an acting user is synced; its applications and their people are copied."""
    with postgres_server.running() as server:
        for applications in options.applications:
            for warehouse in WAREHOUSES:
                numbers = [
                    number
                    for number in range(1, options.runs + 1)
                    if results.missing((who(REPORT, warehouse), applications, 0), number)
                ]
                if numbers:
                    _measure(warehouse, applications, numbers, results, server)


def _measure(
    warehouse: str, applications: int, numbers: list[int], results: Results, server: PostgresServer
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="phenom-benchmark-") as name,
        place(warehouse, Path(name), server) as address,
    ):
        folder = Path(name)
        # In a process of its own: the first memory of a child process is that of its parent.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
            aside.submit(_fill, address, folder, applications // SYNCED).result()
        program = [sys.executable, "-m", "phenom_cli.main", "report", "--as-of", "2026-01-01"]
        commands = {
            BUILD: [sys.executable, "-c", _DBT, address],
            REPORT: [*program, "--warehouse", address, "--output", str(folder / "page.html")],
        }
        for number in numbers:
            for what, command in commands.items():
                run = measured(command, environment=clean_environment())
                key = (who(what, warehouse), applications, 0)
                if results.missing(key, number):
                    results.add(key, number, run)


def _fill(address: str, folder: Path, times: int) -> None:
    _sync(address, folder)
    _copy(address, times)


def _sync(address: str, folder: Path) -> None:
    with phenom_sandbox.running(seed=1, jobs=JOBS, applications=SYNCED) as local:
        config = folder / "config.json"
        config.write_text(
            json.dumps({**local.config, "ph_user_id": "u-1", "include_closed_jobs": True})
        )
        program = [sys.executable, "-m", "phenom_cli.main", "sync", "--config", str(config)]
        measured([*program, "--warehouse", address], environment=clean_environment())


def _copy(address: str, times: int) -> None:
    """Fills the tables with so many copies of their rows, the original among them."""
    connect: Any = psycopg.connect if address.startswith("postgresql:") else duckdb.connect
    with connect(address) as connection:
        for table in _COPIED:
            found = connection.execute(f"SELECT * FROM {table} LIMIT 0").description
            columns = [column[0] for column in found]
            values = [
                f"{name} || '-' || copy.number" if name in _KEYS else name for name in columns
            ]
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM {table} CROSS JOIN generate_series(2, {times}) AS copy (number)"
            )
        connection.commit()
