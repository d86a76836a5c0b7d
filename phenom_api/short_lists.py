"""Lists of one thing's parts: short enough to be read page after page, without proof of seams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phenom_api.errors import RequestRefused
from phenom_api.paging import Page


def whole(fetch: Callable[[int, int], Page], size: int) -> list[Any]:
    """All rows of a list, whether or not it counts them, or heeds what it is asked for.

    One request where the rows come on one page and the list says how many there are.

    :param fetch: reads ``limit`` rows from ``offset``. :param size: rows asked for at a time.
    """
    rows: list[Any] = []
    while True:
        try:
            page = fetch(len(rows), size)
        except RequestRefused:
            if rows:
                return rows  # beyond the end
            raise
        is_again = bool(rows) and page.rows == rows[: len(page.rows)]
        if not page.rows or is_again:
            return rows
        rows += page.rows
        is_full = len(page.rows) >= size
        if page.total is not None and len(rows) >= page.total and not is_full:
            return rows
