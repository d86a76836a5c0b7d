"""Which fields a sample of a tenant's payloads has, what they hold, and where that goes."""

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
from phenom_cli.shapes import field_name, json_type, shape
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates, jobs
from source_phenom.models.origins import Origins
from source_phenom.models.values import is_empty, with_custom_objects

DEEPEST = 50
"""Levels of objects that are descended into."""


@dataclass(frozen=True)
class Field:
    """One remote field.

    :param parts: of its path; a name behind a list's means that of the list's elements.
    :param types: JSON types of its values, the most frequent first; null only where all are.
    :param filled: share of the payloads, 0 to 1, in which it is not empty.
    :param shape: the most frequent one, see :func:`phenom_cli.shapes.shape`.
    :param in_list: whether it belongs to the elements of a list.
    """

    parts: tuple[str, ...]
    types: tuple[str, ...]
    filled: float
    shape: str
    in_list: bool = False

    @property
    def path(self) -> str:
        """As ``field_overrides`` and ``custom_fields`` have it."""
        return ".".join(self.parts)

    @property
    def only_holds_others(self) -> bool:
        """Whether it is an object that is descended into: lists are values as they are."""
        return not self.in_list and set(self.types) == {"object"}


@dataclass(frozen=True)
class Found:
    """A field, the unified model it belongs to, and the columns (``model.column``) it feeds."""

    model: str
    field: Field
    feeds: tuple[str, ...]


def jobs_found(config: SourceConfig, gateway: Gateway, size: int) -> tuple[list[Found], int, int]:
    """The fields of about ``size`` jobs, how many were looked at, and how many there are.

    The listings that a read touches share the sample. Raises PhenomError.
    """
    listings = [(OPEN_JOBS, site_type) for site_type in config.site_types]
    if config.include_closed_jobs:
        listings += [(CLOSED_JOBS, site_type) for site_type in config.site_types]
    rows: list[Any] = []
    total = 0
    for operation, site_type in listings:
        fetch = partial(jobs_page, gateway, operation, site_type)
        some, of = sample(fetch, -(-size // len(listings)), config.page_size, job_identity)
        rows += some
        total += of
    origins = Origins(config.field_overrides, config.custom_fields)
    found = [
        Found(jobs.MODEL, each, origins.of_job(each.path, is_object=each.only_holds_others))
        for each in field_profile(rows)
    ]
    return found, len(rows), total


def applications_found(
    config: SourceConfig, gateway: Gateway, size: int
) -> tuple[list[Found], int, int]:
    """The same for applications; what describes the candidate belongs to that model.

    Of a sample those count that ``only_created_applications`` keeps.
    """
    fetch = partial(applications_page, gateway)
    listed, total = sample(fetch, size, config.page_size, application_identity)
    rows = [row for row in listed if applications.is_kept(row, config.created_sources)]
    origins = Origins(config.field_overrides, config.custom_fields)
    found = []
    for each in field_profile(rows):
        model = candidates.MODEL if each.parts[0] == "candidateData" else applications.MODEL
        feeds = origins.of_application(each.path, is_object=each.only_holds_others)
        own_first = sorted(feeds, key=lambda column: not column.startswith(f"{model}."))
        found.append(Found(model, each, tuple(own_first)))
    return found, len(rows), total


@dataclass
class _Seen:
    in_list: bool
    filled: int = 0
    types: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)


def field_profile(rows: Sequence[Any]) -> list[Field]:
    """Every field of the rows, a parent ahead of its members. What is no object has none."""
    payloads = [with_custom_objects(row) for row in rows if isinstance(row, dict)]
    seen: dict[tuple[str, ...], _Seen] = {}
    for payload in payloads:
        here: dict[tuple[str, ...], list[Any]] = {}
        for parts, value, in_list in _values(payload, ()):
            here.setdefault(parts, []).append(value)
            seen.setdefault(parts, _Seen(in_list))
        for parts, values in here.items():
            entry = seen[parts]
            given = [value for value in values if not is_empty(value)]
            entry.filled += bool(given)
            entry.types.update({json_type(value) for value in values if value is not None})
            entry.shapes.update(shape(value) for value in given[:1])
    return [
        Field(
            parts,
            tuple(name for name, _ in entry.types.most_common()) or ("null",),
            entry.filled / len(payloads),
            next((found for found, _ in entry.shapes.most_common(1)), ""),
            entry.in_list,
        )
        for parts, entry in sorted(seen.items())
    ]


def _values(
    members: Mapping[str, Any], parents: tuple[str, ...], in_list: bool = False
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    for key, value in members.items():
        parts = (*parents, field_name(key))
        yield parts, value, in_list
        if len(parts) == DEEPEST:
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
    """About ``size`` rows from all over a listing, and how many it has (as far as is known).

    What a tenant filled in changes over the years: the pages lie as far apart as they can. The
    first page with nothing but rows that were there before is the last one.

    :param fetch: reads ``limit`` rows from ``offset``. :param identity: what makes a row itself.
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
