"""Worker threads that carry out tasks concurrently, but tasks with the same key in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Task = TypeVar("Task")


class KeyedExecutor(Generic[Task]):
    """``workers`` threads carry out tasks; never two tasks with the same key at a time.

    There is no limit on the number of queued tasks: the caller has to set one.

    :param work: carries out one task. It must not raise: an exception ends the worker thread.
    """

    def __init__(self, workers: int, work: Callable[[Task], None]) -> None:
        self._work = work
        self._queues: dict[Hashable, deque[Task]] = {}
        self._ready: deque[Hashable] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            # Daemon threads: an interrupted run must not wait for the gateway.
            threading.Thread(target=self._run, name=f"writer-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, key: Hashable, task: Task) -> None:
        with self._changed:
            queue = self._queues.get(key)
            if queue is None:
                self._queues[key] = deque([task])
                self._ready.append(key)
                self._changed.notify()
            else:
                queue.append(task)

    def close(self) -> None:
        """Wait until all tasks are done, and end the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._ready:
                    if self._closed and not self._queues:
                        return
                    self._changed.wait()
                key = self._ready.popleft()
                task = self._queues[key][0]
            try:
                self._work(task)
            finally:
                with self._changed:
                    queue = self._queues[key]
                    queue.popleft()
                    if queue:
                        self._ready.append(key)
                    else:
                        del self._queues[key]
                    self._changed.notify_all()
