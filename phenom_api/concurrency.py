"""How many requests may be in flight: more while the gateway keeps up, half when it throttles."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from phenom_api.errors import GatewayClosed

_STRAINED = 2.0
"""Growth pauses when an answer takes this many times as long as usual …"""
_SLACK = 0.02
"""… plus this many seconds, so that a fast gateway's jitter does not count."""
_QUICKER, _SLOWER = 0.2, 0.02
"""How fast the usual duration follows a quicker and a slower answer: it stays near the quick ones,
but neither one lucky answer nor a gateway that became slower for good ends all growth."""
_WARY = 20.0
"""How many times slower it grows where the gateway throttled the last time."""


@dataclass(frozen=True)
class Ticket:
    """One admitted request: when it started and under which limit."""

    started: float
    era: int


class AdaptiveConcurrency:
    """An admission gate shared by every request of a connection (all streams together).

    Additive increase, multiplicative decrease: it starts at one, doubles per round trip until
    the first sign of strain, then adds one per round trip, up to ``ceiling``. A 429 or 503
    halves it (once for all requests that were in flight together) and, where the gateway said
    for how long, keeps everybody out until then. Whoever came first is admitted first.

    :param start: how many it lets in at first. :param clock: seconds.
    """

    def __init__(
        self, ceiling: int, *, start: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.ceiling = ceiling
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: deque[threading.Condition] = deque()
        self._limit = float(min(start, ceiling))
        self._doubling = True
        self._throttled_at = float("inf")
        self._era = 0
        self._in_flight = 0
        self._closed_until = 0.0
        self._usual: float | None = None
        self._stopped = False
        self.most_in_flight = 0
        self.throttled = 0
        self.throttled_seconds = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight right now."""
        return max(1, int(self._limit))

    def acquire(self) -> Ticket:
        """Wait for a place; pair with :meth:`release`.

        :raises Stopped: after :meth:`stop`.
        """
        turn = threading.Condition(self._lock)
        with self._lock:
            self._queue.append(turn)
            try:
                while True:
                    if self._stopped:
                        raise GatewayClosed("The connection to the gateway was closed.")
                    now = self._clock()
                    wait = self._closed_until - now
                    if wait <= 0 and self._in_flight < self.limit and self._queue[0] is turn:
                        self._in_flight += 1
                        self.most_in_flight = max(self.most_in_flight, self._in_flight)
                        return Ticket(now, self._era)
                    turn.wait(wait if wait > 0 else None)
            finally:
                self._queue.remove(turn)
                self._wake_first()

    def release(
        self, ticket: Ticket, *, answered: bool, throttled: bool = False, pause: float = 0.0
    ) -> None:
        """Give the place back and learn from how it went.

        :param answered: the gateway did what was asked; anything else says nothing about its pace.
        :param throttled: it answered 429 or 503.
        :param pause: seconds for which it asked everybody to stay away.
        """
        with self._lock:
            now = self._clock()
            self._in_flight -= 1
            if throttled:
                self._shrink(ticket)
                self._keep_out(now, now + pause)
            elif answered:
                self._grow(now - ticket.started)
            self._wake_first()

    def stop(self) -> None:
        """Admit nobody any more and send away those who wait."""
        with self._lock:
            self._stopped = True
            for turn in self._queue:
                turn.notify()

    def _wake_first(self) -> None:
        """Whose turn comes next: to wake all of them, once per request, would cost as much as
        the rest of a request does."""
        if self._queue:
            self._queue[0].notify()

    def _shrink(self, ticket: Ticket) -> None:
        self.throttled += 1
        self._doubling = False
        if ticket.era == self._era:
            self._era += 1
            self._throttled_at = self._limit
            self._limit = max(1.0, self._limit / 2)

    def _keep_out(self, now: float, until: float) -> None:
        if until > max(now, self._closed_until):
            self.throttled_seconds += until - max(now, self._closed_until)
            self._closed_until = until

    def _grow(self, took: float) -> None:
        usual = self._usual if self._usual is not None else took
        self._usual = usual + (took - usual) * (_QUICKER if took < usual else _SLOWER)
        if took > usual * _STRAINED + _SLACK:
            self._doubling = False
            return
        step = 1.0 if self._doubling else 1.0 / self._limit
        if self._limit + 1.0 > self._throttled_at:
            step /= _WARY
        self._limit = min(float(self.ceiling), self._limit + step)
