"""The lines of the input, and the JSON in them, which is never repaired: it goes to Phenom."""

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
"""By how the input begins; the first one that fits counts."""


class InputUnreadable(PhenomError):
    """The input as a whole cannot be read."""


@dataclass(frozen=True)
class Line:
    """``number`` counts from 1. Of a line that is too long, ``content`` is the beginning."""

    number: int
    content: bytes
    longer_than: int | None = None

    def parsed(self) -> Any:
        """The JSON value; ``ValueError`` says what is wrong with the line.

        Half a surrogate pair stays in its text, for whoever can name the field that has it.
        """
        if self.longer_than is not None:
            raise ValueError(f"has more than {self.longer_than} bytes")
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            # It is stricter than JSON.
            pass
        try:
            return json_value(self.content.decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"is not UTF-8 text (byte {error.start + 1} of it)") from None
        except ValueError:
            raise ValueError("is not valid JSON") from None
        except RecursionError:
            raise ValueError("is nested too deeply") from None


def lines(stream: BinaryIO, most_bytes: int) -> Iterator[Line]:
    """All lines but blank ones; a byte-order mark in front is passed over.

    :param most_bytes: a longer line is never held as a whole.
    :raises InputUnreadable: also for UTF-16, in which no line ends where it seems to.
    """
    number = 0
    while line := _read(stream, most_bytes + 1):
        number += 1
        if number == 1:
            _refuse_other_encodings(line)
        ended = line.endswith(b"\n")
        too_long = len(line) > most_bytes and not ended
        while too_long and not ended:
            rest = _read(stream, _BLOCK)
            ended = not rest or rest.endswith(b"\n")
        line = line.removeprefix(codecs.BOM_UTF8)
        if too_long:
            yield Line(number, line, most_bytes)
        elif line.strip():
            yield Line(number, line)


def json_value(text: str) -> Any:
    """What JSON text says; raises ``ValueError``, and ``RecursionError`` for deep nesting.

    NaN and infinities, for which JSON has no word, are null. A whole number of more digits than
    Python makes a number of is text.
    """
    return json.loads(text, parse_int=_whole, parse_constant=lambda _: None)


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _read(stream: BinaryIO, most_bytes: int) -> bytes:
    try:
        return stream.readline(most_bytes)
    except OSError as error:
        raise InputUnreadable(f"The input cannot be read: {error.strerror}.") from None


def _refuse_other_encodings(line: bytes) -> None:
    for beginning, name in _OTHER_ENCODINGS.items():
        if line.startswith(beginning):
            raise InputUnreadable(f"The input is {name} text: save it as UTF-8.")
