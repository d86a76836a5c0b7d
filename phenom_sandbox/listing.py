"""The records of a listing, in its order and kept as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import count
from typing import Any, Generic, TypeVar

import orjson

Key = TypeVar("Key")
Payload = dict[str, Any]


class RecordStore(Generic[Key]):
    """The records of one listing. A record's key never changes.

    `version` increases with every change.
    """

    def __init__(self, records: Iterable[tuple[Key, Payload]] = ()) -> None:
        self._content = {key: _rendered(payload) for key, payload in records}
        self._order = list(self._content)
        self.version = 0

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, key: object) -> bool:
        return key in self._content

    def __iter__(self) -> Iterator[Key]:
        """The keys, in listing order."""
        return iter(self._order)

    def at(self, position: int) -> Key:
        """The key at `position`; raises IndexError outside the listing."""
        if position < 0:
            raise IndexError(position)
        return self._order[position]

    def content(self, key: Key) -> bytes:
        """The record's JSON. Raises KeyError."""
        return self._content[key]

    def contents(self) -> list[bytes]:
        """The JSON of all records, in listing order."""
        return [self._content[key] for key in self._order]

    def payload(self, key: Key) -> Payload:
        """A copy of the record. Raises KeyError."""
        payload: Payload = orjson.loads(self._content[key])
        return payload

    def page(self, offset: int, limit: int) -> bytes:
        """A JSON array of at most `limit` records from `offset` on."""
        return self.array(self._order[offset : offset + limit])

    def array(self, keys: Iterable[Key]) -> bytes:
        """A JSON array of these records."""
        return b"[" + b",".join(map(self._content.__getitem__, keys)) + b"]"

    def edit(self, key: Key, payload: Payload) -> None:
        """Raises KeyError."""
        if key not in self._content:
            raise KeyError(key)
        self._content[key] = _rendered(payload)
        self.version += 1

    def delete(self, key: Key) -> None:
        """Removes the record; the records behind it move up by one. Raises KeyError."""
        del self._content[key]
        self._order.remove(key)
        self.version += 1

    def add(self, key: Key, payload: Payload, position: int | None = None) -> None:
        """Inserts before `position`; at the end for None or a position behind the end."""
        self._content[key] = _rendered(payload)
        self._order.insert(len(self._order) if position is None else position, key)
        self.version += 1


class JobStore(RecordStore[int]):
    """A listing of jobs with filters (`GET /jobs-api/v1/jobs`). Keys are numbers."""

    def __init__(self, rows: Iterable[Payload]) -> None:
        super().__init__(enumerate(rows))
        self._numbers = count(len(self))
        self._read: dict[int, tuple[bytes, Payload]] = {}
        self._filtered: dict[tuple[tuple[str, str], ...], tuple[int, list[int]]] = {}

    def append(self, payload: Payload, position: int | None = None) -> int:
        """Inserts like `add` and returns the new row's key."""
        key = next(self._numbers)
        self.add(key, payload, position)
        return key

    def row(self, key: int) -> Payload:
        """The row, which must not be changed because it is shared. Raises KeyError."""
        content = self.content(key)
        known = self._read.get(key)
        if known is None or known[0] is not content:
            known = self._read[key] = content, self.payload(key)
        return known[1]

    def matching(self, filters: Mapping[str, str]) -> list[int]:
        """The keys of the rows whose fields are equal to all of `filters`, in order."""
        wanted = tuple(sorted(filters.items()))
        version, found = self._filtered.get(wanted, (-1, []))
        if version != self.version:
            if len(self._filtered) > 64:
                self._filtered.clear()
            found = [key for key in self._order if _matches(self.row(key), wanted)]
            self._filtered[wanted] = self.version, found
        return found


def _rendered(payload: Payload) -> bytes:
    """A copy, because the bytes from orjson keep its whole buffer, about four times as large."""
    return bytes(memoryview(orjson.dumps(payload)))


def _matches(row: Payload, wanted: tuple[tuple[str, str], ...]) -> bool:
    return all(row.get(field) == value for field, value in wanted)


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
