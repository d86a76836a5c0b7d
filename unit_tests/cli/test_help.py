"""The help and the version of the three commands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from phenom_api import __version__
from phenom_cli.main import phenom
from unit_tests.cli.running import run

ROOT = Path(__file__).resolve().parents[2]


def paths(command: click.Command, *above: str) -> Iterator[tuple[str, ...]]:
    yield above
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from paths(below, *above, name)


COMMANDS = list(paths(phenom))


def help_in_a_pipe(path: tuple[str, ...]) -> str:
    return CliRunner().invoke(phenom, [*path, "--help"], prog_name="phenom").output


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_fits_the_terminal(path: tuple[str, ...], columns: int) -> None:
    done = CliRunner().invoke(
        phenom, [*path, "--help"], prog_name="phenom", terminal_width=min(columns, 100)
    )
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line for line in lines if len(line) > columns] == []
    # The command's own words, which are not broken.
    assert set(done.output.split()) == set(help_in_a_pipe(path).split())
    assert not re.search(r"\x1b|\w\.\.\.$|INTEGER|TEXT", done.output, re.MULTILINE)
    assert lines[0].startswith(f"Usage: {' '.join(('phenom', *path))} ")


@pytest.mark.parametrize("path", [(), ("documents",)], ids=["phenom", "documents"])
def test_a_group_alone_shows_its_help(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *path)
    assert (done.code, done.out) == (2, "")
    assert done.err.split() == run(capsys, *path, "--help").out.split()


@pytest.mark.parametrize("path", COMMANDS[1:], ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    command: click.Command = phenom
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("phenom_cli.main", "phenom"),
        ("source_phenom.run", "source-phenom"),
        ("destination_phenom.run", "destination-phenom"),
    ],
)
def test_version(module: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0
    assert done.stdout.split() in ([name, __version__], [f"{name},", "version", __version__])


@pytest.mark.parametrize("module", ["source_phenom.run", "destination_phenom.run"])
def test_json_given_as_config_is_not_repeated(module: str) -> None:
    call = [sys.executable, "-m", module, "check", "--config", '{"client_secret": "hunter2"}']
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not the JSON itself" in done.stderr
    assert "hunter2" not in done.stderr
