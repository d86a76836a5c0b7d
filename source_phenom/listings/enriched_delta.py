"""Which candidates a delta with an acting user completes, and all rows about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from source_phenom.listings.candidate_delta import CandidateDelta
from source_phenom.listings.candidate_groups import (
    CandidateGroup,
    CandidateGroups,
    PaddedId,
    id_spellings,
)
from source_phenom.listings.delta_rows import KnownRows
from source_phenom.listings.enriched_mapper import EnrichedApplication
from source_phenom.models import applications
from source_phenom.models.candidates import candidate_id
from source_phenom.snapshot import Verdict
from source_phenom.streams.stream_run import StreamRun


def collect(rows: Iterable[EnrichedApplication], groups: CandidateGroups) -> None:
    """Keep what rows say about their candidates."""
    for row in rows:
        if row.candidate_key is None:
            continue
        if row.excluded is not None:
            groups.add(row.candidate_key, row.excluded)
        if row.padded_id is not None:
            groups.add(row.candidate_key, PaddedId(row.padded_id))
        if row.listed is not None:
            groups.add(row.candidate_key, row.listed)


class EnrichedDelta:
    """Takes the rows of a delta: first those of the listing, then those that were read by their id.

    :param people: of the stream of candidates, if that is selected.
    :param streams: the selected streams. :param known: per stream, the rows that it knows.
    :param spellings: of the ids of the candidates that the search shows as changed, by id.
    """

    def __init__(
        self,
        groups: CandidateGroups,
        people: CandidateDelta | None,
        streams: Mapping[str, StreamRun],
        known: Mapping[str, KnownRows],
        spellings: Mapping[str, Iterable[str]],
    ) -> None:
        self.newest = ""
        """The latest id of an application."""
        self.keys: set[str] = set()
        """The applications among the rows of the listing."""
        self._groups = groups
        self._people = people
        self._streams = streams
        self._known = known
        self._wanted: set[str] = set(spellings)
        self._spellings: dict[str, set[str]] = defaultdict(set)
        for candidate, written in spellings.items():
            self._spellings[candidate].update(written)

    def take_page(self, rows: Sequence[EnrichedApplication]) -> bool:
        """Take a page of the listing; returns whether all its rows are remembered as they are.

        :raises DeltaImpossible: a full scan is needed.
        """
        is_quiet = self._are_applications_remembered(rows)
        for row in rows:
            is_known = all(each.holds(row.identity) for each in self._known.values())
            is_quiet &= is_known
            if row.candidate_key is not None:
                if not is_known:
                    self._wanted.add(row.candidate_key)
                if row.padded_id is not None:
                    self._spellings[row.candidate_key].add(row.padded_id)
        if self._people is not None:
            is_quiet &= self._people.take_page(rows)
            self._wanted |= self._people.changed
        self.keys.update(row.key for row in rows)
        self.newest = max([self.newest, *(row.key for row in rows)])
        collect(rows, self._groups)
        return is_quiet

    def _are_applications_remembered(self, rows: Sequence[EnrichedApplication]) -> bool:
        stream = self._streams.get(applications.MODEL)
        pending = [row.pending for row in rows if row.pending is not None]
        if stream is None or not pending:
            return True
        verdicts = stream.compare_without_details(
            [each.key for each in pending], [each.digest for each in pending]
        )
        fresh = {
            each.key
            for each, verdict in zip(pending, verdicts, strict=True)
            if verdict in (Verdict.NEW, Verdict.CHANGED)
        }
        self._wanted.update(
            row.candidate_key
            for row in rows
            if row.candidate_key is not None and row.pending is not None and row.key in fresh
        )
        return not fresh

    def candidates_to_read(self) -> list[tuple[str, ...]]:
        """The spellings of the ids of the candidates whose applications have to be read."""
        ids = sorted(filter(None, map(candidate_id, self._wanted)))
        return [tuple(id_spellings(each, self._spellings[each])) for each in ids]

    def take_rows(self, rows: Sequence[EnrichedApplication]) -> None:
        """Take rows that were read by their id."""
        for row in rows:
            if row.candidate_key is not None:
                self._wanted.add(row.candidate_key)
            if self._people is not None:
                self._people.take_row(row)
        collect(rows, self._groups)

    def pages(self) -> Iterator[list[CandidateGroup]]:
        """The candidates to complete, as :meth:`CandidateGroups.pages` gives them."""
        for page in self._groups.pages():
            wanted = [group for group in page if group.key in self._wanted]
            for group in wanted:
                if self._people is not None and group.listed:
                    group.remembered = self._people.first_of(group.key)
                    group.is_uncertain = group.remembered is None
            if wanted:
                yield wanted
