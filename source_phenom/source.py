"""The connector inside airbyte-cdk: the manifest, with our own check, discover and read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import repeat
from typing import Any

import orjson
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteRecordMessage,
    AirbyteRecordMessageFileReference,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    Status,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from phenom_api.errors import InvalidConfig
from phenom_api.gateway import Gateway
from phenom_protocol import messages
from source_phenom import manifest
from source_phenom.check import check as check_connection
from source_phenom.config import SourceConfig, source_config
from source_phenom.reading.configured import selections
from source_phenom.reading.read import read as read_streams
from source_phenom.streams import events


class SourcePhenom(YamlDeclarativeSource):
    """The connector as a Python object, for clients such as the CDK's own test suites.

    The console script ``source-phenom`` prints the same messages without importing the CDK.
    """

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
        **kwargs: Any,
    ) -> None:
        # An absolute path: a relative one is looked up in the current directory first.
        super().__init__(
            path_to_yaml=str(manifest.PATH), catalog=catalog, config=config, state=state, **kwargs
        )

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        try:
            result = check_connection(source_config(config))
        except InvalidConfig as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        return AirbyteConnectionStatus(
            status=Status.SUCCEEDED if result.succeeded else Status.FAILED, message=result.message
        )

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        valid = _valid(config)
        described = [
            manifest.discovered(
                stream.name, hard_deletes=valid.hard_deletes, with_files=valid.may_include_files
            )
            for stream in self.streams(config)
        ]
        return AirbyteCatalog(
            streams=[
                AirbyteStream(
                    **{
                        **stream,
                        "supported_sync_modes": list(map(SyncMode, stream["supported_sync_modes"])),
                    }
                )
                for stream in described
            ]
        )

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        valid = _valid(config)
        try:
            selected = selections(
                ConfiguredAirbyteCatalogSerializer.dump(catalog),
                [AirbyteStateMessageSerializer.dump(message) for message in state or []],
                valid,
            )
        except ValueError as error:
            raise AirbyteTracedException(
                message=str(error), failure_type=FailureType.config_error
            ) from None
        failures: list[events.Failure] = []
        with Gateway(valid) as gateway:
            for event in read_streams(valid, selected, gateway=gateway):
                if isinstance(event, events.Failure):
                    failures.append(event)
                yield from _messages(event)
        if failures:
            raise AirbyteTracedException(
                message=" ".join(dict.fromkeys(failure.message for failure in failures)),
                internal_message="; ".join(dict.fromkeys(f.detail for f in failures)),
                failure_type=FailureType(failures[0].failure_type),
            )


def _valid(config: Mapping[str, Any]) -> SourceConfig:
    try:
        return source_config(config)
    except InvalidConfig as error:
        raise AirbyteTracedException(
            message=error.message,
            internal_message=error.detail,
            failure_type=FailureType.config_error,
        ) from None


def _messages(event: events.Event) -> Iterator[AirbyteMessage]:
    """An event as the CDK's message objects; the CDK adds the record counts of states."""
    match event:
        case events.Records(stream, data, files):
            emitted_at = messages.now_millis()
            for record, file in zip(data, files or repeat(None, len(data)), strict=True):
                yield AirbyteMessage(
                    type=Type.RECORD,
                    record=AirbyteRecordMessage(
                        stream=stream,
                        data=orjson.loads(record),
                        emitted_at=emitted_at,
                        file_reference=file and AirbyteRecordMessageFileReference(**asdict(file)),
                    ),
                )
        case events.State(stream, blob):
            yield AirbyteMessageSerializer.load(orjson.loads(messages.state(stream, blob, 0)))
        case events.StreamProgress(stream, status):
            yield status_message(StreamDescriptor(name=stream), AirbyteStreamStatus(status))
        case events.Failure(stream, message, detail, failure_type):
            yield AirbyteTracedException(
                message=message,
                internal_message=detail,
                failure_type=FailureType(failure_type),
                stream_descriptor=StreamDescriptor(name=stream),
            ).as_sanitized_airbyte_message()
