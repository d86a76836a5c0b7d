"""Links from outside the repository to its pages: on PyPI, and in the connectors' ``spec``."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from source_phenom import manifest

ROOT = Path(__file__).resolve().parents[2]


@cache
def described() -> tuple[str, str]:
    """The project's address and its description, as PyPI gets them."""
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "--url", "--long-description"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    home, _, description = done.stdout.partition("\n")
    return home, description


def page(address: str) -> Path:
    """The file of the repository behind an address."""
    home, _ = described()
    prefix = f"{home}/blob/main/"
    assert address.startswith(prefix), address
    return ROOT / address[len(prefix) :].partition("#")[0]


def test_links_of_the_description_lead_to_pages() -> None:
    _, description = described()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", description)
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", description)
    assert len(links) + len(pictures) == len(re.findall(r"\]\(", readme)) > 20
    own = [link for link in links if "phenom-airbyte" in link]
    assert len(own) > 20
    assert not [link for link in own if not page(link).is_file()]
    assert not [link for link in links if not link.startswith("https://")]
    home, _ = described()
    assert pictures
    for picture in pictures:
        assert picture.startswith(f"{home}/raw/main/")
        assert (ROOT / picture.removeprefix(f"{home}/raw/main/")).is_file()


def test_only_links_differ_from_the_readme() -> None:
    home, description = described()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    relative = description.replace(f"]({home}/blob/main/README.md#", "](#")
    relative = relative.replace(f"]({home}/raw/main/", "](")
    assert relative.replace(f"]({home}/blob/main/", "](").strip() == readme.strip()


@pytest.mark.parametrize("kind", ["source", "destination"])
def test_the_documentation_of_a_connector(kind: str) -> None:
    if kind == "source":
        spec = manifest.specification()
    else:
        spec = yaml.safe_load((ROOT / "destination_phenom" / "spec.yaml").read_bytes())
    text = page(spec["documentationUrl"]).read_text(encoding="utf-8")
    assert f"## The {kind}'s configuration" in text
