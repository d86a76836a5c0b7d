"""The tenant's own clock, which gives all its dates."""

from __future__ import annotations

import threading

from phenom_sandbox.records.draw import LAST_SECOND, Draw, ObjectIds


class Clock:
    """Starts after all generated data; every change moves it forward by a second.

    `second` is in epoch seconds and may be set to a later time. `lock` guards the whole tenant:
    every part of the tenant takes it to read or change data.
    """

    def __init__(self, seed: int) -> None:
        self.lock = threading.RLock()
        self.second = LAST_SECOND
        self._ids = ObjectIds(Draw(f"{seed}/new ids".encode()))

    @property
    def now(self) -> int:
        """The time in epoch milliseconds."""
        return self.second * 1000

    def tick(self) -> int:
        """Moves the clock forward by a second and returns the time in epoch milliseconds."""
        with self.lock:
            self.second += 1
            return self.now

    def new_id(self) -> str:
        """An id that is greater than all others; each one is a second later than the previous."""
        with self.lock:
            self.tick()
            return self._ids.of(self.second, self.second)
