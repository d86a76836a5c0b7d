"""Reads protocol messages from standard input; a line that is no message does not end the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from destination_phenom.json_text import members
from destination_phenom.lines import Line, lines
from destination_phenom.states import StateLine, StreamKey, state_line, stream_key

_SEARCHED_BYTES = 1 << 20
"""Bytes of a broken line that are searched for the name of its stream."""


@dataclass(frozen=True)
class RecordIn:
    stream: StreamKey
    row: Mapping[str, Any]
    size: int


@dataclass(frozen=True)
class BrokenLine:
    """A line that cannot be read. ``number`` counts from 1; ``rule`` says what is wrong with it.

    ``stream`` is set if the line is a record whose stream can still be read.
    """

    number: int
    rule: str
    stream: StreamKey | None = None


Message = RecordIn | StateLine | BrokenLine


def messages(stdin: BinaryIO, max_bytes: int) -> Iterator[Message]:
    """Records, states and broken lines; other messages and blank lines are skipped.

    :param max_bytes: a longer line is a broken line.
    :raises destination_phenom.lines.InputUnreadable: if the input as a whole cannot be read.
    """
    for line in lines(stdin, max_bytes):
        try:
            message = _message(line)
        except ValueError as error:
            yield BrokenLine(line.number, str(error), _stream_of(line))
        else:
            if message is not None:
                yield message


def _message(line: Line) -> Message | None:
    message = line.parsed()
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str):
        raise ValueError("is not a message of the Airbyte protocol")
    if kind == "STATE":
        try:
            return state_line(line.content.decode().rstrip("\r\n"), message)
        except (ValueError, KeyError):
            raise ValueError("is a STATE message without a usable state") from None
    if kind != "RECORD":
        return None
    record = message.get("record")
    stream = record.get("stream") if isinstance(record, dict) else None
    row = record.get("data") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(stream, str) or not isinstance(row, dict):
        raise ValueError("is a RECORD message without a stream or without data")
    key = stream_key(record.get("namespace"), stream)
    if not _is_encodable(key):
        raise ValueError("is a RECORD message whose stream has half a surrogate pair in its name")
    return RecordIn(key, row, len(line.content))


def _stream_of(line: Line) -> StreamKey | None:
    """The stream of a broken line, if it is a record and the stream can be read."""
    text = line.content[:_SEARCHED_BYTES].decode(errors="replace")
    message = members(text)
    if _value(text, message.get("type")) != "RECORD" or "record" not in message:
        return None
    record = members(text, message["record"][0])
    stream = _value(text, record.get("stream"))
    if not isinstance(stream, str):
        return None
    key = stream_key(_value(text, record.get("namespace")), stream)
    return key if _is_encodable(key) else None


def _value(text: str, span: tuple[int, int] | None) -> Any:
    """The text at ``span``; None if there is something else."""
    literal = "" if span is None else text[slice(*span)]
    try:
        return json.loads(literal) if literal.startswith('"') else None
    except ValueError:
        return None


def _is_encodable(stream: StreamKey) -> bool:
    """Whether its names can be encoded, so that no surrogate stands alone."""
    try:
        "".join(filter(None, stream)).encode()
    except UnicodeEncodeError:
        return False
    return True
