"""An answer of the gateway as ``phenom passthrough`` prints it: without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phenom_api.answers import is_deeper, redact_secrets
from phenom_api.gateway import Answer

MAX_LEVELS = 250
"""Levels of JSON that can be printed."""
_HIDDEN = "****"
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie", "set-cookie"}
)


class BinaryBody(ValueError):
    """The body is neither JSON nor text."""


def printable_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """All headers; the values of credentials, and secrets in other values, are masked."""
    return {
        name: _HIDDEN if name.lower() in _SECRET_HEADERS else redact_secrets(value, secrets)
        for name, value in headers.items()
    }


def printable_body(answer: Answer, secrets: Iterable[str]) -> Any:
    """The body as JSON, else as text; None when it is empty. Raises :class:`BinaryBody`.

    JSON of more than ``MAX_LEVELS`` levels is given as text, too.
    """
    if not answer.content:
        return None
    try:
        body = answer.json()
    except ValueError:
        body = _text(answer.content)
    if is_deeper(body, MAX_LEVELS):
        body = _text(answer.content)
    return _redacted(body, tuple(secrets))


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise BinaryBody from None
    if "\0" in text:
        raise BinaryBody
    return text


def _redacted(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return redact_secrets(value, secrets)
    if isinstance(value, list):
        return [_redacted(item, secrets) for item in value]
    if isinstance(value, dict):
        return {
            redact_secrets(key, secrets): _redacted(item, secrets) for key, item in value.items()
        }
    return value
