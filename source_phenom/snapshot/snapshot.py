"""Keys and digests of a stream's live records, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.fingerprint import (
    Digests,
    digest_type,
    with_details_dropped,
    with_null_details,
)
from source_phenom.snapshot.keys import KINDS, Kind, by_kind

Labels = NDArray[np.uint32]


class Section(NamedTuple):
    """The records whose keys are of one kind: packed keys and, row by row, their digests.

    `labels`: row by row a number that means something to the stream; None if it keeps none.
    """

    kind: Kind
    keys: bytes
    digests: Digests
    labels: Labels | None = None


class Snapshot:
    """The key and the digest of every live record of one stream; immutable.

    The digests of a `detailed` snapshot have 64 bits, see `fingerprint`; those of others have 32.
    The records of a `labelled` snapshot have labels.

    In memory a 24-hex key takes 12 bytes, a UUID 16, any other key its UTF-8 text and one byte; a
    digest takes 4 or 8. Two snapshots are equal when they hold the same records, in any order.
    """

    def __init__(self, sections: Iterable[Section] = (), *, detailed: bool = False) -> None:
        """Take at most one section for each kind. Empty sections are dropped."""
        self.sections = tuple(section for section in sections if len(section.digests))
        self.detailed = detailed
        self.labelled = all(section.labels is not None for section in self.sections)

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
                section._replace(digests=with_null_details(section.digests))
                for section in self.sections
            ),
            detailed=True,
        )

    def without_details(self) -> Snapshot:
        """Return a snapshot without details, in which records that had details look changed."""
        if not self.detailed:
            return self
        return Snapshot(
            section._replace(digests=with_details_dropped(section.digests))
            for section in self.sections
        )

    def with_labels(self, labels: Sequence[Labels] | None) -> Snapshot:
        """Return the same records with labels, given section by section, or without labels."""
        column: Iterable[Labels | None] = labels or [None] * len(self.sections)
        pairs = zip(self.sections, column, strict=True)
        return Snapshot(
            (section._replace(labels=of_section) for section, of_section in pairs),
            detailed=self.detailed,
        )

    def in_order(self) -> Snapshot:
        """Return the same records sorted by kind and key, as the encoding has them."""
        sections = sorted(self.sections, key=lambda section: section.kind.code)
        return Snapshot(map(_in_order, sections), detailed=self.detailed)

    def __len__(self) -> int:
        return sum(len(section.digests) for section in self.sections)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Yield (key, digest), kind by kind."""
        for kind, keys, digests, _ in self.sections:
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
    """Columns of keys, digests and labels that are appended to, page by page."""

    def __init__(self, *, detailed: bool) -> None:
        self._type = digest_type(detailed=detailed)
        self._keys = {kind: bytearray() for kind in KINDS}
        self._digests = {kind: array("Q" if detailed else "I") for kind in KINDS}
        self._labels = {kind: array("I") for kind in KINDS}

    def append(
        self, keys: Sequence[str], digests: Sequence[int], labels: Sequence[int] | None = None
    ) -> None:
        """Add one row for each key. Without `labels`, they are 0."""
        for kind, packed, their_digests in by_kind(keys, digests):
            self._keys[kind] += packed
            self._digests[kind].extend(their_digests)
        if labels is not None:
            for kind, _, their_labels in by_kind(keys, labels):
                self._labels[kind].extend(their_labels)

    def __len__(self) -> int:
        return sum(map(len, self._digests.values()))

    def section(self, kind: Kind, *, labelled: bool = False) -> Section:
        """Return a copy of the rows of one kind."""
        digests: Digests = np.array(self._digests[kind], self._type)
        labels = np.array(self._labels[kind], np.uint32) if labelled else None
        return Section(kind, bytes(self._keys[kind]), digests, labels)


def _in_order(section: Section) -> Section:
    order = section.kind.order(section.keys)
    if order is None:
        return section
    keys = section.kind.take(section.keys, order)
    labels = section.labels[order] if section.labels is not None else None
    return Section(section.kind, keys, section.digests[order], labels)
