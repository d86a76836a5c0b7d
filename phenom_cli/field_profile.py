"""Which fields a sample of a tenant's payloads has, what they hold, and which columns they feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from phenom_api.gateway import Gateway
from phenom_api.listings import (
    CLOSED_JOBS,
    OPEN_JOBS,
    Identity,
    application_identity,
    applications_page,
    canonical_json,
    job_identity,
    jobs_page,
)
from phenom_api.paging import Page
from phenom_cli.value_shapes import json_type, redacted_key, shape
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates, jobs
from source_phenom.models.origins import Origins
from source_phenom.models.values import is_empty, with_custom_objects

MAX_DEPTH = 50
"""Levels of objects whose fields are listed."""


@dataclass(frozen=True)
class RemoteField:
    """A field of Phenom's payloads.

    :param parts: of its path; behind the name of a list stand the names in the list's elements.
    :param types: JSON types of its values, the most frequent first; null only if all are null.
    :param filled: share of the payloads, 0 to 1, in which it is not empty.
    :param shape: the most frequent one, see :func:`phenom_cli.value_shapes.shape`.
    :param in_list: whether it is a field of a list's elements.
    """

    parts: tuple[str, ...]
    types: tuple[str, ...]
    filled: float
    shape: str
    in_list: bool = False

    @property
    def path(self) -> str:
        """As ``field_overrides`` and ``custom_fields`` take it."""
        return ".".join(self.parts)

    @property
    def is_object(self) -> bool:
        """Whether its members are mapped instead of itself. A list is mapped as a whole."""
        return not self.in_list and set(self.types) == {"object"}


@dataclass(frozen=True)
class MappedField:
    """A remote field, its unified model, and the columns (``model.column``) that it feeds."""

    model: str
    field: RemoteField
    feeds: tuple[str, ...]


def profile_jobs(
    config: SourceConfig, gateway: Gateway, size: int
) -> tuple[list[MappedField], int, int]:
    """The fields of about ``size`` jobs, the number of jobs read, and the number of all jobs.

    Each listing that a sync reads gives an equal part of the sample. Raises PhenomError.
    """
    listings = [(OPEN_JOBS, site_type) for site_type in config.site_types]
    if config.include_closed_jobs:
        listings += [(CLOSED_JOBS, site_type) for site_type in config.site_types]
    rows: list[Any] = []
    total = 0
    for operation, site_type in listings:
        fetch = partial(jobs_page, gateway, operation, site_type)
        listed, number = sample(fetch, -(-size // len(listings)), config.page_size, job_identity)
        rows += listed
        total += number
    origins = Origins(config.field_overrides, config.custom_fields)
    fields = [
        MappedField(jobs.MODEL, each, origins.of_job(each.path, is_object=each.is_object))
        for each in field_profile(rows)
    ]
    return fields, len(rows), total


def profile_applications(
    config: SourceConfig, gateway: Gateway, size: int
) -> tuple[list[MappedField], int, int]:
    """As :func:`profile_jobs`, for applications. Fields of ``candidateData`` belong to candidates.

    With ``only_created_applications``, the others are left out of the sample.
    """
    fetch = partial(applications_page, gateway)
    listed, total = sample(fetch, size, config.page_size, application_identity)
    rows = [row for row in listed if applications.is_kept(row, config.created_sources)]
    origins = Origins(config.field_overrides, config.custom_fields)
    fields = []
    for each in field_profile(rows):
        model = candidates.MODEL if each.parts[0] == "candidateData" else applications.MODEL
        feeds = origins.of_application(each.path, is_object=each.is_object)
        own_first = sorted(feeds, key=lambda column: not column.startswith(f"{model}."))
        fields.append(MappedField(model, each, tuple(own_first)))
    return fields, len(rows), total


@dataclass
class _FieldCounts:
    in_list: bool
    filled: int = 0
    types: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)


def field_profile(rows: Sequence[Any]) -> list[RemoteField]:
    """Every field of the rows, each object before its members. A row that is no object has none."""
    payloads = [with_custom_objects(row) for row in rows if isinstance(row, dict)]
    counts: dict[tuple[str, ...], _FieldCounts] = {}
    for payload in payloads:
        values: dict[tuple[str, ...], list[Any]] = {}
        for parts, value, in_list in _values(payload, ()):
            values.setdefault(parts, []).append(value)
            counts.setdefault(parts, _FieldCounts(in_list))
        for parts, of_field in values.items():
            count = counts[parts]
            filled = [value for value in of_field if not is_empty(value)]
            count.filled += bool(filled)
            count.types.update({json_type(value) for value in of_field if value is not None})
            count.shapes.update(shape(value) for value in filled[:1])
    return [
        RemoteField(
            parts,
            tuple(name for name, _ in count.types.most_common()) or ("null",),
            count.filled / len(payloads),
            next((name for name, _ in count.shapes.most_common(1)), ""),
            count.in_list,
        )
        for parts, count in sorted(counts.items())
    ]


def _values(
    members: Mapping[str, Any], parents: tuple[str, ...], in_list: bool = False
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """Path, value, and whether a list is on the path, of every member down to ``MAX_DEPTH``."""
    for key, value in members.items():
        parts = (*parents, redacted_key(key))
        yield parts, value, in_list
        if len(parts) == MAX_DEPTH:
            continue
        if isinstance(value, dict):
            yield from _values(value, parts, in_list)
        elif isinstance(value, list):
            for element in value:
                if isinstance(element, dict):
                    yield from _values(element, parts, True)


def sample(
    fetch: Callable[[int, int], Page],
    size: int,
    page_size: int,
    identity: Identity = canonical_json,
) -> tuple[list[Any], int]:
    """About ``size`` rows from all parts of a listing, and its number of rows as far as known.

    Which fields a tenant fills in changes over the years: the pages lie as far apart as they can.
    A page without any new row is the last one.

    :param fetch: reads ``limit`` rows from ``offset`` on.
    :param identity: equal for two versions of one row.
    """
    rows: dict[Hashable, Any] = {}

    def add(page: Page) -> None:
        for row in page.rows:
            rows.setdefault(identity(row), row)

    first = fetch(0, min(size, page_size))
    add(first)
    length = len(first.rows)
    total = first.total
    if not length:
        return [], total or 0
    pages = -(-size // length)
    if total is not None and pages * length < total:
        last = total - length
        offsets = [round(number * last / (pages - 1)) for number in range(1, pages)]
    else:
        offsets = list(range(length, size if total is None else min(size, total), length))
    for offset in offsets:
        known = len(rows)
        add(fetch(offset, min(size - known, length)))
        if len(rows) == known:
            break
    return list(rows.values())[:size], len(rows) if total is None else total
