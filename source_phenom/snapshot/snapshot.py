"""Keys and digests of a stream's live records, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.keys import KINDS, Kind, by_kind

Digests = NDArray[np.uint32]


class Section(NamedTuple):
    """The records whose keys are of one kind: packed keys and, row by row, their digests."""

    kind: Kind
    keys: bytes
    digests: Digests


class Snapshot:
    """The key and the digest of every live record of one stream; immutable.

    12 bytes per 24-hex key, 16 per UUID, the UTF-8 text and one byte for any other, and 4 for a
    digest. Two snapshots are equal when they hold the same records, in whatever order.
    """

    def __init__(self, sections: Iterable[Section] = ()) -> None:
        """Take at most one section for each kind; empty ones are dropped."""
        self.sections = tuple(section for section in sections if len(section.digests))

    @classmethod
    def of(cls, records: Mapping[str, int] | Iterable[tuple[str, int]]) -> Snapshot:
        """Return the snapshot of `records`: keys and 32-bit digests."""
        pairs = iter(records.items() if isinstance(records, Mapping) else records)
        columns = GrowingColumns()
        while page := list(islice(pairs, 1000)):
            columns.append([key for key, _ in page], [digest for _, digest in page])
        return cls(columns.section(kind) for kind in KINDS)

    def __len__(self) -> int:
        return sum(len(section.digests) for section in self.sections)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Yield (key, digest), kind by kind."""
        for kind, keys, digests in self.sections:
            yield from zip(kind.unpack(keys), map(int, digests), strict=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and sorted(self) == sorted(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self)} records>"


class GrowingColumns:
    """Columns of keys and digests that are appended to, page by page."""

    def __init__(self) -> None:
        self._keys = {kind: bytearray() for kind in KINDS}
        self._digests = {kind: array("I") for kind in KINDS}

    def append(self, keys: Sequence[str], digests: Sequence[int]) -> None:
        """Add one row for each key."""
        for kind, packed, their_digests in by_kind(keys, digests):
            self._keys[kind] += packed
            self._digests[kind].extend(their_digests)

    def __len__(self) -> int:
        return sum(map(len, self._digests.values()))

    def section(self, kind: Kind) -> Section:
        """Return a copy of the rows of one kind."""
        digests = np.array(self._digests[kind], np.uint32)
        return Section(kind, bytes(self._keys[kind]), digests)
