"""The tenant's own people: employees and groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from source_phenom.listings.completeness import is_complete
from source_phenom.listings.listing import Listing, Scanning
from source_phenom.models import employees, groups
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches, record_json
from source_phenom.streams.events import Event

KeyOf = Callable[[Mapping[str, Any], Mismatches], str | None]
RecordOf = Callable[[Mapping[str, Any], str, UnifiedIds, Mismatches], dict[str, Any]]


class ResourceListing(Listing):
    """One kind of SCIM resource, which is one stream. SCIM requires a total."""

    stream: ClassVar[str]

    def add_rows(
        self, pages: Iterable[list[Any]], key_of: KeyOf, record_of: RecordOf
    ) -> Iterator[Event]:
        stream, hide = self.streams[self.stream], self.personal.step(self.stream)
        for rows in pages:
            for row in rows:
                mismatches: Mismatches = []
                key = key_of(row, mismatches) if type(row) is dict else None
                if key is None:
                    stream.counts["without_key"] += 1
                    continue
                key = self.personal.key(key)
                record = record_of(row, key, self.ids, mismatches)
                if hide is not None:
                    hide(record)
                yield from stream.add(key, record_json(record, mismatches), mismatches)


class EmployeeListing(ResourceListing):
    """The SCIM users."""

    stream = employees.MODEL

    def scan(self, *, is_second: bool) -> Scanning:
        yield from self.add_rows(self.directory.users(), employees.employee_key, employees.employee)
        assert self.directory.outcome is not None
        return is_complete(self.directory.outcome, "SCIM users", must_count=True)


class GroupListing(ResourceListing):
    """The SCIM groups."""

    stream = groups.MODEL

    def scan(self, *, is_second: bool) -> Scanning:
        pages = self.reader.resources(self.operations["groups"])
        yield from self.add_rows(pages, groups.group_key, groups.group)
        return is_complete(pages.outcome, "SCIM groups", must_count=True)
