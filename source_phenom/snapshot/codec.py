"""Snapshots as compact text for a stream's state.

Layout, version 1
-----------------
The text is `1.` (the version; `1d.` for a detailed snapshot) and a body in base 85 (`base85.py`:
every five characters are a big-endian number of four bytes). Numbers are big-endian. The body is

    checksum   8 bytes  XXH3-64 over the seal (UTF-8, given by the caller, often empty), the byte
                        0xFF and the whole body after the checksum
    sections   1 byte   how many follow
    section    ...      one for each kind of key that occurs, in ascending order of its code
    padding    0-3 zero bytes

and a section is

    kind       1 byte   1: 24 hex digits, 2: UUID with dashes, 3: 32 hex digits, 4: any other text
    n          4 bytes  the number of records, at least 1
    digests    4n bytes the records' digests in the order of their keys; 8n in a detailed snapshot
    columns             each a block, i.e. preceded by its length in 4 bytes; see `columns.py` for
                        how numbers, ages and lines are written

The records of a section are sorted by key. A key of kind 1 is read as a MongoDB ObjectId, which is
what Phenom's application ids look like, but any 24 digits are kept exactly:

    seconds    numbers  first 8 digits, as the difference to the record before (the first one to 0)
    ages       ages     which process (next 10 digits) made the id
    processes  numbers  those 10 digits of each distinct process in the order of its first record
    counters   numbers  last 6 digits, with the records regrouped by process (in order of
                        appearance, otherwise keeping their order), as the difference modulo 2**24
                        to the record before (the first one to 0)

Kinds 2 and 3 are four columns of numbers: the first 8 digits as the difference to the record
before, and the next 8, 8, 8 as they are. Kind 4 is sorted with the byte 0xFF behind each key, and
divides each key before its first colon or at-sign, if there is any, into head and tail:

    heads      lines    the heads
    ages       ages     which tail a record has
    tails      lines    the distinct tails in the order of their first record

The bound
---------
Keys have to come back, because tombstones name them, so random digits cost what they cost: sorting
saves log2(n) - 1.44 bits of a key and nothing else can. With 4 bytes for the digest and 5/4
characters per byte, 100,000 ids of 24 random digits take 17.6 characters each, and random UUIDs
21.7, at the very least. Application ids made by a few processes with rising counters take under 9.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64

from source_phenom.snapshot import base85
from source_phenom.snapshot.columns import (
    Numbers,
    Reader,
    Rows,
    age_column,
    block,
    in_order_of_appearance,
    number_column,
    read_ages,
    read_numbers,
)
from source_phenom.snapshot.keys import HEX_24, KINDS, TERMINATOR, TEXT
from source_phenom.snapshot.lines import TEXT_LIMIT, Lines, line_column, places_of, read_lines
from source_phenom.snapshot.snapshot import Digests, Section, Snapshot, digest_type

Words = NDArray[np.uint32]

VERSION = "1"
_DETAILED = "1d"
_CHECKSUM = 8

_ZERO = np.uint32(0)
_WORD = np.uint32(0xFFFFFFFF)
_WRAP = np.uint32(0xFFFFFF)  # counters have three bytes,
_COUNTER = np.uint32(24)  # which is as many bits,
_BYTE = np.uint32(8)  # and leave one byte of the last word to the process

_MARKS = b":@" + TERMINATOR
_KEYS_AT_A_TIME = 1 << 12


class UnusableState(ValueError):
    """A stored state that cannot be read; the message says why, and holds no value out of it."""


def encode(snapshot: Snapshot, seal: str = "") -> str:
    """Return `snapshot` as text; equal snapshots give equal text.

    `seal` is further text that the checksum covers and that has to be given again to `decode`.
    Raises ValueError when a key occurs twice, or when the text of the keys is above `TEXT_LIMIT`.
    """
    sections = sorted(snapshot.sections, key=lambda section: section.kind.code)
    parts = [bytes([len(sections)]), *map(_section_bytes, sections)]
    parts.append(bytes(-sum(map(len, parts)) % 4))
    body = b"".join([_checksum(parts, seal), *parts])
    return f"{_DETAILED if snapshot.detailed else VERSION}.{base85.text_of(body)}"


def decode(text: str, seal: str = "") -> Snapshot:
    """Return the snapshot that `text` encodes; raises UnusableState when it is not intact."""
    if not isinstance(text, str):
        raise UnusableState("the fingerprints are not text")
    version, dot, body_text = text.partition(".")
    if dot and version != VERSION and version.isdecimal():
        raise UnusableState("the fingerprints are of another version")
    try:
        if not dot or version not in (VERSION, _DETAILED):
            raise ValueError("no version")
        reader = Reader(base85.bytes_of(body_text))
        checksum, body = reader.take(_CHECKSUM), reader.rest()
        if checksum != _checksum([body], seal):
            raise ValueError("wrong checksum")
        detailed = version == _DETAILED
        return Snapshot(_read_sections(Reader(body), detailed=detailed), detailed=detailed)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise UnusableState("the fingerprints are damaged") from error


def _checksum(parts: list[bytes], seal: str) -> bytes:
    checksum = xxh3_64(seal.encode("utf-8", "surrogatepass") + TERMINATOR)
    for part in parts:
        checksum.update(part)
    return checksum.digest()


def _section_bytes(section: Section) -> bytes:
    write = _text_columns if section.kind is TEXT else _hex_columns
    digests, columns = write(section)
    head = section.kind.code.to_bytes(1, "big") + len(digests).to_bytes(4, "big")
    big_endian = digests.astype(digests.dtype.newbyteorder(">"))
    return b"".join([head, big_endian.tobytes(), *map(block, columns)])


def _read_sections(reader: Reader, *, detailed: bool) -> Iterator[Section]:
    kinds = {kind.code: kind for kind in KINDS}
    width, own = (">u8" if detailed else ">u4"), digest_type(detailed=detailed)
    for _ in range(reader.number(1)):
        kind = kinds.pop(reader.number(1), None)
        n = reader.number(4)
        if kind is None or not n:
            raise ValueError("no such section")
        digests = np.frombuffer(reader.take(np.dtype(width).itemsize * n), width).astype(own)
        if kind is TEXT:
            keys = _read_text_keys(reader, n)
        elif kind is HEX_24:
            keys = _packed(_read_object_ids(reader, n), (n, 3))
        else:
            keys = _packed(_read_wide_keys(reader, n), (n, 4))
        yield Section(kind, keys, digests)
    if len(reader.rest()) > 3:
        raise ValueError("more than the sections")


def _hex_columns(section: Section) -> tuple[Digests, list[bytes]]:
    words = np.frombuffer(section.keys, ">u4").astype(np.uint32).reshape(len(section.digests), -1)
    order = np.lexsort(words.T[::-1])
    words = words[order]
    if (words[1:] == words[:-1]).all(axis=1).any():
        raise ValueError("a key occurs twice")
    first, *others = words.T
    rises = number_column(np.diff(first, prepend=_ZERO))
    if section.kind is HEX_24:
        return section.digests[order], [rises, *_object_id_columns(*others)]
    return section.digests[order], [rises, *map(number_column, others)]


def _object_id_columns(middle: Words, last: Words) -> list[bytes]:
    processes, index = in_order_of_appearance(middle.astype(np.uint64) << _BYTE | last >> _COUNTER)
    regrouped = last[np.argsort(index, kind="stable")]
    steps = np.diff(regrouped, prepend=_ZERO) & _WRAP
    return [age_column(index), number_column(processes), number_column(steps)]


def _read_object_ids(reader: Reader, n: int) -> Iterator[Numbers]:
    yield np.cumsum(read_numbers(reader.block(), n), dtype=np.uint64)
    index, distinct = read_ages(reader.block(), n)
    made_by = read_numbers(reader.block(), distinct)[index]
    yield made_by >> _BYTE
    regrouped = np.argsort(index, kind="stable")
    del index
    made_by <<= _COUNTER
    made_by &= _WORD
    made_by[regrouped] |= np.cumsum(read_numbers(reader.block(), n)) & _WRAP
    yield made_by


def _read_wide_keys(reader: Reader, n: int) -> Iterator[Numbers]:
    yield np.cumsum(read_numbers(reader.block(), n), dtype=np.uint64)
    for _ in range(3):
        yield read_numbers(reader.block(), n)


def _packed(columns: Iterator[Numbers], shape: tuple[int, int]) -> bytes:
    """Return keys whose digits are given as columns of eight."""
    words = np.empty(shape, ">u4")
    for place, column in enumerate(columns):
        if (column > _WORD).any():
            raise ValueError("more than eight digits")
        words[:, place] = column
    return words.tobytes()


def _text_columns(section: Section) -> tuple[Digests, list[bytes]]:
    if len(section.keys) > TEXT_LIMIT:
        raise ValueError("more text in the keys than a state can hold")
    keys = Lines.of(section.keys)
    order = keys.sorting_order()
    keys = keys.reordered(order)
    shared = keys.shared_prefixes()
    if keys.has_repetition(shared):
        raise ValueError("a key occurs twice")
    marks = _first_marks(keys)
    distinct: dict[bytes, int] = {}
    tail_of = (distinct.setdefault(tail, len(distinct)) for tail in keys.slices(marks, keys.ends))
    index = np.fromiter(tail_of, np.int64, len(marks))
    tails = Lines.of(TERMINATOR.join(distinct) + TERMINATOR)
    columns = [
        line_column(keys, shared, marks),
        age_column(index),
        line_column(tails, tails.shared_prefixes()),
    ]
    return section.digests[order], columns


def _first_marks(keys: Lines) -> Rows:
    """Return the places of the first colon or at-sign of each key, or the end of the key."""
    marks = places_of(_MARKS, keys.packed)
    return marks[np.searchsorted(marks, keys.starts)]


def _read_text_keys(reader: Reader, n: int) -> bytes:
    heads = read_lines(reader.block(), n)
    index, distinct = read_ages(reader.block(), n)
    tails = [tail + TERMINATOR for tail in read_lines(reader.block(), distinct)]
    packed = BytesIO()  # whose value is handed over without a copy, unlike that of a join
    for some in np.split(index, range(_KEYS_AT_A_TIME, n, _KEYS_AT_A_TIME)):
        packed.write(
            b"".join([head + tails[i] for i, head in zip(some.tolist(), heads, strict=False)])
        )
    return packed.getvalue()
