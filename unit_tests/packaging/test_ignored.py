"""What people make in a clone by following the pages gets neither into git nor into an image."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "BEHAVIOR.md", "docs/*.md", "destination_phenom/*.md", "phenom_cli/*.py")

WRITTEN = re.compile(
    r"(?:--(?:config|catalog|state|output|warehouse)|>>?|<) ([\w-]+\.(?:json|jsonl|duckdb))\b"
    r"|\b([\w-]+\.(?:jsonl|duckdb))\b"
    r"|--to ([\w-]+)\b"
)
"""Names of files behind the options that take them, and of folders for documents."""

OTHERS = (
    "tenant-emea.json",
    "notes/tenant.json",
    "source_phenom/tenant.json",
    "state.json",
    "messages.jsonl",
    "phenom.duckdb.wal",
    "sub/phenom.duckdb",
    "secrets/config.json",
    "source_phenom/secrets/config.json",
    ".env",
    "docs/examples/terraform.tfstate",
    "docs/examples/terraform.tfvars",
    "docs/examples/.terraform/x",
)


def named() -> Iterator[str]:
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            for file, data, folder in WRITTEN.findall(page.read_text(encoding="utf-8")):
                if folder != "DIR":
                    yield file or data or f"{folder}/65f0/cv.pdf"


NAMES = sorted({*named(), *OTHERS})


def test_the_pages_name_files() -> None:
    assert {"tenant.json", "catalog.json", "records.jsonl", "cvs/65f0/cv.pdf"} <= set(NAMES)


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="this is not a clone"
)
def test_git_does_not_see_them() -> None:
    asked = ["git", "check-ignore", "--no-index", "--stdin"]
    done = subprocess.run(
        asked, cwd=ROOT, input="\n".join(NAMES), capture_output=True, encoding="utf-8"
    )
    assert set(NAMES) - set(done.stdout.splitlines()) == set()

    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert tracked.stdout == "", "a file of the project is ignored"


@pytest.mark.parametrize(
    "name",
    [
        "tenant.json",
        "secrets/config.json",
        "records.jsonl",
        "phenom.duckdb",
        "x.duckdb.wal",
        ".env",
    ],
)
def test_an_image_holds_none_of_them(name: str) -> None:
    """Also where somebody put one into a folder that is copied."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines.index("*") < min(i for i, line in enumerate(lines) if line.startswith("!"))
    after = lines[max(i for i, line in enumerate(lines) if line.startswith("!")) + 1 :]
    for place in ("source_phenom", "phenom_cli/warehouse"):
        path = f"{place}/{name}"
        above = [path, *map(str, Path(path).parents)]
        matching = [line.replace("**/", "*/") for line in after]
        assert any(fnmatch.fnmatch(f"/{each}", line) for each in above for line in matching), path
