"""Maps a page of the application listing: from the answer's bytes to the records' bytes.

Pure: the same page gives the same rows, in any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from datetime import datetime
from typing import Any, NamedTuple

from phenom_api import lean_parsing
from phenom_api.answers import parse_json
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates
from source_phenom.models.integration_fields import INTEGRATION_FIELDS
from source_phenom.models.values import Mismatches, canonical, is_empty, record_json
from source_phenom.personal_data import personal_data


class CandidateValues(NamedTuple):
    """A candidate as one application shows them.

    :param key: of the candidate's record.
    :param row: the application's JSON text, for :meth:`ApplicationMapper.candidate`.
    """

    key: str
    source: str | None
    row: bytes


class CandidateColumns(NamedTuple):
    """A candidate's columns as JSON, without ``source``; and those with an unexpected type."""

    columns: bytes
    mismatches: tuple[str, ...]


class MappedApplication(NamedTuple):
    """What one row of the listing gives.

    :param identity: equal for two versions of one row.
    :param kept: False if ``only_created_applications`` or ``start_date`` leaves it out.
    :param key: empty if the row cannot be a record.
    :param columns, mismatches: of the application's record, if that stream is selected.
    :param candidate: None if the row has none, or if that stream is not selected.
    :param left_out: the key of its candidate's record, if ``start_date`` alone leaves it out.
    """

    identity: Hashable
    kept: bool = False
    key: str = ""
    columns: bytes = b""
    mismatches: tuple[str, ...] = ()
    candidate: CandidateValues | None = None
    left_out: str | None = None


class ApplicationMapper:
    """Maps pages for the selected streams.

    Most applications are not their candidate's newest: the row's text is kept, and a candidate is
    mapped once, when its newest application is known.
    """

    def __init__(self, config: SourceConfig, now: datetime, streams: Collection[str]) -> None:
        self._now = now
        self._wants_applications = applications.MODEL in streams
        self._wants_candidates = candidates.MODEL in streams
        self._personal = personal = personal_data(config)
        self._hide_application = personal.step(applications.MODEL)
        self._hide_candidate = personal.step(candidates.MODEL)
        self._application_has_others = personal.keeps(applications.MODEL, INTEGRATION_FIELDS)
        self._candidate_has_others = personal.keeps(candidates.MODEL, INTEGRATION_FIELDS)
        self._ids = personal.ids(config.integration_id)
        self._remapping = personal.remapping(config)
        self._created_sources = config.created_sources
        self._start = config.start_second
        self._parse = self._parser(config)

    def _parser(self, config: SourceConfig) -> Callable[[bytes], Any]:
        """The parser of a page: it reads whole profiles only if an override may need them."""
        overrides = config.field_overrides
        whole = any(each.model == applications.MODEL for each in overrides)
        whole |= any(each.model == applications.MODEL for each in config.custom_fields or ())
        if self._wants_candidates:
            whole |= any((o.model, o.field) == (candidates.MODEL, "source") for o in overrides)
            return lean_parsing.parse_whole_with_texts if whole else lean_parsing.parse_with_texts
        return parse_json if whole else lean_parsing.parse_without_profiles

    def page(self, content: bytes) -> Any:
        """The body of an answer with its rows mapped; ValueError if it is not JSON."""
        body = self._parse(content)
        if type(body) is dict and type(body.get("data")) is list:
            if self._wants_candidates:
                body["data"] = [self._mapped(row, text) for row, text in body["data"]]
            else:
                body["data"] = [self._mapped(row, b"") for row in body["data"]]
        return body

    def _mapped(self, row: Any, text: bytes) -> Any:
        if not self._is_kept(row):
            return MappedApplication(identity(row))
        if self._is_too_old(row):
            return MappedApplication(identity(row), left_out=self._candidate_key(row))
        mismatches: Mismatches = []
        key = applications.application_key(row, mismatches) if type(row) is dict else None
        if key is None:
            return MappedApplication(identity(row), kept=True)
        columns, candidate = b"", None
        if self._wants_applications:
            columns = record_json(self._application(row, key, mismatches), mismatches)
        if self._wants_candidates:
            candidate_key = self._candidate_key(row)
            if candidate_key is not None:
                candidate = CandidateValues(candidate_key, self._remapping.source(row, []), text)
        return MappedApplication(identity(row), True, key, columns, tuple(mismatches), candidate)

    def _application(self, row: dict[str, Any], key: str, mismatches: Mismatches) -> dict[str, Any]:
        """The record of one application, with the tenant's overrides."""
        has_others = self._application_has_others
        record = applications.application(
            row, key, self._ids, self._now, mismatches, has_others=has_others
        )
        self._remapping.apply(applications.MODEL, row, record, mismatches)
        if self._hide_application is not None:
            self._hide_application(record)
        return record

    def _candidate_key(self, row: Any, mismatches: Mismatches | None = None) -> str | None:
        """The key of the candidate's record."""
        key = candidates.candidate_key(row, [] if mismatches is None else mismatches)
        return key and self._personal.key(key)

    def candidate(self, text: bytes) -> CandidateColumns:
        """Maps a candidate out of the JSON text of its newest application."""
        mismatches: Mismatches = []
        row = parse_json(text)
        key = self._candidate_key(row, mismatches) or ""
        has_others = self._candidate_has_others
        record = candidates.candidate(row, key, self._ids, mismatches, has_others=has_others)
        self._remapping.apply(candidates.MODEL, row, record, mismatches)
        self._remapping.source(row, mismatches)
        if self._hide_candidate is not None:
            self._hide_candidate(record)
        return CandidateColumns(record_json(record, mismatches), tuple(mismatches))

    def _is_kept(self, row: Any) -> bool:
        return applications.is_kept(row, self._created_sources)

    def _is_too_old(self, row: Any) -> bool:
        """Whether ``start_date`` leaves a row out."""
        if self._start is None or type(row) is not dict:
            return False
        key = applications.application_key(row, [])
        return key is not None and applications.is_created_before(key, self._start, self._now)


def identity(row: Any) -> Any:
    """The identity of a row: the application's id, or the row itself if it has no id."""
    key = row.get("id") if type(row) is dict else None
    has_key = type(key) is int or (type(key) is str and not is_empty(key))
    return key if has_key else canonical(row)
