"""What the connector says about its streams while they are read, told on as events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from phenom_cli.warehouse.connector import Connector, words
from phenom_cli.warehouse.events import Events
from phenom_cli.warehouse.failures import SyncFailed

SECONDS_BETWEEN_PROGRESS = 0.2
RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK = 64

_TOLD = {"STARTED": "reading", "COMPLETE": "complete", "INCOMPLETE": "failed"}


class ReadMonitor:
    """Counts records, remembers how each stream ended and why."""

    def __init__(
        self, streams: Sequence[str], events: Events, monotonic: Callable[[], float]
    ) -> None:
        self.streams = list(streams)
        self.records = dict.fromkeys(streams, 0)
        self._statuses: dict[str, str] = {}
        self._errors: dict[str | None, str] = {}
        self._events = events
        self._monotonic = monotonic
        self._last_progress = monotonic()

    def record(self, stream: str) -> None:
        self.records[stream] += 1
        if (
            self.records[stream] % RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK == 0
            and self._monotonic() - self._last_progress >= SECONDS_BETWEEN_PROGRESS
        ):
            self.tell_progress()

    def message(self, message: Mapping[str, Any]) -> None:
        """Any message but a record or a state."""
        kind = message.get("type")
        if kind == "TRACE":
            self._trace(message["trace"])
        elif kind == "LOG" and message["log"]["level"] in ("WARN", "ERROR", "FATAL"):
            self._events.emit("warning", message=message["log"]["message"])

    def _trace(self, trace: Mapping[str, Any]) -> None:
        if trace.get("stream_status"):
            status = trace["stream_status"]
            self._status(status["stream_descriptor"]["name"], status["status"])
        elif trace.get("error"):
            error = trace["error"]
            stream = (error.get("stream_descriptor") or {}).get("name")
            # The first message names the cause; what follows is its consequence.
            self._errors.setdefault(stream, words(error))

    def _status(self, stream: str, status: str) -> None:
        self._statuses[stream] = status
        if status in _TOLD:
            self.tell_progress()
            self._events.emit("stream", stream=stream, status=_TOLD[status])

    def tell_progress(self) -> None:
        self._last_progress = self._monotonic()
        self._events.emit("progress", records=dict(self.records))

    def end_of_reading(self) -> None:
        self.tell_progress()
        self._events.emit("phase", phase="loading")

    def loading(self, stream: str) -> None:
        self._events.emit("stream", stream=stream, status="loading")

    def warning(self, message: str) -> None:
        self._events.emit("warning", message=message)

    def complete(self, stream: str) -> bool:
        """Whether the stream was read to its end."""
        return self._statuses.get(stream) == "COMPLETE"

    def failure(self, stream: str) -> str | None:
        """Why the stream was not read to its end; None where it was."""
        if self.complete(stream):
            return None
        return self._errors.get(stream) or self._errors.get(None) or "it did not finish"

    def silent(self) -> bool:
        """No stream was read to its end, and none delivered a record."""
        return not any(map(self.complete, self.streams)) and not any(self.records.values())

    def why_nothing_came(self) -> list[str]:
        """What the connector gave as reasons, without what only followed from them."""
        cause = next(iter(self._errors), None)
        if cause is None:
            return list(self._errors.values())[:1]
        failures = {name: text for name, text in self._errors.items() if name}
        return told_together(failures, len(self.streams))


def told_together(failures: Mapping[str, str], selected: int) -> list[str]:
    """A sentence for each reason, with all the streams that failed for it.

    :param failures: what the connector says, by stream.
    :param selected: how many streams there are, those included that did not fail.
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


def fail_if_nothing_came(connector: Connector, hearing: ReadMonitor) -> None:
    """Raises SyncFailed for a read that ended with an error and delivered nothing."""
    if connector.exit_code and hearing.silent():
        reasons = hearing.why_nothing_came() or [connector.silent_failure(connector.exit_code)]
        raise SyncFailed("\nError: ".join(reasons))
