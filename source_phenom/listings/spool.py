"""Groups rows by key on disk, for rows that must be seen together but arrive apart.

A candidate's columns come from its newest application and its source from the oldest; a job can
be listed once per locale and site type. Only at the end of the scan is it known which row counts.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from source_phenom.listings.one_time_cipher import OneTimeCipher

_SHARDS = 128
SHARD_IN_MEMORY = 256 * 1024
"""Bytes of a shard before it goes to disk: 32 MB in all, so that a small tenant stays in memory."""
_LENGTH_BYTES = 4
_TEXTS_IN_MEMORY = 32 * 1024 * 1024


class TextPlace(NamedTuple):
    """Where a text is in a :class:`TextStore`."""

    offset: int
    length: int


class Spool:
    """Groups rows by key on disk: rows of one key share a shard, and one shard fits in memory.

    The files are anonymous (unlinked, readable by this user only) and vanish with the process.
    A full disk raises ``OSError``.

    :param encrypted: whether the files are encrypted, with a key that is nowhere but in memory.
    """

    def __init__(self, *, encrypted: bool = False) -> None:
        self._files = ExitStack()
        self._shards = [_Shard(self._files, encrypted=encrypted) for _ in range(_SHARDS)]

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, key: str, row: tuple[Any, ...]) -> None:
        """Keep a row of plain values (text, bytes, numbers, None, tuples)."""
        self._shards[crc32(key.encode()) % _SHARDS].add(marshal.dumps((key, row)))

    def groups(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Every key with its rows, in an order that depends only on the keys and their arrival."""
        for shard in self._shards:
            grouped: dict[str, list[tuple[Any, ...]]] = {}
            for key, row in shard.rows():
                grouped.setdefault(key, []).append(row)
            yield from grouped.items()


class TextStore:
    """Keeps texts until they are asked for: a few in memory, many in an anonymous file.

    :param encrypted: as in :class:`Spool`.
    """

    def __init__(self, *, encrypted: bool = False) -> None:
        self._cipher = _one_time_cipher() if encrypted else None
        self._file = SpooledTemporaryFile(max_size=_TEXTS_IN_MEMORY)  # noqa: SIM115
        self._end = 0

    def __enter__(self) -> TextStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, text: bytes) -> TextPlace:
        """Keep a text; returns where it is."""
        place = TextPlace(self._end, len(text))
        self._file.seek(self._end)
        self._file.write(text if self._cipher is None else self._cipher.encrypted(text))
        self._end += len(text)
        return place

    def text(self, place: TextPlace) -> bytes:
        self._file.seek(place.offset)
        content = self._file.read(place.length)
        return content if self._cipher is None else self._cipher.decrypted(content, place.offset)


class _Shard:
    """Marshalled rows: the newest in memory, the older ones in a file once there are many."""

    def __init__(self, files: ExitStack, *, encrypted: bool) -> None:
        self._files = files
        self._is_encrypted = encrypted
        self._cipher: OneTimeCipher | None = None
        self._file: IO[bytes] | None = None
        self._recent: list[bytes] = []
        self._recent_bytes = 0

    def add(self, row: bytes) -> None:
        self._recent.append(row)
        self._recent_bytes += len(row)
        if self._recent_bytes > SHARD_IN_MEMORY:
            self._spill()

    def rows(self) -> Iterator[Any]:
        if self._file is not None:
            self._file.seek(0)
            content = self._file.read()
            if self._cipher is not None:
                content = self._cipher.decrypted(content)
            spilled = memoryview(content)
            start = 0
            while start < len(spilled):
                end = start + _LENGTH_BYTES
                length = int.from_bytes(spilled[start:end], "little")
                yield marshal.loads(spilled[end : end + length])
                start = end + length
        yield from map(marshal.loads, self._recent)

    def _spill(self) -> None:
        if self._file is None:
            self._file = self._files.enter_context(TemporaryFile(buffering=0))  # noqa: SIM115
            if self._is_encrypted:
                self._cipher = _one_time_cipher()
        framed = b"".join(
            part
            for row in self._recent
            for part in (len(row).to_bytes(_LENGTH_BYTES, "little"), row)
        )
        if self._cipher is not None:
            framed = self._cipher.encrypted(framed)
        left = memoryview(framed)
        while left:
            # On a disk that fills up, the last write is short, and only the next one raises.
            left = left[self._file.write(left) :]
        self._recent, self._recent_bytes = [], 0


def _one_time_cipher() -> OneTimeCipher:
    # Imported only in the mode that encrypts.
    from source_phenom.listings.one_time_cipher import OneTimeCipher

    return OneTimeCipher()
