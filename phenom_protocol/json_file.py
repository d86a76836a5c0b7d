"""Reads JSON files that a user passes to a command, with errors that say what is wrong."""

from __future__ import annotations

import codecs
import json
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

_SAVE = "Save it as UTF-8."


class UnreadableFile(ValueError):
    """The file has no valid JSON. The message says what is wrong and where, without values."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_json_file(path: str, name: str) -> Any:
    """The value in the file. ``name`` is the file's name in errors, as a sentence's beginning."""
    return json_of(_content(path, name), name)


def read_json_lines(path: str, name: str) -> list[Any]:
    """The value in the file, or all values if every line has one."""
    content = _content(path, name)
    lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
    try:
        return [json_of(content, name)]
    except UnreadableFile:
        if len(lines) < 2 or not _is_json(lines[0][1]):
            raise
    return [json_of(line, name, first_line=number) for number, line in lines]


def json_of(content: bytes, name: str, *, first_line: int = 1) -> Any:
    """The JSON value in UTF-8 text, with or without a byte order mark.

    :param first_line: the number of the text's first line in its file.
    """
    text = _decoded(content, name)
    if not text.strip():
        raise UnreadableFile(f"{name} is empty.")
    try:
        value = json.loads(text, parse_constant=partial(_no_number, name))
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except UnreadableFile:
        raise
    except UnicodeEncodeError:
        raise UnreadableFile(
            f"{name} holds half of a surrogate pair (\\ud800 to \\udfff)."
        ) from None
    except json.JSONDecodeError as error:
        reason = f"{error.msg.removesuffix(' at')} at column {error.colno}"
        line = error.lineno + first_line - 1
        raise UnreadableFile(f"{name} is not valid JSON (line {line}): {reason}.") from None
    except RecursionError:
        raise UnreadableFile(f"{name} is nested too deeply.") from None
    except ValueError:
        # Python's limit for the digits of a number.
        raise UnreadableFile(f"{name} holds a number that is too long.") from None


def _no_number(name: str, constant: str) -> NoReturn:
    raise UnreadableFile(f"{name} is not valid JSON: it holds {constant}, which is no number.")


def _content(path: str, name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {error.strerror}.") from None


def _decoded(content: bytes, name: str) -> str:
    # JSON begins with two ASCII characters, unless it is one digit: a zero byte is half of one.
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
        raise UnreadableFile(f"{name} is in UTF-16 or UTF-32, not in UTF-8. {_SAVE}")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"{name} is not in UTF-8 (line {line}), perhaps in Latin-1 or Windows-1252. {_SAVE}"
        ) from None


def _is_json(content: bytes) -> bool:
    try:
        json_of(content, "")
    except UnreadableFile:
        return False
    return True
