"""The token endpoint, which issues bearer tokens."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

import orjson

from phenom_sandbox.faults import Faults
from phenom_sandbox.gateway.answers import Refusal, SandboxAnswer, json_answer

DEFAULT_LIFETIME = 3600.0  # seconds


class Tokens:
    """Issues and checks tokens; `clock` gives epoch seconds."""

    def __init__(
        self, client_id: str, client_secret: str, faults: Faults, clock: Callable[[], float]
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._faults = faults
        self._clock = clock
        self._expiry: dict[str, float] = {}
        self.issued = 0

    def expire_all(self) -> None:
        """From now on every token issued so far is answered with 401."""
        self._expiry.clear()

    def all(self) -> list[str]:
        """The tokens issued since :meth:`expire_all`, expired ones too."""
        return list(self._expiry)

    def valid(self, authorization: str | None) -> bool:
        scheme, _, token = (authorization or "").partition(" ")
        expiry = self._expiry.get(token.strip())
        return scheme.lower() == "bearer" and expiry is not None and self._clock() < expiry

    def answer(self, method: str, path: str, body: bytes) -> SandboxAnswer:
        """Answers a `POST` of clientId and clientSecret; raises `Refusal` 400, 401."""
        try:
            form = parse_qs(body.decode(), keep_blank_values=True)
        except UnicodeDecodeError:
            raise Refusal(400, "Request body is not a form") from None
        given = tuple(form.get(name, [""])[0] for name in ("clientId", "clientSecret"))
        if not all(given):
            raise Refusal(400, "clientId and clientSecret are required")
        refused = self._faults.hit("wrong_secret", method, path)
        if refused or given != (self._client_id, self._client_secret):
            raise Refusal(401, "Invalid client credentials")
        return json_answer(self._issue(method, path))

    def _issue(self, method: str, path: str) -> dict[str, Any]:
        """The token is the first member, because clients rely only on that."""
        fault = self._faults.hit("token_lifetime", method, path)
        lifetime = float(fault.value) if fault else DEFAULT_LIFETIME
        style = self._faults.hit("token_format", method, path)
        form = str(style.value) if style else "expires_in"
        token = self.issue(lifetime, jwt=form == "jwt")
        if form == "expires_in":
            return {"access_token": token, "expires_in": int(lifetime), "token_type": "Bearer"}
        return {"token": token, "token_type": "Bearer"}

    def issue(self, lifetime: float = DEFAULT_LIFETIME, *, jwt: bool = False) -> str:
        self.issued += 1
        now = self._clock()
        name = f"{self._client_id}/{self.issued}/{now}"
        token = blake2b(name.encode(), digest_size=24).hexdigest()
        if jwt:
            token = _jwt({"sub": self._client_id, "jti": token, "exp": int(now + lifetime)})
        self._expiry[token] = now + lifetime
        return token


def _jwt(claims: dict[str, Any]) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in parts]
    signature = base64.urlsafe_b64encode(blake2b(b".".join(encoded), digest_size=32).digest())
    return b".".join([*encoded, signature.rstrip(b"=")]).decode()
