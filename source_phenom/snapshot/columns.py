"""Columns of numbers as short byte strings, and back.

Every `*_column` function returns bytes that the `read_*` function of the same name reads, given the
number of rows `n`. Reading raises ValueError (or zlib.error) for bytes that no writer makes, and
never inflates to more bytes than the rows need. All numbers are big-endian.

numbers     one byte: the width w of the largest value, 0-8 bytes; a raw DEFLATE stream of w * n
            bytes: the most significant byte of all values, then the next one of all, ...
ages        numbers that stand for values of a dictionary. The caller writes the dictionary, in the
            order in which its values first appear in the rows. 0 means: this value appears for the
            first time. 1 means the value that appeared last, 2 the one that appeared before it, and
            so on. Values that are used for some time only (the processes that were alive then), and
            values that occur once, have small ages.
block       a length (4 bytes) and that many bytes
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Rows = NDArray[np.int64]


def block(data: bytes) -> bytes:
    """Return `data` preceded by its length."""
    return len(data).to_bytes(4, "big") + data


class Reader:
    """Reads a byte string from its front. Raises ValueError when it is too short."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise ValueError("column ends early")
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def block(self) -> bytes:
        return self.take(self.number(4))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)


def number_column(values: NDArray[np.integer[Any]]) -> bytes:
    """Write numbers that are not negative."""
    width = (int(values.max()).bit_length() + 7) // 8
    # Z_RLE: the planes hold runs and skewed frequencies. A search for repeated strings would be
    # slower and, on random bytes, give a longer result.
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_RLE)
    planes = [(values >> values.dtype.type(8 * place)).astype(np.uint8) for place in range(width)]
    deflated = [deflate.compress(plane.data) for plane in reversed(planes)]
    return b"".join([bytes([width]), *deflated, deflate.flush()])


def read_numbers(data: bytes, n: int) -> Numbers:
    reader = Reader(data)
    width = reader.number(1)
    inflate = zlib.decompressobj(-15)
    planes = inflate.decompress(reader.rest(), width * n + 1)
    if width > 8 or len(planes) != width * n or not inflate.eof:
        raise ValueError("no column of that many numbers")
    values = np.zeros(n, np.uint64)
    for plane in np.frombuffer(planes, np.uint8).reshape(width, n):
        values <<= np.uint64(8)
        values |= plane
    return values


def age_column(index: Rows) -> bytes:
    """Write the ages of rows. `index` numbers each row's value in order of appearance."""
    return number_column(_appeared_before(index) - index)


def read_ages(data: bytes, n: int) -> tuple[Rows, int]:
    """Return the index of each row's value, and the number of distinct values."""
    ages = read_numbers(data, n).view(np.int64)
    new = ages == 0
    index = np.cumsum(new)
    index -= new
    index -= ages
    if (index < 0).any() or (ages < 0).any():
        raise ValueError("no such value")
    return index, int(np.count_nonzero(new))


def _appeared_before(index: Rows) -> Rows:
    """Return for each row the number of distinct values in the rows before it."""
    appeared = np.zeros(len(index), np.int64)
    np.maximum.accumulate(index[:-1] + 1, out=appeared[1:])
    return appeared


def in_order_of_appearance(values: Numbers) -> tuple[Numbers, Rows]:
    """Return the distinct values in the order in which they first appear, and each row's index."""
    distinct, first, index = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[index.reshape(-1)]
