"""Bytes as JSON-safe text: four bytes in five characters.

A group is a big-endian number below 2**32, written as five digits of base 85, the highest first.
The digits are ASCII characters that no JSON writer escapes: neither the quote and the backslash,
nor those that HTML-minded writers turn into six characters (`<` `>` `&` `=` `'` `/`), nor white
space.

Nothing printable is much denser: all 93 unescaped ASCII characters together would save 2 %, and be
spoiled by the first writer that escapes some of them; characters beyond ASCII carry fewer bits per
byte of UTF-8, and many writers spell them `\\uXXXX`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-.:;?@[]^_{|}~"

_CHARACTERS = np.frombuffer(ALPHABET.encode("ascii"), np.uint8)
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
_DIGITS[_CHARACTERS] = np.arange(85, dtype=np.uint8)


def text_of(data: bytes) -> str:
    """Return `data`, whose length is a multiple of four, as text."""
    return "".join(map(_text_of, _pieces(data, 4)))


def bytes_of(text: str) -> bytes:
    """Return the bytes that `text` stands for; ValueError when it stands for none."""
    return b"".join(map(_bytes_of, _pieces(text.encode("ascii"), 5)))


def _pieces(data: bytes, group: int) -> Iterator[bytes]:
    """Yield some groups at a time: what is calculated with takes many times their size."""
    size = group << 16
    return (data[at : at + size] for at in range(0, len(data), size))


def _text_of(data: bytes) -> str:
    rest = np.frombuffer(data, ">u4").astype(np.uint32)
    text = np.empty((len(rest), 5), np.uint8)
    for place in range(4, -1, -1):
        rest, digit = np.divmod(rest, np.uint32(85))
        text[:, place] = _CHARACTERS[digit]
    return text.tobytes().decode("ascii")


def _bytes_of(text: bytes) -> bytes:
    digits = _DIGITS[np.frombuffer(text, np.uint8)]
    if len(digits) % 5 or (digits == _NO_DIGIT).any():
        raise ValueError("not base 85")
    groups = np.zeros(len(digits) // 5, np.uint64)
    for place in range(5):
        groups *= np.uint64(85)
        groups += digits[place::5]
    if (groups > np.uint64(0xFFFFFFFF)).any():
        raise ValueError("not base 85")
    return groups.astype(">u4").tobytes()
