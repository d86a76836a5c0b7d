"""Listings with their rendered records: what pages are cut from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import orjson

from phenom_sandbox.listing import Listing
from phenom_sandbox.records.jobs import JobBook, Row
from phenom_sandbox.rendered import RenderedBlocks

Payload = dict[str, Any]


class Shelf:
    """One listing with its rendered records: what a page is cut from."""

    def __init__(self, size: int, compose: Callable[[int], Payload], budget: int) -> None:
        self.listing = Listing(size)
        self.compose = compose
        self.blocks = RenderedBlocks(size, compose, budget)
        self.version = 0

    def page(self, offset: int, limit: int) -> bytes:
        """A JSON array of the records at `offset` and behind, at most `limit` of them."""
        pieces: list[bytes] = []
        for span in self.listing.spans(offset, limit):
            if isinstance(span, range):
                pieces += self.blocks.pieces(span)
            else:
                pieces.append(self.content(span))
        return b"[" + b",".join(pieces) + b"]"

    def content(self, record: int) -> bytes:
        content = self.listing.content(record)
        return orjson.dumps(self.compose(record)) if content is None else content

    def peek(self, record: int) -> Payload:
        """The record to be read, not changed: parts of it are shared with others."""
        content = self.listing.content(record)
        if content is None:
            return self.compose(record)
        payload: Payload = orjson.loads(content)
        return payload

    def payload(self, record: int) -> Payload:
        payload: Payload = orjson.loads(self.content(record))
        return payload

    def records(self) -> Iterator[int]:
        for span in self.listing.spans(0, len(self.listing)):
            yield from span if isinstance(span, range) else (span,)

    def edit(self, record: int, payload: Payload) -> None:
        self.listing.edit(record, orjson.dumps(payload))
        self.version += 1

    def delete(self, record: int) -> None:
        self.listing.delete(record)
        self.version += 1

    def add(self, payload: Payload, position: int | None) -> int:
        self.version += 1
        return self.listing.add(orjson.dumps(payload), position)


class JobShelf(Shelf):
    """A job listing, which can be filtered (`GET /jobs-api/v1/jobs`)."""

    def __init__(self, book: JobBook, rows: list[Row], budget: int) -> None:
        super().__init__(len(rows), lambda number: book.compose(rows[number]), budget)
        self._book = book
        self._rows = rows
        self._facts: dict[int, Mapping[str, Any]] = {}
        self._filtered: dict[tuple[tuple[str, str], ...], tuple[int, list[int]]] = {}

    def facts(self, record: int) -> Mapping[str, Any]:
        """`jobId`, `locale`, `category`, `siteType`; the whole payload where it was edited."""
        content = self.listing.content(record)
        if content is not None:
            payload: Payload = orjson.loads(content)
            return payload
        facts = self._facts.get(record)
        if facts is None:
            row = self._rows[record]
            site_type, locale = self._book.publication(row)
            facts = self._facts[record] = {
                "jobId": self._book.ids[row[0]],
                "locale": locale,
                "category": self._book.category(row[0]),
                "siteType": site_type,
            }
        return facts

    def matching(self, filters: Mapping[str, str]) -> list[int]:
        """The listed records whose fields are equal to all of `filters`, in order."""
        key = tuple(sorted(filters.items()))
        version, records = self._filtered.get(key, (-1, []))
        if version != self.version:
            if len(self._filtered) > 64:
                self._filtered.clear()
            records = []
            for record in self.records():
                facts = self.facts(record)
                if all(facts.get(field) == wanted for field, wanted in key):
                    records.append(record)
            self._filtered[key] = (self.version, records)
        return records


def merged(payload: Payload, changes: Mapping[str, Any]) -> Payload:
    """`payload` with `changes`: objects are merged member by member, everything else replaced."""
    result = dict(payload)
    for key, value in changes.items():
        before = result.get(key)
        if isinstance(value, Mapping) and isinstance(before, dict):
            result[key] = merged(before, value)
        else:
            result[key] = deepcopy(value)
    return result
