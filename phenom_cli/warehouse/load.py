"""From the connector's lines to the warehouse, while the connector still reads.

A record is not looked at on its way: the lines of a stream are collected and the warehouse takes
many of them at once. What is committed is what a state covers: a stream's rows since its last
state, and that state, in one transaction. So a run that is killed leaves every state true, and the
next run goes on from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from phenom_cli.warehouse.connector import parsed
from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.monitor import ReadMonitor
from phenom_cli.warehouse.tables import Changes, Tables
from phenom_cli.warehouse.tenant_rows import TenantRows
from phenom_protocol.messages import record_frame

BATCH_BYTES = 8_000_000
"""A stream's lines are handed to the warehouse when there are so many of them."""
MOST_WAITING = 4
"""Pieces of work for the warehouse from which the connector has to wait."""

_NO_LINE = b"\n\n"


class Load:
    """One read into a warehouse.

    :param places: where the state of each stream is kept.
    :param replaced: streams that start without a state though the warehouse has rows of them (a
        full refresh, or the state was lost). Only a complete scan can tell which of those rows are
        gone, so such a stream is committed when it was read to its end, or not at all.
    :param now: the current time, with a zone.
    """

    def __init__(
        self,
        tables: Tables,
        places: Mapping[str, str],
        replaced: Mapping[str, TenantRows],
        monitor: ReadMonitor,
        now: Callable[[], datetime],
        interrupt: Callable[[], None],
    ) -> None:
        self.changes = dict.fromkeys(tables.of, Changes())
        self._tables = tables
        self._places = places
        self._replaced = replaced
        self._monitor = monitor
        self._now = now
        self._interrupt = interrupt
        self._lines: dict[str, list[bytes]] = {name: [] for name in tables.of}
        self._bytes = dict.fromkeys(tables.of, 0)
        self._held_back: dict[str, Mapping[str, Any]] = {}
        self._loaded = dict.fromkeys(tables.of, 0)
        self._worker = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        self._reading = True
        self._broken = False

    def run(self, lines: Iterable[bytes]) -> None:
        """Takes all lines; returns when everything that a state covers is committed."""
        # One thread: the order of its work is the order of the lines.
        try:
            self._take(lines)
            self._reading = False
            self._monitor.end_of_reading()
            while self._waiting:
                self._waiting.popleft().result()
        except BaseException:
            # It can fail where the connection is broken, which is what has to be told.
            with suppress(Exception):
                self._interrupt()
            raise
        finally:
            self._worker.shutdown(cancel_futures=True)

    def _take(self, lines: Iterable[bytes]) -> None:
        frames = {name: record_frame(name, 0)[0] for name in self._tables.of}
        name, frame = "", _NO_LINE
        for line in lines:
            if not line.startswith(frame):
                name = next((n for n, f in frames.items() if line.startswith(f)), "")
                frame = frames.get(name, _NO_LINE)
                if not name:
                    self._message(line)
                    continue
            self._record(name, line)

    def _record(self, name: str, line: bytes) -> None:
        if not line.endswith(b"\n"):
            # The connector was cut off in the middle.
            return
        self._monitor.record(name)
        self._lines[name].append(line)
        self._bytes[name] += len(line)
        if self._bytes[name] >= BATCH_BYTES:
            self._hand_over(name)

    def _message(self, line: bytes) -> None:
        message = parsed(line)
        if message.get("type") == "RECORD":
            if message["record"]["stream"] in self._tables.of:
                self._record(message["record"]["stream"], line)
        elif message.get("type") == "STATE":
            self._state(message["state"])
        else:
            self._monitor.message(message)
            for name in filter(self._monitor.complete, list(self._held_back)):
                self._later(self._replace, name, self._held_back.pop(name))

    def _state(self, state: Mapping[str, Any]) -> None:
        name = state["stream"]["stream_descriptor"]["name"]
        printed = (state.get("sourceStats") or {}).get("recordCount")
        self._hand_over(name)
        self._later(self._check, name, printed)
        if name in self._replaced:
            self._held_back[name] = state
        else:
            self._later(self._commit, name, state)

    def _hand_over(self, name: str) -> None:
        lines, self._lines[name], self._bytes[name] = self._lines[name], [], 0
        if lines:
            self._later(self._stage, name, lines)

    def _later(self, work: Callable[..., None], *arguments: Any) -> None:
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= MOST_WAITING):
            with self._monitor.waiting_for_the_warehouse():
                self._waiting.popleft().result()
        self._waiting.append(self._worker.submit(self._next, work, *arguments))

    # In the worker's thread:

    def _next(self, work: Callable[..., None], name: str, *arguments: Any) -> None:
        if self._broken:
            # A state must not be committed behind rows that could not be taken.
            return
        self._monitor.loaded_stream = name
        try:
            work(name, *arguments)
        except BaseException:
            self._broken = True
            raise

    def _stage(self, name: str, lines: list[bytes]) -> None:
        rows = self._tables.stage(name, lines)
        if rows != len(lines):
            raise _rows_missing(name, len(lines), rows)
        self._loaded[name] += rows

    def _check(self, name: str, printed: float | None) -> None:
        """Raises SyncFailed where the connector counted other records than those that arrived."""
        loaded, self._loaded[name] = self._loaded[name], 0
        if printed is not None and printed != loaded:
            raise _rows_missing(name, int(printed), loaded)

    def _replace(self, name: str, state: Mapping[str, Any]) -> None:
        lines = self._replaced[name].tombstones(state, self._now())
        if lines:
            self._tables.stage(name, lines)
        # A state would end the search for rows that were not found.
        self._commit(name, None if lines is None else state)

    def _commit(self, name: str, state: Mapping[str, Any] | None) -> None:
        if not self._reading:
            self._monitor.loading(name)
        changes = self._tables.commit(name, self._places[name], state, self._now())
        self.changes[name] = self.changes[name].plus(changes)


def _rows_missing(name: str, printed: int, loaded: int) -> SyncFailed:
    return SyncFailed(
        f"The connector printed {printed:,} records of stream {name} and {loaded:,} arrived:"
        " nothing of them was committed.",
        "Run the sync again. If the numbers differ again, please report it.",
    )
