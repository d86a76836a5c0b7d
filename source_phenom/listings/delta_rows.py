"""The rows that a delta reads: whether they are in order, and what the states remember of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from source_phenom.listings.creation_order import DISORDER, NewestFirst, creation_seconds
from source_phenom.listings.first_sources import FirstSource
from source_phenom.listings.listing_memory import ListingMemory
from source_phenom.listings.scan_plan import DeltaPlan
from source_phenom.models.ids import creation_second
from source_phenom.streams.stream_run import StreamRun


class DeltaImpossible(Exception):
    """The rows that a delta reads are not enough. The message completes "a full scan, as …"."""


class IdentifiedRow(Protocol):
    @property
    def identity(self) -> Any: ...


class KnownRows:
    """The rows that an earlier sync saw, as far as one stream remembers them.

    A listing in order gets new rows at one end only. So a row that is more than ten minutes older
    than the newest one of that sync was there; of the newer ones the state has the ids.
    """

    def __init__(self, memory: ListingMemory) -> None:
        self._recent = frozenset(memory.recent or ())
        self._since = memory.newest - DISORDER

    def holds(self, identity: Any) -> bool:
        """Whether the row with this id was listed before."""
        second = creation_second(identity) if type(identity) is str else None
        return second is not None and (second < self._since or identity in self._recent)


class DeltaRows:
    """Sees all rows of a delta, page by page, the newest page first."""

    def __init__(self, plan: DeltaPlan) -> None:
        self.known = {name: KnownRows(memory) for name, memory in plan.memories.items()}
        self.count = 0
        self._memories = plan.memories
        self._recent = {name: memory.recent_ids() for name, memory in plan.memories.items()}
        self._order = NewestFirst(plan.order)

    @property
    def oldest(self) -> int:
        """The second of the oldest row so far."""
        return self._order.oldest or 0

    def take_page(self, rows: Sequence[IdentifiedRow]) -> None:
        """Take a page, in the listing's order.

        :raises DeltaImpossible: its rows are not in order.
        """
        ids = [row.identity for row in rows]
        seconds = creation_seconds(ids)
        if seconds is None:
            raise DeltaImpossible("the listing has a row whose id does not tell its time")
        if not self._order.add(seconds):
            raise DeltaImpossible("the listing is not in order of creation any more")
        for each in self._recent.values():
            each.add(ids, seconds)
        self.count += len(ids)

    def remember(
        self,
        streams: Mapping[str, StreamRun],
        *,
        rows: int,
        page_length: int,
        sources: Sequence[FirstSource] | None,
    ) -> None:
        """Keep in the states what the next sync needs, when all records were added.

        :param rows, page_length: of the listing now. :param sources: what the labels of candidates
            mean; None if there were too many.
        """
        for name, stream in streams.items():
            memory, recent = self._memories[name], self._recent[name]
            is_told = memory.sources is not None and sources is not None
            replace(
                memory,
                rows=rows,
                page_length=page_length,
                newest=recent.newest,
                recent=recent.ids(),
                sources=tuple(sources) if is_told and sources is not None else None,
            ).remember(stream)
