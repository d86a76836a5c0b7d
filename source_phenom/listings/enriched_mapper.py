"""Maps a page of the application listing whose rows are completed from the Candidates API."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import datetime
from typing import Any, NamedTuple

from source_phenom.config import SourceConfig
from source_phenom.listings.application_mapper import (
    ApplicationMapper,
    CandidateValues,
    identity,
)
from source_phenom.listings.candidate_groups import (
    ExcludedApplication,
    ListedApplication,
    PendingApplication,
)
from source_phenom.models import applications, candidates
from source_phenom.models.values import Mismatches, canonical, padded, record_json
from source_phenom.snapshot import fingerprint


class EnrichedApplication(NamedTuple):
    """What one row of the listing gives.

    :param identity: equal for two versions of one row.
    :param kept: whether ``only_created_applications`` and ``start_date`` let it through.
    :param key: empty if the row cannot be a record.
    :param pending, mismatches: its own record, if applications are read.
    :param candidate_key: of the candidate's record. :param padded_id: the candidate's id as Phenom
        has it, if the key does not tell it.
    :param listed: for the streams that are read candidate by candidate, if any.
    :param excluded: set if it is not kept. :param left_out: the key of its candidate's record, if
        ``start_date`` alone leaves it out.
    """

    identity: Hashable
    kept: bool = False
    key: str = ""
    pending: PendingApplication | None = None
    mismatches: tuple[str, ...] = ()
    candidate_key: str | None = None
    padded_id: str | None = None
    listed: ListedApplication | None = None
    excluded: ExcludedApplication | None = None
    left_out: str | None = None

    @property
    def candidate(self) -> CandidateValues | None:
        """What the row says about its candidate, if candidates are read."""
        if self.candidate_key is None or self.listed is None:
            return None
        return CandidateValues(self.candidate_key, self.listed.source, self.listed.row)


class EnrichedMapper(ApplicationMapper):
    """:class:`ApplicationMapper` for :class:`EnrichedApplication` rows."""

    def __init__(self, config: SourceConfig, now: datetime, streams: Collection[str]) -> None:
        super().__init__(config, now, streams)
        self._wants_listed = any(stream != applications.MODEL for stream in streams)

    def _mapped(self, row: Any, text: bytes) -> Any:
        is_of_our_source = self._is_kept(row)
        is_too_old = is_of_our_source and self._is_too_old(row)
        kept = is_of_our_source and not is_too_old
        if type(row) is not dict:
            return EnrichedApplication(identity(row), kept)
        mismatches: Mismatches = []
        key = applications.application_key(row, mismatches)
        written_job_id = applications.applied_for(row)
        job_id = written_job_id and written_job_id.strip()
        candidate_key = self._candidate_key(row)
        if not kept:
            excluded = ExcludedApplication(key or "", job_id, candidates.address(row))
            return EnrichedApplication(
                identity(row),
                candidate_key=candidate_key,
                excluded=excluded,
                left_out=candidate_key if is_too_old else None,
            )
        if key is None:
            return EnrichedApplication(identity(row), kept)
        pending, listed = None, None
        if self._wants_applications:
            pending = self._pending(row, key, written_job_id, mismatches)
        if self._wants_listed and candidate_key is not None:
            source = self._remapping.source(row, []) if self._wants_candidates else None
            listed = ListedApplication(key, job_id, source, text)
        return EnrichedApplication(
            identity(row),
            True,
            key,
            pending,
            tuple(mismatches),
            candidate_key,
            self._written_id(row),
            listed,
        )

    def _written_id(self, row: dict[str, Any]) -> str | None:
        """The candidate's id as Phenom has it, if the key does not tell it."""
        padded_id = candidates.padded_id(row)
        if padded_id is not None or not self._personal.is_hidden:
            return padded_id
        key = candidates.candidate_key(row, [])
        is_hidden = key is not None and self._personal.key(key) != key
        return candidates.candidate_id(key) if key is not None and is_hidden else None

    def _pending(
        self, row: dict[str, Any], key: str, written_job_id: str | None, mismatches: Mismatches
    ) -> PendingApplication:
        record = self._application(row, key, mismatches)
        digest = fingerprint(record_json(record, mismatches))
        outcome = record.pop("outcome")
        return PendingApplication(
            key,
            digest,
            canonical(record),
            outcome,
            written_job_id and written_job_id.strip(),
            candidates.address(row),
            padded(written_job_id),
        )
