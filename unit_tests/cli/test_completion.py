"""`phenom completion`: shells accept the scripts, and complete words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHELLS = ("bash", "zsh", "fish")
PROGRAMS = Path(sys.executable).parent


def run(*arguments: str, **variables: str) -> str:
    done = subprocess.run(
        arguments,
        capture_output=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            **variables,
        },
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def completed(line: str) -> list[str]:
    """The answers to bash for the last word of a line."""
    words = line.split(" ")
    answer = run(
        *("phenom",),
        _PHENOM_COMPLETE="bash_complete",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
    )
    return answer.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_accepts_its_script(shell: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(run("phenom", "completion", shell), encoding="utf-8")
    assert "_PHENOM_COMPLETE" in script.read_text(encoding="utf-8")
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    run(shell, "-n", str(script))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("phenom sc", ["plain,scopes"]),
        ("phenom sync --fu", ["plain,--full-refresh"]),
        ("phenom sync --config t", ["file,t"]),
        ("phenom sync --streams us", ["plain,users"]),
        ("phenom sync --streams users,jo", ["plain,users,jobs"]),
        ("phenom write --action create_a", ["plain,create_application"]),
        ("phenom completion z", ["plain,zsh"]),
    ],
)
def test_words(line: str, answer: list[str]) -> None:
    assert completed(line)[: len(answer)] == answer


def test_in_bash() -> None:
    answer = run(
        "bash",
        "-c",
        "source <(phenom completion bash); COMP_WORDS=(phenom pas); COMP_CWORD=1;"
        ' _phenom_completion phenom; echo "${COMPREPLY[*]}"',
    )
    assert answer == "passthrough\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_in_fish(tmp_path: Path) -> None:
    answer = run(
        "fish",
        "--no-config",
        "--command",
        "phenom completion fish | source; complete --do-complete 'phenom pas'",
        HOME=str(tmp_path),
    )
    assert answer.split("\t")[0].strip() == "passthrough"
