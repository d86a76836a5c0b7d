"""Runs `phenom` in this process: arguments in, exit code and output out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phenom_api.retries import RetryPolicy
from phenom_cli import candidate_files, interactive_gateway
from phenom_cli.main import phenom


@dataclass(frozen=True)
class CommandResult:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> CommandResult:
    with pytest.raises(SystemExit) as ended:
        phenom.main([*arguments], prog_name="phenom")
    printed = capsys.readouterr()
    return CommandResult(int(ended.value.code or 0), printed.out, printed.err)


def shorten_retries(monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    """Lets commands retry without waiting."""
    policy: dict[str, Any] = {"attempts": attempts, "first_wait": 0.001, "throttled": 0}
    monkeypatch.setattr(interactive_gateway, "RETRY_POLICY", policy)
    monkeypatch.setattr(candidate_files, "RETRY_POLICY", RetryPolicy(**policy))


def config_file(folder: Path, config: dict[str, Any]) -> str:
    path = folder / "tenant.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)
