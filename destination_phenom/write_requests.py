"""Requests that write: sent once, with the gateway's own words where it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from phenom_api.answers import gateway_words
from phenom_api.errors import MalformedAnswer, PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import Answer, Gateway, Operation

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
    return parsed(operation, answer, read)


def parsed(operation: Operation, answer: Answer, read: Callable[[Mapping[str, Any]], Read]) -> Read:
    """What ``read`` makes of the body; ``ValueError`` in it is a :class:`MalformedAnswer`."""
    try:
        body = answer.json()
        if not isinstance(body, Mapping):
            raise ValueError("not an object")
        return read(body)
    except ValueError as error:
        raise MalformedAnswer(
            f"{operation} answered with a body that is cut off or not the JSON that this "
            "operation returns.",
            f"status {answer.status}, {len(answer.content)} bytes, {error}",
        ) from None


def refusal(operation: Operation, answer: Answer, secrets: Iterable[str]) -> PhenomError:
    """The error for a final status that is no success.

    :param secrets: texts that the gateway may repeat and nobody must read.
    """
    words = said(answer, [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET])
    detail = f"{operation} answered {answer.status}: {words}"
    if answer.status == 403:
        return PermissionDenied(
            f"The API client may not call {operation} (403). Ask Phenom to grant it: "
            f"{operation.needs}.",
            detail,
        )
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
