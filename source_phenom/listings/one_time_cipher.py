"""Encrypts what a run keeps on disk for itself, so that no file holds personal data.

The key is random, lives in memory and dies with the process: nobody has to keep it.
"""

from __future__ import annotations

from hashlib import shake_128
from secrets import token_bytes

import numpy as np

_KEY_BYTES = 32


class OneTimeCipher:
    """A stream cipher for one file that is appended to, and read as a whole.

    Each part is combined with the output of SHAKE128 for the key and the part's number, so no
    output is used twice. Nobody but this process writes the file, so parts carry no signature.
    """

    def __init__(self) -> None:
        self._key = token_bytes(_KEY_BYTES)
        self._lengths: list[int] = []

    def encrypted(self, part: bytes) -> bytes:
        """The next part of the file."""
        stream = self._stream(len(self._lengths), len(part))
        self._lengths.append(len(part))
        return _combined(part, stream)

    def decrypted(self, content: bytes) -> bytes:
        """The content of the file, of all parts so far."""
        streams = (self._stream(number, length) for number, length in enumerate(self._lengths))
        return _combined(content, b"".join(streams))

    def _stream(self, number: int, length: int) -> bytes:
        return shake_128(self._key + number.to_bytes(8, "little")).digest(length)


def _combined(one: bytes, other: bytes) -> bytes:
    return (np.frombuffer(one, np.uint8) ^ np.frombuffer(other, np.uint8)).tobytes()
