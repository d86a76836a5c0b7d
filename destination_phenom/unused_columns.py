"""Columns that no field takes: ignored, but not without a word."""

from __future__ import annotations

import logging
from collections.abc import Iterable

logger = logging.getLogger("airbyte.phenom")

_MOST_NAMED = 100
"""Columns of a stream from which on no more are named: some rows are objects of any keys."""


class UnusedColumns:
    """Tells of them, each once."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def warn(self, stream: str, unused: Iterable[str]) -> None:
        known = self._known.setdefault(stream, set())
        fresh = [column for column in unused if column not in known][:_MOST_NAMED]
        if fresh and len(known) < _MOST_NAMED:
            known.update(fresh)
            logger.warning(
                f"Columns of {stream} that no field takes are ignored: {', '.join(fresh)}."
            )
