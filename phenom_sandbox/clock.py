"""The tenant's own time, by which everything in it is dated."""

from __future__ import annotations

import threading

from phenom_sandbox.records.draw import LAST_SECOND, Draw, ObjectIds


class Clock:
    """Starts behind all generated data; every change moves it on by a second.

    `second` is in epoch seconds and may be set forward. `lock` guards the whole tenant: every part
    of it holds the clock, and takes the lock for as long as it reads or changes something.
    """

    def __init__(self, seed: int) -> None:
        self.lock = threading.RLock()
        self.second = LAST_SECOND
        self._ids = ObjectIds(Draw(f"{seed}/new ids".encode()))

    @property
    def now(self) -> int:
        """The tenant's present, in epoch milliseconds."""
        return self.second * 1000

    def tick(self) -> int:
        """Moves the clock on by a second and returns the present."""
        with self.lock:
            self.second += 1
            return self.now

    def new_id(self) -> str:
        """An id that is above all others; each one is a second later than the last."""
        with self.lock:
            self.tick()
            return self._ids.of(self.second, self.second)
