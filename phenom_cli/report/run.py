"""Makes one report: builds the marts, reads the numbers, draws, writes the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from phenom_cli.address import SCHEMA_NAME, Warehouse, parse_warehouse
from phenom_cli.report.charts import Chart
from phenom_cli.report.environment import DbtEnvironment, find_environment
from phenom_cli.report.figures import read_figures
from phenom_cli.report.marts import build_marts
from phenom_cli.report.page import page, sections
from phenom_cli.report.readiness import check_warehouse

_PICTURES = Path(__file__).with_name("pictures.py")


def report(warehouse: str, output: str, schema: str, as_of: datetime) -> None:
    """:param as_of: in UTC.

    :raises click.ClickException: says what is wrong and what to do.
    """
    target = parse_warehouse(warehouse)
    _check(target, schema)
    environment = find_environment()
    check_warehouse(target, schema)
    # The page names people.
    os.umask(0o077)
    click.echo(f"Building the marts in the schema {schema} ...", err=True)
    build_marts(environment, target, schema, f"{as_of:%Y-%m-%d %H:%M:%S}")
    click.echo("Drawing ...", err=True)
    figures = read_figures(target, schema, as_of)
    parts = sections(figures)
    drawn = _draw(environment, [each.chart for part in parts for each in part.pictures])
    text = page(parts, drawn, figures, target.display_name, as_of)
    _write(output, text)
    click.echo(f"The report is in {output}", err=True)


def _write(output: str, text: str) -> None:
    """Replaces the page by a complete one, or leaves it as it is."""
    # A link stays a link, and a pipe or device cannot be replaced.
    path = Path(os.path.realpath(output))
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise click.ClickException(
            f"The page {output} could not be written: {error.strerror}. Choose another place with"
            " --output."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _check(target: Warehouse, schema: str) -> None:
    if not SCHEMA_NAME.fullmatch(schema) or schema in (target.postgres_schema, "main"):
        raise click.ClickException(
            f"--schema {schema} cannot hold the marts: give a schema of their own, made of"
            " lower-case letters, digits and underscores."
        )
    if target.duckdb_path is not None and not target.duckdb_path.exists():
        raise click.ClickException(
            f"The warehouse {target.display_name} does not exist. Load it first: phenom sync"
            f" --warehouse {target.display_name}"
        )


def _draw(environment: DbtEnvironment, descriptions: Sequence[Chart]) -> list[str]:
    done = subprocess.run(
        [environment.python, "-I", _PICTURES],
        input=json.dumps(descriptions),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise click.ClickException(f"The pictures could not be drawn: {last[0]}")
    drawn: list[str] = json.loads(done.stdout)
    return drawn
