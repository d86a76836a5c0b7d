"""The manifest, the configuration's model and the schemas tell the same story."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from source_phenom import manifest
from source_phenom.config import SourceConfig, source_config
from unit_tests.reading.protocol import CONFIG

SPEC: dict[str, Any] = manifest.specification()["connectionSpecification"]


def test_spec_has_the_keys_of_the_model() -> None:
    assert set(SPEC["properties"]) == set(SourceConfig.model_fields)
    required = {name for name, field in SourceConfig.model_fields.items() if field.is_required()}
    assert set(SPEC["required"]) == required


def test_spec_has_the_defaults_of_the_model() -> None:
    config = source_config({key: CONFIG[key] for key in SPEC["required"]})
    for key, described in SPEC["properties"].items():
        if key not in SPEC["required"]:
            assert getattr(config, key) == described.get("default"), key


def test_secrets_are_marked() -> None:
    secret = {key for key, described in SPEC["properties"].items() if "airbyte_secret" in described}
    assert secret == {"client_secret", "api_key"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"__anything": 1},
        {"unknown": 1},
        {"page_size": 0},
        {"page_size": 1001},
        {"page_size": "100"},
        {"num_workers": 51},
        {"site_types": []},
        {"site_types": "external"},
        {"hard_deletes": "yes"},
        {"field_overrides": [{"model": "jobs", "field": "name", "paths": ["a"]}]},
        {"field_overrides": [{"model": "jobs", "field": "name", "paths": []}]},
        {"field_overrides": [{"model": "nope", "field": "name", "paths": ["a"]}]},
        {"custom_fields": [{"model": "jobs", "key": "a", "path": "b"}]},
        {"custom_fields": [{"model": "jobs", "key": "a"}]},
    ],
)
def test_spec_and_model_accept_and_refuse_the_same(change: dict[str, Any]) -> None:
    config = {**CONFIG, **change}
    validator = jsonschema.Draft7Validator(SPEC)
    try:
        source_config(config)
        accepted = True
    except Exception:
        accepted = False
    assert validator.is_valid(config) == accepted


@pytest.mark.parametrize("stream", manifest.stream_names())
def test_schemas_describe_every_column(stream: str) -> None:
    schema = manifest.schema(stream)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["additionalProperties"] is True
    for name, column in schema["properties"].items():
        assert column["description"], name
        nullable = "null" in column["type"]
        assert nullable != (name in {"id", "remote_id", "changed_at"}), name
