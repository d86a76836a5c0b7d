"""Sends requests that write, once, and turns the gateway's refusals into errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from phenom_api.answers import gateway_words
from phenom_api.errors import PhenomError, RequestRefused
from phenom_api.gateway import Answer, Gateway, Operation, permission_denied, read_object

Read = TypeVar("Read")
_MAX_TEXT = 600
"""Characters of the gateway's error text that are quoted."""
_SHORTEST_SECRET = 4
"""Characters; removing a shorter secret would break up ordinary words."""
_MAX_DETAILS = 100
"""Entries of an error's ``details`` that are read."""


def write(
    gateway: Gateway, operation: Operation, read: Callable[[Mapping[str, Any]], Read], **parts: Any
) -> Read:
    """Send a request and pass the answer's JSON object to ``read``.

    A request whose answer is lost is not repeated, because it may have had its effect.

    :raises PermissionDenied: on 403. :raises RequestRefused: on another final status.
    :raises Unavailable, Unreachable, MalformedAnswer: if it may or may not have had an effect.
    """
    answer = gateway.send(operation, retry_lost=False, **parts)
    if not 200 <= answer.status < 300:
        raise refusal(operation, answer, gateway.secrets)
    return read_object(operation, answer, read)


def refusal(operation: Operation, answer: Answer, secrets: Iterable[str]) -> PhenomError:
    """The error for a final status that is no success.

    :param secrets: texts that are removed, in case the gateway repeats them.
    """
    words = error_text(answer, [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET])
    detail = f"{operation} answered {answer.status}: {words}"
    if answer.status == 403:
        return permission_denied(operation, detail)
    return RequestRefused(
        f"Phenom refused it ({operation}, {answer.status})" + (f": {words}" if words else "."),
        detail,
        status=answer.status,
    )


def error_text(answer: Answer, secrets: Iterable[str]) -> str:
    """The text of an error's body, in any of the gateway's error formats."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    if not isinstance(body, Mapping):
        return ""
    members = ("message", "error", "title", "statusMessage")
    headline = next((body[m] for m in members if isinstance(body.get(m), str) and body[m]), "")
    details = body.get("details")
    listed = details if isinstance(details, list) else [details]
    texts = [each for each in listed[:_MAX_DETAILS] if isinstance(each, str) and each]
    return gateway_words(": ".join(filter(None, (headline, "; ".join(texts)))), secrets, _MAX_TEXT)
