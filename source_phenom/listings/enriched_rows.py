"""What the rows of the application listing come to where the Candidates API is asked as well."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from source_phenom.listings.persons import Listed, Waiting
from source_phenom.listings.rows import ApplicationRows, identity
from source_phenom.models import applications, candidates
from source_phenom.models.values import Odd, canonical, record_json
from source_phenom.snapshot import fingerprint


class EnrichedMapped(NamedTuple):
    """What one application comes to where more about it and its candidate is asked for elsewhere.

    :param waiting, odd: its own record, where that is one.
    :param person: the candidate's key. :param listed: the application as one of theirs.
    """

    identity: Hashable
    key: str = ""
    waiting: Waiting | None = None
    odd: tuple[str, ...] = ()
    person: str | None = None
    listed: Listed | None = None


class EnrichedRows(ApplicationRows):
    """:class:`ApplicationRows` for :class:`EnrichedMapped` rows."""

    def _mapped(self, row: Any, text: bytes) -> Any:
        odd: Odd = []
        key = applications.application_key(row, odd) if type(row) is dict else None
        if key is None:
            return EnrichedMapped(identity(row))
        kept, job = self._is_kept(row), applications.applied_for(row)
        waiting, listed = None, None
        if kept and self._of_applications:
            waiting = self._waiting(row, key, job, odd)
        person = candidates.candidate_key(row, [])
        if person is not None:
            source = self._remapping.source(row, []) if self._of_candidates else None
            listed = Listed(key, kept, job, source, text)
        return EnrichedMapped(identity(row), key, waiting, tuple(odd), person, listed)

    def _waiting(self, row: dict[str, Any], key: str, job: str | None, odd: Odd) -> Waiting:
        record = self._application(row, key, odd)
        digest = fingerprint(record_json(record, odd))
        outcome = record.pop("outcome")
        return Waiting(key, digest, canonical(record), outcome, job, candidates.address(row))
