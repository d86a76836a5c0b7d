"""The candidates of the rows that a delta reads, as a full scan would tell them.

A candidate's columns come from the newest application, the source from the oldest one. A delta
reads the newest rows of the listing, so a candidate with a row among them has its newest
application there. The oldest one may be among the rows that are not read: then the state knows its
source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from source_phenom.listings.application_mapper import CandidateColumns, CandidateValues
from source_phenom.listings.creation_order import DISORDER
from source_phenom.listings.delta_rows import DeltaImpossible, KnownRows
from source_phenom.listings.first_sources import FirstSource, SourceTable
from source_phenom.listings.listing_memory import ListingMemory
from source_phenom.listings.spool import TextPlace, TextStore
from source_phenom.models import candidates
from source_phenom.models.ids import creation_second
from source_phenom.snapshot import Remembered, fingerprint
from source_phenom.streams.events import Event
from source_phenom.streams.stream_run import StreamRun

_NOWHERE = TextPlace(0, 0)


class CandidateRow(Protocol):
    """A row of the listing. :param candidate: None if it says nothing about a candidate."""

    @property
    def identity(self) -> Any: ...
    @property
    def key(self) -> str: ...
    @property
    def candidate(self) -> CandidateValues | None: ...


@dataclass
class _Candidate:
    """A candidate with rows in the delta.

    :param digest, first: what the state remembers; None for a candidate that is new.
    :param sources: per application that was read, its source. :param listed_before: how many of
        them an earlier sync saw. :param newest: the newest one, and its row.
    :param is_newest_listed: whether the newest one is among the rows of the listing that were read.
    """

    digest: int | None
    first: FirstSource | None
    sources: dict[str, str | None] = field(default_factory=dict)
    listed_before: int = 0
    newest: str = ""
    row: TextPlace = _NOWHERE
    is_newest_listed: bool = False
    columns: CandidateColumns | None = None

    @property
    def is_read_whole(self) -> bool:
        """Whether all of the candidate's applications were read."""
        return self.first is None or self.listed_before >= self.first.applications

    @property
    def applications(self) -> int:
        """How many the candidate has now, as far as that is known."""
        before = self.first.applications if self.first is not None else 0
        new = len(self.sources) - self.listed_before
        return max(before, self.listed_before) + new


class CandidateDelta:
    """Takes the pages of a delta, the newest first; then adds the candidates to their stream.

    An edit can give an application to another candidate. The number of applications that the state
    knows may then be too small or too large. So an unexpected source ends the delta, and a full
    scan tells what is true.

    :param map_row: maps the text of a row to a candidate's columns. :param texts: keeps the rows.
    :param reads_rows: whether the applications of changed candidates are read one by one, see
        :meth:`take_row`. Then an unexpected source is believed.
    """

    def __init__(
        self,
        stream: StreamRun,
        map_row: Callable[[bytes], CandidateColumns],
        memory: ListingMemory,
        known: KnownRows,
        texts: TextStore,
        *,
        reads_rows: bool = False,
    ) -> None:
        self.table = SourceTable(memory.sources or ())
        self.changed: set[str] = set()
        """Candidates with rows that the state does not remember as they are."""
        self._stream = stream
        self._map_row = map_row
        self._known = known
        self._texts = texts
        self._reads_rows = reads_rows
        self._candidates: dict[str, _Candidate] = {}
        self._decisive: dict[str, int] = {}  # by candidate: the second of the earliest such row

    def take_page(self, rows: Sequence[CandidateRow]) -> bool:
        """Take a page; returns whether all its rows are remembered as they are now.

        :raises DeltaImpossible: a full scan is needed.
        """
        self._look_up(rows)
        is_quiet = True
        taken: list[tuple[str, str, bool]] = []
        for row in rows:
            is_known = self._known.holds(row.identity)
            if row.candidate is None:
                is_quiet &= is_known
                continue
            taken.append((row.candidate.key, row.key, is_known))
            self._take(row.key, row.candidate, is_known=is_known, is_listed=True)
        for candidate, key, is_known in taken:
            if not (is_known and self._is_as_remembered(self._candidates[candidate], key)):
                is_quiet = False
                self.changed.add(candidate)
                self._note_decisive(candidate, key, is_known)
        return is_quiet

    def take_row(self, row: CandidateRow) -> None:
        """Take a row that was read by its id."""
        self._look_up([row])
        if row.candidate is not None:
            is_known = self._known.holds(row.identity)
            self._take(row.key, row.candidate, is_known=is_known, is_listed=False)

    def may_end(self, oldest: int) -> bool:
        """Whether no application that was not read can be newer than one that is decisive.

        :param oldest: the second of the oldest row that was read.
        """
        return all(
            oldest + DISORDER < second or self._candidates[candidate].is_read_whole
            for candidate, second in self._decisive.items()
        )

    def _look_up(self, rows: Sequence[CandidateRow]) -> None:
        """Find out what the state remembers of the candidates of a page."""
        keys = {row.candidate.key for row in rows if row.candidate is not None}
        new = sorted(keys - self._candidates.keys())
        for key, remembered in zip(new, self._stream.remembered(new), strict=True):
            self._candidates[key] = self._candidate(remembered)

    def _candidate(self, remembered: Remembered | None) -> _Candidate:
        if remembered is None:
            return _Candidate(None, None)
        first = self.table.entry(remembered.label)
        if first is None:
            raise DeltaImpossible("the state does not hold the source of a candidate")
        return _Candidate(remembered.digest, first)

    def _take(self, key: str, values: CandidateValues, *, is_known: bool, is_listed: bool) -> None:
        candidate = self._candidates[values.key]
        if key in candidate.sources:
            # The listing moved while it was read: the first version counts, as in a full scan.
            return
        candidate.sources[key] = values.source
        candidate.listed_before += is_known
        if key > candidate.newest:
            candidate.newest, candidate.row = key, self._texts.add(values.row)
            candidate.is_newest_listed = is_listed
            candidate.columns = None

    def _is_as_remembered(self, candidate: _Candidate, key: str) -> bool:
        """Whether an application that was listed before still says the same about its candidate."""
        source = self._source(candidate)
        if candidate.first is None or candidate.digest is None:
            return False
        if key != candidate.newest:
            # Its columns do not count. Its source counts if it is the oldest.
            return key != min(candidate.sources) or source == candidate.first.source
        return self._digest(candidate, source) == candidate.digest

    def _source(self, candidate: _Candidate) -> str | None:
        oldest = min(candidate.sources)
        source, first = candidate.sources[oldest], candidate.first
        if first is None:
            return source
        if not candidate.is_read_whole or source == first.source:
            return first.source
        if self._known.holds(oldest) and not self._reads_rows:
            raise DeltaImpossible("the source of a candidate's oldest application changed")
        return source

    def _columns(self, candidate: _Candidate) -> CandidateColumns:
        return candidate.columns or self._map_row(self._texts.text(candidate.row))

    def _digest(self, candidate: _Candidate, source: str | None) -> int:
        candidate.columns = self._columns(candidate)
        return fingerprint(candidates.with_source(candidate.columns.columns, source))

    def _note_decisive(self, candidate: str, key: str, is_known: bool) -> None:
        decisive = self._candidates[candidate].newest if is_known else key
        second = creation_second(decisive) or 0
        self._decisive[candidate] = min(second, self._decisive.get(candidate, second))

    def add_all(self) -> Iterator[Event]:
        """Add the candidates to their stream.

        :raises DeltaImpossible: a full scan is needed; nothing was added.
        """
        sources = [self._source(candidate) for candidate in self._candidates.values()]
        for (key, candidate), source in zip(self._candidates.items(), sources, strict=True):
            columns, mismatches = self._columns(candidate)
            body = candidates.with_source(columns, source)
            label = self.table.label(FirstSource(source, candidate.applications))
            yield from self._stream.add(key, body, mismatches, label=label)

    def first_of(self, key: str) -> FirstSource | None:
        """The source of the candidate's oldest application, and the number of applications.

        None if the candidate's columns are not certain: an application is missing that an earlier
        sync saw, and it may be the newest one. The candidate is kept until the next full scan.
        """
        candidate = self._candidates.get(key)
        if candidate is None:
            return None
        source = self._source(candidate)
        is_certain = candidate.is_read_whole or candidate.is_newest_listed
        if not is_certain and self._digest(candidate, source) != candidate.digest:
            return None
        return FirstSource(source, candidate.applications)

    @property
    def sources(self) -> list[FirstSource] | None:
        """What the labels mean; None if there are too many."""
        return self.table.entries
