"""Text keys in packed form.

A key is any text. A key of 24 or 32 lower-case hexadecimal digits, a UUID with dashes, or
`email:` and 32 digits (the pseudonym of a candidate's e-mail address) takes 12 or 16 bytes. Any
other key is UTF-8 followed by the byte 0xFF, which UTF-8 never uses. Each kind packs many keys into
one `bytes`. `kind_of` tells which kind packs a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]

TERMINATOR = b"\xff"
_KEYS_AT_A_TIME = 1 << 12
_BYTES_AT_A_TIME = 1 << 18


class Kind(Protocol):
    """How keys of one shape are packed."""

    @property
    def code(self) -> int:
        """The number of the kind in the encoding, from 1."""

    def count(self, packed: bytes) -> int:
        """Return how many keys `packed` holds."""

    def pack(self, keys: Sequence[str]) -> bytes | None:
        """Return the keys packed, or None when one of them is not of this kind."""

    def unpack(self, packed: bytes) -> Iterator[str]:
        """Yield the keys of `packed`; only some of them are in memory at a time."""

    def select(self, packed: bytes, mask: NDArray[np.bool_]) -> bytes:
        """Return the keys for which `mask` is true, packed."""

    def order(self, packed: bytes) -> Places | None:
        """Return the places of the keys in ascending order; None if that is how they are."""

    def take(self, packed: bytes, places: Places) -> bytes:
        """Return the keys at these places, packed."""


class HexKind:
    """Keys of a fixed number of lower-case hexadecimal digits, with dashes at some places.

    :param prefix: what each key begins with; `dashes` are counted behind it.
    """

    def __init__(
        self, code: int, digits: int, dashes: tuple[int, ...] = (), prefix: str = ""
    ) -> None:
        self.code = code
        self.length = len(prefix) + digits + len(dashes)
        self._bytes = digits // 2
        self._dashes = dashes
        self._behind_prefix = digits + len(dashes)
        self._prefix = prefix

    def count(self, packed: bytes) -> int:
        return len(packed) // self._bytes

    def pack(self, keys: Sequence[str]) -> bytes | None:
        if set(map(len, keys)) != {self.length}:
            return None
        if self._prefix:
            if not all(key.startswith(self._prefix) for key in keys):
                return None
            keys = [key[len(self._prefix) :] for key in keys]
        digits = "".join(keys)
        if self._dashes:
            if any(set(digits[at :: self._behind_prefix]) != {"-"} for at in self._dashes):
                return None
            digits = digits.replace("-", "")
        try:
            packed = bytes.fromhex(digits)
        except ValueError:
            return None
        # Dashes at more places are lost. So are upper case and spaces, which fromhex accepts.
        is_whole = len(packed) == self._bytes * len(keys) and packed.hex() == digits
        return packed if is_whole else None

    def unpack(self, packed: bytes) -> Iterator[str]:
        digits = 2 * self._bytes
        for start in range(0, len(packed), self._bytes * _KEYS_AT_A_TIME):
            text = packed[start : start + self._bytes * _KEYS_AT_A_TIME].hex()
            keys = [text[at : at + digits] for at in range(0, len(text), digits)]
            for at in self._dashes:
                keys = [f"{key[:at]}-{key[at:]}" for key in keys]
            if self._prefix:
                keys = [self._prefix + key for key in keys]
            yield from keys

    def select(self, packed: bytes, mask: NDArray[np.bool_]) -> bytes:
        if mask.all():
            return packed
        return np.frombuffer(packed, np.uint8).reshape(-1, self._bytes)[mask].tobytes()

    def order(self, packed: bytes) -> Places | None:
        # NumPy ignores zero bytes at the end of such a text. All keys have the same length.
        keys = np.frombuffer(packed, f"S{self._bytes}")
        if (keys[1:] >= keys[:-1]).all():
            return None
        words = np.frombuffer(packed, ">u4").astype(np.uint32).reshape(len(keys), -1)
        return np.lexsort(words.T[::-1])

    def take(self, packed: bytes, places: Places) -> bytes:
        return np.frombuffer(packed, np.uint8).reshape(-1, self._bytes)[places].tobytes()


class TextKind:
    """All other keys."""

    def __init__(self, code: int) -> None:
        self.code = code

    def count(self, packed: bytes) -> int:
        return packed.count(TERMINATOR)

    def pack(self, keys: Sequence[str]) -> bytes | None:
        if any(kind_of(key) is not self for key in keys):
            return None
        # JSON can hold half a surrogate pair, which strict UTF-8 refuses.
        return b"".join([key.encode("utf-8", "surrogatepass") + TERMINATOR for key in keys])

    def unpack(self, packed: bytes) -> Iterator[str]:
        for line in unpack_lines(packed):
            yield line.decode("utf-8", "surrogatepass")

    def select(self, packed: bytes, mask: NDArray[np.bool_]) -> bytes:
        if mask.all():
            return packed
        text = np.frombuffer(packed, np.uint8)
        lengths = np.diff(np.flatnonzero(text == TERMINATOR[0]), prepend=-1)
        return text[np.repeat(mask, lengths)].tobytes()

    def order(self, packed: bytes) -> Places | None:
        keys = list(unpack_lines(packed))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        places = np.array(order, np.intp)
        return None if (places[1:] > places[:-1]).all() else places

    def take(self, packed: bytes, places: Places) -> bytes:
        keys = list(unpack_lines(packed))
        return b"".join([keys[place] + TERMINATOR for place in places.tolist()])


HEX_24 = HexKind(1, 24)
UUID = HexKind(2, 32, dashes=(8, 13, 18, 23))
HEX_32 = HexKind(3, 32)
TEXT = TextKind(4)
EMAIL_HEX_32 = HexKind(5, 32, prefix="email:")
KINDS: tuple[Kind, ...] = (HEX_24, UUID, HEX_32, TEXT, EMAIL_HEX_32)

_HEX_BY_LENGTH = {kind.length: kind for kind in (HEX_24, UUID, HEX_32, EMAIL_HEX_32)}


def kind_of(key: str) -> Kind:
    """Return the kind that `key` belongs to."""
    kind = _HEX_BY_LENGTH.get(len(key))
    return kind if kind is not None and kind.pack((key,)) is not None else TEXT


def unpack_lines(packed: bytes) -> Iterator[bytes]:
    """Yield the lines before each terminator; only some of them are split at a time."""
    start = 0
    while start < len(packed):
        end = packed.find(TERMINATOR, start + _BYTES_AT_A_TIME)
        end = end if end >= 0 else len(packed) - 1
        yield from packed[start:end].split(TERMINATOR)
        start = end + 1


def by_kind(
    keys: Sequence[str], digests: Sequence[int]
) -> Iterator[tuple[Kind, bytes, Sequence[int]]]:
    """Yield one (kind, packed keys, their digests) for each kind among `keys`."""
    if not keys:
        return
    likely = _HEX_BY_LENGTH.get(len(keys[0]))
    if likely is not None and (packed := likely.pack(keys)) is not None:
        yield likely, packed, digests
        return
    groups: dict[Kind, tuple[list[str], list[int]]] = {}
    for key, digest in zip(keys, digests, strict=True):
        group = groups.setdefault(kind_of(key), ([], []))
        group[0].append(key)
        group[1].append(digest)
    for kind, (some_keys, their_digests) in groups.items():
        packed = kind.pack(some_keys)
        assert packed is not None
        yield kind, packed, their_digests
