"""Requests that write: sent once, with the gateway's own words where it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from phenom_api.answers import gateway_words
from phenom_api.errors import PhenomError, RequestRefused
from phenom_api.gateway import Answer, Gateway, Operation, permission_denied, read_object

Read = TypeVar("Read")
_LONGEST = 600
"""Characters of the gateway's words that are passed on."""
_SHORTEST_SECRET = 4
"""Characters: to take out a shorter one would take the words apart instead."""
_MOST_DETAILS = 100
"""Parts of an error that are looked at."""


def write(
    gateway: Gateway, operation: Operation, read: Callable[[Mapping[str, Any]], Read], **parts: Any
) -> Read:
    """Send, and hand the answer's JSON object to ``read``. What may have acted is not repeated.

    :raises PermissionDenied: on 403. :raises RequestRefused: on another final status.
    :raises Unavailable, Unreachable, MalformedAnswer: where nobody knows whether it has acted.
    """
    answer = gateway.send(operation, retry_lost=False, **parts)
    if not 200 <= answer.status < 300:
        raise refusal(operation, answer, gateway.secrets)
    return read_object(operation, answer, read)


def refusal(operation: Operation, answer: Answer, secrets: Iterable[str]) -> PhenomError:
    """The error for a final status that is no success.

    :param secrets: texts that the gateway may repeat and nobody must read.
    """
    words = said(answer, [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET])
    detail = f"{operation} answered {answer.status}: {words}"
    if answer.status == 403:
        return permission_denied(operation, detail)
    return RequestRefused(
        f"Phenom refused it ({operation}, {answer.status})" + (f": {words}" if words else "."),
        detail,
        status=answer.status,
    )


def said(answer: Answer, secrets: Iterable[str]) -> str:
    """Everything that an error's body says in words, in any of the gateway's error shapes."""
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
    found = [each for each in listed[:_MOST_DETAILS] if isinstance(each, str) and each]
    return gateway_words(": ".join(filter(None, (headline, "; ".join(found)))), secrets, _LONGEST)
