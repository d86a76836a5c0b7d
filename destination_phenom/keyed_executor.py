"""Concurrent work in which whatever has the same key is done one after the other, in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Task = TypeVar("Task")


class KeyedExecutor(Generic[Task]):
    """``workers`` threads carry out tasks; of the tasks with one key never two at a time.

    It takes any number of tasks: whoever puts them in has to keep that within bounds.

    :param work: carries out one task; what it raises ends the lane's thread, so it should not.
    """

    def __init__(self, workers: int, work: Callable[[Task], None]) -> None:
        self._work = work
        self._lanes: dict[Hashable, deque[Task]] = {}
        self._ready: deque[Hashable] = deque()
        self._change = threading.Condition()
        self._closed = False
        self._threads = [
            # Daemons: an interrupted run must not wait for the gateway.
            threading.Thread(target=self._run, name=f"writer-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, key: Hashable, task: Task) -> None:
        with self._change:
            lane = self._lanes.get(key)
            if lane is None:
                self._lanes[key] = deque([task])
                self._ready.append(key)
                self._change.notify()
            else:
                lane.append(task)

    def close(self) -> None:
        """Wait until everything that was put in is done."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                while not self._ready:
                    if self._closed and not self._lanes:
                        return
                    self._change.wait()
                key = self._ready.popleft()
                task = self._lanes[key][0]
            try:
                self._work(task)
            finally:
                with self._change:
                    lane = self._lanes[key]
                    lane.popleft()
                    if lane:
                        self._ready.append(key)
                    else:
                        del self._lanes[key]
                    self._change.notify_all()
