"""The first run that the README promises: its commands, and what they print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "docs" / "examples"
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """After the first sync, whose table is in `table.txt`."""
    folder = tmp_path_factory.mktemp("first-run")
    done = subprocess.run(
        [sys.executable, "-m", "phenom_cli.main", "sync"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (folder / "table.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def query(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "query.py", EXAMPLES / name],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_table_of_the_first_sync(folder: Path) -> None:
    assert blocks("text")[0] == (folder / "table.txt").read_text(encoding="utf-8")


def test_the_query_and_its_answer(folder: Path) -> None:
    named = re.search(r"query\.py docs/examples/(\w+\.sql)", README)
    assert named is not None
    comment, _, text = (EXAMPLES / named[1]).read_text(encoding="utf-8").partition("\n")
    assert comment.startswith("-- ")
    assert blocks("sql") == [text]
    assert query(named[1], folder).rstrip() == blocks("text")[1].rstrip()


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.sql")))
def test_every_example_answers(name: str, folder: Path) -> None:
    assert name in README
    assert query(name, folder).count("\n") > 6


@pytest.mark.parametrize(
    "page",
    ["README.md", "BEHAVIOR.md", "benchmarks/README.md", "requirements/README.md"]
    + [f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")],
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target, anchor in LINK.findall(text):
        path = (ROOT / page).parent / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
