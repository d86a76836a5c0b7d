"""Which records of a listing are new, changed, unchanged or gone since the previous sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import chain, compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.fingerprint import Digests, digest_type, without_details
from source_phenom.snapshot.keys import KINDS, Kind
from source_phenom.snapshot.snapshot import GrowingColumns, Labels, Section, Snapshot

_Hashes = NDArray[np.int64]
_Rows = NDArray[np.unsignedinteger[Any]]
_Mask = NDArray[np.bool_]


class Verdict(IntEnum):
    """How a record compares with the previous sync. The caller emits NEW and CHANGED records."""

    UNCHANGED = 0
    NEW = 1
    CHANGED = 2
    #: Its key was observed before in this run. Only the first digest counts.
    DUPLICATE = 3


class Remembered(NamedTuple):
    """What the previous sync remembers of a record: its digest without details, and its label."""

    digest: int
    label: int


_VERDICTS = tuple(Verdict)
_UNCHANGED, _NEW, _CHANGED, _DUPLICATE = (np.uint8(verdict) for verdict in Verdict)
_FEW = 4096


class Comparison:
    """Compares what a run reads with the `previous` snapshot, record by record, in any order.

    Without state, and in full refresh, `previous` is empty and every record is NEW. A record that
    comes back after it was reported gone is NEW too, because a snapshot holds live records only.

    A record that was observed counts as printed: `snapshot` covers it from then on. Nothing here
    is locked. So whoever prints holds one lock while it observes a page and prints its NEW and
    CHANGED records, and takes the same lock to take a snapshot and print it as state.

    A listing that is read a second time goes through the same comparison: a record of the first
    reading is a DUPLICATE and not printed again, and only what neither reading showed is gone.

    If `previous` is detailed, the digests observed are detailed too. A run that does not read
    the details of every record asks `compare_without_details` first, and calls
    `observe_unchanged` for the records whose details it does not read.

    If the stream is `labelled`, each record has a label: a number of the caller's. It is kept
    beside the digest and says nothing about whether the record changed.

    Records are told apart by Python's 64-bit hash of their keys. Two of a million keys share a hash
    with a probability of 3e-8; they then count as one record in that process. Beside the packed
    keys and digests of both sides this takes 13 bytes for a record of `previous` and about 20 for a
    new one.
    """

    def __init__(self, previous: Snapshot, *, labelled: bool = False) -> None:
        self._sections = previous.sections
        self._detailed = previous.detailed
        self._labelled = labelled
        self._labels = _labels_of(previous)
        self._has_changes = False
        self._has_other_labels = False
        self._type = digest_type(detailed=previous.detailed)
        self._digests: Digests = np.concatenate(
            [np.zeros(0, self._type), *(section.digests for section in previous.sections)]
        )
        self._observed = np.zeros(len(previous), np.bool_)
        keys = chain.from_iterable(kind.unpack(keys) for kind, keys, *_ in previous.sections)
        hashes = np.fromiter(map(hash, keys), np.int64, len(previous))
        self._rows = np.argsort(hashes).astype(np.uint32)
        self._hashes = hashes[self._rows]
        self._new_hashes = _HashSet()
        self._new = GrowingColumns(detailed=previous.detailed)

    def observe(self, key: str, digest: int) -> Verdict:
        """Observe one record. It takes as long as `observe_page` with fifty records."""
        return self.observe_page((key,), (digest,))[0]

    def observe_page(
        self, keys: Sequence[str], digests: Sequence[int], labels: Sequence[int] | None = None
    ) -> list[Verdict]:
        """Observe records, given as keys and their digests, and return their verdicts in order.

        `labels` are given if, and only if, the stream is labelled.
        """
        n = len(keys)
        if len(set(keys)) < n:
            return [
                self.observe_page((key,), (digest,), labels and (labels[place],))[0]
                for place, (key, digest) in enumerate(zip(keys, digests, strict=True))
            ]
        hashes, known, rows = self._look_up(keys)
        if not len(rows):
            return _as_list(self._observe_unknown(hashes, keys, digests, labels))
        verdicts = np.empty(n, np.uint8)
        if len(rows) < n:
            unknown = ~known
            verdicts[unknown] = self._observe_unknown(
                hashes[unknown], *_chosen(unknown, keys, digests, labels)
            )
        read = np.fromiter(digests, self._type, n)[known]
        changed = self._digests[rows] != read
        verdicts[known] = self._verdicts(rows, changed)
        first = ~self._observed[rows]
        self._has_changes |= bool(changed.any())
        self._digests[rows[first]] = read[first]
        if labels is not None:
            given = np.fromiter(labels, np.uint32, n)[known][first]
            self._has_other_labels |= bool((self._labels[rows[first]] != given).any())
            self._labels[rows[first]] = given
        self._observed[rows] = True
        return _as_list(verdicts)

    def remembered(self, keys: Sequence[str]) -> list[Remembered | None]:
        """Return what is remembered of records; None for records that are not remembered.

        Records that were observed in this run count as they were observed, unless they are new.
        """
        _, known, rows = self._look_up(keys)
        digests = self._digests[rows]
        if self._detailed:
            digests = without_details(digests)
        found = map(Remembered, digests.tolist(), self._labels[rows].tolist())
        return [next(found) if is_known else None for is_known in known.tolist()]

    def compare_without_details(self, keys: Sequence[str], digests: Sequence[int]) -> list[Verdict]:
        """Compare records of which the details are not read. Nothing is observed.

        `digests` are the fingerprints of the other columns (32 bits); `previous` is detailed.
        UNCHANGED says nothing about the details.
        """
        hashes, known, rows = self._look_up(keys)
        verdicts = np.where(self._new_hashes.holds(hashes), _DUPLICATE, _NEW)
        read = np.fromiter(digests, np.uint32, len(keys))[known]
        verdicts[known] = self._verdicts(rows, without_details(self._digests[rows]) != read)
        return _as_list(verdicts)

    def observe_unchanged(self, keys: Sequence[str], labels: Sequence[int] | None = None) -> None:
        """Observe records of `previous` with the digests that they have there."""
        _, known, rows = self._look_up(keys)
        if labels is not None:
            given = np.fromiter(labels, np.uint32, len(keys))[known]
            self._has_other_labels |= bool((self._labels[rows] != given).any())
            self._labels[rows] = given
        self._observed[rows] = True

    def observe_unchanged_where(self, is_unchanged: Callable[[str], bool]) -> int:
        """Do so for every record not observed so far whose key passes; return how many."""
        before = self.gone_count
        for kind, keys, rows in self._previous():
            missing = np.flatnonzero(~self._observed[rows])
            unobserved = kind.unpack(kind.select(keys, ~self._observed[rows]))
            chosen = np.fromiter(map(is_unchanged, unobserved), np.bool_, len(missing))
            self._observed[rows.start + missing[chosen]] = True
        return before - self.gone_count

    def _look_up(self, keys: Sequence[str]) -> tuple[_Hashes, _Mask, _Rows]:
        """Return the keys' hashes, which keys `previous` holds, and the rows of those."""
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        places, known = _find(hashes, self._hashes)
        return hashes, known, self._rows[places[known]]

    def _verdicts(self, rows: _Rows, changed: _Mask) -> NDArray[np.uint8]:
        """Return the verdicts on rows of `previous`."""
        return np.where(self._observed[rows], _DUPLICATE, np.where(changed, _CHANGED, _UNCHANGED))

    def _observe_unknown(
        self,
        hashes: _Hashes,
        keys: Sequence[str],
        digests: Sequence[int],
        labels: Sequence[int] | None,
    ) -> NDArray[np.uint8]:
        """Observe records of a page that `previous` does not hold; return their verdicts."""
        first = self._new_hashes.add(hashes)
        if not first.all():
            keys, digests, labels = _chosen(first, keys, digests, labels)
        self._new.append(keys, digests, labels)
        return np.where(first, _NEW, _DUPLICATE)

    @property
    def previous_count(self) -> int:
        """How many records the previous snapshot holds."""
        return len(self._observed)

    @property
    def observed_count(self) -> int:
        """How many records were observed so far, each counted once."""
        return int(np.count_nonzero(self._observed)) + len(self._new)

    @property
    def gone_count(self) -> int:
        """How many records of the previous snapshot were not observed so far."""
        return len(self._observed) - int(np.count_nonzero(self._observed))

    def is_as_before(self, *, complete: bool) -> bool:
        """Whether `snapshot` has the records and digests of the previous one."""
        return not (self._has_changes or len(self._new) or (complete and self.gone_count))

    def is_labelled_as_before(self, *, complete: bool) -> bool:
        """Whether `snapshot` has the records and labels of the previous one."""
        return not (self._has_other_labels or len(self._new) or (complete and self.gone_count))

    def gone(self) -> Iterator[str]:
        """Yield the keys of the previous snapshot that were not observed so far."""
        for kind, keys, rows in self._previous():
            yield from kind.unpack(kind.select(keys, ~self._observed[rows]))

    def snapshot(self, *, complete: bool) -> Snapshot:
        """Return what the next run compares with.

        `complete`: exactly what was observed. That is right only for a scan known to be complete,
        after a tombstone was printed for every key of `gone`. Otherwise (a checkpoint, or a scan
        that failed or may have missed records) it is the previous snapshot, updated with what was
        observed.
        """
        labelled = self._labelled
        sections = {kind: [self._new.section(kind, labelled=labelled)] for kind in KINDS}
        for kind, keys, rows in self._previous():
            digests, labels = self._digests[rows], self._labels[rows]
            if complete:
                observed = self._observed[rows]
                keys = kind.select(keys, observed)
                digests, labels = digests[observed], labels[observed]
            sections[kind].insert(0, Section(kind, keys, digests, labels if labelled else None))
        return Snapshot(map(_joined, sections.values()), detailed=self._detailed)

    def _previous(self) -> Iterator[tuple[Kind, bytes, slice]]:
        """Yield the kind, the packed keys and the rows of each previous section."""
        start = 0
        for kind, keys, digests, _ in self._sections:
            yield kind, keys, slice(start, start + len(digests))
            start += len(digests)


class _HashSet:
    """A growing set of hashes in little more than 8 bytes each.

    Most are in a sorted array. The latest are in a Python set, which is merged into the array when
    it becomes large.
    """

    def __init__(self) -> None:
        self._sorted = np.zeros(0, np.int64)
        self._late: set[int] = set()

    def holds(self, hashes: _Hashes) -> _Mask:
        """Tell which of `hashes` are in the set."""
        found = _find(hashes, self._sorted)[1]
        listed = hashes.tolist()
        if not self._late.isdisjoint(listed):
            found |= [entry in self._late for entry in listed]
        return found

    def add(self, hashes: _Hashes) -> _Mask:
        """Add `hashes` and tell which of them were not in the set before."""
        first = ~self.holds(hashes)
        self._late.update(hashes[first].tolist())
        # Merge only when the set is a fixed share of the whole: the cost then stays linear.
        if len(self._late) > max(_FEW, len(self._sorted) // 8):
            late = np.fromiter(self._late, np.int64, len(self._late))
            self._late = set()
            # A stable sort merges two sorted runs in linear time.
            self._sorted = np.sort(np.concatenate((self._sorted, np.sort(late))), kind="stable")
        return first


def _find(wanted: _Hashes, hashes: _Hashes) -> tuple[NDArray[np.intp], _Mask]:
    """Return for each wanted hash its place in the sorted `hashes`, and whether it is there."""
    if not len(hashes):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    places = hashes.searchsorted(wanted)
    return places, hashes.take(places, mode="clip") == wanted


def _chosen(
    which: _Mask, keys: Sequence[str], digests: Sequence[int], labels: Sequence[int] | None
) -> tuple[Sequence[str], Sequence[int], Sequence[int] | None]:
    """The records of a page at the places where `which` is true."""
    chosen = which.tolist()
    return (
        list(compress(keys, chosen)),
        list(compress(digests, chosen)),
        None if labels is None else list(compress(labels, chosen)),
    )


def _joined(sections: list[Section]) -> Section:
    labels = [section.labels for section in sections if section.labels is not None]
    return Section(
        sections[0].kind,
        b"".join([section.keys for section in sections]),
        np.concatenate([section.digests for section in sections]),
        np.concatenate(labels) if labels else None,
    )


def _labels_of(snapshot: Snapshot) -> Labels:
    """The labels in one column; 0 where there are none."""
    columns = [
        np.zeros(len(section.digests), np.uint32) if section.labels is None else section.labels
        for section in snapshot.sections
    ]
    return np.concatenate([np.zeros(0, np.uint32), *columns])


def _as_list(verdicts: NDArray[np.uint8]) -> list[Verdict]:
    return list(map(_VERDICTS.__getitem__, verdicts.tolist()))
