"""The environment that has dbt and the plotting library.

They are not installed beside the connector: their requirements contradict each other.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

PYTHON_VARIABLE = "PHENOM_ANALYTICS_PYTHON"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """``python`` runs the plotting library, ``dbt`` is beside it, ``project`` is `analytics/`."""

    python: Path
    dbt: Path
    project: Path


def find_environment() -> Environment:
    """Raises click.ClickException, which says what is missing and how to install it."""
    project = ROOT / "analytics"
    if not (project / "dbt_project.yml").is_file():
        raise click.ClickException(
            "phenom report needs the dbt project analytics/, which an installed package does not"
            " have: clone the repository, and run ./run report there. It takes the same options."
        )
    chosen = os.environ.get(PYTHON_VARIABLE)
    pythons = [ROOT / ".venv-analytics/bin/python", Path(sys.executable)]
    if chosen:
        pythons = [Path(chosen)]
    for python in pythons:
        dbt = python.with_name("dbt")
        if python.is_file() and dbt.is_file():
            return Environment(python, dbt, project)
    raise click.ClickException(
        "dbt is not installed. ./run report installs it into .venv-analytics. Or install"
        f" requirements/analytics.txt into an environment of its own, and set {PYTHON_VARIABLE} to"
        " that environment's Python."
    )
