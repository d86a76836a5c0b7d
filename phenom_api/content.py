"""The body of an answer, decompressed, up to a bound."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from phenom_api.deadline import MOST_BYTES, TooLarge

ACCEPTED = "gzip, deflate"
"""What is asked for, and all that is decompressed."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""``wbits`` of zlib. ``deflate`` means zlib's format, and some servers send the raw one."""
_MOST_CODINGS = 3
_MOST_MEMBERS = 10_000
"""Parts of a gzip body; each can be empty, and takes its time all the same."""
MOST_VALUES = 2_000_000
"""Commas and opening brackets of a body. Small values need twenty times as much memory as their
text: 64 MiB of empty objects become 1.5 GB. A page of a thousand long rows has 300,000."""
_PIECE = 1024 * 1024
"""Bytes that are read at a time. After each piece other threads get a turn: with the pieces of
10 kB that requests reads, a page of a listing takes twice as long to come in."""
_WINDOW = 16 * 1024
"""Bytes that are decompressed at a time. What follows a gzip member in them is copied, so that
very many members in a large window would cost their number squared."""


def read_content(raw: Any) -> bytes:
    """The whole body behind urllib3's response.

    :raises TooLarge: where it has more than :data:`MOST_BYTES`, or :data:`MOST_VALUES`.
    :raises zlib.error: where it is damaged or cut off.
    """
    content = b"".join(pieces_of(raw, MOST_BYTES))
    if len(content) > MOST_VALUES and sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooLarge("the answer has too many values")
    return content


def pieces_of(raw: Any, most_bytes: int) -> Iterator[bytes]:
    """The body behind urllib3's response, in pieces of at most a MiB.

    urllib3 could decompress it, but its memory has no bound for gzip of several members.

    :param most_bytes: of the body; the bound of what is on the wire is the exchange's.
    :raises TooLarge: where it has more. :raises zlib.error: where it is damaged or cut off.
    """
    pieces = iter(lambda: raw.read(_PIECE, decode_content=False), b"")
    codings = raw.headers.get("Content-Encoding", "").lower().split(",")
    if len(codings) > _MOST_CODINGS:
        raise zlib.error("compressed too often")
    for coding in reversed(codings):
        if coding.strip() in ("gzip", "x-gzip", "deflate"):
            pieces = _counted(_inflated(pieces, is_gzip="gzip" in coding), most_bytes)
    return _counted(pieces, most_bytes)


def _counted(pieces: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    left = most_bytes
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise TooLarge("the answer is too large")
        yield piece


def _inflated(pieces: Iterable[bytes], *, is_gzip: bool) -> Iterator[bytes]:
    """``pieces`` decompressed, member by member; what follows the last one is passed over."""
    decoder: Any = None
    members = 0
    wbits = _GZIP
    for piece in pieces:
        for start in range(0, len(piece), _WINDOW):
            window = piece[start : start + _WINDOW]
            if decoder is None:
                if not is_gzip:
                    wbits = _ZLIB if _is_zlib(window) else _RAW
                decoder = zlib.decompressobj(wbits)
            while window:
                if decoder.eof:
                    members += 1
                    if members > _MOST_MEMBERS:
                        raise TooLarge("the answer has too many parts")
                    decoder = zlib.decompressobj(wbits)
                try:
                    found = decoder.decompress(window, _PIECE)
                except zlib.error:
                    if not members:
                        raise
                    return
                if found:
                    yield found
                window = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if decoder is not None and not decoder.eof and not members:
        raise zlib.error("cut off")


def _is_zlib(beginning: bytes) -> bool:
    """Whether a body has the two bytes that zlib's format begins with (RFC 1950)."""
    two = int.from_bytes(beginning[:2], "big")
    return two >> 8 & 15 == zlib.DEFLATED and two % 31 == 0
