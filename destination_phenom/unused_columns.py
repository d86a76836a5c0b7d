"""Columns that no field takes: ignored, but not without a word."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from destination_phenom.column_names import shown
from destination_phenom.columns import fields
from destination_phenom.records import CreateCandidate

logger = logging.getLogger("airbyte.phenom")

_MOST_NAMED = 100
"""Columns of a stream from which on no more are named: some rows are objects of any keys."""


class UnusedColumns:
    """Warns of them, of each once, and names no column that could be called after a person."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def warn(self, stream: str, unused: Iterable[str], model: type[CreateCandidate]) -> None:
        """:param model: of the records, whose fields the columns may have been meant for."""
        known = self._known.setdefault(stream, set())
        if len(known) >= _MOST_NAMED:
            return
        of_records = fields(model)
        names = dict.fromkeys(shown(column, of_records) for column in list(unused)[:_MOST_NAMED])
        fresh = [name for name in names if name not in known]
        if fresh:
            known.update(fresh)
            logger.warning(
                f"Columns of {stream} that no field takes are ignored: {', '.join(fresh)}."
            )
