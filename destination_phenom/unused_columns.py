"""Warns about columns that are no field of a record."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from destination_phenom.column_names import loggable_name
from destination_phenom.columns import fields
from destination_phenom.records import CreateCandidate

logger = logging.getLogger("airbyte.phenom")

_MAX_NAMED = 100
"""The most columns that are named per stream, because every row may have other keys."""


class UnusedColumns:
    """Warns once about each column; a name that may be a person's is not shown."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def warn(self, stream: str, unused: Iterable[str], model: type[CreateCandidate]) -> None:
        """:param model: the stream's record model; a warning can name the field that was meant."""
        named = self._known.setdefault(stream, set())
        if len(named) >= _MAX_NAMED:
            return
        record_fields = fields(model)
        names = dict.fromkeys(
            loggable_name(column, record_fields) for column in list(unused)[:_MAX_NAMED]
        )
        fresh = [name for name in names if name not in named]
        if fresh:
            named.update(fresh)
            logger.warning(f"Unknown columns of {stream} are ignored: {', '.join(fresh)}.")
