"""What is remembered of a candidate, so that a delta need not read all of its applications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_SOURCES = 4_096
"""Pairs of a source and a number of applications that a state remembers."""


class FirstSource(NamedTuple):
    """What is remembered of a candidate: the source of the oldest application, and their number."""

    source: str | None
    applications: int


_UNKNOWN = FirstSource(None, 0)


class SourceTable:
    """Gives each :class:`FirstSource` a number, for the labels of the records. 0 means unknown."""

    def __init__(self, entries: Sequence[FirstSource] = ()) -> None:
        self._entries = [_UNKNOWN, *entries]
        self._labels = {entry: label for label, entry in enumerate(self._entries)}
        self.is_full = False
        """Whether an entry had no place any more."""

    def label(self, entry: FirstSource) -> int:
        label = self._labels.get(entry)
        if label is None:
            if len(self._entries) > MOST_SOURCES:
                self.is_full = True
                return 0
            label = self._labels[entry] = len(self._entries)
            self._entries.append(entry)
        return label

    def entry(self, label: int) -> FirstSource | None:
        """The entry with that number; None if it is unknown."""
        return self._entries[label] if 0 < label < len(self._entries) else None

    @property
    def entries(self) -> list[FirstSource] | None:
        """All of them; None if there were too many."""
        return None if self.is_full else self._entries[1:]
