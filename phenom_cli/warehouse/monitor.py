"""Follows the connector's messages about its streams, and reports progress as events.

An event is a dictionary; its member ``event`` is its kind:

====================  =====================================================================
``phase``             ``phase``: ``opening``, ``starting``, ``reading`` or ``loading``
``streams``           ``streams``: the names that this run reads, in order
``progress``          ``records``: how many records each stream has delivered so far
``stream``            ``stream``, ``status``: ``reading``, ``complete``, ``failed``, ``loading``
``waiting``           ``waiting``: whether the connector waits for the warehouse
``warning``           ``message``: a warning for the user
====================  =====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from phenom_cli.warehouse.connector import Connector, error_text
from phenom_cli.warehouse.failures import SyncFailed

SECONDS_BETWEEN_PROGRESS = 0.2
RECORDS_BETWEEN_CLOCK_READINGS = 64

Emit = Callable[[dict[str, Any]], None]

_EVENT_STATUS = {"STARTED": "reading", "COMPLETE": "complete", "INCOMPLETE": "failed"}


class ReadMonitor:
    """Counts records, and remembers how each stream ended and why."""

    def __init__(self, streams: Sequence[str], emit: Emit, monotonic: Callable[[], float]) -> None:
        self.streams = list(streams)
        self.records = dict.fromkeys(streams, 0)
        self.loaded_stream: str | None = None
        """The stream that the warehouse is loading, or failed to load."""
        self._statuses: dict[str, str] = {}
        self._errors: dict[str | None, str] = {}
        self._emit = emit
        self._monotonic = monotonic
        self._last_progress = monotonic()

    def record(self, stream: str) -> None:
        self.records[stream] += 1
        if (
            self.records[stream] % RECORDS_BETWEEN_CLOCK_READINGS == 0
            and self._monotonic() - self._last_progress >= SECONDS_BETWEEN_PROGRESS
        ):
            self.emit_progress()

    def message(self, message: Mapping[str, Any]) -> None:
        """Takes any message except records and states."""
        kind = message.get("type")
        if kind == "TRACE":
            self._trace(message["trace"])
        elif kind == "LOG" and message["log"]["level"] in ("WARN", "ERROR", "FATAL"):
            self.warning(message["log"]["message"])

    def _trace(self, trace: Mapping[str, Any]) -> None:
        if trace.get("stream_status"):
            status = trace["stream_status"]
            self._status(status["stream_descriptor"]["name"], status["status"])
        elif trace.get("error"):
            error = trace["error"]
            stream = (error.get("stream_descriptor") or {}).get("name")
            # The first message names the cause; later ones are its consequences.
            self._errors.setdefault(stream, error_text(error))

    def _status(self, stream: str, status: str) -> None:
        if stream not in self.records:
            return
        self._statuses[stream] = status
        if status in _EVENT_STATUS:
            self.emit_progress()
            self._emit({"event": "stream", "stream": stream, "status": _EVENT_STATUS[status]})

    def emit_progress(self) -> None:
        self._last_progress = self._monotonic()
        self._emit({"event": "progress", "records": dict(self.records)})

    def end_of_reading(self) -> None:
        self.emit_progress()
        self.phase("loading")

    def phase(self, phase: str) -> None:
        self._emit({"event": "phase", "phase": phase})

    def loading(self, stream: str) -> None:
        self._emit({"event": "stream", "stream": stream, "status": "loading"})

    def warning(self, message: str) -> None:
        self._emit({"event": "warning", "message": message})

    @contextmanager
    def waiting_for_the_warehouse(self) -> Iterator[None]:
        """Inside the block nothing is read: the warehouse is too slow."""
        self._emit({"event": "waiting", "waiting": True})
        try:
            yield
        finally:
            self._emit({"event": "waiting", "waiting": False})

    def complete(self, stream: str) -> bool:
        """Whether the stream was read to its end."""
        return self._statuses.get(stream) == "COMPLETE"

    def failure(self, stream: str, unknown_reason: str) -> str | None:
        """Why the stream was not read to its end; None if it was."""
        if self.complete(stream):
            return None
        return self._errors.get(stream) or self._errors.get(None) or unknown_reason

    def read_nothing(self) -> bool:
        """Whether no stream was read to its end and none delivered a record."""
        return not any(map(self.complete, self.streams)) and not any(self.records.values())

    def failure_reasons(self) -> list[str]:
        """The connector's errors, without those that only follow from others."""
        if next(iter(self._errors), None) is None:
            # The first error is about no stream: it stopped everything. Or there is none.
            return list(self._errors.values())[:1]
        failures = {name: text for name, text in self._errors.items() if name}
        return failure_sentences(failures, len(self.streams))


def failure_sentences(failures: Mapping[str, str], selected: int) -> list[str]:
    """One sentence for each reason, with the names of all streams that failed for it.

    :param failures: the connector's message, by stream.
    :param selected: how many streams were read, including those that did not fail.
    """
    streams: dict[str, list[str]] = {}
    for stream, message in failures.items():
        named = re.compile(rf"(\bstream |--streams ){re.escape(stream)}(?!\w)")
        reason = named.sub(r"\1\0", message.removeprefix(f"Stream {stream}: "))
        streams.setdefault(reason, []).append(stream)
    return [
        _failed(names, selected) + f": {reason}".replace("\0", ",".join(names))
        for reason, names in streams.items()
    ]


def _failed(names: Sequence[str], selected: int) -> str:
    if len(names) == selected > 1:
        return "no stream could be read"
    return ", ".join(f"the stream {name} failed" for name in names)


def fail_if_nothing_was_read(connector: Connector, monitor: ReadMonitor) -> None:
    """Raises SyncFailed if the read ended with an error and delivered nothing."""
    if connector.exit_code and monitor.read_nothing():
        reasons = monitor.failure_reasons() or [connector.ending()]
        raise SyncFailed(reasons[-1], earlier=reasons[:-1])
