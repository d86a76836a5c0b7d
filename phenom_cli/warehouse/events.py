"""What the worker tells ``phenom sync``: one JSON object per line, the member ``event`` first.

====================  =====================================================================
``phase``             ``phase``: ``starting``, ``reading`` or ``loading``
``streams``           ``streams``: the names that this run reads, in order
``progress``          ``records``: how many records each stream has delivered so far
``stream``            ``stream``, ``status``: ``reading``, ``complete``, ``failed``, ``loading``
``warning``           ``message``: what the connector warned about
``result``            ``rows``: ``[{stream, new, changed, deleted, total, failure}]``
``error``             ``message``, ``advice``: why nothing was loaded and what to do about it
====================  =====================================================================
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.parse import quote

MASK = "****"


class Events:
    """Writes events, from any thread; secrets are masked, wherever a text came from."""

    def __init__(self, stream: TextIO, secrets: Iterable[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        spellings = {
            spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))
        }
        # The longest first, so that a secret inside another one leaves no remainder.
        self._secrets = sorted((text for text in spellings if len(text) > 3), key=len, reverse=True)

    def emit(self, event: str, **members: Any) -> None:
        masked = {name: self._masked(value) for name, value in members.items()}
        with self._lock:
            self._stream.write(json.dumps({"event": event, **masked}) + "\n")
            self._stream.flush()

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, MASK)
            return value
        if isinstance(value, dict):
            return {key: self._masked(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._masked(member) for member in value]
        return value
