"""The environment with dbt; without it, the tests of this folder are skipped."""

from __future__ import annotations

import click
import pytest

from phenom_cli.report.environment import DbtEnvironment, find_environment


@pytest.fixture(scope="session")
def environment() -> DbtEnvironment:
    try:
        return find_environment()
    except click.ClickException as missing:
        pytest.skip(f"the analytics environment is missing: {missing.message}")
