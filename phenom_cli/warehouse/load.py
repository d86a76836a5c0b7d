"""Loads the connector's output into the warehouse while the connector still reads.

Records are not parsed here: the lines of a stream are collected and given to the warehouse in
batches. Each state that the connector prints is committed in one transaction with the stream's rows
since the state before it. After a kill, the next sync continues from the last such commit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from phenom_cli.warehouse.connector import parse_message, stream_of_state
from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.monitor import ReadMonitor
from phenom_cli.warehouse.tables import Changes, Tables
from phenom_cli.warehouse.tenant_rows import TenantRows
from phenom_protocol.messages import record_frame

BATCH_BYTES = 8_000_000
"""How many bytes of a stream's lines are collected before the warehouse gets them."""
MAX_QUEUED = 4
"""How many batches and commits wait for the warehouse before the connector has to wait."""

_NO_LINE = b"\n\n"


class Load:
    """Loads the output of one read.

    :param state_keys: the ``table_name`` of each stream's state.
    :param full_reads: streams that are read without a state though the warehouse has rows of them
        (a full refresh, or the state was lost). Only a complete scan shows which of those rows are
        deleted. So such a stream is committed once, after it was read to its end, or not at all.
    :param now: the current time, with a time zone.
    :param interrupt: cancels the statement that the warehouse is running.
    """

    def __init__(
        self,
        tables: Tables,
        state_keys: Mapping[str, str],
        full_reads: Mapping[str, TenantRows],
        monitor: ReadMonitor,
        now: Callable[[], datetime],
        interrupt: Callable[[], None],
    ) -> None:
        streams = tables.by_stream
        self.changes = dict.fromkeys(streams, Changes())
        self._tables = tables
        self._state_keys = state_keys
        self._full_reads = full_reads
        self._monitor = monitor
        self._now = now
        self._interrupt = interrupt
        self._lines: dict[str, list[bytes]] = {name: [] for name in streams}
        self._bytes = dict.fromkeys(streams, 0)
        self._uncommitted_states: dict[str, Mapping[str, Any]] = {}
        self._rows_since_state = dict.fromkeys(streams, 0)
        self._worker = ThreadPoolExecutor(1)
        self._queue: deque[Future[None]] = deque()
        self._reading = True
        self._failed = False

    def run(self, lines: Iterable[bytes]) -> None:
        """Loads all lines; returns when the last state is committed."""
        # The worker is one thread, so that it works in the order of the lines.
        try:
            self._read(lines)
            self._reading = False
            self._monitor.end_of_reading()
            while self._queue:
                self._queue.popleft().result()
        except BaseException:
            # Fails if the connection is broken. The error to report is the first one.
            with suppress(Exception):
                self._interrupt()
            raise
        finally:
            self._worker.shutdown(cancel_futures=True)

    def _read(self, lines: Iterable[bytes]) -> None:
        frames = {name: record_frame(name, 0)[0] for name in self._tables.by_stream}
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
            # The connector was killed in the middle of this line.
            return
        self._monitor.record(name)
        self._lines[name].append(line)
        self._bytes[name] += len(line)
        if self._bytes[name] >= BATCH_BYTES:
            self._submit_batch(name)

    def _message(self, line: bytes) -> None:
        message = parse_message(line)
        if message.get("type") == "RECORD":
            # Not written as our connector writes it, but a valid message.
            name = str((message.get("record") or {}).get("stream"))
            if name in self._tables.by_stream:
                self._record(name, line)
        elif message.get("type") == "STATE":
            name = stream_of_state(message.get("state"))
            if name in self._tables.by_stream:
                self._state(name, message["state"])
        else:
            self._monitor.message(message)
            for name in filter(self._monitor.complete, list(self._uncommitted_states)):
                state = self._uncommitted_states.pop(name)
                self._submit(self._commit_full_read, name, state)

    def _state(self, name: str, state: Mapping[str, Any]) -> None:
        printed = (state.get("sourceStats") or {}).get("recordCount")
        self._submit_batch(name)
        self._submit(self._check_row_count, name, printed)
        if name in self._full_reads:
            self._uncommitted_states[name] = state
        else:
            self._submit(self._commit, name, state)

    def _submit_batch(self, name: str) -> None:
        lines, self._lines[name], self._bytes[name] = self._lines[name], [], 0
        if lines:
            self._submit(self._stage, name, lines)

    def _submit(self, work: Callable[..., None], *arguments: Any) -> None:
        while self._queue and (self._queue[0].done() or len(self._queue) >= MAX_QUEUED):
            with self._monitor.waiting_for_the_warehouse():
                self._queue.popleft().result()
        self._queue.append(self._worker.submit(self._work, work, *arguments))

    # In the worker's thread:

    def _work(self, work: Callable[..., None], name: str, *arguments: Any) -> None:
        if self._failed:
            # The queue may hold a state that covers the rows that failed.
            return
        self._monitor.loaded_stream = name
        try:
            work(name, *arguments)
        except BaseException:
            self._failed = True
            raise

    def _stage(self, name: str, lines: list[bytes]) -> None:
        try:
            rows = self._tables.stage(name, lines)
        except Exception:
            # Is a line the reason? Then this raises the error to show.
            for line in lines:
                parse_message(line)
            raise
        if rows != len(lines):
            raise _rows_missing(name, len(lines), rows)
        self._rows_since_state[name] += rows

    def _check_row_count(self, name: str, printed: float | None) -> None:
        """Raises SyncFailed if the connector counted more or fewer records than arrived."""
        rows, self._rows_since_state[name] = self._rows_since_state[name], 0
        if printed is not None and printed != rows:
            raise _rows_missing(name, int(printed), rows)

    def _commit_full_read(self, name: str, state: Mapping[str, Any]) -> None:
        tombstones = self._full_reads[name].tombstones(state, self._now())
        if tombstones:
            self._tables.stage(name, tombstones)
        # Without a state, the next sync reads everything again and looks for deleted rows again.
        self._commit(name, None if tombstones is None else state)

    def _commit(self, name: str, state: Mapping[str, Any] | None) -> None:
        if not self._reading:
            self._monitor.loading(name)
        changes = self._tables.commit(name, self._state_keys[name], state, self._now())
        self.changes[name] = self.changes[name].plus(changes)


def _rows_missing(name: str, printed: int, loaded: int) -> SyncFailed:
    return SyncFailed(
        f"The connector printed {printed:,} records of stream {name} and {loaded:,} arrived:"
        " none of them was committed.",
        "Run the sync again. If the numbers differ again, please report it.",
    )
