"""A listing that is generated, and edited by exceptions.

A million generated records cost nothing until someone looks at them; what is kept is what differs:
which are gone, which were edited, and what was inserted where.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

Span = range | int
"""A `range` of untouched generated records, or one record that has content of its own."""


class Listing:
    """The order of a listing and the content of its exceptions.

    A record is named by a number: 0 and up for generated ones, below 0 for those added later.
    Content is rendered JSON.
    """

    def __init__(self, generated: int) -> None:
        self.generated = generated
        self._gone: list[int] = []
        self._edited: list[int] = []
        # Added records in listing order; slot s is the place before generated record s.
        self._slots: list[int] = []
        self._added: list[int] = []
        self._content: dict[int, bytes] = {}
        self._next_added = -1

    def __len__(self) -> int:
        return self.generated - len(self._gone) + len(self._added)

    def __contains__(self, record: int) -> bool:
        if record < 0:
            return record in self._content
        return record < self.generated and not _holds(self._gone, record)

    def content(self, record: int) -> bytes | None:
        """The JSON of an added or edited record; None for one that is as it was generated."""
        return self._content.get(record)

    def exceptions(self) -> Iterator[int]:
        """The listed records that have content of their own, in no particular order."""
        return iter(tuple(self._content))

    def at(self, position: int) -> int:
        """The record at `position`; raises IndexError outside the listing."""
        if position < 0:
            raise IndexError(position)
        for span in self.spans(position, 1):
            return span.start if isinstance(span, range) else span
        raise IndexError(position)

    def edit(self, record: int, content: bytes) -> None:
        """Raises KeyError when the record is not listed."""
        if record not in self:
            raise KeyError(record)
        if record >= 0 and record not in self._content:
            insort(self._edited, record)
        self._content[record] = content

    def delete(self, record: int) -> None:
        """Takes the record out; everything behind it moves up by one. Raises KeyError."""
        if record not in self:
            raise KeyError(record)
        if record >= 0:
            if self._content.pop(record, None) is not None:
                del self._edited[bisect_left(self._edited, record)]
            insort(self._gone, record)
        else:
            del self._content[record]
            index = self._added.index(record)
            del self._added[index], self._slots[index]

    def restore(self, record: int) -> None:
        """Brings a deleted generated record back as it was generated. Raises KeyError."""
        if not _holds(self._gone, record):
            raise KeyError(record)
        del self._gone[bisect_left(self._gone, record)]

    def add(self, content: bytes, position: int | None = None) -> int:
        """Inserts before `position` (None: at the end) and returns the new record's name."""
        record = self._next_added
        self._next_added -= 1
        if position is None or position >= len(self):
            slot, index = self.generated, len(self._slots)
        else:
            slot = self._slot_of(position)
            index = bisect_left(self._slots, slot)
            index += min(position - self._before(slot), bisect_right(self._slots, slot) - index)
        self._slots.insert(index, slot)
        self._added.insert(index, record)
        self._content[record] = content
        return record

    def spans(self, offset: int, limit: int) -> Iterator[Span]:
        """The records at `offset` to `offset` + `limit` - 1, as far as there are any, in order."""
        left = min(limit, len(self) - offset)
        if left <= 0:
            return
        slot = self._slot_of(offset)
        skip = offset - self._before(slot)
        while left > 0:
            first, end = bisect_left(self._slots, slot), bisect_right(self._slots, slot)
            for record in self._added[first + skip : end][:left]:
                yield record
                left -= 1
            skip = 0
            if left <= 0 or slot >= self.generated:
                return
            if _holds(self._gone, slot):
                slot += 1
                continue
            if slot in self._content:
                yield slot
                left -= 1
                slot += 1
                continue
            stop = min(
                slot + left,
                _first_from(self._gone, slot, self.generated),
                _first_from(self._edited, slot, self.generated),
                _first_from(self._slots, slot + 1, self.generated),
            )
            yield range(slot, stop)
            left -= stop - slot
            slot = stop

    def _before(self, slot: int) -> int:
        """How many records are listed before the first one of `slot`."""
        return slot - bisect_left(self._gone, slot) + bisect_left(self._slots, slot)

    def _slot_of(self, position: int) -> int:
        """The slot that holds `position`: its added records come first, then the generated one."""
        low, high = 0, self.generated
        while low < high:
            middle = (low + high + 1) // 2
            if self._before(middle) <= position:
                low = middle
            else:
                high = middle - 1
        return low


def _holds(numbers: list[int], number: int) -> bool:
    index = bisect_left(numbers, number)
    return index < len(numbers) and numbers[index] == number


def _first_from(numbers: list[int], number: int, otherwise: int) -> int:
    index = bisect_left(numbers, number)
    return numbers[index] if index < len(numbers) else otherwise
