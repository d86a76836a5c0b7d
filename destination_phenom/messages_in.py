"""The messages on standard input, line by line; what is no message ends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from destination_phenom.states import StateLine, StreamKey, state_line
from phenom_api.answers import parse_json

_BLOCK = 1 << 20


@dataclass(frozen=True)
class RecordIn:
    stream: StreamKey
    row: Mapping[str, Any]
    size: int


@dataclass(frozen=True)
class BrokenLine:
    """``number`` counts from 1; ``rule`` says what is wrong with it."""

    number: int
    rule: str


Message = RecordIn | StateLine | BrokenLine


def messages(stdin: BinaryIO, most_bytes: int) -> Iterator[Message]:
    """Records, states and broken lines; other messages and blank lines are passed over.

    :param most_bytes: a longer line is broken; it is never held as a whole.
    """
    for number, line in enumerate(_lines(stdin, most_bytes), 1):
        if line is None:
            yield BrokenLine(number, f"has more than {most_bytes} bytes")
        elif line.strip():
            try:
                message = _message(line)
            except ValueError as error:
                yield BrokenLine(number, str(error))
            else:
                if message is not None:
                    yield message


def _lines(stdin: BinaryIO, most_bytes: int) -> Iterator[bytes | None]:
    while line := stdin.readline(most_bytes + 1):
        if len(line) <= most_bytes or line.endswith(b"\n"):
            yield line
            continue
        while not line.endswith(b"\n"):
            line = stdin.readline(_BLOCK)
            if not line:
                break
        yield None


def _message(line: bytes) -> Message | None:
    try:
        message = parse_json(line)
        text = line.decode().rstrip("\r\n")
    except (ValueError, RecursionError):
        raise ValueError("is not valid JSON") from None
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str):
        raise ValueError("is not a message of the Airbyte protocol")
    if kind == "STATE":
        try:
            return state_line(text, message)
        except (ValueError, KeyError, IndexError):
            raise ValueError("is a STATE message without a usable state") from None
    if kind != "RECORD":
        return None
    record = message.get("record")
    stream = record.get("stream") if isinstance(record, dict) else None
    row = record.get("data") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(stream, str) or not isinstance(row, dict):
        raise ValueError("is a RECORD message without a stream or without data")
    namespace = record.get("namespace")
    return RecordIn((namespace if isinstance(namespace, str) else None, stream), row, len(line))
