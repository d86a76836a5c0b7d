"""Paths of the project that the pages name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "BEHAVIOR.md", *(ROOT / "docs").glob("*.md")]
FOLDERS = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
FOLDERS |= {"docs", "unit_tests", "integration_tests", "benchmarks", "requirements"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_paths_exist(page: Path) -> None:
    named = re.findall(r"[`\s](\w+/[\w./-]*)", page.read_text(encoding="utf-8"))
    missing = [
        path for path in named if path.split("/")[0] in FOLDERS and not (ROOT / path).exists()
    ]
    assert missing == []
