"""Reads `docs/coverage.md`: the rows of its tables, and the blocks of its set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
_ROW = re.compile(r"\| (?P<name>.+?) \| `(?P<shown_by>.+)` \|")
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One row of a table: a name, and the query or command that shows it."""

    section: str
    name: str
    shown_by: str

    @property
    def is_query(self) -> bool:
        return self.shown_by.startswith(("select ", "with ", "from "))

    def __str__(self) -> str:
        return f"{self.section}: {self.name}"


def rows() -> Iterator[Row]:
    """All rows. A row without a query or command is a ValueError."""
    section = ""
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.startswith("| ") and not line.startswith("| ---") and "shown by" not in line:
            found = _ROW.fullmatch(line)
            if found is None:
                raise ValueError(f"not a row of the coverage page: {line}")
            # A pipe inside a table is written with a backslash.
            yield Row(section, found["name"], found["shown_by"].replace(r"\|", "|"))


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    text = PATH.read_text(encoding="utf-8")
    return [found["text"] for found in _BLOCK.finditer(text) if found["language"] == language]
