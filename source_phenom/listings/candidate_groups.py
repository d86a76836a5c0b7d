"""Collects all rows of a scan about one candidate, so that the gateway is asked once about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from source_phenom.listings.application_mapper import CandidateColumns
from source_phenom.listings.first_sources import FirstSource
from source_phenom.listings.spool import Spool
from source_phenom.models.candidates import candidate_id, with_source
from source_phenom.models.hiring_status import ApplicationKeys

_PAGE = 100


class ListedApplication(NamedTuple):
    """One of the candidate's applications in the listing.

    :param source: the candidate's, as this application has it. :param row: the application's JSON
        text. Both are set only if candidates are read.
    """

    key: str
    job_id: str | None
    source: str | None = None
    row: bytes = b""


class ExcludedApplication(NamedTuple):
    """An application that ``only_created_applications`` leaves out.

    The Candidates API shows it too. Its key is kept, so that its values do not get into another
    application's record. :param address: the candidate's.
    """

    key: str
    job_id: str | None
    address: str | None = None


class PaddedId(NamedTuple):
    """The candidate's id as Phenom has it, with white space around it or hidden in the key."""

    id: str


class SearchHit(NamedTuple):
    """The candidate's dates in the candidate search, as the gateway gives them."""

    created: Any
    updated: Any


class CandidateTag(NamedTuple):
    tag: str


class PendingApplication(NamedTuple):
    """An application whose columns from the Candidates API are still to be read.

    :param digest: of the record as listed. :param columns: its columns, without ``outcome``.
    :param outcome: the value of an override, if there is one.
    :param padded_job_id: the job's id as Phenom has it, if that has white space around it.
    """

    key: str
    digest: int
    columns: bytes
    outcome: str | None
    job_id: str | None
    address: str | None
    padded_job_id: str | None = None


SpooledRow = (
    ListedApplication
    | SearchHit
    | CandidateTag
    | PendingApplication
    | ExcludedApplication
    | PaddedId
)
_KINDS: tuple[type[SpooledRow], ...] = (
    ListedApplication,
    SearchHit,
    CandidateTag,
    PendingApplication,
    ExcludedApplication,
    PaddedId,
)
_by_age = attrgetter("key")


def id_spellings(key: str, written: Iterable[str]) -> list[str]:
    """A candidate's id, without and with white space around it.

    The key of a candidate whose id is an address may be a pseudonym. No gateway knows that.

    :param written: the id as Phenom has it, where the key does not tell it.
    """
    known = sorted(written)
    return list(dict.fromkeys([*([each.strip() for each in known] or [key]), *known]))


@dataclass
class CandidateGroup:
    """One candidate: the key of its record, and all rows of the scan about it."""

    key: str
    map_row: Callable[[bytes], CandidateColumns]
    listed: list[ListedApplication] = field(default_factory=list)
    search_hits: list[SearchHit] = field(default_factory=list)
    tags: list[CandidateTag] = field(default_factory=list)
    pending: list[PendingApplication] = field(default_factory=list)
    excluded: list[ExcludedApplication] = field(default_factory=list)
    padded_ids: list[PaddedId] = field(default_factory=list)
    remembered: FirstSource | None = None
    """Set in a delta, which may not have read all of the candidate's applications."""
    is_uncertain: bool = False
    """Set in a delta if the candidate's own columns cannot be told. They are kept."""

    @property
    def id(self) -> str | None:
        """The candidate's id in the Candidates API; None if the record's key is an address."""
        return candidate_id(self.key)

    @property
    def ids(self) -> list[str]:
        """The id, without and with white space around it: the gateway may know either."""
        return id_spellings(self.id or "", (each.id for each in self.padded_ids))

    @property
    def applications(self) -> list[ApplicationKeys]:
        """The candidate's applications that are records."""
        return _each_once(self.listed)

    @property
    def excluded_applications(self) -> list[ApplicationKeys]:
        """The candidate's applications that are not records."""
        kept = {each.key for each in self.listed}
        return [each for each in _each_once(self.excluded) if each.key not in kept]

    @property
    def newest(self) -> ListedApplication:
        return max(self.listed, key=_by_age)

    @cached_property
    def mapped(self) -> CandidateColumns:
        """The columns that the newest application gives."""
        return self.map_row(self.newest.row)

    @property
    def first(self) -> FirstSource:
        """The source of the oldest application, and the number of applications."""
        if self.remembered is not None:
            return self.remembered
        keys = {each.key for each in self.listed}
        return FirstSource(min(self.listed, key=_by_age).source, len(keys))

    def record(self) -> bytes:
        """The columns of the listing: the newest application's, with the oldest one's source."""
        return with_source(self.mapped.columns, self.first.source)


def _each_once(rows: Sequence[ListedApplication | ExcludedApplication]) -> list[ApplicationKeys]:
    return [ApplicationKeys(key, job) for key, job in {e.key: e.job_id for e in rows}.items()]


class CandidateGroups:
    """Takes the rows of a scan in any order; then yields them candidate by candidate.

    :param spool: groups the rows on disk.
    :param map_row: maps the text of a :class:`ListedApplication` to a candidate's columns.
    """

    def __init__(self, spool: Spool, map_row: Callable[[bytes], CandidateColumns]) -> None:
        self._spool = spool
        self._map_row = map_row

    def add(self, candidate_key: str, row: SpooledRow) -> None:
        self._spool.add(candidate_key, (_KINDS.index(type(row)), *row))

    def pages(self) -> Iterator[list[CandidateGroup]]:
        """The candidates who applied. Others that a search showed have no record."""
        groups = (group for group in self._all() if group.listed or group.pending)
        while page := list(islice(groups, _PAGE)):
            yield page

    def _all(self) -> Iterator[CandidateGroup]:
        for key, rows in self._spool.groups():
            group = CandidateGroup(key, self._map_row)
            by_kind: tuple[list[Any], ...] = (
                group.listed,
                group.search_hits,
                group.tags,
                group.pending,
                group.excluded,
                group.padded_ids,
            )
            for kind, *fields in rows:
                by_kind[kind].append(_KINDS[kind](*fields))
            yield group
