"""Reads the lines of the input and their JSON. Damaged text is never repaired."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from phenom_api.errors import PhenomError

_BLOCK = 1 << 20
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"{\0": "UTF-16",
    b"\0{": "UTF-16",
}
"""Encodings by the first bytes of the input; the first match counts."""


class InputUnreadable(PhenomError):
    """The input as a whole cannot be read."""


@dataclass(frozen=True)
class Line:
    """``number`` counts from 1. ``content`` is only the beginning of a line that is too long."""

    number: int
    content: bytes
    limit: int | None = None

    def parsed(self) -> Any:
        """The JSON value; ``ValueError`` says what is wrong with the line.

        Half a surrogate pair stays in the text: the record's validation names the field.
        """
        if self.limit is not None:
            raise ValueError(f"has more than {self.limit} bytes")
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            # orjson refuses some valid JSON, such as lone surrogates and long numbers.
            pass
        try:
            return json_value(self.content.decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"is not UTF-8 text (byte {error.start + 1} of it)") from None
        except ValueError:
            raise ValueError("is not valid JSON") from None
        except RecursionError:
            raise ValueError("is nested too deeply") from None


def lines(stream: BinaryIO, max_bytes: int) -> Iterator[Line]:
    """All lines except blank ones; a byte-order mark at the beginning is skipped.

    :param max_bytes: of a longer line only the beginning is kept in memory.
    :raises InputUnreadable: if reading fails, and for UTF-16 and UTF-32 text.
    """
    number = 0
    while line := _read(stream, max_bytes + 1):
        number += 1
        if number == 1:
            _refuse_other_encodings(line)
        ended = line.endswith(b"\n")
        too_long = len(line) > max_bytes and not ended
        while too_long and not ended:
            rest = _read(stream, _BLOCK)
            ended = not rest or rest.endswith(b"\n")
        line = line.removeprefix(codecs.BOM_UTF8)
        if too_long:
            yield Line(number, line, max_bytes)
        elif line.strip():
            yield Line(number, line)


def json_value(text: str) -> Any:
    """Parse JSON text; raises ``ValueError``, and ``RecursionError`` for deep nesting.

    NaN and infinities, which are not JSON, become null. A whole number with more digits than
    Python converts (4,300) becomes text.
    """
    return json.loads(text, parse_int=_whole, parse_constant=lambda _: None)


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _read(stream: BinaryIO, max_bytes: int) -> bytes:
    try:
        return stream.readline(max_bytes)
    except OSError as error:
        raise InputUnreadable(f"The input cannot be read: {error.strerror}.") from None


def _refuse_other_encodings(line: bytes) -> None:
    for beginning, name in _OTHER_ENCODINGS.items():
        if line.startswith(beginning):
            raise InputUnreadable(f"The input is {name} text: save it as UTF-8.")
