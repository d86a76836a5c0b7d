"""What the rows of the application listing come to: from the bytes of a page to those of records.

Pure: the same page gives the same rows, in whatever thread or process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from functools import cached_property
from typing import Any, NamedTuple

from phenom_api.answers import parse_json
from source_phenom.listings.candidate_groups import Described
from source_phenom.listings.mapping_options import MappingOptions
from source_phenom.models import applications, candidates
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.remapping import Remapping
from source_phenom.models.values import Mismatches, canonical, is_empty, record_json


class CandidateValues(NamedTuple):
    """A candidate as one application has them: by the key of the record.

    :param row: the application's JSON text, for :meth:`ApplicationMapper.candidate`.
    """

    key: str
    source: str | None
    row: bytes


class MappedApplication(NamedTuple):
    """What one application of the listing comes to.

    :param identity: tells it from the others.
    :param kept: whether ``only_created_applications`` lets it through; of one that it leaves out
        nothing but the identity is made.
    :param key: empty where it cannot be a record.
    :param columns, odd: of its own record. :param candidate: None where there is none; both are
        made for the streams that are selected.
    """

    identity: Hashable
    kept: bool = False
    key: str = ""
    columns: bytes = b""
    mismatches: tuple[str, ...] = ()
    candidate: CandidateValues | None = None


class ApplicationMapper:
    """Maps pages for some streams, as a tenant wishes.

    A candidate's record is several times as large as the application's, and many a candidate has
    more applications than the one that it is made of. So it is left as it was sent until that one
    is known.
    """

    def __init__(self, options: MappingOptions, streams: Collection[str]) -> None:
        self._wishes = options
        self._of_applications = applications.MODEL in streams
        self._of_candidates = candidates.MODEL in streams
        self._ids = UnifiedIds(options.integration_id)
        self._remapping = Remapping(options.field_overrides, options.custom_fields)

    def page(self, content: bytes) -> Any:
        """A page's body, with what each of its rows comes to; ValueError where it is not JSON."""
        body = self._parse(content)
        if type(body) is dict and type(body.get("data")) is list:
            if self._of_candidates:
                body["data"] = [self._mapped(row, text) for row, text in body["data"]]
            else:
                body["data"] = [self._mapped(row, b"") for row in body["data"]]
        return body

    @cached_property
    def _parse(self) -> Callable[[bytes], Any]:
        """Of a page: whole only where all of a row can be of interest at once."""
        # Here, as `check` starts with the listings and without a reader's libraries.
        from phenom_api import lean_parsing as lean

        overrides, named = self._wishes.field_overrides, self._wishes.custom_fields
        whole = any(each.model == applications.MODEL for each in overrides)
        whole |= any(each.model == applications.MODEL for each in named)
        if self._of_candidates:
            whole |= any((o.model, o.field) == (candidates.MODEL, "source") for o in overrides)
            return lean.parse_whole_with_texts if whole else lean.parse_with_texts
        return parse_json if whole else lean.parse_without_profiles

    def _mapped(self, row: Any, text: bytes) -> Any:
        if not self._is_kept(row):
            return MappedApplication(identity(row))
        mismatches: Mismatches = []
        key = applications.application_key(row, mismatches) if type(row) is dict else None
        if key is None:
            return MappedApplication(identity(row), kept=True)
        columns = b""
        if self._of_applications:
            columns = record_json(self._application(row, key, mismatches), mismatches)
        candidate = self._of_candidate(row, text) if self._of_candidates else None
        return MappedApplication(identity(row), True, key, columns, tuple(mismatches), candidate)

    def _of_candidate(self, row: dict[str, Any], text: bytes) -> CandidateValues | None:
        person = candidates.candidate_key(row, [])
        if person is None:
            return None
        return CandidateValues(person, self._remapping.source(row, []), text)

    def _application(self, row: dict[str, Any], key: str, mismatches: Mismatches) -> dict[str, Any]:
        """The record of one application, with the tenant's wishes."""
        record = applications.application(row, key, self._ids, self._wishes.now, mismatches)
        return self._remapping.apply(applications.MODEL, row, record, mismatches)

    def candidate(self, text: bytes) -> Described:
        """The columns of a candidate but for ``source``, out of an application's JSON text."""
        mismatches: Mismatches = []
        row = parse_json(text)
        key = candidates.candidate_key(row, mismatches) or ""
        record = candidates.candidate(row, key, self._ids, mismatches)
        self._remapping.apply(candidates.MODEL, row, record, mismatches)
        self._remapping.source(row, mismatches)
        return Described(record_json(record, mismatches), tuple(mismatches))

    def _is_kept(self, row: Any) -> bool:
        return applications.is_kept(row, self._wishes.created_sources)


def identity(row: Any) -> Any:
    """What makes a listed application itself: its id, or for want of one its content."""
    key = row.get("id") if type(row) is dict else None
    is_told = type(key) is int or (type(key) is str and not is_empty(key))
    return key if is_told else canonical(row)
