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
REQUIREMENTS = (
    "'dbt-core==1.11.*' 'dbt-duckdb==1.11.*' 'dbt-postgres==1.11.*' 'duckdb==1.4.3'"
    " 'vl-convert-python>=1.8'"
)
"""Those of `requirements/analytics.in`, as a shell takes them."""


@dataclass(frozen=True)
class DbtEnvironment:
    """``python`` runs the plotting library, ``dbt`` is beside it, ``project`` is `analytics/`."""

    python: Path
    dbt: Path
    project: Path


def find_environment() -> DbtEnvironment:
    """Raises click.ClickException, which says what is missing and how to install it."""
    # The first is that of an installed package, the second that of a clone.
    projects = [Path(__file__).with_name("analytics"), ROOT / "analytics"]
    project = next((each for each in projects if (each / "dbt_project.yml").is_file()), None)
    if project is None:
        raise click.ClickException(
            "phenom report needs the dbt project analytics/, which is not part of this"
            " installation (the images are without it). Use a clone of the repository, with"
            " ./run report, or pip install 'phenom-airbyte[warehouse]'."
        )
    chosen = os.environ.get(PYTHON_VARIABLE)
    pythons = [ROOT / ".venv-analytics/bin/python", Path(sys.executable)]
    if chosen:
        # dbt runs in another folder.
        pythons = [Path(chosen).expanduser().absolute()]
    for python in pythons:
        dbt = python.with_name("dbt")
        if python.is_file() and dbt.is_file():
            return DbtEnvironment(python, dbt, project)
    if chosen:
        raise click.ClickException(
            f"{PYTHON_VARIABLE} is {chosen}, but there is no dbt beside it. Set it to the Python of"
            f" an environment with: {REQUIREMENTS}"
        )
    raise click.ClickException(
        "dbt is not installed. In a clone, ./run report installs it. Elsewhere, make an environment"
        " of its own for it, because its requirements contradict the connector's: python -m venv"
        f" phenom-dbt && phenom-dbt/bin/pip install {REQUIREMENTS}. Then set {PYTHON_VARIABLE} to"
        " phenom-dbt/bin/python"
    )
