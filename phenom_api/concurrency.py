"""Adapts the number of concurrent requests: more of them, or half if the gateway throttles."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from phenom_api.errors import GatewayClosed

_STRAINED = 2.0
"""Growth pauses if an answer takes this many times as long as usual …"""
_SLACK = 0.02
"""… plus this many seconds, so that the jitter of a fast gateway does not count."""
_QUICKER, _SLOWER = 0.2, 0.02
"""Weight of a quicker and of a slower answer in the usual duration. Quick answers count more, but
one of them is not enough, and slower answers count in the end, so that growth goes on."""
_CAREFUL = 20.0
"""The limit grows this many times slower above the value at which the gateway throttled."""


@dataclass(frozen=True)
class Ticket:
    """A request in flight: when it started and under which limit."""

    started: float
    era: int


class AdaptiveConcurrency:
    """A limit on concurrent requests, shared by all requests of a connection.

    Additive increase, multiplicative decrease: the limit doubles per round trip until the first
    sign of strain, then grows by one per round trip, up to ``ceiling``. A 429 or 503 halves it,
    once for all requests that were in flight together. A ``Retry-After`` holds back all requests
    for its time. Requests start in the order of their calls of :meth:`acquire`.

    :param start: the limit at first. :param clock: seconds.
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
        self._paused_until = 0.0
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
        """Wait until one more request may start; pair with :meth:`release`.

        :raises GatewayClosed: after :meth:`stop`.
        """
        turn = threading.Condition(self._lock)
        with self._lock:
            self._queue.append(turn)
            try:
                while True:
                    if self._stopped:
                        raise GatewayClosed("The connection to the gateway was closed.")
                    now = self._clock()
                    wait = self._paused_until - now
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
        """End a request and adapt the limit.

        :param answered: the answer was a success; no other answer says how fast the gateway is.
        :param throttled: the answer was 429 or 503.
        :param pause: seconds in which no request may start.
        """
        with self._lock:
            now = self._clock()
            self._in_flight -= 1
            if throttled:
                self._shrink(ticket)
                self._pause(now, now + pause)
            elif answered:
                self._grow(now - ticket.started)
            self._wake_first()

    def stop(self) -> None:
        """Let no more requests start; those that wait raise :class:`GatewayClosed`."""
        with self._lock:
            self._stopped = True
            for turn in self._queue:
                turn.notify()

    def _wake_first(self) -> None:
        """Wake only the first one: waking all of them would double the cost of every request."""
        if self._queue:
            self._queue[0].notify()

    def _shrink(self, ticket: Ticket) -> None:
        self.throttled += 1
        self._doubling = False
        if ticket.era == self._era:
            self._era += 1
            self._throttled_at = self._limit
            self._limit = max(1.0, self._limit / 2)

    def _pause(self, now: float, until: float) -> None:
        if until > max(now, self._paused_until):
            self.throttled_seconds += until - max(now, self._paused_until)
            self._paused_until = until

    def _grow(self, took: float) -> None:
        usual = self._usual if self._usual is not None else took
        self._usual = usual + (took - usual) * (_QUICKER if took < usual else _SLOWER)
        if took > usual * _STRAINED + _SLACK:
            self._doubling = False
            return
        step = 1.0 if self._doubling else 1.0 / self._limit
        if self._limit + 1.0 > self._throttled_at:
            step /= _CAREFUL
        self._limit = min(float(self.ceiling), self._limit + step)
