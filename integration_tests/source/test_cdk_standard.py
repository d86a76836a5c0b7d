"""The CDK's own standard test suite, over real HTTP against a local tenant."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, ConfiguredAirbyteCatalog
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

import phenom_sandbox
from source_phenom.source import SourcePhenom

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="class", autouse=True)
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with (
        phenom_sandbox.running(seed=11, jobs=60, applications=250) as local,
        pytest.MonkeyPatch.context() as patched,
    ):
        TestSourcePhenom.local_config = local.config
        staging = tmp_path_factory.mktemp("staging")
        patched.setenv("AIRBYTE_STAGING_DIRECTORY", str(staging))
        yield


class TestSourcePhenom(SourceTestSuiteBase):
    """Spec, check, discover and read, as every Airbyte source must do them."""

    source_class: ClassVar[type[SourcePhenom]] = SourcePhenom
    local_config: ClassVar[dict[str, Any]] = {}
    further_config: ClassVar[dict[str, Any]] = {}

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> SourcePhenom:
        if scenario is None:
            return cls.source_class()
        config = scenario.get_config_dict(connector_root=ROOT, empty_if_missing=True)
        addresses = {key: cls.local_config[key] for key in ("token_url", "gateway_url")}
        credentials = {key: cls.local_config[key] for key in ("client_id", "client_secret")}
        if config.get("client_secret") == "not-the-secret":
            del credentials["client_secret"]
        return cls.source_class(config={**config, **addresses, **credentials, **cls.further_config})


class SourceWithFiles(SourcePhenom):
    """The connection includes the files of every stream that offers them."""

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        with_files = [each for each in catalog.streams if each.stream.is_file_based]
        for configured in with_files:
            configured.include_files = True
        has_reference = set()
        for message in super().read(logger, config, catalog, state):
            if message.record is not None and message.record.file_reference is not None:
                has_reference.add(message.record.stream)
            yield message
        assert has_reference == {each.stream.name for each in with_files}


class TestSourceWithFiles(TestSourcePhenom):
    """The same with an acting user, whose documents come with their files."""

    source_class: ClassVar[type[SourcePhenom]] = SourceWithFiles
    further_config: ClassVar[dict[str, Any]] = {"ph_user_id": "recruiter-1"}


def test_sample_configs_are_what_a_person_would_write() -> None:
    for name in ("sample_config.json", "invalid_config.json"):
        config = json.loads((Path(__file__).parent / name).read_text())
        assert config["token_url"].startswith("https://")
