"""Protocol messages as the bytes of one line of JSON, without the line's end.

Members and their order are those of ``AirbyteMessageSerializer`` in airbyte-cdk 7.39.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from phenom_api.visible import visible

Level = Literal["FATAL", "ERROR", "WARN", "INFO", "DEBUG"]
StreamStatus = Literal["STARTED", "RUNNING", "COMPLETE", "INCOMPLETE"]
FailureType = Literal["config_error", "system_error", "transient_error"]


def now_millis() -> int:
    """Milliseconds since 1970, for ``emitted_at``."""
    return time.time_ns() // 1_000_000


def _escaped(message: Mapping[str, Any]) -> bytes:
    """A message that a person may read on a terminal, with control characters escaped."""
    return visible(json.dumps(message, ensure_ascii=False, separators=(",", ":"))).encode()


@dataclass(frozen=True)
class FileReference:
    """A file that belongs to a record (``AirbyteRecordMessageFileReference``).

    :param staging_file_url: its absolute path in the staging folder.
    :param source_file_relative_path: its path in the source, from which the destination makes the
        path at its own place.
    """

    staging_file_url: str
    source_file_relative_path: str
    file_size_bytes: int


def record_frame(
    stream: str, emitted_at: int, file: FileReference | None = None
) -> tuple[bytes, bytes]:
    """The JSON before and after a record's ``data``, the same for records without a file."""
    name = orjson.dumps(stream).decode()
    reference = b"" if file is None else b',"file_reference":' + orjson.dumps(file)
    return (
        f'{{"type":"RECORD","record":{{"stream":{name},"data":'.encode(),
        f',"emitted_at":{emitted_at}'.encode() + reference + b"}}",
    )


def state(stream: str, blob: Mapping[str, Any], record_count: int) -> bytes:
    """A stream's state, and how many records were printed since its last state."""
    return orjson.dumps(
        {
            "type": "STATE",
            "state": {
                "type": "STREAM",
                "stream": {"stream_descriptor": {"name": stream}, "stream_state": blob},
                "sourceStats": {"recordCount": float(record_count)},
            },
        }
    )


def log(level: Level, message: str) -> bytes:
    return _escaped({"type": "LOG", "log": {"level": level, "message": message}})


def stream_status(stream: str, status: StreamStatus, emitted_at: int) -> bytes:
    return orjson.dumps(
        {
            "type": "TRACE",
            "trace": {
                "type": "STREAM_STATUS",
                "emitted_at": float(emitted_at),
                "stream_status": {"stream_descriptor": {"name": stream}, "status": status},
            },
        }
    )


def error(
    message: str,
    internal_message: str,
    failure_type: FailureType,
    emitted_at: int,
    *,
    stream: str | None = None,
    stack_trace: str | None = None,
) -> bytes:
    """A TRACE message: ``message`` is for people, ``internal_message`` is technical."""
    body: dict[str, Any] = {"message": message, "internal_message": internal_message}
    if stack_trace is not None:
        body["stack_trace"] = stack_trace
    body["failure_type"] = failure_type
    if stream is not None:
        body["stream_descriptor"] = {"name": stream}
    return _escaped(
        {"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": emitted_at, "error": body}}
    )


def connection_status(succeeded: bool, message: str | None = None) -> bytes:
    status: dict[str, Any] = {"status": "SUCCEEDED" if succeeded else "FAILED"}
    if message is not None:
        status["message"] = message
    return _escaped({"type": "CONNECTION_STATUS", "connectionStatus": status})


def spec(specification: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"type": "SPEC", "spec": specification})


def catalog(streams: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"type": "CATALOG", "catalog": {"streams": streams}})


def destination_catalog(operations: list[dict[str, Any]]) -> bytes:
    """What a destination's ``discover`` prints: one ``DestinationOperation`` per action."""
    return orjson.dumps(
        {"type": "DESTINATION_CATALOG", "destination_catalog": {"operations": operations}}
    )
