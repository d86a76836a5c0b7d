"""The bearer token: fetched once for all threads, renewed ahead of expiry and once on a 401."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from phenom_api.answers import parse_json
from phenom_api.errors import AuthenticationFailed, MalformedAnswer

ASSUMED_LIFETIME = 3600.0
"""Seconds a token is trusted when neither ``expires_in`` nor a JWT ``exp`` says otherwise."""


@dataclass(frozen=True)
class Token:
    """A bearer token and the moments that matter, in seconds of the clock that timed it."""

    value: str
    renew_at: float


def read_token(content: bytes, *, now: float, epoch: float) -> Token:
    """The token out of the endpoint's answer.

    The token is the value of the FIRST member of the JSON object, whatever it is called
    (vendor SDK). Its lifetime is ``expires_in`` in seconds, else the ``exp`` claim of a JWT,
    else :data:`ASSUMED_LIFETIME`.

    :param now: the monotonic clock that ``renew_at`` is measured on.
    :param epoch: seconds since 1970, to read an ``exp`` claim against.
    """
    try:
        answer = parse_json(content)
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping) or not answer:
        raise MalformedAnswer(
            "The token endpoint did not answer with a JSON object: check token_url.",
            f"token answer of {len(content)} bytes is not a JSON object",
        )
    name, value = next(iter(answer.items()))
    if not isinstance(value, str) or not value.strip():
        raise MalformedAnswer(
            "The token endpoint's answer does not begin with a token: check token_url.",
            f"first member {name!r} of the token answer is not a non-empty text",
        )
    token = value.strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    lifetime = _seconds(answer.get("expires_in"))
    if lifetime is None:
        expiry = _seconds(_claims(token).get("exp"))
        lifetime = ASSUMED_LIFETIME if expiry is None else expiry - epoch
    ahead = min(60.0, max(lifetime, 0.0) * 0.1)
    return Token(token, now + lifetime - ahead)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < float("inf") else None


def _claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT, unverified (we only want to know when to renew); else nothing."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, Mapping) else {}


class TokenSource:
    """Hands every thread the same token and makes sure that only one of them fetches it."""

    def __init__(
        self,
        fetch: Callable[[], bytes],
        *,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._epoch = epoch
        self._lock = threading.Lock()
        self._token: Token | None = None
        self.fetched = 0

    def current(self) -> str:
        """A token that is not about to expire; fetches one when there is none."""
        token = self._token
        if token is not None and self._clock() < token.renew_at:
            return token.value
        with self._lock:
            token = self._token
            if token is None or self._clock() >= token.renew_at:
                token = self._renewed()
            return token.value

    def after_refusal(self, refused: str) -> str:
        """The token to try after a 401 for ``refused``.

        Renews it unless another thread already has. A token that was refused and comes back
        unchanged from the endpoint is a configuration error, not something to retry.
        """
        with self._lock:
            token = self._token
            if token is None or token.value == refused:
                token = self._renewed()
            if token.value == refused:
                raise AuthenticationFailed(
                    "The gateway refuses the token that the token endpoint hands out: check "
                    "that token_url and gateway_url belong to the same Phenom environment.",
                    "401 for a token that its endpoint returned again unchanged",
                )
            return token.value

    def _renewed(self) -> Token:
        started = self._clock()
        token = read_token(self._fetch(), now=started, epoch=self._epoch())
        self._token = token
        self.fetched += 1
        return token
