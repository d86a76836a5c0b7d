"""Builds the marts with dbt, into a schema of their own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from phenom_cli.address import Warehouse
from phenom_cli.report.environment import DbtEnvironment

BUILD = ("build", "--exclude-resource-type", "test", "unit_test")
"""Seeds and models. The project's tests are for those who change it."""

_PASSED_ON = ("sslmode", "sslcert", "sslkey", "sslrootcert")


def build_marts(
    environment: DbtEnvironment,
    warehouse: Warehouse,
    schema: str,
    as_of: str,
    command: Sequence[str] = BUILD,
) -> str:
    """Runs dbt; returns what it printed.

    :param schema: where the marts are written.
    :param as_of: a time in UTC, up to which what is open is counted; empty for now.
    :raises click.ClickException: with dbt's own words, if it failed.
    """
    variables: dict[str, str] = {"phenom_as_of": as_of, "phenom_schema": ""}
    if warehouse.postgres_url:
        variables["phenom_schema"] = warehouse.postgres_schema
    # What dbt writes is thrown away. Two reports at the same time do not disturb each other.
    with tempfile.TemporaryDirectory(prefix="phenom-report-") as folder:
        done = subprocess.run(
            [
                *(environment.dbt, "--no-use-colors", "--no-send-anonymous-usage-stats"),
                *("--no-version-check", "--log-level-file", "none", *command),
                *("--project-dir", environment.project, "--profiles-dir", environment.project),
                *("--target-path", Path(folder, "target"), "--vars", json.dumps(variables)),
            ],
            cwd=folder,
            env={**os.environ, **_connection(warehouse), "PHENOM_ANALYTICS_SCHEMA": schema,
                 "DBT_LOG_PATH": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )  # fmt: skip
    if done.returncode:
        raise click.ClickException(_failure(done.stdout, warehouse))
    return done.stdout


def _connection(warehouse: Warehouse) -> Mapping[str, str]:
    """Environment variables that `analytics/profiles.yml` reads."""
    if not warehouse.postgres_url:
        return {
            "PHENOM_ANALYTICS_TARGET": "duckdb",
            "PHENOM_ANALYTICS_DUCKDB": warehouse.duckdb_name,
        }
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(warehouse.postgres_url)
    values = {
        "PGHOST": given.get("host"),
        "PGPORT": given.get("port"),
        "PGUSER": given.get("user"),
        "PGDATABASE": given.get("dbname"),
        "DBT_ENV_SECRET_PGPASSWORD": given.get("password") or os.environ.get("PGPASSWORD"),
        **{f"PG{name.upper()}": given.get(name) for name in _PASSED_ON},
    }
    set_values = {name: str(value) for name, value in values.items() if value is not None}
    return {"PHENOM_ANALYTICS_TARGET": "postgres", **set_values}


def _failure(output: str, warehouse: Warehouse) -> str:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    told = [
        line
        for line in lines
        if not any(mark in line for mark in (" OK ", " START ", " PASS ", " SKIP "))
    ]
    text = "\n".join(told[-25:])
    if warehouse.password:
        text = text.replace(warehouse.password, "********")
    return f"dbt could not build the marts in {warehouse.display_name}. It printed:\n{text}"
