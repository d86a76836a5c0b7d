"""Snapshots as compact text for a stream's state.

Layout, version 2
-----------------
The text is `2.` (the version; `2d.` for a detailed snapshot) and a body in base 64, with `-` and
`_` for the two characters beyond letters and digits. Numbers are big-endian. The body is

    checksum   8 bytes  XXH3-64 over the seal (UTF-8, given by the caller, often empty), the byte
                        0xFF and the whole body after the checksum
    sections   1 byte   the number of sections that follow
    section    ...      one for each kind of key that occurs, in ascending order of its code
    padding    0-2 zero bytes

and a section is

    kind       1 byte   1: 24 hex digits, 2: UUID with dashes, 3: 32 hex digits, 4: any other text,
                        5: `email:` and 32 hex digits
    n          4 bytes  the number of records, at least 1
    digests    4n bytes the records' digests in the order of their keys; 8n in a detailed snapshot
    columns             each column is a block: its length in 4 bytes, then its bytes. `columns.py`
                        says how numbers and ages are written

The records of a section are sorted by key. A key of kind 1 is read as a MongoDB ObjectId, which is
what Phenom's application ids look like, but any 24 digits are kept exactly:

    seconds    numbers  first 8 digits, as the difference to the record before (the first one to 0)
    ages       ages     the process (next 10 digits) that made the id
    processes  numbers  those 10 digits of each distinct process in the order of its first record
    counters   numbers  last 6 digits, as the difference modulo 2**24 to the record before (the
                        first one to 0). For this column the records are grouped by process: the
                        processes in order of appearance, the records of each in their order

Kinds 2, 3 and 5 are four columns of numbers: the first 8 digits as the difference to the record
before, and the next 8, 8, 8 as they are. Kind 4 is one column:

    length     4 bytes  of the text that follows, before compression
    text       bzip2    for each key a byte that says how many bytes (at most 254) it shares with
                        the key before it, then the rest of it, then the byte 0xFF, which UTF-8
                        never uses

Texts that were written before kind 5 existed have its keys under kind 4. They mean the same.

The labels of a labelled snapshot are a text of their own, so that versions that know no labels read
the snapshot. It is `1.` and, in base 64, padded in the same way,

    checksum   8 bytes  XXH3-64 over the seal, the byte 0xFF and the rest
    labels     numbers  of all records, in the order of the snapshot's text

The bound
---------
Tombstones name the keys, so a state has to hold whole keys. Random digits cannot be compressed:
sorting saves log2(n) - 1.44 bits of a key, and nothing else saves any. With 4 bytes for the digest
and 4/3 characters per byte, 100,000 ids of 24 random digits take at least 18.8 characters each,
random UUIDs 23.1, pseudonyms 24.1. Application ids that a few processes made with rising counters
take under 9.
"""

from __future__ import annotations

import base64
import bz2
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64

from source_phenom.snapshot.columns import (
    Numbers,
    Reader,
    age_column,
    block,
    in_order_of_appearance,
    number_column,
    read_ages,
    read_numbers,
)
from source_phenom.snapshot.fingerprint import digest_type
from source_phenom.snapshot.keys import HEX_24, KINDS, TERMINATOR, TEXT, unpack_lines
from source_phenom.snapshot.snapshot import Section, Snapshot

Words = NDArray[np.uint32]

VERSION = "2"
_DETAILED = "2d"
_CHECKSUM = 8

_ZERO = np.uint32(0)
_WORD = np.uint32(0xFFFFFFFF)
# The last word of an id holds one byte of the process and three bytes of the counter.
_WRAP = np.uint32(0xFFFFFF)
_COUNTER = np.uint32(24)
_BYTE = np.uint32(8)

#: Most bytes of text in the keys of a snapshot: six times a million long e-mail addresses.
TEXT_LIMIT = 1 << 28
_LONGEST_PREFIX = 254  # one byte that is not the terminator


_LABELS_VERSION = "1"


class UnusableState(ValueError):
    """A stored state that cannot be read. The message says why and quotes nothing of the state."""


def encode(snapshot: Snapshot, seal: str = "") -> str:
    """Return `snapshot` as text; equal snapshots give equal text.

    `seal` is further text that the checksum covers. `decode` needs the same text.
    Raises ValueError when a key occurs twice, or when the text of the keys is above `TEXT_LIMIT`.
    """
    sections = snapshot.in_order().sections
    parts = [bytes([len(sections)]), *map(_section_bytes, sections)]
    # The body is padded to a multiple of three bytes, so that base 64 has no unused bits.
    parts.append(bytes(-(_CHECKSUM + sum(map(len, parts))) % 3))
    body = b"".join([_checksum(parts, seal), *parts])
    text = base64.urlsafe_b64encode(body).decode("ascii")
    return f"{_DETAILED if snapshot.detailed else VERSION}.{text}"


def decode(text: str, seal: str = "") -> Snapshot:
    """Return the snapshot that `text` encodes. Raises UnusableState when the text is damaged."""
    if not isinstance(text, str):
        raise UnusableState("the fingerprints are not text")
    version, dot, body_text = text.partition(".")
    if dot and version != VERSION and version.isdecimal():
        raise UnusableState("the fingerprints are of another version")
    try:
        if not dot or version not in (VERSION, _DETAILED):
            raise ValueError("no version")
        reader = Reader(_bytes_of(body_text))
        checksum, body = reader.take(_CHECKSUM), reader.rest()
        if checksum != _checksum([body], seal):
            raise ValueError("wrong checksum")
        detailed = version == _DETAILED
        return Snapshot(_read_sections(Reader(body), detailed=detailed), detailed=detailed)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise UnusableState("the fingerprints are damaged") from error


def encode_labels(snapshot: Snapshot, seal: str) -> str:
    """Return the labels of a labelled snapshot as text.

    `seal`: further text that the checksum covers, as for `encode`.
    """
    columns = [section.labels for section in snapshot.in_order().sections]
    labels = [column for column in columns if column is not None]
    assert len(labels) == len(columns), "labels of a snapshot without labels"
    numbers = number_column(np.concatenate(labels)) if labels else b""
    numbers += bytes(-(_CHECKSUM + len(numbers)) % 3)
    text = base64.urlsafe_b64encode(_checksum([numbers], seal) + numbers).decode("ascii")
    return f"{_LABELS_VERSION}.{text}"


def with_decoded_labels(snapshot: Snapshot, text: object, seal: str) -> Snapshot:
    """Return a snapshot that was decoded with the labels that `text` encodes.

    Returns it as it is if the text is damaged, belongs to another snapshot, or is of a version that
    is not known.
    """
    try:
        version, _, body = text.partition(".") if isinstance(text, str) else ("", "", "")
        if version != _LABELS_VERSION:
            raise ValueError("no known version")
        reader = Reader(_bytes_of(body))
        checksum, numbers = reader.take(_CHECKSUM), reader.rest()
        if checksum != _checksum([numbers], seal):
            raise ValueError("wrong checksum")
        if not snapshot.sections:
            return snapshot
        labels = read_numbers(numbers, len(snapshot)).astype(np.uint32)
    except (ValueError, zlib.error):
        return snapshot
    sizes = [len(section.digests) for section in snapshot.sections]
    return snapshot.with_labels(np.split(labels, np.cumsum(sizes)[:-1]))


def _bytes_of(text: str) -> bytes:
    if "+" in text or "/" in text or "=" in text:
        raise ValueError("not our base 64")
    return base64.b64decode(text.encode("ascii"), b"-_", validate=True)


def _checksum(parts: list[bytes], seal: str) -> bytes:
    checksum = xxh3_64(seal.encode("utf-8", "surrogatepass") + TERMINATOR)
    for part in parts:
        checksum.update(part)
    return checksum.digest()


def _section_bytes(section: Section) -> bytes:
    write = _text_column if section.kind is TEXT else _hex_columns
    columns, digests = write(section), section.digests
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
    if len(reader.rest()) > 2:
        raise ValueError("more than the sections")


def _hex_columns(section: Section) -> list[bytes]:
    words = np.frombuffer(section.keys, ">u4").astype(np.uint32).reshape(len(section.digests), -1)
    if (words[1:] == words[:-1]).all(axis=1).any():
        raise ValueError("a key occurs twice")
    first, *others = words.T
    rises = number_column(np.diff(first, prepend=_ZERO))
    if section.kind is HEX_24:
        return [rises, *_object_id_columns(*others)]
    return [rises, *map(number_column, others)]


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
    """Return packed keys. Each column holds eight digits of every key."""
    words = np.empty(shape, ">u4")
    for place, column in enumerate(columns):
        if (column > _WORD).any():
            raise ValueError("more than eight digits")
        words[:, place] = column
    return words.tobytes()


def _text_column(section: Section) -> list[bytes]:
    if len(section.keys) > TEXT_LIMIT:
        raise ValueError("more text in the keys than a state can hold")
    text, before = bytearray(), None
    for key in unpack_lines(section.keys):
        if key == before:
            raise ValueError("a key occurs twice")
        shared = _shared_prefix(before or b"", key)
        text.append(shared)
        text += key[shared:]
        text += TERMINATOR
        before = key
    return [len(text).to_bytes(4, "big") + bz2.compress(text)]


def _shared_prefix(one: bytes, other: bytes) -> int:
    """Return the length of the common prefix, at most the longest that can be written."""
    length = 0
    for byte, other_byte in zip(one, other, strict=False):
        if byte != other_byte or length == _LONGEST_PREFIX:
            break
        length += 1
    return length


def _read_text_keys(reader: Reader, n: int) -> bytes:
    column = Reader(reader.block())
    length = column.number(4)
    decompressor = bz2.BZ2Decompressor()
    text = decompressor.decompress(column.rest(), min(length, TEXT_LIMIT) + 1)
    if len(text) != length or not decompressor.eof or text.count(TERMINATOR) != n:
        raise ValueError("another number of keys")
    if not text.endswith(TERMINATOR):
        raise ValueError("a key without end")
    packed, key = bytearray(), b""
    for line in unpack_lines(text):
        if not line or len(packed) > TEXT_LIMIT:
            raise ValueError("more text than allowed, or a key without the length of its prefix")
        key = key[: line[0]] + line[1:]
        packed += key
        packed += TERMINATOR
    return bytes(packed)
