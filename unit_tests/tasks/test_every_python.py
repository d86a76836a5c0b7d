"""``./run test-all``: the table of all Pythons."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tasks.every_python import find
from unit_tests.tasks.clone import small_clone

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TESTS = """
import pytest

def test_good():
    pass

def test_bad():
    assert False

@pytest.mark.skip
def test_later():
    pass
"""


def test_the_table(tmp_path: Path) -> None:
    clone = small_clone(tmp_path)
    (clone.root / "test_three.py").write_text(TESTS)
    (clone.stand_in / "bin" / f"python{HERE}").symlink_to(clone.stand_in / "python")
    done = clone.run("test-all", HERE, "test_three.py")
    assert done.returncode == 1
    titles, row = done.stdout.splitlines()[-2:]
    assert titles.split() == ["python", "passed", "failed", "skipped", "seconds"]
    assert row.split()[:4] == [HERE, "1", "1", "1"]
    environments = [call.rpartition("/")[2] for call in clone.calls() if call.startswith("venv ")]
    assert environments == [".venv-pyairbyte", ".venv-analytics", f".venv-{HERE}"]


def test_a_python_is_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "python3.99"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("3.99") is None


def test_this_python_is_found() -> None:
    found = find(HERE)
    assert found is not None
    assert Path(found).exists()
