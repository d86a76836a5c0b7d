"""The CDK's own standard test suite for destinations, over real HTTP against a local tenant.

The suite needs a connector object, which the destination does not have. The object here runs the
entry point and returns what it prints.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConnectorSpecification,
)
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.destination_base import DestinationTestSuiteBase

import phenom_sandbox
from destination_phenom import run

ROOT = Path(__file__).parent


class EntryPoint:
    """`destination-phenom` with the methods that the CDK calls."""

    check_config_against_spec = True

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._config = config

    def spec(self, _: logging.Logger) -> ConnectorSpecification:
        found = self._message("spec").spec
        assert found is not None
        return found

    def check(self, _: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        found = self._message("check", self._config or config).connectionStatus
        assert found is not None
        return found

    @staticmethod
    def configure(config: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        return config

    @staticmethod
    def read_config(path: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return found

    @property
    def message_repository(self) -> Any:
        from airbyte_cdk.sources.message import InMemoryMessageRepository

        return InMemoryMessageRepository()

    def _message(self, command: str, config: Mapping[str, Any] | None = None) -> AirbyteMessage:
        arguments = [command]
        if config is not None:
            path = Path(self.folder) / "config.json"
            path.write_text(json.dumps(config), encoding="utf-8")
            arguments += ["--config", str(path)]
        out = io.TextIOWrapper(io.BytesIO())
        handlers = logging.getLogger().handlers
        with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
            run.main(arguments)
        logging.getLogger().handlers = handlers
        out.seek(0)
        return AirbyteMessageSerializer.load(json.loads(out.read().splitlines()[-1]))

    folder: ClassVar[str] = ""


@pytest.fixture(scope="class", autouse=True)
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    EntryPoint.folder = str(tmp_path_factory.mktemp("config"))
    with phenom_sandbox.running(seed=11, jobs=6, applications=25) as local:
        TestDestinationPhenom.local_config = local.config
        yield


class TestDestinationPhenom(DestinationTestSuiteBase):
    """Spec and check, as every Airbyte destination must do them."""

    local_config: ClassVar[dict[str, Any]] = {}

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> EntryPoint:
        if scenario is None:
            return EntryPoint()
        config = scenario.get_config_dict(connector_root=ROOT, empty_if_missing=True)
        addresses = {key: cls.local_config[key] for key in ("token_url", "gateway_url")}
        credentials = {key: cls.local_config[key] for key in ("client_id", "client_secret")}
        if config.get("client_secret") == "not-the-secret":
            del credentials["client_secret"]
        return EntryPoint({**config, **addresses, **credentials})
