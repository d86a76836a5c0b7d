"""Requests about many subjects, several at a time, whose answers come in the subjects' order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

Subject = TypeVar("Subject")
Response = TypeVar("Response")


class OrderedPrefetch(Generic[Subject, Response]):
    """Sends requests ahead, up to a limit, and gives their answers in order.

    Use it as a context manager, so that an error cancels the pending requests.

    :param request: called in other threads. :param most: how many answers may wait to be taken.
    """

    def __init__(
        self, request: Callable[[Subject], Response], executor: Executor, most: int
    ) -> None:
        self._request = request
        self._executor = executor
        self._most = most
        self._asked: deque[tuple[Subject, Future[Response]]] = deque()

    def __enter__(self) -> OrderedPrefetch[Subject, Response]:
        return self

    def __exit__(self, *_: object) -> None:
        for _subject, answer in self._asked:
            answer.cancel()

    def ask(self, subject: Subject) -> Iterator[tuple[Subject, Response]]:
        """Send the request for one more subject; yields the oldest answers if too many wait."""
        self._asked.append((subject, self._executor.submit(self._request, subject)))
        while len(self._asked) > self._most:
            yield self._take()

    def rest(self) -> Iterator[tuple[Subject, Response]]:
        """The answers that are still to come."""
        while self._asked:
            yield self._take()

    def ask_all(self, subjects: Iterable[Subject]) -> Iterator[tuple[Subject, Response]]:
        """Ask about each subject; yields all answers."""
        for subject in subjects:
            yield from self.ask(subject)
        yield from self.rest()

    def _take(self) -> tuple[Subject, Response]:
        subject, answer = self._asked.popleft()
        return subject, answer.result()
