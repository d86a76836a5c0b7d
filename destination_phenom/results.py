"""The results of a run: the results file with a line per record, and the summary's counts."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from destination_phenom.outcomes import WriteOutcome
from destination_phenom.states import StreamKey
from phenom_api.errors import InvalidConfig

_QUOTED_REJECTIONS = 5
"""Rejections that the error message at the end of a run quotes."""
_QUOTED_CHARACTERS = 300
"""Characters of each rejection that are quoted."""
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
_STATUS_WORDS = {
    "created": "created",
    "already_applied": "had applied already",
    "already_exists": "existed already",
    "rejected": "rejected",
    "unsettled": "unsettled",
}


@dataclass(frozen=True)
class ResultLine:
    """One line of the results. ``position`` counts from 1, per stream and run.

    ``line`` is set for a record that could not be read, and for a line of the input that was no
    message; the latter has neither stream nor position.
    """

    stream: StreamKey | None
    position: int | None
    outcome: WriteOutcome
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
    """Appends lines to a JSON-lines file, without a buffer.

    Results contain the ids of people: only the owner can read a new file; an existing file keeps
    its permissions. Pipes and devices (``/dev/null``) work as well.

    :param run: marks every line, because later runs append to the same file.
    :raises InvalidConfig: from every method, if the system refuses to open or write the file.
        After that nothing more is written, because the last line may be incomplete.
    """

    def __init__(self, path: str, run: str) -> None:
        self._path = path
        self._run = run
        self._lock = threading.Lock()
        self._failure: InvalidConfig | None = None
        with self._checking_path():
            # Reading from a pipe would consume what another process has to read.
            self._is_regular = not Path(path).exists() or Path(path).is_file()
            self._file = self._open()
            self._begin_line()

    def _open(self) -> io.FileIO:
        flags = os.O_APPEND | os.O_CREAT | (os.O_RDWR if self._is_regular else os.O_WRONLY)
        try:
            descriptor = os.open(self._path, flags | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            descriptor = os.open(self._path, flags, _OWNER_ONLY)
        else:
            # A umask can remove even the owner's permissions.
            os.fchmod(descriptor, _OWNER_ONLY)
        return io.FileIO(descriptor, "r+" if self._is_regular else "w")

    def _begin_line(self) -> None:
        """End the last line, which a crash may have left incomplete."""
        if self._is_regular and (size := self._file.seek(0, os.SEEK_END)):
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")

    def write(self, result: ResultLine) -> None:
        line = orjson.dumps(result.as_json(run=self._run)) + b"\n"
        with self._lock, self._checking_path():
            while line:
                line = line[self._file.write(line) :]

    def sync(self) -> None:
        """Flush to the disk, so that all lines survive a crash of the machine."""
        with self._lock, self._checking_path():
            if self._is_regular:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._failure is not None:
            with suppress(OSError):
                self._file.close()
            return
        with self._checking_path():
            self._file.close()

    @contextmanager
    def _checking_path(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except (OSError, ValueError) as error:
            # A ValueError means an invalid path, such as one with U+0000.
            why = error.strerror if isinstance(error, OSError) else error
            self._failure = InvalidConfig(
                f"results_path cannot be written: {why} ({self._path}).",
                ("results_path",),
            )
            raise self._failure from None


@dataclass
class Summary:
    """The counts of a run, including results that could not be written.

    ``lacking`` counts records without an attachment, by stream; ``broken`` counts lines of the
    input that were no messages; ``unwritten`` counts the results that could not be written, by
    stream (None for broken lines) and status.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    lacking: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    unwritten: dict[str | None, Counter[str]] = field(default_factory=dict)
    first_rejections: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """The number of rejected records and broken lines."""
        return self.broken + sum(count["rejected"] for count in self.counts.values())

    @property
    def unsettled(self) -> int:
        return sum(count["unsettled"] for count in self.counts.values())

    @property
    def total(self) -> int:
        return self.broken + sum(sum(count.values()) for count in self.counts.values())

    def add(self, result: ResultLine) -> None:
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
        if outcome.status == "rejected" and len(self.first_rejections) < _QUOTED_REJECTIONS:
            self.first_rejections.append(f"{where}: {(outcome.error or '')[:_QUOTED_CHARACTERS]}")

    def add_unwritten(self, result: ResultLine) -> None:
        """Note that a result, which was added before, could not be written."""
        stream = result.stream[1] if result.stream is not None else None
        self.unwritten.setdefault(stream, Counter())[result.outcome.status] += 1

    def lines(self) -> list[str]:
        """One line of text per stream, and more lines for problems."""
        lines = []
        for stream, count in self.counts.items():
            total = sum(count.values())
            text = f"{stream}: {_records(total)}: {_by_status(count)}"
            if self.lacking[stream]:
                text += f"; {self.lacking[stream]:,} of them lack an attachment"
            lines.append(text + ".")
        if self.broken:
            lines.append(f"Lines of the input that are no messages: {self.broken:,}.")
        if self.unwritten:
            counts = "; ".join(
                f"{stream or 'lines that are no messages'}: {_by_status(count)}"
                for stream, count in self.unwritten.items()
            )
            lines.append(
                f"Results that could not be written: {counts}. Send the same records again: "
                "nothing is created twice."
            )
        return lines or ["No records came in."]

    def rejections(self) -> str:
        """The number of rejections, with the reasons of the first ones."""
        quoted = " · ".join(self.first_rejections)
        more = self.rejected - len(self.first_rejections)
        return f"{self.rejected:,} of {_records(self.total)} were rejected. {quoted}" + (
            f" · and {more:,} more." if more > 0 else ""
        )


def _by_status(count: Counter[str]) -> str:
    parts = [f"{count[status]:,} {word}" for status, word in _STATUS_WORDS.items() if count[status]]
    return ", ".join(parts)


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"
