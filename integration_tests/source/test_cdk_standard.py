"""The CDK's own standard test suite, over real HTTP against a local tenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

import phenom_sandbox
from source_phenom.source import SourcePhenom

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="class", autouse=True)
def tenant() -> Iterator[None]:
    with phenom_sandbox.running(seed=11, jobs=60, applications=250) as local:
        TestSourcePhenom.local_config = local.config
        yield


class TestSourcePhenom(SourceTestSuiteBase):
    """Spec, check, discover and read, as every Airbyte source must do them."""

    local_config: ClassVar[dict[str, Any]] = {}

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> SourcePhenom:
        if scenario is None:
            return SourcePhenom()
        config = scenario.get_config_dict(connector_root=ROOT, empty_if_missing=True)
        addresses = {key: cls.local_config[key] for key in ("token_url", "gateway_url")}
        credentials = {key: cls.local_config[key] for key in ("client_id", "client_secret")}
        if config.get("client_secret") == "not-the-secret":
            del credentials["client_secret"]
        return SourcePhenom(config={**config, **addresses, **credentials})


def test_sample_configs_are_what_a_person_would_write() -> None:
    for name in ("sample_config.json", "invalid_config.json"):
        config = json.loads((Path(__file__).parent / name).read_text())
        assert config["token_url"].startswith("https://")
