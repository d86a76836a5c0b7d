"""``metadata.yaml`` of both connectors, and what else names their version and base image."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from phenom_api import __version__
from source_phenom import manifest

ROOT = Path(__file__).resolve().parents[2]
METADATA = {
    "source": ROOT / "metadata.yaml",
    "destination": ROOT / "destination_phenom" / "metadata.yaml",
}


def data(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(METADATA[kind].read_bytes())["data"]
    return loaded


@pytest.mark.parametrize("kind", METADATA)
def test_valid_for_airbytes_registry(kind: str) -> None:
    definition = pytest.importorskip(
        "airbyte_connector_models.metadata.v0.connector_metadata_definition_v0",
        reason="airbyte-connector-models needs Python below 3.13",
    )
    content = yaml.safe_load(METADATA[kind].read_bytes())
    valid = definition.ConnectorMetadataDefinitionV0.model_validate(content)
    assert valid.data.connector_type.value == kind


@pytest.mark.parametrize("kind", METADATA)
def test_says_what_it_is(kind: str) -> None:
    metadata = data(kind)
    assert metadata["connectorType"] == kind
    assert metadata["dockerRepository"].endswith(f"/{kind}-phenom")
    assert metadata["dockerImageTag"] == __version__
    assert metadata["license"] == "MIT"


def test_connectors_are_told_apart() -> None:
    assert data("source")["definitionId"] != data("destination")["definitionId"]


def test_destination_takes_part_in_data_activation() -> None:
    assert data("destination")["supportsDataActivation"] is True


def test_source_can_transfer_files() -> None:
    assert data("source")["supportsFileTransfer"] is bool(manifest.streams_with_files())


def test_suggested_streams_are_there_for_everybody() -> None:
    suggested = data("source")["suggestedStreams"]["streams"]
    assert sorted(suggested) == sorted(manifest.stream_names(acting_user=False))


@pytest.mark.parametrize("kind", METADATA)
def test_names_its_tests_hosts_and_resources(kind: str) -> None:
    suites = [each["suite"] for each in data(kind)["connectorTestSuitesOptions"]]
    assert suites == ["unitTests", "integrationTests"]
    assert data(kind)["allowedHosts"]["hosts"] == ["*"]
    (of_sync,) = data(kind)["resourceRequirements"]["jobSpecific"]
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    row = next(line for line in operations.splitlines() if line.startswith(f"| `{kind}-phenom` |"))
    for quantity in of_sync["resourceRequirements"].values():
        assert f" {quantity} " in row


@pytest.mark.parametrize("kind", METADATA)
def test_image_is_built_on_the_named_base(kind: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    base = data(kind)["connectorBuildOptions"]["baseImage"]
    assert re.search(r"^ARG BASE=(\S+)$", dockerfile, re.MULTILINE).group(1) == base  # type: ignore[union-attr]
    assert "@sha256:" in base


@pytest.mark.parametrize("kind", METADATA)
def test_icon_is_square(kind: str) -> None:
    icon = METADATA[kind].with_name(data(kind)["icon"])
    drawing = ElementTree.parse(icon).getroot()
    left, top, width, height = drawing.attrib["viewBox"].split()
    assert (left, top) == ("0", "0")
    assert width == height == drawing.attrib["width"] == drawing.attrib["height"]
