"""An answer of the gateway as ``phenom passthrough`` shows it: without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phenom_api.answers import is_deeper, redact_secrets
from phenom_api.gateway import Answer

HIDDEN = "****"
MOST_LEVELS = 250
"""Levels of JSON that can be printed; what is nested more deeply is shown as text."""
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie", "set-cookie"}
)


class Binary(ValueError):
    """The body is neither JSON nor text."""


def shown_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """All headers, those that carry credentials or repeat a secret masked."""
    return {
        name: HIDDEN if name.lower() in SECRET_HEADERS else redact_secrets(value, secrets)
        for name, value in headers.items()
    }


def shown_data(answer: Answer, secrets: Iterable[str]) -> Any:
    """The body as JSON, else as text; null when it is empty. Raises :class:`Binary`.

    JSON that is nested very deeply is shown as text, too.
    """
    if not answer.content:
        return None
    try:
        data = answer.json()
    except ValueError:
        data = _text(answer.content)
    if is_deeper(data, MOST_LEVELS):
        data = _text(answer.content)
    return _hidden(data, tuple(secrets))


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Binary from None
    if "\0" in text:
        raise Binary
    return text


def _hidden(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return redact_secrets(value, secrets)
    if isinstance(value, list):
        return [_hidden(item, secrets) for item in value]
    if isinstance(value, dict):
        return {redact_secrets(key, secrets): _hidden(item, secrets) for key, item in value.items()}
    return value
