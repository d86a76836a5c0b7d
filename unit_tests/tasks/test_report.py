"""``./run report``: without arguments it makes the warehouse that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks import commands
from tasks.environments import Environment

Calls = list[tuple[str, ...]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """The programs that were started, in an empty folder; the first word is left out."""
    started: Calls = []

    def start(command: Sequence[str | Path], **options: Any) -> int:
        started.append(tuple(map(str, command[1:])))
        assert options.get("folder", tmp_path) == tmp_path
        return 3 if (tmp_path / "fails").exists() else 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Environment, "ensure", lambda *arguments, **options: None)
    monkeypatch.setattr(commands, "run", start)
    monkeypatch.setattr(commands, "become", start)
    return started


REPORT = commands.COMMANDS["report"]


def test_without_a_warehouse(calls: Calls) -> None:
    REPORT([])
    assert calls == [("sync", "--acting-user"), ("report",)]


def test_with_a_warehouse(calls: Calls, tmp_path: Path) -> None:
    (tmp_path / "phenom.duckdb").touch()
    REPORT([])
    assert calls == [("report",)]


def test_with_arguments(calls: Calls) -> None:
    REPORT(["--warehouse", "recruiting.duckdb"])
    assert calls == [("report", "--warehouse", "recruiting.duckdb")]


def test_a_sync_that_fails(calls: Calls, tmp_path: Path) -> None:
    (tmp_path / "fails").touch()
    assert REPORT([]) == 3
    assert calls == [("sync", "--acting-user")]
