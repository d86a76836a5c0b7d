"""Which records of a listing are new, changed, unchanged or gone since the previous sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from source_phenom.snapshot.keys import KINDS, Kind
from source_phenom.snapshot.snapshot import (
    DETAILS_BITS,
    Digests,
    GrowingColumns,
    Section,
    Snapshot,
    digest_type,
)

_Hashes = NDArray[np.int64]
_Rows = NDArray[np.intp]


class Verdict(IntEnum):
    """What the previous sync says about a record. NEW and CHANGED are to be emitted."""

    UNCHANGED = 0
    NEW = 1
    CHANGED = 2
    #: Its key was observed before in this run; the first time counts, whatever the digest.
    DUPLICATE = 3


_VERDICTS = tuple(Verdict)
_UNCHANGED, _NEW, _CHANGED, _DUPLICATE = (np.uint8(verdict) for verdict in Verdict)
_FEW = 4096


class Comparison:
    """Compares what a run reads with the `previous` snapshot, record by record, in any order.

    Without state, and in full refresh, `previous` is empty and every record is NEW. So is a record
    that comes back after it was reported gone, for a snapshot holds live records only.

    Not locked. Observing a record claims that it was printed: `snapshot` covers it from then on.
    Hence whoever prints holds one lock over "observe a page, print its NEW and CHANGED records",
    and takes the same lock to take a snapshot and print it as state. A listing that is read a
    second time goes through the same comparison: what was observed the first time is a DUPLICATE
    and printed once, and only what neither reading met is gone.

    Where the previous snapshot is detailed, so are the digests observed; a run that does not read
    the details of every record asks `peek` which ones are as they were without them, and `keep`s
    those that it has no reason to look at.

    Records are told apart by Python's 64-bit hash of their keys: two of a million keys share one
    with a probability of 3e-8, and are then taken for one record in that process. Beside the packed
    keys and digests of both sides this takes 13 bytes for a record of `previous` and some 20 for a
    new one.
    """

    def __init__(self, previous: Snapshot) -> None:
        self._sections = previous.sections
        self._detailed = previous.detailed
        self._type = digest_type(detailed=previous.detailed)
        self._digests: Digests = np.concatenate(
            [np.zeros(0, self._type), *(section.digests for section in previous.sections)]
        )
        self._observed = np.zeros(len(previous), np.bool_)
        keys = chain.from_iterable(kind.unpack(keys) for kind, keys, _ in previous.sections)
        hashes = np.fromiter(map(hash, keys), np.int64, len(previous))
        self._rows = np.argsort(hashes).astype(np.uint32)
        self._hashes = hashes[self._rows]
        self._new_hashes = _HashSet()
        self._new = GrowingColumns(detailed=previous.detailed)

    def observe(self, key: str, digest: int) -> Verdict:
        """Observe one record. Takes about as long as `observe_page` for fifty."""
        return self.observe_page((key,), (digest,))[0]

    def observe_page(self, keys: Sequence[str], digests: Sequence[int]) -> list[Verdict]:
        """Observe records, given as keys and their digests, and return their verdicts in order."""
        n = len(keys)
        if len(set(keys)) < n:
            return [self.observe(key, digest) for key, digest in zip(keys, digests, strict=True)]
        hashes = np.fromiter(map(hash, keys), np.int64, n)
        found = np.fromiter(digests, self._type, n)
        verdicts = np.empty(n, np.uint8)

        places, known = _find(hashes, self._hashes)
        if not known.all():
            unknown = (~known).nonzero()[0]
            verdicts[unknown] = self._observe_unknown(unknown, hashes[unknown], keys, digests)
            places, found = places[known], found[known]
        rows = self._rows[places]
        changed = self._digests[rows] != found
        known_verdicts = np.where(changed, _CHANGED, _UNCHANGED)
        seen = self._observed[rows]
        if seen.any():
            known_verdicts[seen] = _DUPLICATE
            changed &= ~seen
        self._digests[rows[changed]] = found[changed]
        self._observed[rows] = True
        verdicts[known] = known_verdicts
        return list(map(_VERDICTS.__getitem__, verdicts.tolist()))

    def _observe_unknown(
        self, rows: _Rows, hashes: _Hashes, keys: Sequence[str], digests: Sequence[int]
    ) -> NDArray[np.uint8]:
        """Observe those `rows` of a page that the previous snapshot does not hold."""
        first = self._new_hashes.add(hashes)
        if len(rows) < len(keys) or not first.all():
            new = rows[first].tolist()
            keys, digests = [keys[row] for row in new], [digests[row] for row in new]
        self._new.append(keys, digests)
        verdicts: NDArray[np.uint8] = np.where(first, _NEW, _DUPLICATE)
        return verdicts

    def peek(self, keys: Sequence[str], digests: Sequence[int]) -> list[Verdict]:
        """Return what observing records would say, as far as they are known without their details.

        `digests`: of the records proper, 32 bits. UNCHANGED leaves open what became of the details.
        """
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        places, known = _find(hashes, self._hashes)
        verdicts = np.where(self._new_hashes.holds(hashes), _DUPLICATE, _NEW)
        rows = self._rows[places[known]]
        proper = self._digests[rows] >> self._type(DETAILS_BITS if self._detailed else 0)
        changed = proper != np.fromiter(digests, self._type, len(keys))[known]
        verdicts[known] = np.where(
            self._observed[rows], _DUPLICATE, np.where(changed, _CHANGED, _UNCHANGED)
        )
        return list(map(_VERDICTS.__getitem__, verdicts.tolist()))

    def keep(self, keys: Sequence[str]) -> None:
        """Observe records of the previous snapshot as being what they were, details included."""
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        places, known = _find(hashes, self._hashes)
        self._observed[self._rows[places[known]]] = True

    def keep_where(self, is_kept: Callable[[str], bool]) -> int:
        """Do so for all keys not observed so far that `is_kept` is true of; return how many."""
        before = self.gone_count
        for kind, keys, rows in self._previous():
            missing = np.flatnonzero(~self._observed[rows])
            unobserved = kind.unpack(kind.select(keys, ~self._observed[rows]))
            kept = np.fromiter(map(is_kept, unobserved), np.bool_, len(missing))
            self._observed[rows.start + missing[kept]] = True
        return before - self.gone_count

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

    def gone(self) -> Iterator[str]:
        """Yield the keys of the previous snapshot that were not observed so far."""
        for kind, keys, rows in self._previous():
            yield from kind.unpack(kind.select(keys, ~self._observed[rows]))

    def snapshot(self, *, complete: bool) -> Snapshot:
        """Return what the next run is to compare with.

        `complete`: exactly what was observed; only for a scan known to be complete, once a
        tombstone was printed for every key of `gone`. Otherwise (a checkpoint, a scan that failed
        or stayed in doubt): the previous snapshot, overlaid with what was observed.
        """
        sections = {kind: [self._new.section(kind)] for kind in KINDS}
        for kind, keys, rows in self._previous():
            digests = self._digests[rows]
            if complete:
                keys = kind.select(keys, self._observed[rows])
                digests = digests[self._observed[rows]]
            sections[kind].insert(0, Section(kind, keys, digests))
        return Snapshot(map(_joined, sections.values()), detailed=self._detailed)

    def _previous(self) -> Iterator[tuple[Kind, bytes, slice]]:
        """Yield the kind, the packed keys and the rows of each previous section."""
        start = 0
        for kind, keys, digests in self._sections:
            yield kind, keys, slice(start, start + len(digests))
            start += len(digests)


class _HashSet:
    """A growing set of hashes in little more than 8 bytes each: sorted ones, and a few late
    ones."""

    def __init__(self) -> None:
        self._sorted = np.zeros(0, np.int64)
        self._late: set[int] = set()

    def holds(self, hashes: _Hashes) -> NDArray[np.bool_]:
        """Tell which of `hashes` are in the set."""
        found = _find(hashes, self._sorted)[1]
        listed = hashes.tolist()
        if not self._late.isdisjoint(listed):
            found |= [entry in self._late for entry in listed]
        return found

    def add(self, hashes: _Hashes) -> NDArray[np.bool_]:
        """Add `hashes` and tell which of them were not in the set before."""
        first = ~self.holds(hashes)
        self._late.update(hashes[first].tolist())
        # A share of the whole, so that the folding stays linear in the number of hashes
        if len(self._late) > max(_FEW, len(self._sorted) // 8):
            late = np.fromiter(self._late, np.int64, len(self._late))
            self._late = set()
            # Stable sorting merges the two sorted runs
            self._sorted = np.sort(np.concatenate((self._sorted, np.sort(late))), kind="stable")
        return first


def _find(wanted: _Hashes, hashes: _Hashes) -> tuple[_Rows, NDArray[np.bool_]]:
    """Return where in the sorted `hashes` each wanted one would be, and whether it is there."""
    places = hashes.searchsorted(wanted)
    if not len(hashes):
        return places, np.zeros(len(wanted), np.bool_)
    return places, hashes.take(places, mode="clip") == wanted


def _joined(sections: list[Section]) -> Section:
    keys = b"".join([section.keys for section in sections])
    return Section(
        sections[0].kind, keys, np.concatenate([section.digests for section in sections])
    )
