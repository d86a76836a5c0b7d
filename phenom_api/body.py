"""Reads and decompresses the body of an answer, up to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from phenom_api.deadline import MOST_BYTES, TooLarge

ACCEPTED = "gzip, deflate"
"""The encodings that we ask for. No other is decompressed."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""``wbits`` of zlib. ``deflate`` means zlib's format, but some servers send raw deflate."""
_MOST_CODINGS = 3
_MOST_MEMBERS = 10_000
"""Members of a gzip body. An empty member takes time too."""
MOST_VALUES = 2_000_000
"""Commas and opening brackets of a body. Parsed small values need twenty times as much memory as
their text: 64 MiB of empty objects become 1.5 GB. A page of a thousand long rows has 300,000."""
_PIECE = 1024 * 1024
"""Bytes that are read at a time. After each piece other threads may run: with the pieces of 10 kB
that requests reads, a page takes twice as long to arrive."""
_WINDOW = 16 * 1024
"""Bytes that are decompressed at a time. zlib copies the rest of the window after each gzip member,
so many small members in a large window would take quadratic time."""


def read_body(raw: Any) -> bytes:
    """The whole body of urllib3's response.

    :raises TooLarge: if it has more than :data:`MOST_BYTES`, or :data:`MOST_VALUES`.
    :raises zlib.error: if the compressed data is damaged or cut off.
    """
    content = b"".join(pieces_of(raw, MOST_BYTES))
    if len(content) > MOST_VALUES and sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooLarge("the answer has too many values")
    return content


def pieces_of(raw: Any, most_bytes: int) -> Iterator[bytes]:
    """The body of urllib3's response in pieces of at most 1 MiB.

    Decompressed here, as urllib3 uses unbounded memory for gzip with several members.

    :param most_bytes: of the decompressed body. The bytes on the wire are limited by
        :class:`phenom_api.deadline.Exchange`.
    :raises TooLarge: if it has more.
    :raises zlib.error: if the compressed data is damaged or cut off.
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
    """Decompress member by member. Bytes that follow the last member are ignored."""
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
                    content = decoder.decompress(window, _PIECE)
                except zlib.error:
                    if not members:
                        raise
                    return
                if content:
                    yield content
                window = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if decoder is not None and not decoder.eof and not members:
        raise zlib.error("cut off")


def _is_zlib(beginning: bytes) -> bool:
    """Whether a body begins with the two header bytes of zlib's format (RFC 1950)."""
    two = int.from_bytes(beginning[:2], "big")
    return two >> 8 & 15 == zlib.DEFLATED and two % 31 == 0
