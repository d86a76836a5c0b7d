"""Candidates as whole persons: everything that a pass meets of one, brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from source_phenom.listings.spool import Spool
from source_phenom.models.candidates import candidate_id, with_source
from source_phenom.models.hiring_status import ApplicationKeys

_PAGE = 100


class ListedApplication(NamedTuple):
    """One of the person's applications, as it is listed.

    :param source: the candidate's, as this application has it. :param row: what describes the
        candidate, as :class:`CandidateGroups` was told to read it. Both only with candidates.
    """

    key: str
    job_id: str | None
    source: str | None = None
    row: bytes = b""


class ExcludedApplication(NamedTuple):
    """One that ``only_created_applications`` leaves out.

    Nothing of it may show, and the Candidates API does not tell whose it is: so its id is kept, to
    know what is about it. :param address: the candidate's.
    """

    key: str
    job_id: str | None
    address: str | None = None


class Padded(NamedTuple):
    """The candidate's id with the white space that Phenom has around it."""

    id: str


class Described(NamedTuple):
    """A candidate's columns as JSON, but for the source; and those with an odd value."""

    columns: bytes
    mismatches: tuple[str, ...]


class SearchHit(NamedTuple):
    """What the candidate search says, as the gateway gives it."""

    created: Any
    updated: Any


class CandidateTag(NamedTuple):
    tag: str


class PendingApplication(NamedTuple):
    """An application whose listing part is known and whose standing is to be asked for.

    :param digest: of the record as listed. :param columns: those but for ``outcome``.
    :param outcome: what an override fed it with.
    :param padded_job_id: the job's id as Phenom has it, where that has white space around it.
    """

    key: str
    digest: int
    columns: bytes
    outcome: str | None
    job_id: str | None
    address: str | None
    padded_job_id: str | None = None


SpooledRow = (
    ListedApplication | SearchHit | CandidateTag | PendingApplication | ExcludedApplication | Padded
)
_KINDS: tuple[type[SpooledRow], ...] = (
    ListedApplication,
    SearchHit,
    CandidateTag,
    PendingApplication,
    ExcludedApplication,
    Padded,
)
_by_age = attrgetter("key")


@dataclass
class CandidateGroup:
    """One candidate, by the key of its record."""

    key: str
    describe: Callable[[bytes], Described]
    listed: list[ListedApplication] = field(default_factory=list)
    found: list[SearchHit] = field(default_factory=list)
    tagged: list[CandidateTag] = field(default_factory=list)
    waiting: list[PendingApplication] = field(default_factory=list)
    left_out: list[ExcludedApplication] = field(default_factory=list)
    padded: list[Padded] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        """What the Candidates API knows the person by; None where nothing."""
        return candidate_id(self.key)

    @property
    def ids(self) -> list[str]:
        """What to ask the Candidates API by: the id, and the same with white space around it."""
        return list(dict.fromkeys([self.id or "", *sorted(each.id for each in self.padded)]))

    @property
    def applications(self) -> list[ApplicationKeys]:
        return _applications(self.listed)

    @property
    def other_applications(self) -> list[ApplicationKeys]:
        """Those that are left out."""
        kept = {each.key for each in self.listed}
        return [each for each in _applications(self.left_out) if each.key not in kept]

    @property
    def newest(self) -> ListedApplication:
        return max(self.listed, key=_by_age)

    @cached_property
    def described(self) -> Described:
        """As the newest application has it."""
        return self.describe(self.newest.row)

    def record(self) -> bytes:
        """The columns: as the newest application has them, the source as the oldest has it."""
        return with_source(self.described.columns, min(self.listed, key=_by_age).source)


def _applications(rows: Sequence[ListedApplication | ExcludedApplication]) -> list[ApplicationKeys]:
    """Each once, however often it is listed."""
    return [ApplicationKeys(key, job) for key, job in {e.key: e.job_id for e in rows}.items()]


class CandidateGroups:
    """Takes what is met, in any order; then goes through it person by person.

    :param spool: groups it, out of memory.
    :param describe: makes a candidate's columns of a :class:`ListedApplication` row.
    """

    def __init__(self, spool: Spool, describe: Callable[[bytes], Described]) -> None:
        self._spool = spool
        self._describe = describe

    def add(self, person: str, row: SpooledRow) -> None:
        self._spool.add(person, (_KINDS.index(type(row)), *row))

    def pages(self) -> Iterator[list[CandidateGroup]]:
        """Those who applied. Of others who were found nothing is made."""
        persons = (person for person in self._all() if person.listed or person.waiting)
        while page := list(islice(persons, _PAGE)):
            yield page

    def _all(self) -> Iterator[CandidateGroup]:
        for key, rows in self._spool.groups():
            person = CandidateGroup(key, self._describe)
            into: tuple[list[Any], ...] = (
                person.listed,
                person.found,
                person.tagged,
                person.waiting,
                person.left_out,
                person.padded,
            )
            for kind, *fields in rows:
                into[kind].append(_KINDS[kind](*fields))
            yield person
