"""Reading what the gateway sent: JSON bodies and the three error shapes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from phenom_api.vocabulary import only_known_words

_MESSAGE_MEMBERS = ("message", "error_description", "details", "title", "error", "statusMessage")
# Each begins where a word does, and there only: what does not match is not looked at again from
# every character in it.
_MAIL = re.compile(r"(?<![^\s@\"'<>])[^\s@\"'<>]+@[^\s@\"'<>]+")
_SECRET_LIKE = re.compile(r"(?<![A-Za-z0-9_\-.])(?=[A-Za-z_\-.]*\d)[A-Za-z0-9_\-.]{25,}")
"""Without a digit it is rather the name of a field (``candidateData.contactData.email``)."""
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_REMOTE_MESSAGE_LIMIT = 200
_LOOKED_AT = 20
"""How many times what is shown of a text is looked at: what is masked takes less room."""
_LEVELS_WITH_WORDS = 20
"""Levels of an error's body down to which its words are looked for."""
MOST_LEVELS = 500
"""Levels of a body that are read; orjson reads 1,024, the standard library less."""
_NESTING = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u0000|(u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}))|ud[89a-f][0-9a-f]{2}|.)",
    re.IGNORECASE | re.DOTALL,
)


def parse_json(content: bytes) -> Any:
    """Parse a body; raises ``ValueError`` when it is not JSON (or is cut off).

    Things that real tenants store and strict parsers refuse are repaired rather than allowed to
    end a sync: lone UTF-16 surrogates become U+FFFD, integers beyond 64 bits become floats, and
    ``NaN``, ``Infinity``, numbers beyond a float, and what is nested too deeply become null.
    U+0000, which PostgreSQL can store in no text column, is dropped.
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
    """An escape sequence of JSON, or what takes the place of one that stands for no character."""
    found = escape[0]
    if found == b"\\u0000":
        return b""
    if len(found) == 6 and escape[1] is None:
        return b"\\ufffd"
    return found


def _shallow_text(content: bytes) -> bytes:
    """JSON with null for the objects and lists that are nested deeper than ``MOST_LEVELS``."""
    if content.count(b"[") + content.count(b"{") <= MOST_LEVELS:
        return content
    kept: list[bytes] = []
    done = level = 0
    in_text = False
    for found in _NESTING.finditer(content):
        sign = found[0]
        if sign == b'"':
            in_text = not in_text
        elif in_text or sign[:1] == b"\\":
            continue
        elif sign in b"[{":
            level += 1
            if level == MOST_LEVELS + 1:
                kept += (content[done : found.start()], b"null")
        else:
            if level == MOST_LEVELS + 1:
                done = found.end()
            level -= 1
    if level > MOST_LEVELS:
        # Cut off, and no JSON.
        return content
    return b"".join((*kept, content[done:]))


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested in ``value`` in more than so many levels."""
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    # No generator: that would need twice the frames.
    for child in value.values() if isinstance(value, dict) else value:
        if is_deeper(child, levels - 1):
            return True
    return False


def shallow(value: Any, levels: int = MOST_LEVELS) -> Any:
    """``value`` with null in place of the objects and lists that are nested more deeply."""
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
    """The gateway's own words out of any of its error shapes, fit for a log line.

    Shapes: ``{status, message}``, ``{status, title, type, error, details, …}`` (Apply API),
    ``{timestamp, status, error, path}`` (Jobs API); see :func:`gateway_words` for what is shown.
    An HTML, empty or foreign body gives ``""``.

    :param secrets: texts that the gateway may repeat and nobody must read.
    """
    try:
        body = parse_json(content)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    for member in _MESSAGE_MEMBERS:
        said = body.get(member)
        if isinstance(said, (dict, list)) and said:
            said = _first_text(said, _LEVELS_WITH_WORDS)
        if isinstance(said, str) and said.strip():
            return gateway_words(said, secrets, _REMOTE_MESSAGE_LIMIT)
    return ""


def names_path(content: bytes, path: str) -> bool:
    """Whether an error's body says that it is about ``path``, as two of the gateway's shapes do."""
    try:
        body = parse_json(content)
    except ValueError:
        return False
    return isinstance(body, dict) and path in (body.get("path"), body.get("instance"))


def gateway_words(text: str, secrets: Iterable[str], longest: int) -> str:
    """A text of the gateway's, fit for a log line.

    Secrets, e-mail addresses, long numbers and what looks like a credential are masked, and so is
    every word that may tell of a person; see :mod:`phenom_api.vocabulary`.

    :param longest: characters that are shown. The time that a longer text takes is what it takes
        to look for the secrets in it.
    """
    text = redact_secrets(text, secrets)
    if len(text) > longest * _LOOKED_AT:
        # Not within a word or a number, half of which would not be recognised.
        text = text[: longest * _LOOKED_AT]
        text = text[: max(map(text.rfind, " \t\n,;'\"<>")) + 1] or text
        text = text.rstrip("0123456789 \t\n+().-")
    text = redact_secrets(" ".join(text.split()), secrets)
    return only_known_words(redact_personal(text))[:longest]


def redact_secrets(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the given secrets, also where they are percent-encoded."""
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
            found = _first_text(child, levels - 1)
            if found:
                return found
    return ""
