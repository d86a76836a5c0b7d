"""The syntax of `docs/examples/airbyte.tf`, and its names of streams, keys and operations."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from destination_phenom.records import OPERATIONS
from destination_phenom.run import SPEC
from phenom_api import __version__
from source_phenom import manifest

PATH = Path(__file__).resolve().parents[2] / "docs" / "examples" / "airbyte.tf"

# Resources and attributes of provider airbytehq/airbyte 1.x.
CONFIGURED = {"name", "workspace_id", "definition_id", "configuration"}
RESOURCES = {
    "airbyte_source_definition": {"name", "workspace_id", "docker_repository", "docker_image_tag"},
    "airbyte_destination_definition": {
        "name",
        "workspace_id",
        "docker_repository",
        "docker_image_tag",
    },
    "airbyte_source": CONFIGURED | {"resource_allocation"},
    "airbyte_destination": CONFIGURED | {"resource_allocation"},
    "airbyte_connection": {
        "name",
        "source_id",
        "destination_id",
        "namespace_definition",
        "non_breaking_schema_updates_behavior",
        "configurations",
        "schedule",
    },
}


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    options = hcl2.SerializationOptions(
        strip_string_quotes=True, explicit_blocks=False, with_comments=False
    )
    found: dict[str, Any] = hcl2.loads(
        PATH.read_text(encoding="utf-8"), serialization_options=options
    )
    return found


def resources(parsed: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: body
        for block in parsed["resource"]
        for found, named in block.items()
        if found == kind
        for name, body in named.items()
    }


def test_resources_exist_in_the_provider(parsed: dict[str, Any]) -> None:
    kinds = {kind for block in parsed["resource"] for kind in block}
    assert kinds == set(RESOURCES)
    for kind, attributes in RESOURCES.items():
        for name, body in resources(parsed, kind).items():
            assert set(body) <= attributes, f"{kind}.{name}"


def test_streams_exist_in_the_source(parsed: dict[str, Any]) -> None:
    (local,) = parsed["locals"]
    assert local["streams"] == manifest.stream_names(acting_user=False)


def test_configurations_hold_known_keys(parsed: dict[str, Any]) -> None:
    (local,) = parsed["locals"]
    source = manifest.specification()["connectionSpecification"]
    destination = yaml.safe_load(SPEC.read_bytes())["connectionSpecification"]
    for spec, kind in ((source, "airbyte_source"), (destination, "airbyte_destination")):
        given = set(local["phenom"]) | keys_of(resources(parsed, kind)["phenom"]["configuration"])
        assert set(spec["required"]) <= given <= set(spec["properties"])


def keys_of(expression: str) -> set[str]:
    """The keys of the object in ``${jsonencode(merge(local.phenom, {...}))}``."""
    inner = expression.removeprefix("${jsonencode(merge(local.phenom, ").removesuffix("))}")
    return set(hcl2.loads(f"given = {inner}\n")["given"])


def test_the_action_and_the_version_exist(parsed: dict[str, Any]) -> None:
    (stream,) = resources(parsed, "airbyte_connection")["outbox_to_phenom"]["configurations"][
        "streams"
    ]
    assert stream["destination_object_name"] in OPERATIONS
    (tag,) = [each["image_tag"] for each in parsed["variable"] if "image_tag" in each]
    assert tag["default"] == __version__


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_format(tmp_path: Path) -> None:
    shutil.copy(PATH, tmp_path)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
