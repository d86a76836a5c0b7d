"""Encrypts what a run keeps on disk for itself, so that no file holds personal data.

The key is random, lives in memory and dies with the process: nobody has to keep it.
"""

from __future__ import annotations

from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_KEY_BYTES = 32
_FIRST_BLOCK = bytes(16)


class OneTimeCipher:
    """AES in counter mode, for one file that is appended to and then read as a whole.

    Each file has a key of its own, so that the counter can begin with 0. Nobody but this process
    can write to the file, so it carries no signature.
    """

    def __init__(self) -> None:
        self._cipher = Cipher(AES(token_bytes(_KEY_BYTES)), CTR(_FIRST_BLOCK))
        self._encryptor = self._cipher.encryptor()

    def encrypted(self, part: bytes) -> bytes:
        """The next part of the file."""
        return self._encryptor.update(part)

    def decrypted(self, content: bytes) -> bytes:
        """The content of the file, from its beginning."""
        return self._cipher.decryptor().update(content)
