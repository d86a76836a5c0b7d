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

from source_phenom.snapshot.columns import Reader, Rows, block, number_column, read_numbers
from source_phenom.snapshot.keys import TERMINATOR, unpack_lines

#: Bytes of text in one column; six times a million long e-mail addresses.
TEXT_LIMIT = 1 << 28
_LONGEST_PREFIX = 255
_LINES_AT_A_TIME = 1 << 12


class Lines(NamedTuple):
    """Packed lines, and where each of them starts and ends (at its terminator)."""

    packed: bytes
    starts: Rows
    ends: Rows

    @classmethod
    def of(cls, packed: bytes) -> Lines:
        ends = np.flatnonzero(np.frombuffer(packed, np.uint8) == TERMINATOR[0])
        return cls(packed, np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)), ends)

    def slices(self, starts: Rows, ends: Rows) -> Iterator[bytes]:
        """Yield parts of the text."""
        for rows in _some_at_a_time(len(starts)):
            for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True):
                yield self.packed[start:end]

    def sorting_order(self) -> Rows:
        """Return the rows in the ascending order of their bytes, terminators included."""
        lengths = self.ends - self.starts + 1
        width = int(lengths.max())
        if len(lengths) * width > 4 * len(self.packed):  # a few lines are very long
            lines = list(self.slices(self.starts, self.ends + 1))
            return np.array(sorted(range(len(lines)), key=lines.__getitem__), np.int64)
        characters = np.frombuffer(self.packed, np.uint8)
        padded = np.zeros((len(lengths), width), np.uint8)
        for rows in _some_at_a_time(len(lengths)):
            text = characters[self.starts[rows][0] : self.ends[rows][-1] + 1]
            padded[rows][np.arange(width) < lengths[rows, None]] = text
        return np.argsort(padded.view(f"S{width}").reshape(-1), kind="stable")

    def reordered(self, order: Rows) -> Lines:
        pieces = (
            b"".join(self.slices(self.starts[order[rows]], self.ends[order[rows]] + 1))
            for rows in _some_at_a_time(len(order))
        )
        return Lines.of(b"".join(pieces))

    def shared_prefixes(self) -> Rows:
        """Return how many bytes each line has in common with the line before it, at most 255."""
        characters = np.frombuffer(self.packed, np.uint8)
        shared = np.zeros(len(self.starts), np.int64)
        alike = np.arange(1, len(self.starts))
        for at in range(_LONGEST_PREFIX):
            here = characters[self.starts[alike] + at]
            before = characters[self.starts[alike - 1] + at]
            alike = alike[(here == before) & (here != TERMINATOR[0])]
            if not len(alike):
                break
            shared[alike] += 1
        return shared

    def has_repetition(self, shared: Rows) -> bool:
        """Tell whether two neighbours are equal, given their shared prefixes."""
        lengths = self.ends - self.starts
        alike = shared[1:] == np.minimum(lengths[1:], _LONGEST_PREFIX)
        rows = 1 + np.flatnonzero(alike & (lengths[1:] == lengths[:-1]))
        lines = self.slices(self.starts[rows], self.ends[rows])
        return any(map(eq, lines, self.slices(self.starts[rows - 1], self.ends[rows - 1])))


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
