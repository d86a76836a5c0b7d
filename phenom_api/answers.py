"""Reading what the gateway sent: JSON bodies and the three error shapes."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_MESSAGE_MEMBERS = ("message", "error_description", "details", "title", "error", "statusMessage")
_MAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")
_SECRET_LIKE = re.compile(r"[A-Za-z0-9_\-.]{25,}")
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_REMOTE_MESSAGE_LIMIT = 200


def parse_json(content: bytes) -> Any:
    """Parse a body; raises ``ValueError`` when it is not JSON (or is cut off).

    Two things that real tenants store and strict parsers refuse are repaired rather than
    allowed to end a sync: lone UTF-16 surrogates become U+FFFD and ``NaN``/``Infinity``
    become null. U+0000, which PostgreSQL can store in no text column, is dropped.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        text = content.decode("utf-8", "replace")
        return _scrub(json.loads(text, parse_constant=lambda _: None))
    return _scrub(value) if b"\\u0000" in content else value


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", "")
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def remote_message(content: bytes) -> str:
    """The gateway's own words out of any of its error shapes, fit for a log line.

    Shapes: ``{status, message}``, ``{status, title, type, error, details, …}`` (Apply API),
    ``{timestamp, status, error, path}`` (Jobs API). Addresses, long numbers and anything that
    looks like a credential are masked; an HTML, empty or foreign body gives ``""``.
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
            return mask(" ".join(said.split()))[:_REMOTE_MESSAGE_LIMIT]
    return ""


def mask(text: str) -> str:
    """``text`` without e-mail addresses, long numbers and credential-like words."""
    text = _MAIL.sub("<e-mail>", text)
    text = _LONG_NUMBER.sub("<number>", text)
    return _SECRET_LIKE.sub("<id>", text)


def _first_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    children = value.values() if isinstance(value, dict) else value
    if isinstance(children, list) or isinstance(value, dict):
        for child in children:
            found = _first_text(child)
            if found:
                return found
    return ""
