"""Makes one report: builds the marts, reads the numbers, draws, writes the page."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from phenom_cli.address import DEFAULT_WAREHOUSE, SCHEMA_NAME, Warehouse, parse_warehouse
from phenom_cli.report.charts import Chart
from phenom_cli.report.environment import Environment, find_environment
from phenom_cli.report.figures import read_figures
from phenom_cli.report.marts import build_marts
from phenom_cli.report.page import page, sections

_PICTURES = Path(__file__).with_name("pictures.py")


def report(warehouse: str, output: str, schema: str, as_of: datetime) -> None:
    """:param as_of: in UTC.

    :raises click.ClickException: says what is wrong and what to do.
    """
    target = parse_warehouse(warehouse)
    is_missing_default = warehouse == DEFAULT_WAREHOUSE and not Path(warehouse).exists()
    _check(target, schema)
    _check_folder(Path(output))
    environment = find_environment()
    if is_missing_default:
        from phenom_cli.sync import load_made_up_data

        click.echo(f"There is no {warehouse} yet: loading made-up data into it.", err=True)
        load_made_up_data(warehouse)
    elif target.duckdb_path is not None and not target.duckdb_path.exists():
        raise click.ClickException(
            f"The warehouse {target.display_name} does not exist. Load it first: phenom sync"
            f" --warehouse {target.display_name}"
        )
    # The page names people.
    os.umask(0o077)
    click.echo(f"Building the marts in the schema {schema} ...", err=True)
    build_marts(environment, target, schema, f"{as_of:%Y-%m-%d %H:%M:%S}")
    click.echo("Drawing ...", err=True)
    figures = read_figures(target, schema, as_of)
    parts = sections(figures)
    drawn = _draw(environment, [each.chart for part in parts for each in part.pictures])
    text = page(parts, drawn, figures, target.display_name, as_of)
    _write(Path(output), text)
    click.echo(f"The report is in {output}", err=True)


def _check(target: Warehouse, schema: str) -> None:
    if not SCHEMA_NAME.fullmatch(schema) or schema in (target.postgres_schema, "main"):
        raise click.ClickException(
            f"--schema {schema} cannot hold the marts: give a schema of their own, made of"
            " lower-case letters, digits and underscores."
        )


def _check_folder(output: Path) -> None:
    """Before the marts are built, which takes a while."""
    if not output.absolute().parent.is_dir():
        raise click.ClickException(
            f"The folder of --output {output} does not exist. Create it or give another."
        )


def _write(output: Path, text: str) -> None:
    """An earlier page stays as it is until the new one is complete."""
    place = output.resolve()
    try:
        if place.exists() and not place.is_file():
            place.write_text(text, encoding="utf-8")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=place.parent, prefix=f".{place.name[:100]}-", delete=False
        ) as file:
            try:
                file.write(text)
                file.flush()
                Path(file.name).replace(place)
            except BaseException:
                Path(file.name).unlink()
                raise
    except OSError as error:
        raise click.ClickException(
            f"The report could not be written to {output}: {error.strerror}."
        ) from None


def _draw(environment: Environment, descriptions: Sequence[Chart]) -> list[str]:
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
