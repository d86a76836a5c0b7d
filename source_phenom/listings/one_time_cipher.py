"""Encrypts what a run keeps on disk for itself, so that no file holds personal data.

The key is random, lives in memory and dies with the process: nobody has to keep it.
"""

from __future__ import annotations

from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_KEY_BYTES = 32
_BLOCK_BYTES = 16


class OneTimeCipher:
    """AES in counter mode, for one file that is only appended to.

    Each file has a key of its own, so that the counter can begin with 0. Nobody but this process
    can write to the file, so it carries no signature.
    """

    def __init__(self) -> None:
        self._algorithm = AES(token_bytes(_KEY_BYTES))
        self._encryptor = Cipher(self._algorithm, CTR(bytes(_BLOCK_BYTES))).encryptor()

    def encrypted(self, part: bytes) -> bytes:
        """The next part of the file."""
        return self._encryptor.update(part)

    def decrypted(self, content: bytes, start: int = 0) -> bytes:
        """A part of the file. :param start: its position."""
        block, skipped = divmod(start, _BLOCK_BYTES)
        mode = CTR(block.to_bytes(_BLOCK_BYTES, "big"))
        decryptor = Cipher(self._algorithm, mode).decryptor()
        return decryptor.update(bytes(skipped) + content)[skipped:]
