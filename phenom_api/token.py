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
"""Lifetime in seconds of a token without ``expires_in`` and without a JWT ``exp``."""

_NAMES = ("access_token", "accessToken", "token")


@dataclass(frozen=True)
class Token:
    """A bearer token and its lifetime in seconds, from the time of the request."""

    value: str
    lifetime: float


def read_token(content: bytes, *, epoch: float) -> Token:
    """The token out of the endpoint's answer.

    The token is the value of the FIRST member of the JSON object, whatever its name (vendor SDK).
    If that is not text, the usual names are tried. Its lifetime is ``expires_in`` in
    seconds, else the ``exp`` claim of a JWT, else :data:`ASSUMED_LIFETIME`.

    :param epoch: now, in seconds since 1970, for an ``exp`` claim.
    :raises MalformedAnswer: if there is no token that can be sent in a header.
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
    token = next(
        filter(None, map(_bearer, (next(iter(answer.values())), *map(answer.get, _NAMES)))), None
    )
    if token is None:
        raise MalformedAnswer(
            "The token endpoint's answer does not begin with a token: check token_url.",
            f"no token in the token answer of {len(content)} bytes and {len(answer)} members",
        )
    lifetime = _seconds(answer.get("expires_in"))
    if lifetime is None:
        lifetime = _claimed_lifetime(_claims(token), epoch)
    return Token(token, ASSUMED_LIFETIME if lifetime is None else lifetime)


def _bearer(value: Any) -> str | None:
    """A member's value as a token; None if it is not text, or cannot be sent in a header."""
    if not isinstance(value, str):
        return None
    scheme, _, rest = value.strip().partition(" ")
    token = rest.strip() if rest and scheme.lower() == "bearer" else value.strip()
    usable = token and token.isascii() and token.isprintable() and " " not in token
    return token if usable else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < float("inf") else None


def _claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT, else nothing. They are not verified: they only say when to renew."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, Mapping) else {}


def _claimed_lifetime(claims: Mapping[str, Any], epoch: float) -> float | None:
    """Seconds until ``exp``, from ``iat`` if it is given, because our clock may be wrong."""
    expiry = _seconds(claims.get("exp"))
    if expiry is None:
        return None
    issued = _seconds(claims.get("iat"))
    left = expiry - (epoch if issued is None else issued)
    return left if left > 0 else None


class TokenSource:
    """Gives every thread the same token. Only one thread at a time fetches it.

    :param fetch: fetches a token from the endpoint.
    :param clock: seconds.
    """

    def __init__(
        self, fetch: Callable[[], Token], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[str, float] | None = None
        self._refused: AuthenticationFailed | None = None
        self.fetched = 0

    @property
    def held(self) -> str | None:
        """The current token, for log filters only."""
        return self._held[0] if self._held is not None else None

    def current(self) -> str:
        """A token that does not expire soon; fetches one if there is none."""
        held = self._held
        if held is None or self._clock() >= held[1]:
            with self._lock:
                held = self._held
                if held is None or self._clock() >= held[1]:
                    return self._renewed()
        return held[0]

    def after_refusal(self, refused: str) -> str:
        """The token to try after a 401 for ``refused``.

        Renews it unless another thread already has. If the endpoint returns the refused token
        again, that is a configuration error, not a transient one.
        """
        with self._lock:
            token = self.held
            if token is None or token == refused:
                token = self._renewed()
            if token == refused:
                raise AuthenticationFailed(
                    "The gateway refuses the token that the token endpoint issues: check "
                    "that token_url and gateway_url belong to the same Phenom environment.",
                    "401 for a token that its endpoint returned again unchanged",
                )
            return token

    def _renewed(self) -> str:
        """Fetch. Refused credentials are not sent again, because that may lock the account."""
        if self._refused is not None:
            raise self._refused
        started = self._clock()
        try:
            token = self._fetch()
        except AuthenticationFailed as refusal:
            self._refused = refusal
            raise
        ahead = min(60.0, token.lifetime * 0.1)
        self._held = token.value, started + token.lifetime - ahead
        self.fetched += 1
        return token.value
