"""What became of every record: the results file, and the counts of the summary."""

from __future__ import annotations

import io
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from destination_phenom.outcomes import Outcome
from destination_phenom.states import StreamKey
from phenom_api.errors import InvalidConfig

_FIRST = 5
"""Rejections that the end of a run quotes …"""
_QUOTED = 300
"""… and how many characters of each."""


@dataclass(frozen=True)
class Result:
    """One line of the results. Positions count from 1, per stream and run.

    A line of the input that was no record has neither stream nor position, but its number.
    """

    stream: StreamKey | None
    position: int | None
    outcome: Outcome
    line: int | None = None

    def as_json(self, **more: Any) -> dict[str, Any]:
        namespace, name = self.stream or (None, None)
        outcome = self.outcome
        found: dict[str, Any] = {"stream": name, "position": self.position}
        if namespace is not None:
            found["namespace"] = namespace
        if self.line is not None:
            found["line"] = self.line
        return {
            **found,
            "status": outcome.status,
            "candidate_id": outcome.candidate_id,
            "application_id": outcome.application_id,
            "error": outcome.error,
            "problems": [{"field": p.field, "rule": p.rule} for p in outcome.problems],
            **more,
        }


class ResultsFile:
    """A JSON-lines file that is appended to; a line is there as soon as it is written.

    What the system refuses is :class:`phenom_api.errors.InvalidConfig`: it names the path.

    :param run: names the run in every line, as later ones append to the same file.
    """

    def __init__(self, path: str, run: str) -> None:
        self._path = path
        self._run = run
        self._lock = threading.Lock()
        with self._named():
            self._file = io.FileIO(path, "a+")
            self._begin_line()

    def _begin_line(self) -> None:
        """End a line that a machine's crash left half-written."""
        size = self._file.seek(0, os.SEEK_END)
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")

    def write(self, result: Result) -> None:
        line = orjson.dumps(result.as_json(run=self._run)) + b"\n"
        with self._lock, self._named():
            while line:
                line = line[self._file.write(line) :]

    def sync(self) -> None:
        """Everything written so far survives a crash of the machine, too."""
        with self._named():
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InvalidConfig(
                f"results_path cannot be written: {error.strerror} ({self._path}).",
                ("results_path",),
            ) from None


@dataclass
class Summary:
    """Counts of a run. ``broken`` are lines of the input that were no messages."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    lacking: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    first_rejections: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """Records that were rejected, and lines that were no records."""
        return self.broken + sum(count["rejected"] for count in self.counts.values())

    @property
    def unsettled(self) -> int:
        return sum(count["unsettled"] for count in self.counts.values())

    @property
    def total(self) -> int:
        return self.broken + sum(sum(count.values()) for count in self.counts.values())

    def add(self, result: Result) -> None:
        outcome = result.outcome
        if result.stream is None:
            self.broken += 1
            where = f"line {result.line} of the input"
        else:
            name = result.stream[1]
            self.counts.setdefault(name, Counter())[outcome.status] += 1
            if outcome.status not in ("rejected", "unsettled") and outcome.problems:
                self.lacking[name] += 1
            where = f"{name} record {result.position}"
        if outcome.status == "rejected" and len(self.first_rejections) < _FIRST:
            self.first_rejections.append(f"{where}: {(outcome.error or '')[:_QUOTED]}")

    def lines(self) -> list[str]:
        """For people, one line per stream."""
        words = {
            "created": "created",
            "already_applied": "had applied already",
            "already_exists": "existed already",
            "rejected": "rejected",
            "unsettled": "not decided",
        }
        found = []
        for stream, count in self.counts.items():
            total = sum(count.values())
            parts = [f"{count[status]:,} {word}" for status, word in words.items() if count[status]]
            text = f"{stream}: {_records(total)}: {', '.join(parts)}"
            if self.lacking[stream]:
                text += f"; {self.lacking[stream]:,} of them lack an attachment"
            found.append(text + ".")
        if self.broken:
            found.append(f"Lines of the input that are no messages: {self.broken:,}.")
        return found or ["No records came in."]

    def rejections(self) -> str:
        """How many were rejected, and why the first ones."""
        quoted = " · ".join(self.first_rejections)
        more = self.rejected - len(self.first_rejections)
        return f"{self.rejected:,} of {_records(self.total)} were rejected. {quoted}" + (
            f" · and {more:,} more." if more > 0 else ""
        )


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"
