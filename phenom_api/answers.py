"""An HTTP answer, its JSON body, and the message in an error's body."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from phenom_api.vocabulary import only_known_words

_MESSAGE_MEMBERS = ("message", "error_description", "details", "title", "error", "statusMessage")
# Each of these matches only at the beginning of a word. A pattern that could match from every
# character would take quadratic time on a long text.
_MAIL = re.compile(r"(?<![^\s@\"'<>])[^\s@\"'<>]+@[^\s@\"'<>]+")
_SECRET_LIKE = re.compile(r"(?<![A-Za-z0-9_\-.])(?=[A-Za-z_\-.]*\d)[A-Za-z0-9_\-.]{25,}")
"""At least one digit is required: field names such as ``candidateData.contactData.email`` are long
too."""
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_REMOTE_MESSAGE_LIMIT = 200
_READ_PER_SHOWN = 20
"""Characters that are read per character shown. A mask is shorter than the text it hides."""
_MESSAGE_LEVELS = 20
"""Nesting levels of an error's body in which a message is searched."""
MOST_LEVELS = 500
"""Nesting levels that are kept. orjson parses 1,024, the standard library fewer."""
_NESTING = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u0000|(u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}))|ud[89a-f][0-9a-f]{2}|.)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of any status. ``url`` is without the query."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The parsed body; raises ``ValueError`` if it is not JSON."""
        return parse_json(self.content)


def parse_json(content: bytes) -> Any:
    """Parse a body; raises ``ValueError`` if it is not JSON, or cut off.

    Some values that tenants store make strict parsers fail. They are repaired: a lone UTF-16
    surrogate becomes U+FFFD, an integer beyond 64 bits a float; ``NaN``, ``Infinity``, numbers
    too large for a float and values nested deeper than :data:`MOST_LEVELS` become null.
    U+0000 is removed, because PostgreSQL cannot store it.
    """
    if b"\\u0000" not in content:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            pass
    content = _shallow_text(_ESCAPE.sub(_repaired, content))
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(
            content.decode("utf-8-sig", "replace"),
            parse_constant=lambda _: None,
            parse_int=_integer,
            parse_float=_finite,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _repaired(escape: re.Match[bytes]) -> bytes:
    """A JSON escape sequence, or its replacement if it does not stand for a character."""
    sequence = escape[0]
    if sequence == b"\\u0000":
        return b""
    if len(sequence) == 6 and escape[1] is None:
        return b"\\ufffd"
    return sequence


def _shallow_text(content: bytes) -> bytes:
    """JSON text with null in place of values nested deeper than ``MOST_LEVELS``."""
    if content.count(b"[") + content.count(b"{") <= MOST_LEVELS:
        return content
    kept: list[bytes] = []
    done = level = 0
    in_text = False
    for match in _NESTING.finditer(content):
        sign = match[0]
        if sign == b'"':
            in_text = not in_text
        elif in_text or sign[:1] == b"\\":
            continue
        elif sign in b"[{":
            level += 1
            if level == MOST_LEVELS + 1:
                kept += (content[done : match.start()], b"null")
        else:
            if level == MOST_LEVELS + 1:
                done = match.end()
            level -= 1
    if level > MOST_LEVELS:
        # Cut off. The parser will say that it is not JSON.
        return content
    return b"".join((*kept, content[done:]))


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested in more than ``levels`` levels."""
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    # Not any(...): a generator doubles the stack frames of the recursion.
    for child in value.values() if isinstance(value, dict) else value:
        if is_deeper(child, levels - 1):
            return True
    return False


def shallow(value: Any, levels: int = MOST_LEVELS) -> Any:
    """``value`` with null in place of objects and lists nested deeper than ``levels``."""
    if isinstance(value, dict):
        if levels == 0:
            return None
        members = {}
        for key, child in value.items():
            members[key] = shallow(child, levels - 1)
        return members
    if isinstance(value, list):
        if levels == 0:
            return None
        items = []
        for child in value:
            items.append(shallow(child, levels - 1))
        return items
    return value


def _integer(digits: str) -> int | float | None:
    value = int(digits) if len(digits) < 21 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _finite(digits)


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def remote_message(content: bytes, secrets: Iterable[str] = ()) -> str:
    """The message in an error's body, masked so that it can be logged.

    The gateway has three shapes of errors: ``{status, message}``, ``{status, title, type, error,
    details, …}`` (Apply API) and ``{timestamp, status, error, path}`` (Jobs API). Any other body
    gives ``""``. :func:`gateway_words` says what is masked.

    :param secrets: texts that must not be shown, although the gateway may repeat them.
    """
    try:
        body = parse_json(content)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    for member in _MESSAGE_MEMBERS:
        message = body.get(member)
        if isinstance(message, (dict, list)) and message:
            message = _first_text(message, _MESSAGE_LEVELS)
        if isinstance(message, str) and message.strip():
            return gateway_words(message, secrets, _REMOTE_MESSAGE_LIMIT)
    return ""


def names_path(content: bytes, path: str) -> bool:
    """Whether an error's body names ``path``, as two of the gateway's shapes of errors do."""
    try:
        body = parse_json(content)
    except ValueError:
        return False
    return isinstance(body, dict) and path in (body.get("path"), body.get("instance"))


def gateway_words(text: str, secrets: Iterable[str], longest: int) -> str:
    """A text that the gateway sent, masked so that it can be logged.

    Secrets, e-mail addresses, long numbers and texts that look like credentials are masked, and
    so is every word that is not in :mod:`phenom_api.vocabulary`: it could be a person's name.

    :param longest: characters that are shown.
    """
    text = redact_secrets(text, secrets)
    if len(text) > longest * _READ_PER_SHOWN:
        # Do not cut a word or number in half: the patterns would not recognise the half.
        text = text[: longest * _READ_PER_SHOWN]
        text = text[: max(map(text.rfind, " \t\n,;'\"<>")) + 1] or text
        text = text.rstrip("0123456789 \t\n+().-")
    text = redact_secrets(" ".join(text.split()), secrets)
    return only_known_words(redact_personal(text))[:longest]


def redact_secrets(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the given secrets, plain or percent-encoded."""
    for secret in secrets:
        for shape in {secret, quote(secret, safe=""), quote_plus(secret)} - {""}:
            text = text.replace(shape, "****")
    return text


def redact_personal(text: str) -> str:
    """``text`` without e-mail addresses, long numbers and credential-like words."""
    text = _MAIL.sub("<e-mail>", text)
    text = _LONG_NUMBER.sub("<number>", text)
    return _SECRET_LIKE.sub("<id>", text)


def _first_text(value: Any, levels: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)) and levels:
        for child in value if isinstance(value, list) else value.values():
            text = _first_text(child, levels - 1)
            if text:
                return text
    return ""
