"""Runs the commands of the README one after the other, and compares what they print."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest

import phenom_sandbox

if TYPE_CHECKING:
    from integration_tests.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "docs" / "examples"
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after the first sync, whose table is in `table.txt`."""
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


@pytest.fixture(scope="module")
def with_a_tenant(folder: Path) -> Iterator[Path]:
    """The same folder, with the files of "Your tenant" and "Writing back"."""
    with phenom_sandbox.running(jobs=200, applications=50) as local:
        (documented,) = blocks("json", section("Your tenant"))
        config = {key: local.config[key] for key in json.loads(documented)}
        config["gateway_url"] = local.config["gateway_url"]
        (folder / "tenant.json").write_text(json.dumps(config), encoding="utf-8")
        (records,) = blocks("json", section("Writing back"))
        (folder / "records.jsonl").write_text(records, encoding="utf-8")
        yield folder


def run_command(command: str, folder: Path) -> str:
    program = f"{sys.executable} -m phenom_cli.main"
    done = subprocess.run(
        ["bash", "-c", re.sub(r"^(\.venv/bin/phenom|\./run(?= sync))", program, command)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def test_your_tenant(with_a_tenant: Path, postgres: PostgresServer) -> None:
    made_up = (with_a_tenant / "phenom.duckdb").read_bytes()
    (commands,) = blocks("bash", section("Your tenant"))
    for command in commands.splitlines():
        place = "postgresql://user:password@host/database"
        run_command(command.replace(place, postgres.url() + "?schema=readme"), with_a_tenant)
    assert (with_a_tenant / "phenom.duckdb").read_bytes() == made_up
    with (
        duckdb.connect(str(with_a_tenant / "recruiting.duckdb")) as here,
        psycopg.connect(postgres.url()) as there,
    ):
        assert here.execute("SELECT count(*) FROM applications").fetchone() == (50,)
        assert there.execute("SELECT count(*) FROM readme.applications").fetchone() == (50,)


def test_writing_back(with_a_tenant: Path) -> None:
    (commands,) = blocks("bash", section("Writing back"))
    statuses = [
        [json.loads(line)["status"] for line in run_command(command, with_a_tenant).splitlines()]
        for command in commands.splitlines()
    ]
    assert statuses == [["valid"], ["created"]]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.sql")))
def test_every_example_query(name: str, folder: Path) -> None:
    assert name in README
    assert query(name, folder).count("\n") > 6


@pytest.mark.parametrize(
    "page",
    ["README.md", "BEHAVIOR.md", "benchmarks/README.md", "requirements/README.md"]
    + [f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")],
)
def test_links_have_targets(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target, anchor in LINK.findall(text):
        path = (ROOT / page).parent / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
