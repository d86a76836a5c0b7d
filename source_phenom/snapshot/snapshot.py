"""Keys and digests of a stream's live records, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from source_phenom.snapshot.fingerprint import (
    Digests,
    digest_type,
    with_details_dropped,
    with_null_details,
)
from source_phenom.snapshot.keys import KINDS, Kind, by_kind


class Section(NamedTuple):
    """The records whose keys are of one kind: packed keys and, row by row, their digests."""

    kind: Kind
    keys: bytes
    digests: Digests


class Snapshot:
    """The key and the digest of every live record of one stream; immutable.

    The digests of a `detailed` snapshot have 64 bits, see `fingerprint`; those of others have 32.

    In memory a 24-hex key takes 12 bytes, a UUID 16, any other key its UTF-8 text and one byte; a
    digest takes 4 or 8. Two snapshots are equal when they hold the same records, in any order.
    """

    def __init__(self, sections: Iterable[Section] = (), *, detailed: bool = False) -> None:
        """Take at most one section for each kind. Empty sections are dropped."""
        self.sections = tuple(section for section in sections if len(section.digests))
        self.detailed = detailed

    @classmethod
    def from_records(
        cls, records: Mapping[str, int] | Iterable[tuple[str, int]], *, detailed: bool = False
    ) -> Snapshot:
        """Return the snapshot of records, given as keys and their digests."""
        pairs = iter(records.items() if isinstance(records, Mapping) else records)
        columns = GrowingColumns(detailed=detailed)
        while page := list(islice(pairs, 1000)):
            columns.append([key for key, _ in page], [digest for _, digest in page])
        return cls((columns.section(kind) for kind in KINDS), detailed=detailed)

    def with_details(self) -> Snapshot:
        """Return a detailed snapshot of the same records; new details are null."""
        if self.detailed:
            return self
        return Snapshot(
            (
                Section(kind, keys, with_null_details(digests))
                for kind, keys, digests in self.sections
            ),
            detailed=True,
        )

    def without_details(self) -> Snapshot:
        """Return a snapshot without details, in which records that had details look changed."""
        if not self.detailed:
            return self
        return Snapshot(
            Section(kind, keys, with_details_dropped(digests))
            for kind, keys, digests in self.sections
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
