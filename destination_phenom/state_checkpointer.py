"""Gives each state message back as soon as every record before it is finished."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from destination_phenom.states import StateLine, Stats, StreamKey

MAX_PENDING = 2_000
MAX_BYTES = 64 * 1024 * 1024
"""Limits on what is pending at a time. A single line may be larger; it is then pending alone."""


@dataclass(eq=False)
class PendingRecord:
    """A record of the input; ``size`` is the length of its line in bytes.

    ``stream`` is None for a line that is not a protocol message. The next state counts such a
    line, whatever the state's stream, so that every line is counted exactly once.
    """

    stream: StreamKey | None
    size: int
    finished: bool = False
    rejected: bool = False


@dataclass(eq=False)
class _PendingState:
    state: StateLine

    @property
    def size(self) -> int:
        return len(self.state.line)


class BatchStopped(Exception):
    """The run accepts no more records or states."""


class StateCheckpointer:
    """Keeps records and states in the order of the input, and limits how many are pending.

    :param echo: gives a state back, with the counts of the records since the previous one. It is
        called in order, from the thread that finished the last record before the state.
    """

    def __init__(
        self,
        echo: Callable[[StateLine, Stats], None],
        *,
        max_pending: int = MAX_PENDING,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._echo = echo
        self._max_pending = max_pending
        self._max_bytes = max_bytes
        self._pending: deque[PendingRecord | _PendingState] = deque()
        self._bytes = 0
        self._counts: dict[StreamKey | None, Stats] = {}
        self._changed = threading.Condition(threading.RLock())
        self._stopped = False

    def add_record(self, stream: StreamKey | None, size: int) -> PendingRecord:
        """Add a record; blocks while too much is pending.

        :raises BatchStopped: when the run is stopped.
        """
        record = PendingRecord(stream, size)
        self._append(record)
        return record

    def add_state(self, state: StateLine) -> None:
        """Add a state; it is given back now, or when every record before it is finished.

        :raises BatchStopped: when the run is stopped.
        """
        self._append(_PendingState(state))
        with self._changed:
            self._advance()

    def finish(self, record: PendingRecord, *, rejected: bool) -> None:
        """Mark a record as finished, after its result was reported."""
        with self._changed:
            record.finished, record.rejected = True, rejected
            self._bytes -= record.size
            self._advance()
            self._changed.notify_all()

    def stop(self) -> None:
        """Accept nothing more. States behind an unfinished record are not given back."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _append(self, item: PendingRecord | _PendingState) -> None:
        with self._changed:
            while not self._stopped and not self._has_room(item.size):
                self._changed.wait()
            if self._stopped:
                raise BatchStopped
            self._pending.append(item)
            self._bytes += item.size

    def _has_room(self, size: int) -> bool:
        if not self._pending:
            return True
        return len(self._pending) < self._max_pending and self._bytes + size <= self._max_bytes

    def _advance(self) -> None:
        while self._pending:
            first = self._pending[0]
            if isinstance(first, PendingRecord):
                if not first.finished:
                    return
                count = self._counts.get(first.stream, Stats(0, 0))
                self._counts[first.stream] = Stats(
                    count.records + 1, count.rejected + first.rejected
                )
            else:
                self._echo(first.state, self._take_counts(first.state))
                self._bytes -= first.size
            self._pending.popleft()
            self._changed.notify_all()

    def _take_counts(self, state: StateLine) -> Stats:
        """The counts since the previous state, which start from zero again."""
        streams = [state.stream, None] if state.stream is not None else list(self._counts)
        counts = [self._counts.pop(stream, Stats(0, 0)) for stream in streams]
        return Stats(
            sum(count.records for count in counts), sum(count.rejected for count in counts)
        )
