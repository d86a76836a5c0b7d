"""Keys and digests of a stream's live records, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.keys import KINDS, Kind, by_kind

Digests = NDArray[np.unsignedinteger[Any]]

DETAILS_BITS = 32
"""How far the digest of a record proper stands to the left where one of its details follows."""
_DETAILS = np.uint64((1 << DETAILS_BITS) - 1)
_SHIFT = np.uint64(DETAILS_BITS)


class Section(NamedTuple):
    """The records whose keys are of one kind: packed keys and, row by row, their digests."""

    kind: Kind
    keys: bytes
    digests: Digests


class Snapshot:
    """The key and the digest of every live record of one stream; immutable.

    A `detailed` one has digests of 64 bits: the record's, and that of its details, which come from
    elsewhere and are not always read (0 where there are none); see `fingerprint`.

    12 bytes per 24-hex key, 16 per UUID, the UTF-8 text and one byte for any other, and 4 or 8 for
    a digest. Two snapshots are equal when they hold the same records, in whatever order.
    """

    def __init__(self, sections: Iterable[Section] = (), *, detailed: bool = False) -> None:
        """Take at most one section for each kind; empty ones are dropped."""
        self.sections = tuple(section for section in sections if len(section.digests))
        self.detailed = detailed

    @classmethod
    def of(
        cls, records: Mapping[str, int] | Iterable[tuple[str, int]], *, detailed: bool = False
    ) -> Snapshot:
        """Return the snapshot of `records`: keys and digests."""
        pairs = iter(records.items() if isinstance(records, Mapping) else records)
        columns = GrowingColumns(detailed=detailed)
        while page := list(islice(pairs, 1000)):
            columns.append([key for key, _ in page], [digest for _, digest in page])
        return cls((columns.section(kind) for kind in KINDS), detailed=detailed)

    def with_details(self) -> Snapshot:
        """Return the same records as having no details."""
        if self.detailed:
            return self
        return Snapshot(
            (
                Section(kind, keys, digests.astype(np.uint64) << _SHIFT)
                for kind, keys, digests in self.sections
            ),
            detailed=True,
        )

    def without_details(self) -> Snapshot:
        """Return the records proper; those that had details as ones that look otherwise now."""
        if not self.detailed:
            return self
        return Snapshot(
            Section(kind, keys, _proper(digests)) for kind, keys, digests in self.sections
        )

    def __len__(self) -> int:
        return sum(len(section.digests) for section in self.sections)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Yield (key, digest), kind by kind."""
        for kind, keys, digests in self.sections:
            yield from zip(kind.unpack(keys), map(int, digests), strict=True)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Snapshot)
            and self.detailed == other.detailed
            and sorted(self) == sorted(other)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self)} records>"


def digest_type(*, detailed: bool) -> type[np.unsignedinteger[Any]]:
    """Return what the digests of a snapshot are kept in."""
    return np.uint64 if detailed else np.uint32


def _proper(digests: Digests) -> Digests:
    """Return the digests of records proper, all bits turned over where there are details."""
    has_details = (digests & _DETAILS) != 0
    return ((digests >> _SHIFT) ^ np.where(has_details, _DETAILS, 0)).astype(np.uint32)


class GrowingColumns:
    """Columns of keys and digests that are appended to, page by page."""

    def __init__(self, *, detailed: bool) -> None:
        self._type = digest_type(detailed=detailed)
        self._keys = {kind: bytearray() for kind in KINDS}
        self._digests = {kind: array("Q" if detailed else "I") for kind in KINDS}

    def append(self, keys: Sequence[str], digests: Sequence[int]) -> None:
        """Add one row for each key."""
        for kind, packed, their_digests in by_kind(keys, digests):
            self._keys[kind] += packed
            self._digests[kind].extend(their_digests)

    def __len__(self) -> int:
        return sum(map(len, self._digests.values()))

    def section(self, kind: Kind) -> Section:
        """Return a copy of the rows of one kind."""
        digests: Digests = np.array(self._digests[kind], self._type)
        return Section(kind, bytes(self._keys[kind]), digests)
