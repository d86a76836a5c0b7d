"""Signed URLs, which need no token and expire after a few minutes."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

SIGNED = "/signed-files/"
LIFETIME = 300  # seconds; "valid only for 5 minutes" (vendor's SDK, PreSignedUrl)


class SignedAddresses:
    """Creates and checks signed URLs; `clock` gives epoch seconds."""

    def __init__(self, seed: int, clock: Callable[[], float]) -> None:
        self._secret = f"{seed}/signed".encode()
        self._clock = clock

    def address(self, host: str, candidate_id: str, attachment_id: str, name: str) -> str:
        path = f"{candidate_id}/{attachment_id}"
        expires = str(int(self._clock()) + LIFETIME)
        signature = self._signature(path, expires)
        where = "/".join(quote(each, safe="") for each in (candidate_id, attachment_id, name))
        return f"http://{host}{SIGNED}{where}?expires={expires}&signature={signature}"

    def valid(self, candidate_id: str, attachment_id: str, expires: str, signature: str) -> bool:
        """Whether the signature is right and has not expired."""
        expected = self._signature(f"{candidate_id}/{attachment_id}", expires)
        genuine = hmac.compare_digest(expected.encode(), signature.encode())
        return genuine and self._clock() < int(expires)

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}?{expires}".encode(), sha256).hexdigest()
