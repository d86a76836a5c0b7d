"""An answer of the gateway as ``phenom passthrough`` shows it: without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phenom_api.answers import hide
from phenom_api.gateway import Answer

HIDDEN = "****"
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie", "set-cookie"}
)
_DEEPEST = 200
"""Levels of JSON that are shown as such."""


class Binary(ValueError):
    """The body is neither JSON nor text."""


def shown_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """All headers, those that carry credentials or repeat a secret masked."""
    return {
        name: HIDDEN if name.lower() in SECRET_HEADERS else hide(value, secrets)
        for name, value in headers.items()
    }


def shown_data(answer: Answer, secrets: Iterable[str]) -> Any:
    """The body as JSON, else as text; null when it is empty. Raises :class:`Binary`.

    JSON that is nested too deeply to be printed is text, too.
    """
    if not answer.content:
        return None
    held = tuple(secrets)
    try:
        return _hidden(answer.json(), held, _DEEPEST)
    except ValueError:
        return hide(_text(answer.content), held)


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Binary from None
    if "\0" in text:
        raise Binary
    return text


def _hidden(value: Any, secrets: tuple[str, ...], depth: int) -> Any:
    if isinstance(value, str):
        return hide(value, secrets)
    if isinstance(value, (list, dict)) and not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_hidden(item, secrets, depth - 1) for item in value]
    if isinstance(value, dict):
        return {
            hide(key, secrets): _hidden(item, secrets, depth - 1) for key, item in value.items()
        }
    return value
