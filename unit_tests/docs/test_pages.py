"""Every page: its links lead somewhere, and its commands and options exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from phenom_cli.main import phenom

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", ".github", "benchmarks", "destination_phenom", "docs", "requirements")
PAGES = sorted(
    {
        *(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md")),
        *(ROOT / "docs").rglob("*.md"),
    }
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
CONNECTORS = {
    "source-phenom": {"spec", "check", "discover", "read"},
    "destination-phenom": {"spec", "check", "discover", "write"},
}
CONNECTOR_OPTIONS = {"--config", "--catalog", "--state", "--debug", "--help", "--version"}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_COMMANDS = {"json", "mermaid", "python", "sql", "text", "toml", "yaml"}
END = re.compile(r"[|<>;&]|\d?>.*")
"""A word of a shell that ends a command's arguments."""


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every command of ours on a page, up to a pipe or a redirection."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line
        for kind, block in FENCED.findall(text)
        if kind not in NOT_COMMANDS
        for line in block.replace("\\\n", " ").splitlines()
    ]
    for line in [*lines, *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]:
        try:
            words = shlex.split(line.replace("\\|", "|"), comments=True)
        except ValueError:
            words = line.split()
        for place, word in enumerate(words):
            if word == "./run" or Path(word).name in ("phenom", *CONNECTORS):
                rest = words[place + 1 :]
                end = next((i for i, each in enumerate(rest) if END.fullmatch(each)), len(rest))
                if rest[:end] and re.fullmatch(r"[a-z]+", rest[0]):
                    yield [word if word == "./run" else Path(word).name, *rest[:end]]


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if re.match(r"--\w", word)}


def check(program: str, words: list[str]) -> None:
    if program == "./run":
        assert words[0] in run_commands()
        if words[0] != "sync":
            return
    if program in CONNECTORS:
        assert words[0] in CONNECTORS[program]
        assert options(words) <= CONNECTOR_OPTIONS
        return
    command: click.Command = phenom
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, words[0]
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert options(words) <= known | {"--help"}


@cache
def run_commands() -> set[str]:
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True).stdout
    return set(re.findall(r"^  (\w+) ", usage, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist(page: Path) -> None:
    for program, *words in commands(page):
        try:
            check(program, words)
        except AssertionError as error:
            raise AssertionError(f"{program} {' '.join(words)}") from error


def test_pages_have_links_and_commands() -> None:
    """The patterns above find something."""
    assert len(PAGES) > 8
    assert sum(1 for page in PAGES for _ in commands(page)) > 50


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", *DECISIONS], ids=name)
def test_named_paths_exist(page: Path) -> None:
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_decisions_are_numbered_listed_and_of_one_form() -> None:
    listed = re.findall(
        r"^\| \[(\d+)\]\((\S+)\) \| (.+) \|$",
        (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [page for _, page, _ in listed] == [path.name for path in DECISIONS]
    for count, (number, page, title) in enumerate(listed, 1):
        text = (ROOT / "docs" / "decisions" / page).read_text(encoding="utf-8")
        assert int(number) == int(page[:4]) == count
        assert text.startswith(f"# {number}. {title}\n")
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert sections == ["Context", "Choice", "Consequences"]
