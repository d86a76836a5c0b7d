"""The order of what came in: a state is given back when everything before it is settled."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from destination_phenom.states import StateLine, Stats, StreamKey

MOST_ENTRIES = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""What may wait at a time. A single line may be larger, it then waits alone."""


@dataclass(eq=False)
class Entry:
    """A record that came in; ``size`` in bytes of its line.

    ``stream`` is None for a line of the input that is no message: the next state counts it,
    whatever its stream, so that every line is counted once.
    """

    stream: StreamKey | None
    size: int
    settled: bool = False
    rejected: bool = False


@dataclass(eq=False)
class _Waiting:
    state: StateLine
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.state.line)


class BatchStopped(Exception):
    """The run takes nothing more."""


class StateCheckpointer:
    """Keeps records and states in order, and whoever reads them from running ahead.

    :param echo: gives a state back, with the counts of what came since the last one. Called in
        order, from the thread that settled the last record before it.
    """

    def __init__(
        self,
        echo: Callable[[StateLine, Stats], None],
        *,
        most_entries: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._echo = echo
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._entries: deque[Entry | _Waiting] = deque()
        self._bytes = 0
        self._counts: dict[StreamKey | None, Stats] = {}
        self._room = threading.Condition(threading.RLock())
        self._stopped = False

    def admit(self, stream: StreamKey | None, size: int) -> Entry:
        """Enter a record; waits until there is room.

        :raises Stopped: when the run is stopped.
        """
        entry = Entry(stream, size)
        self._append(entry)
        return entry

    def state(self, state: StateLine) -> None:
        """Enter a state: echoed now, or when everything before it is settled."""
        self._append(_Waiting(state))
        with self._room:
            self._advance()

    def settle(self, entry: Entry, *, rejected: bool) -> None:
        """A record has its line in the results."""
        with self._room:
            entry.settled, entry.rejected = True, rejected
            self._bytes -= entry.size
            entry.size = 0
            self._advance()
            self._room.notify_all()

    def stop(self) -> None:
        """Let nothing more in; states behind a record that is not settled stay behind it."""
        with self._room:
            self._stopped = True
            self._room.notify_all()

    def _append(self, entry: Entry | _Waiting) -> None:
        with self._room:
            while not self._stopped and not self._has_room(entry.size):
                self._room.wait()
            if self._stopped:
                raise BatchStopped
            self._entries.append(entry)
            self._bytes += entry.size

    def _has_room(self, size: int) -> bool:
        if not self._entries:
            return True
        return len(self._entries) < self._most_entries and self._bytes + size <= self._most_bytes

    def _advance(self) -> None:
        while self._entries:
            first = self._entries[0]
            if isinstance(first, Entry):
                if not first.settled:
                    return
                count = self._counts.get(first.stream, Stats(0, 0))
                self._counts[first.stream] = Stats(
                    count.records + 1, count.rejected + first.rejected
                )
            else:
                self._echo(first.state, self._since_last(first.state))
                self._bytes -= first.size
            self._entries.popleft()
            self._room.notify_all()

    def _since_last(self, state: StateLine) -> Stats:
        streams = [state.stream, None] if state.stream is not None else list(self._counts)
        counts = [self._counts.pop(stream, Stats(0, 0)) for stream in streams]
        return Stats(
            sum(count.records for count in counts), sum(count.rejected for count in counts)
        )
