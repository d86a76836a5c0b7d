"""What the connector says about its streams while they are read.

It is told on as events, dictionaries whose member ``event`` says what they are:

====================  =====================================================================
``phase``             ``phase``: ``opening``, ``starting``, ``reading`` or ``loading``
``streams``           ``streams``: the names that this run reads, in order
``progress``          ``records``: how many records each stream has delivered so far
``stream``            ``stream``, ``status``: ``reading``, ``complete``, ``failed``, ``loading``
``waiting``           ``waiting``: whether the connector waits for the warehouse
``warning``           ``message``: what the connector warned about
====================  =====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from phenom_cli.warehouse.connector import Connector, words
from phenom_cli.warehouse.failures import SyncFailed

SECONDS_BETWEEN_PROGRESS = 0.2
RECORDS_BETWEEN_LOOKS_AT_THE_CLOCK = 64

Tell = Callable[[dict[str, Any]], None]

_TOLD = {"STARTED": "reading", "COMPLETE": "complete", "INCOMPLETE": "failed"}


class ReadMonitor:
    """Counts records, remembers how each stream ended and why."""

    def __init__(self, streams: Sequence[str], tell: Tell, monotonic: Callable[[], float]) -> None:
        self.streams = list(streams)
        self.records = dict.fromkeys(streams, 0)
        self.loaded_stream: str | None = None
        """Whose rows the warehouse takes, or refused."""
        self._statuses: dict[str, str] = {}
        self._errors: dict[str | None, str] = {}
        self._tell = tell
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
            self.warning(message["log"]["message"])

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
            self._tell({"event": "stream", "stream": stream, "status": _TOLD[status]})

    def tell_progress(self) -> None:
        self._last_progress = self._monotonic()
        self._tell({"event": "progress", "records": dict(self.records)})

    def end_of_reading(self) -> None:
        self.tell_progress()
        self.phase("loading")

    def phase(self, phase: str) -> None:
        self._tell({"event": "phase", "phase": phase})

    def loading(self, stream: str) -> None:
        self._tell({"event": "stream", "stream": stream, "status": "loading"})

    def warning(self, message: str) -> None:
        self._tell({"event": "warning", "message": message})

    @contextmanager
    def waiting_for_the_warehouse(self) -> Iterator[None]:
        """Meanwhile nothing is read because the warehouse has enough to do."""
        self._tell({"event": "waiting", "waiting": True})
        try:
            yield
        finally:
            self._tell({"event": "waiting", "waiting": False})

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


def fail_if_nothing_came(connector: Connector, monitor: ReadMonitor) -> None:
    """Raises SyncFailed for a read that ended with an error and delivered nothing."""
    if connector.exit_code and monitor.silent():
        reasons = monitor.why_nothing_came() or [connector.silent_failure()]
        raise SyncFailed("\nError: ".join(reasons))
