"""A column of lines of text as a short byte string, and back.

    a block of numbers   how many bytes, at most 255, each line shares with the line before it
    4 bytes              the length of the text that follows, before compression
    bzip2 stream         the rest of each line, ended by the byte 0xFF, which UTF-8 never uses

Lines come in packed form: as bytes, each line ended by 0xFF. Python's own lists would hold them in
three times the memory and sort them in twice the time.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from operator import eq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.columns import Reader, Rows, block, number_column, read_numbers
from source_phenom.snapshot.keys import TERMINATOR, unpack_lines

#: Bytes of text in one column; six times a million long e-mail addresses.
TEXT_LIMIT = 1 << 28
_LONGEST_PREFIX = 255
_LINES_AT_A_TIME = 1 << 12
_BYTES_AT_A_TIME = 1 << 18

_WORD = 8
_FIRST_BYTES = np.array([(1 << 64) - (1 << 8 * rest) for rest in range(_WORD, -1, -1)], np.uint64)


class Lines(NamedTuple):
    """Packed lines, and where each of them starts and ends (at its terminator)."""

    packed: bytes
    starts: Rows
    ends: Rows

    @classmethod
    def of(cls, packed: bytes) -> Lines:
        ends = places_of(TERMINATOR, packed)
        return cls(packed, np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)), ends)

    def slices(self, starts: Rows, ends: Rows) -> Iterator[bytes]:
        """Yield parts of the text."""
        for rows in _some_at_a_time(len(starts)):
            for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True):
                yield self.packed[start:end]

    def words(self, rows: Rows, at: int) -> NDArray[np.uint64]:
        """Return eight bytes of each row from `at` on as a number; zeros follow a terminator.

        Compared as numbers they order lines as their bytes do.
        """
        places = self.starts[rows] + at
        left = np.clip(self.ends[rows] + 1 - places, 0, _WORD)
        packed = self.packed.ljust(_WORD, TERMINATOR)
        last = len(packed) - _WORD
        words = np.ndarray(last + 1, ">u8", packed, strides=(1,))
        taken = words[np.minimum(places, last)].astype(np.uint64)
        taken <<= (8 * np.clip(places - last, 0, _WORD - 1)).astype(np.uint64)
        taken &= _FIRST_BYTES[left]
        return taken

    def sorting_order(self) -> Rows:
        """Return the rows in the ascending order of their bytes, terminators included."""
        order = np.arange(len(self.starts))
        tied, group = order.copy(), np.zeros(len(order), np.int64)
        for at in range(0, int((self.ends - self.starts).max()) + 1, _WORD):
            rows = order[tied]
            words = self.words(rows, at)
            ranked = np.lexsort((words, group))
            order[tied] = rows[ranked]
            group, words = group[ranked], words[ranked]
            same = (group[1:] == group[:-1]) & (words[1:] == words[:-1])
            if not same.any():
                break
            group = np.concatenate((np.zeros(1, np.int64), np.cumsum(~same)))
            is_tied = np.concatenate((same, [False])) | np.concatenate(([False], same))
            tied, group = tied[is_tied], group[is_tied]
        return order

    def reordered(self, order: Rows) -> Lines:
        """Return the lines in another order; the text stays where it is."""
        return Lines(self.packed, self.starts[order], self.ends[order])

    def shared_prefixes(self) -> Rows:
        """Return how many bytes each line has in common with the line before it, at most 255."""
        shared = np.zeros(len(self.starts), np.int64)
        alike = np.arange(1, len(self.starts))
        for at in range(0, _LONGEST_PREFIX, _WORD):
            differing = self.words(alike, at) ^ self.words(alike - 1, at)
            shared[alike] += _leading_zero_bytes(differing)
            alike = alike[(differing == 0) & (self.ends[alike] - self.starts[alike] >= at + _WORD)]
            if not len(alike):
                break
        longest = np.minimum(self.ends - self.starts, _LONGEST_PREFIX)
        np.minimum(shared, longest, out=shared)
        return shared

    def has_repetition(self, shared: Rows) -> bool:
        """Tell whether two neighbours are equal, given their shared prefixes."""
        lengths = self.ends - self.starts
        alike = shared[1:] == np.minimum(lengths[1:], _LONGEST_PREFIX)
        rows = 1 + np.flatnonzero(alike & (lengths[1:] == lengths[:-1]))
        lines = self.slices(self.starts[rows], self.ends[rows])
        return any(map(eq, lines, self.slices(self.starts[rows - 1], self.ends[rows - 1])))


def _leading_zero_bytes(words: NDArray[np.uint64]) -> Rows:
    """Return how many of the eight bytes of each word are zero before the first that is not."""
    zeros = np.zeros(len(words), np.int64)
    for count in range(1, _WORD + 1):
        zeros += (words & _FIRST_BYTES[count]) == 0
    return zeros


def places_of(marks: bytes, text: bytes) -> Rows:
    """Return where in `text` any of the characters `marks` are, in ascending order."""
    characters = np.frombuffer(text, np.uint8)
    places = [np.zeros(0, np.int64)]
    for at in range(0, len(characters), _BYTES_AT_A_TIME):
        some = characters[at : at + _BYTES_AT_A_TIME]
        is_mark = some == marks[0]
        for mark in marks[1:]:
            is_mark |= some == mark
        places.append(np.flatnonzero(is_mark) + at)
    return np.concatenate(places)


def _some_at_a_time(n: int) -> Iterator[slice]:
    """Yield the rows of a column in pieces, so that what is made of them on the way stays small."""
    return (slice(at, at + _LINES_AT_A_TIME) for at in range(0, n, _LINES_AT_A_TIME))


def line_column(lines: Lines, shared: Rows, ends: Rows | None = None) -> bytes:
    """Write lines, or only what they have before `ends`, given their shared prefixes."""
    ends = lines.ends if ends is None else ends
    lengths = ends - lines.starts
    shared = np.minimum(shared, lengths)
    shared[1:] = np.minimum(shared[1:], lengths[:-1])
    starts = lines.starts + shared
    pieces = (
        TERMINATOR.join([*lines.slices(starts[rows], ends[rows]), b""])
        for rows in _some_at_a_time(len(starts))
    )
    rest = b"".join(pieces)
    return block(number_column(shared)) + len(rest).to_bytes(4, "big") + bz2.compress(rest)


def read_lines(data: bytes, n: int) -> Iterator[bytes]:
    """Yield `n` lines; raises ValueError or OSError when the bytes hold anything else."""
    reader = Reader(data)
    shared = read_numbers(reader.block(), n)
    length = reader.number(4)
    if int(shared.max()) > _LONGEST_PREFIX or int(shared.sum()) + length > TEXT_LIMIT:
        raise ValueError("more text than allowed")
    decompressor = bz2.BZ2Decompressor()
    text = decompressor.decompress(reader.rest(), length + 1)
    if len(text) != length or not decompressor.eof or text.count(TERMINATOR) != n:
        raise ValueError("another number of lines")
    if not text.endswith(TERMINATOR):
        raise ValueError("a line without end")
    line = b""
    for prefix, rest in zip(shared.astype(np.uint8).tobytes(), unpack_lines(text), strict=True):
        line = line[:prefix] + rest
        yield line
