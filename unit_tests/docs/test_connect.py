"""Compares `docs/connect.md` with the configuration, permissions and messages of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from destination_phenom.config import destination_config
from destination_phenom.probes import action_probes
from destination_phenom.run import SPEC
from phenom_api import __version__
from source_phenom import manifest
from source_phenom.config import source_config
from source_phenom.probes import acting_user_probes, listing_probes

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
PACKAGES = ("phenom_api", "phenom_cli", "phenom_protocol", "source_phenom", "destination_phenom")
CONNECTION = {
    "client_id": "id",
    "client_secret": "secret",
    "token_url": "https://login.example.com",
    "ph_user_id": "recruiter-1",
}


def section(title: str) -> str:
    _, _, rest = PAGE.partition(f"\n## {title}\n")
    assert rest, title
    return rest.partition("\n## ")[0]


def first_column(text: str) -> list[str]:
    """The first cells of a section's tables, without the heads of the tables."""
    cells = [line.split(" | ")[0].strip("| ") for line in text.splitlines() if line[:2] == "| "]
    return [
        cell
        for cell, below in zip(cells, [*cells[1:], ""], strict=True)
        if "---" not in (cell, below)
    ]


def test_every_key_of_the_source_is_explained() -> None:
    properties = manifest.specification()["connectionSpecification"]["properties"]
    explained = set(
        re.findall(r"`(\w+)`", " ".join(first_column(section("The source's configuration"))))
    )
    assert explained == set(properties)


def test_every_key_of_the_destination_is_explained() -> None:
    properties = yaml.safe_load(SPEC.read_bytes())["connectionSpecification"]["properties"]
    text = section("The destination's configuration")
    assert set(properties) <= set(re.findall(r"`(\w+)`", text))
    assert set(re.findall(r"`(\w+)`", " ".join(first_column(text)))) <= set(properties)


def test_the_example_is_a_configuration() -> None:
    """Both JSON blocks of the source's section together."""
    blocks = re.findall(r"```json\n(.*?)```", section("The source's configuration"), re.DOTALL)
    whole = {key: value for block in blocks for key, value in yaml.safe_load(block).items()}
    assert source_config(whole).field_overrides


def test_every_permission_is_named() -> None:
    source = source_config({**CONNECTION, "include_closed_jobs": True})
    destination = destination_config(CONNECTION)
    probes = [
        *listing_probes(source),
        *acting_user_probes(source),
        *action_probes(destination, destination.locale, destination.site_type),
    ]
    text = section("What to ask Phenom for")
    for operation in {probe.operation for probe in probes}:
        row = next((line for line in text.splitlines() if f"`{operation}`" in line), None)
        assert row is not None, operation
        assert operation.needs in row


def test_images_are_tagged_with_the_version() -> None:
    tags = re.findall(r"-phenom:(\S+)", PAGE)
    assert tags
    assert set(tags) == {__version__}


MESSAGES = [
    quoted
    for cell in first_column(section("When something is wrong"))
    for quoted in re.findall(r"`([^`]+)`", cell)
]


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_has_the_message(message: str) -> None:
    stem = message.rstrip("… ")
    assert any(stem in text for text in texts()), "no such message in the source"


@cache
def texts() -> tuple[str, ...]:
    """Every text in the packages, with … for the parts that are filled in."""
    return tuple(
        re.sub("…( …)+", "…", text)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for text in _texts(ast.parse(path.read_bytes()))
    )


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
