"""What the rows of the application listing come to where the Candidates API is asked as well."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from source_phenom.listings.application_mapper import ApplicationMapper, identity
from source_phenom.listings.candidate_groups import (
    ExcludedApplication,
    ListedApplication,
    PendingApplication,
)
from source_phenom.models import applications, candidates
from source_phenom.models.values import Mismatches, canonical, padded, record_json
from source_phenom.snapshot import fingerprint


class EnrichedApplication(NamedTuple):
    """What one application comes to where more about it and its candidate is asked for elsewhere.

    :param kept: whether ``only_created_applications`` lets it through.
    :param key: empty where it cannot be a record. :param waiting, odd: its own record.
    :param person: the candidate's key. :param padded_id: their id, where Phenom pads it.
    :param listed: the application as one of theirs. :param left_out: one that is not kept.
    """

    identity: Hashable
    kept: bool = False
    key: str = ""
    waiting: PendingApplication | None = None
    mismatches: tuple[str, ...] = ()
    person: str | None = None
    padded_id: str | None = None
    listed: ListedApplication | None = None
    left_out: ExcludedApplication | None = None


class EnrichedMapper(ApplicationMapper):
    """:class:`ApplicationMapper` for :class:`EnrichedApplication` rows."""

    def _mapped(self, row: Any, text: bytes) -> Any:
        kept = self._is_kept(row)
        if type(row) is not dict:
            return EnrichedApplication(identity(row), kept)
        mismatches: Mismatches = []
        key = applications.application_key(row, mismatches)
        named = applications.applied_for(row)
        job = named and named.strip()
        person = candidates.candidate_key(row, [])
        if not kept:
            left_out = ExcludedApplication(key or "", job, candidates.address(row))
            return EnrichedApplication(identity(row), person=person, left_out=left_out)
        if key is None:
            return EnrichedApplication(identity(row), kept)
        waiting, listed = None, None
        if self._of_applications:
            waiting = self._waiting(row, key, named, mismatches)
        if person is not None:
            source = self._remapping.source(row, []) if self._of_candidates else None
            listed = ListedApplication(key, job, source, text)
        padded_id = candidates.padded_id(row)
        return EnrichedApplication(
            identity(row), True, key, waiting, tuple(mismatches), person, padded_id, listed
        )

    def _waiting(
        self, row: dict[str, Any], key: str, named: str | None, mismatches: Mismatches
    ) -> PendingApplication:
        record = self._application(row, key, mismatches)
        digest = fingerprint(record_json(record, mismatches))
        outcome = record.pop("outcome")
        return PendingApplication(
            key,
            digest,
            canonical(record),
            outcome,
            named and named.strip(),
            candidates.address(row),
            padded(named),
        )
