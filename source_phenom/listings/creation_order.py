"""Whether a listing is in order of creation, by the time that each id begins with.

Ids of 24 hexadecimal digits begin with the second of their creation. Several processes make them,
and their clocks differ, so a listing in order may be out of order by up to ten minutes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phenom_api.listing_order import Order

DISORDER = 600
"""Seconds by which the rows of a listing in order may be out of order."""
MOST_RECENT = 2_000
"""Ids of the last ten minutes that a state remembers."""

Seconds = NDArray[np.int64]

_BYTES = 12
_ID_LENGTH = {2 * _BYTES}


def creation_seconds(ids: Sequence[Any]) -> Seconds | None:
    """When each row was created; None if one of the ids is not 24 hexadecimal digits."""
    if not ids:
        return np.zeros(0, np.int64)
    try:
        packed = bytes.fromhex("".join(ids))
    except (TypeError, ValueError):
        return None
    # fromhex skips spaces.
    if len(packed) != _BYTES * len(ids) or set(map(len, ids)) - _ID_LENGTH:
        return None
    return np.frombuffer(packed, ">u4")[::3].astype(np.int64)


class OrderEvidence:
    """Sees all rows of a listing, page by page, and says in which order they are."""

    def __init__(self) -> None:
        self._may_ascend = self._may_descend = True
        self._rises = self._falls = False
        self._most = self._least = self._last = 0
        self._is_empty = True

    def add(self, seconds: Seconds | None) -> None:
        """Take the next page; see :func:`creation_seconds`."""
        if seconds is None:
            self._may_ascend = self._may_descend = False
        if seconds is None or not len(seconds) or not (self._may_ascend or self._may_descend):
            return
        first = int(seconds[0])
        if self._is_empty:
            self._is_empty = False
            self._most = self._least = self._last = first
        steps = np.diff(seconds, prepend=self._last)
        self._rises |= bool((steps > 0).any())
        self._falls |= bool((steps < 0).any())
        if self._may_ascend:
            most = np.maximum(np.maximum.accumulate(seconds), self._most)
            self._may_ascend = not self._falls or bool((most - seconds <= DISORDER).all())
            self._most = int(most[-1])
        if self._may_descend:
            least = np.minimum(np.minimum.accumulate(seconds), self._least)
            self._may_descend = not self._rises or bool((seconds - least <= DISORDER).all())
            self._least = int(least[-1])
        self._last = int(seconds[-1])

    def allows(self, order: Order) -> bool:
        """Whether nothing that was seen contradicts this order."""
        return self._may_ascend if order is Order.ASCENDING else self._may_descend

    @property
    def order(self) -> Order | None:
        """The order; None if there is none, or if too little was seen to tell."""
        if self._may_ascend and self._may_descend:
            # All rows are of the same few minutes: only rows without any disorder tell.
            if self._rises != self._falls:
                return Order.ASCENDING if self._rises else Order.DESCENDING
            return None
        if self._may_ascend:
            return Order.ASCENDING
        return Order.DESCENDING if self._may_descend else None


class NewestFirst:
    """Sees the rows of a delta, newest page first, and says whether they are in order."""

    def __init__(self, order: Order) -> None:
        self._is_reversed = order is Order.ASCENDING
        self.oldest: int | None = None
        """The second of the oldest row seen."""

    def add(self, seconds: Seconds) -> bool:
        """Take the next page, in the listing's order; returns whether it is in order."""
        if not len(seconds):
            return True
        newest_first = seconds[::-1] if self._is_reversed else seconds
        least = np.minimum.accumulate(newest_first)
        if self.oldest is not None:
            least = np.minimum(least, self.oldest)
        self.oldest = int(least[-1])
        return bool((newest_first - least <= DISORDER).all())


class RecentIds:
    """The newest row of a listing, and the ids of all rows of the ten minutes before it.

    A row with an older id was listed before. A newer one was listed before only if it is among
    these.

    :param newest: the second of the newest row so far. :param ids: of the ten minutes before it.
    """

    def __init__(self, newest: int = 0, ids: Iterable[str] = ()) -> None:
        self.newest = newest
        self._pages: deque[tuple[int, list[str], Seconds]] = deque()
        self._count = 0
        self._dropped: int | None = None
        known = list(ids)
        seconds = creation_seconds(known)
        if known and seconds is not None:
            self.add(known, seconds)

    def add(self, ids: Sequence[str], seconds: Seconds) -> None:
        """Take more rows, in any order."""
        if not len(seconds):
            return
        latest = int(seconds.max())
        if latest > self.newest:
            self.newest = latest
        elif latest < self.newest - DISORDER:
            return
        self._pages.append((latest, list(ids), seconds))
        self._count += len(ids)
        while self._pages[0][0] < self.newest - DISORDER:
            self._count -= len(self._pages.popleft()[1])
        while self._count > 2 * MOST_RECENT and len(self._pages) > 1:
            dropped, dropped_ids, _ = self._pages.popleft()
            self._count -= len(dropped_ids)
            self._dropped = max(self._dropped or 0, dropped)

    def ids(self) -> tuple[str, ...] | None:
        """Sorted; None if there are more than :data:`MOST_RECENT`."""
        first = self.newest - DISORDER
        if self._dropped is not None and self._dropped >= first:
            return None
        found: set[str] = set()
        for _, ids, seconds in self._pages:
            found.update(ids[place] for place in (seconds >= first).nonzero()[0].tolist())
        return tuple(sorted(found)) if len(found) <= MOST_RECENT else None
