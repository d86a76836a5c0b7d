"""What a value looks like, without showing it: the shape of ``JR-1001`` is ``AA-9999``."""

from __future__ import annotations

import re
from typing import Any

_MAIL = re.compile(r"\S@\S")
_PHONE = re.compile(r"\+[\d\s()./-]{6,}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_HTML = re.compile(r"<[a-z!/][^<>@]*>", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f-]{16,}", re.IGNORECASE)
_LONGEST_TEXT = 24
"""Characters; only the letters and digits of shorter texts are shown as A, a and 9."""


def redacted_key(key: str) -> str:
    """``key``, or a placeholder if it is an e-mail address or phone number.

    Some objects have a member for each person.
    """
    if _MAIL.search(key):
        return "<e-mail>"
    return "<number>" if _PHONE.fullmatch(key) else key


def json_type(value: Any) -> str:
    """The value's type as JSON schema calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def shape(value: Any) -> str:
    """``A``, ``a`` and ``9`` for letters and digits, or a description in angle brackets.

    Never shows a letter or a digit of the value.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, list):
        return f"list[{len(value)}]"
    if isinstance(value, dict):
        return f"object[{len(value)}]"
    return "".join(map(_placeholder, str(value)))


def _text(text: str) -> str:
    if _HTML.search(text):
        return "<html>"
    if _MAIL.search(text):
        return "<e-mail>"
    if _URL.match(text):
        return "<url>"
    if _HEX.fullmatch(text) and any(map(str.isalpha, text)):
        return f"<{len(text)} hex digits>"
    if len(text) > _LONGEST_TEXT:
        return "<long text>"
    return "".join(map(_placeholder, text))


def _placeholder(character: str) -> str:
    if character.isalpha():
        return "A" if character.isupper() else "a"
    if character.isnumeric():
        return "9"
    if character.isspace():
        return " "
    return character if character.isascii() and character.isprintable() else "·"
