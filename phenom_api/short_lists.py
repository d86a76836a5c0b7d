"""Lists of one thing's parts: short enough to be read page after page, without proof of seams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phenom_api.errors import RequestRefused
from phenom_api.listings import Identity, content
from phenom_api.paging import Page


def read_all(
    fetch: Callable[[int, int], Page], size: int, identity: Identity = content
) -> list[Any]:
    """All rows of a list, whether or not it counts them, or heeds what it is asked for.

    One request where the rows come on one page and the list says how many there are. A page with
    nothing but rows that were read before is the end.

    :param fetch: reads ``limit`` rows from ``offset``. :param size: rows asked for at a time.
    :param identity: what makes a row itself.
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
                return rows + repeated  # beyond the end
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
        # Rows that come again may be others that look alike, if new ones follow.
        rows += repeated + page.rows[:last]
        repeated = page.rows[last:]
        is_full = len(page.rows) >= size
        if page.total is not None and end + len(page.rows) >= page.total and not is_full:
            # What comes again behind the list's own count is no other row.
            return (rows + repeated)[: max(page.total, len(rows))]
