"""Finds the members of a JSON object in its text, without parsing the values.

It works at any nesting depth, and for text that is cut off or damaged behind the members.
"""

from __future__ import annotations

import json
import re

_WHITESPACE = " \t\r\n"
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\],:]', re.DOTALL)
"""A string without an end reaches to the end of the text, so that matching takes linear time."""


def members(text: str, start: int = 0) -> dict[str, tuple[int, int]]:
    """Start and end of the values of the object at ``start``, by name.

    Of several members with one name, the last one counts. The result is empty if no object
    begins at ``start``. A value that is cut off ends with the text.
    """
    spans: dict[str, tuple[int, int]] = {}
    start = _skip(text, start)
    if text[start : start + 1] != "{":
        return spans
    depth, label, begin = 0, "", -1

    def keep(end: int) -> None:
        name = _string(label)
        if begin >= 0 and name is not None:
            spans[name] = (begin, begin + len(text[begin:end].rstrip(_WHITESPACE)))

    for match in _TOKEN.finditer(text, start):
        token = match[0][0]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif depth == 1 and begin < 0 and token == '"':
            label = match[0]
        elif depth == 1 and begin < 0 and token == ":":
            begin = _skip(text, match.end())
        if depth == 0 or (depth == 1 and token == ","):
            keep(match.start())
            label, begin = "", -1
        if depth == 0:
            return spans
    keep(len(text))
    return spans


def _string(literal: str) -> str | None:
    try:
        value = json.loads(literal)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _skip(text: str, position: int) -> int:
    while text[position : position + 1] and text[position] in _WHITESPACE:
        position += 1
    return position
