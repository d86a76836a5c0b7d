"""Unified ids: the same input gives the same id in every sync, process and machine."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha1
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

_CACHED = 4096
_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")


def creation_second(key: str) -> int | None:
    """The second since 1970 that an id of 24 hexadecimal digits begins with; else None."""
    return int(key[:8], 16) if _OBJECT_ID.fullmatch(key) else None


class UnifiedIds:
    """``uuid5(uuid5(NAMESPACE_URL, "urn:phenom:" + integration_id), model + ":" + key)``.

    Written out here, because a record has three or four ids and the uuid module makes objects.
    """

    def __init__(self, integration_id: str) -> None:
        #: The same as `of`, with a cache, for keys that many records have in common.
        self.cached = lru_cache(_CACHED)(self.of)
        self._namespace = uuid5(NAMESPACE_URL, f"urn:phenom:{integration_id}").bytes
        # By model: the hash of what all its ids begin with. To copy it is quicker than to begin.
        self._begun: dict[str, Any] = {}

    def of(self, model: str, key: str) -> str:
        """The unified id of the record of ``model`` with this key, in lower case."""
        begun = self._begun.get(model)
        if begun is None:
            beginning = self._namespace + f"{model}:".encode()
            begun = self._begun[model] = sha1(beginning, usedforsecurity=False)
        digest = begun.copy()
        digest.update(key.encode())
        hexadecimal = digest.hexdigest()
        return (
            f"{hexadecimal[:8]}-{hexadecimal[8:12]}-5{hexadecimal[13:16]}-"
            f"{_VARIANT[hexadecimal[16]]}{hexadecimal[17:20]}-{hexadecimal[20:32]}"
        )
