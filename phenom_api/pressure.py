"""How many requests may be in flight: grows while the gateway keeps up, halves when it throttles."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_STEADY = 2.0
"""Growth pauses when an answer takes this many times as long as the quickest one …"""
_SLACK = 0.05
"""… plus this many seconds, so that a fast gateway's jitter does not count."""


@dataclass(frozen=True)
class Ticket:
    """One admitted request: when it started and under which limit."""

    started: float
    era: int


class Pressure:
    """An admission gate shared by every request of a connection (all streams together).

    Additive increase, multiplicative decrease: it starts at one, doubles per round trip until
    the first sign of strain, then adds one per round trip, up to ``ceiling``. A 429 or 503
    halves it (once for all requests that were in flight together) and, where the gateway said
    for how long, keeps everybody out until then.
    """

    def __init__(
        self,
        ceiling: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ceiling = ceiling
        self._clock = clock
        self._gate = threading.Condition()
        self._limit = 1.0
        self._slow_start = True
        self._era = 0
        self._in_flight = 0
        self._closed_until = 0.0
        self._quickest = float("inf")
        self.most_in_flight = 0
        self.throttled = 0
        self.throttled_seconds = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight right now."""
        return max(1, int(self._limit))

    def enter(self) -> Ticket:
        """Wait for a place; pair with :meth:`leave`."""
        with self._gate:
            while True:
                now = self._clock()
                wait = self._closed_until - now
                if wait <= 0 and self._in_flight < self.limit:
                    self._in_flight += 1
                    self.most_in_flight = max(self.most_in_flight, self._in_flight)
                    return Ticket(now, self._era)
                self._gate.wait(wait if wait > 0 else None)

    def leave(self, ticket: Ticket, *, throttled: bool = False, pause: float = 0.0) -> None:
        """Give the place back and learn from how it went.

        :param throttled: the gateway answered 429 or 503.
        :param pause: seconds for which the gateway asked everybody to stay away.
        """
        with self._gate:
            now = self._clock()
            self._in_flight -= 1
            if throttled:
                self.throttled += 1
                self._slow_start = False
                if ticket.era == self._era:
                    self._era += 1
                    self._limit = max(1.0, self._limit / 2)
                until = now + pause
                if until > self._closed_until:
                    self.throttled_seconds += until - max(now, self._closed_until)
                    self._closed_until = until
            else:
                self._grow(now - ticket.started)
            self._gate.notify_all()

    def _grow(self, took: float) -> None:
        self._quickest = min(self._quickest, took)
        if took > self._quickest * _STEADY + _SLACK:
            self._slow_start = False
            return
        step = 1.0 if self._slow_start else 1.0 / self._limit
        self._limit = min(float(self.ceiling), self._limit + step)
