"""Builds the marts of ``analytics/`` with dbt, all tests included, and makes a report."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg

import phenom_sandbox
from benchmarks.loading import DUCKDB, POSTGRES, new_warehouse
from benchmarks.processes import measured
from benchmarks.results import Results
from integration_tests import postgres_server

BUILD, REPORT = "dbt build with all tests", "phenom report"
SYNCED = 2_000
"""Applications that are really synced. The others are copies of them, under other ids."""
AS_OF = "2026-01-01"
"""The end of the local tenant's generated data."""

# The columns that name a copied row. Jobs and their teams are not copied.
_COPIED = {
    "candidates": ("id", "remote_id"),
    "applications": ("id", "remote_id", "candidate_id"),
    "application_activities": ("id", "remote_id", "application_id", "candidate_id"),
}


def who(what: str, warehouse: str) -> str:
    """The name of a run in the results."""
    return f"{what}, {warehouse}"


def measure(options: argparse.Namespace, results: Results) -> None:
    """Each warehouse has a synced tenant whose rows are copied until there are enough.

    ``dbt build`` runs seeds, models, data tests and unit tests. The report builds again, without
    tests, and writes the page.
    """
    with postgres_server.running() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for applications in options.applications:
            for warehouse in (DUCKDB, POSTGRES):
                with new_warehouse(warehouse, folder, server) as address:
                    _fill(address, applications, folder)
                    for number in range(1, options.runs + 1):
                        for what in (BUILD, REPORT):
                            key = (who(what, warehouse), applications, 0)
                            if results.missing(key, number):
                                results.add(key, number, measured(_command(what, address, folder)))


def _command(what: str, address: str, folder: Path) -> list[str]:
    if what == BUILD:
        return [sys.executable, "-m", "benchmarks.analytics", address]
    program = [sys.executable, "-m", "phenom_cli.main", "report", "--as-of", AS_OF]
    return [*program, "--warehouse", address, "--output", str(folder / "page.html")]


def _fill(address: str, applications: int, folder: Path) -> None:
    with phenom_sandbox.running(seed=1, jobs=200, applications=SYNCED) as local:
        config = {**local.config, "ph_user_id": "u-1", "include_closed_jobs": True}
        path = folder / "tenant.json"
        path.write_text(json.dumps(config))
        program = [sys.executable, "-m", "phenom_cli.main", "sync", "--config", str(path)]
        measured([*program, "--warehouse", address])
    copies = -(-applications // SYNCED) - 1
    is_duckdb = not address.startswith("postgresql:")
    numbers = f"range(1, {copies + 1})" if is_duckdb else f"generate_series(1, {copies})"
    with _connected(address) as connection:
        for table, names in _COPIED.items():
            described = connection.execute(f"SELECT * FROM {table} LIMIT 0").description
            columns = [each[0] for each in described]
            values = (
                f"copy.number || '-' || {name}" if name in names else f'"{name}"'
                for name in columns
            )
            quoted = ", ".join(f'"{name}"' for name in columns)
            connection.execute(
                f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)}"
                f" FROM {table} CROSS JOIN {numbers} AS copy(number)"
            )


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    connect: Any = psycopg.connect if address.startswith("postgresql:") else duckdb.connect
    with connect(address) as connection:
        yield connection


def main() -> None:
    """Builds the marts of one warehouse, as a process that can be measured."""
    from phenom_cli.address import parse_warehouse
    from phenom_cli.report.environment import find_environment
    from phenom_cli.report.marts import build_marts

    address = parse_warehouse(sys.argv[1])
    build_marts(find_environment(), address, "phenom_analytics", f"{AS_OF} 00:00:00", ("build",))


if __name__ == "__main__":
    main()
