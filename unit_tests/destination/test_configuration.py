"""`spec.yaml` and the configuration model agree."""

from __future__ import annotations

import io
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from destination_phenom.config import DestinationConfig, destination_config
from destination_phenom.lines import lines
from destination_phenom.run import SPEC
from destination_phenom.write import longest_line
from phenom_api.errors import InvalidConfig

MINIMAL = {"client_id": "c", "client_secret": "s", "token_url": "https://login.test"}


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(SPEC.read_bytes())
    return loaded


def test_the_keys_are_the_same(specification: dict[str, Any]) -> None:
    schema = specification["connectionSpecification"]
    fields = DestinationConfig.model_fields
    assert set(schema["properties"]) == set(fields)
    assert set(schema["required"]) == {n for n, field in fields.items() if field.is_required()}
    assert specification["supported_destination_sync_modes"] == ["append"]


def test_the_defaults_are_the_same(specification: dict[str, Any]) -> None:
    for name, published in specification["connectionSpecification"]["properties"].items():
        field = DestinationConfig.model_fields[name]
        assert published.get("default") == (None if field.is_required() else field.default)
        assert published.get("airbyte_secret", False) == (name in ("client_secret", "api_key"))
    choices = specification["connectionSpecification"]["properties"]["on_rejected_record"]["enum"]
    assert tuple(choices) == get_args(
        DestinationConfig.model_fields["on_rejected_record"].annotation
    )


@pytest.mark.parametrize(
    "change",
    [
        {"num_workers": 0},
        {"num_workers": 51},
        {"max_attachment_bytes": 0},
        {"on_rejected_record": "ignore"},
        {"default_source": ""},
        {"unknown": 1},
        {"results_path": 7},
    ],
)
def test_spec_and_model_refuse_the_same_values(
    specification: dict[str, Any], change: dict[str, Any]
) -> None:
    validator = jsonschema.Draft7Validator(specification["connectionSpecification"])
    assert validator.is_valid(MINIMAL)
    assert not validator.is_valid({**MINIMAL, **change})
    with pytest.raises(InvalidConfig) as raised:
        destination_config({**MINIMAL, **change})
    assert raised.value.keys == tuple(change)


@pytest.mark.parametrize(
    ("written", "meant"), [("results-path", "results_path"), ("onRejected", "on_rejected_record")]
)
def test_an_unknown_key_is_reported_with_a_suggestion(written: str, meant: str) -> None:
    with pytest.raises(InvalidConfig, match=f"did you mean '{meant}'"):
        destination_config({**MINIMAL, written: "x"})


def test_line_breaks_in_header_values_are_refused() -> None:
    for name in ("locale", "site_type", "ph_user_id"):
        with pytest.raises(InvalidConfig):
            destination_config({**MINIMAL, name: "a\r\nb: c"})


@pytest.mark.parametrize("limit", [1, 10_485_760, 2**62, 2**63, 10**30])
def test_attachments_of_any_size_can_be_allowed(limit: int) -> None:
    longest = longest_line(destination_config({**MINIMAL, "max_attachment_bytes": limit}))
    assert [line.content for line in lines(io.BytesIO(b"{}\n[]"), longest)] == [b"{}\n", b"[]"]
