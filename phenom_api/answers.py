"""Reading what the gateway sent: JSON bodies and the three error shapes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

_MESSAGE_MEMBERS = ("message", "error_description", "details", "title", "error", "statusMessage")
_MAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")
_SECRET_LIKE = re.compile(r"(?=[A-Za-z_\-.]*\d)[A-Za-z0-9_\-.]{25,}")
"""Without a digit it is rather the name of a field (``candidateData.contactData.email``)."""
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_REMOTE_MESSAGE_LIMIT = 200


def parse_json(content: bytes) -> Any:
    """Parse a body; raises ``ValueError`` when it is not JSON (or is cut off).

    Things that real tenants store and strict parsers refuse are repaired rather than allowed to
    end a sync: lone UTF-16 surrogates become U+FFFD, integers beyond 64 bits become floats, and
    ``NaN``, ``Infinity`` and numbers beyond a float become null. U+0000, which PostgreSQL can
    store in no text column, is dropped.
    """
    try:
        value = orjson.loads(content)
        return _scrub(value) if b"\\u0000" in content else value
    except orjson.JSONDecodeError:
        pass
    try:
        text = content.decode("utf-8-sig", "replace")
        return _scrub(
            json.loads(text, parse_constant=lambda _: None, parse_int=_integer, parse_float=_finite)
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | float | None:
    value = int(digits) if len(digits) < 21 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _finite(digits)


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", "")
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    return value


def remote_message(content: bytes, secrets: Iterable[str] = ()) -> str:
    """The gateway's own words out of any of its error shapes, fit for a log line.

    Shapes: ``{status, message}``, ``{status, title, type, error, details, …}`` (Apply API),
    ``{timestamp, status, error, path}`` (Jobs API). Addresses, long numbers and anything that
    looks like a credential are masked; an HTML, empty or foreign body gives ``""``.

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
            said = _first_text(said)
        if isinstance(said, str) and said.strip():
            return mask(hide(" ".join(said.split()), secrets))[:_REMOTE_MESSAGE_LIMIT]
    return ""


def hide(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the given secrets, also where they are percent-encoded."""
    for secret in secrets:
        for shape in {secret, quote(secret, safe=""), quote_plus(secret)} - {""}:
            text = text.replace(shape, "****")
    return text


def mask(text: str) -> str:
    """``text`` without e-mail addresses, long numbers and credential-like words."""
    text = _MAIL.sub("<e-mail>", text)
    text = _LONG_NUMBER.sub("<number>", text)
    return _SECRET_LIKE.sub("<id>", text)


def _first_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        children = value if isinstance(value, list) else value.values()
        return next(filter(None, map(_first_text, children)), "")
    return ""
