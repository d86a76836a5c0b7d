"""Reads short lists page by page, without checking that pages join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phenom_api.errors import RequestRefused
from phenom_api.listings import Identity, canonical_json
from phenom_api.paging import Page


def read_all(
    fetch: Callable[[int, int], Page], size: int, identity: Identity = canonical_json
) -> list[Any]:
    """All rows of a list. The gateway may give no total, and may ignore offset and limit.

    Takes one request if all rows come on one page with a total. A page without a new row is the
    end.

    :param fetch: reads ``limit`` rows from ``offset``. :param size: rows of a page.
    :param identity: what makes a row the same row.
    """
    rows: list[Any] = []
    repeated: list[Any] = []
    seen: set[int] = set()
    while True:
        end = len(rows) + len(repeated)
        try:
            page = fetch(end, size)
        except RequestRefused:
            if end:
                return rows + repeated  # an offset behind the end
            raise
        if not page.rows:
            return rows + repeated
        last = 0
        for place, row in enumerate(page.rows, 1):
            key = hash(identity(row))
            if key not in seen:
                seen.add(key)
                last = place
        if not last:
            return rows
        # If new rows follow, the repeated ones may be different rows that look the same.
        rows += repeated + page.rows[:last]
        repeated = page.rows[last:]
        is_full = len(page.rows) >= size
        if page.total is not None and end + len(page.rows) >= page.total and not is_full:
            # Repeated rows behind the total are not different rows.
            return (rows + repeated)[: max(page.total, len(rows))]
