"""Where PyAirbyte lives: it pins so much that it has an environment of its own."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import click

VARIABLE = "PHENOM_PYAIRBYTE_PYTHON"
ENVIRONMENT = ".venv-pyairbyte"


def pyairbyte_python() -> str:
    """The interpreter that can import ``airbyte``; raises click.ClickException without one."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise click.ClickException(f"{VARIABLE} is {named}, which is not a file.")
        return named
    beside = Path(sys.prefix).parent / ENVIRONMENT / "bin" / "python"
    if beside.is_file():
        return str(beside)
    if importlib.util.find_spec("airbyte") is not None:
        return sys.executable
    raise click.ClickException(
        "PyAirbyte, which PostgreSQL needs, is not installed. From a clone of the project, ./run"
        f" sync with the same arguments installs it into {ENVIRONMENT}, and so does ./run setup."
        " Otherwise install it into an environment of its own with Python 3.10, 3.11 or 3.12 (pip"
        f" install 'airbyte>=0.71,<0.72') and set {VARIABLE} to that environment's python."
    )
