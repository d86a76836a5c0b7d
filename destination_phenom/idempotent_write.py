"""Repeats a write whose answer was lost, without ever writing twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from phenom_api.errors import (
    AnswerTooLarge,
    MalformedAnswer,
    PhenomError,
    RequestRefused,
    Throttled,
    Unavailable,
    Unreachable,
)
from phenom_api.gateway import RetryPolicy
from phenom_api.retries import RetryLog, back_off

LOST = (Unavailable, Unreachable, MalformedAnswer)
"""After these errors it is unknown whether the write had an effect."""

Written = TypeVar("Written")


class IdempotentWrite:
    """Sends writes so that each takes effect once. Shared by all workers of a run."""

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._policy = policy
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._retry_log = RetryLog(time.monotonic)
        self._lock = threading.Lock()
        self._successes = 0

    def __call__(self, send: Callable[[], Written], find: Callable[[], Written | None]) -> Written:
        """Call ``send``. If its answer is lost, ``find`` looks for its effect before a retry.

        There is a pause before ``find``, because the gateway may still be working on the request.
        The pause is at least as long as the gateway asks for. If the policy does not allow such a
        long pause, there is no retry.

        :param find: returns None if ``send`` had no effect.
        :raises RequestRefused: if the gateway refuses the write, or fails on it again and again
            while other writes succeed.
        :raises Unavailable, Unreachable, MalformedAnswer: if no write succeeds.
        """
        successes_before = self._successes
        lost: PhenomError | None = None
        left = self._policy.throttled
        for attempt in range(1, self._policy.attempts + 1):
            try:
                return self._noted(send())
            except Throttled:
                # The write had no effect, and the gateway client has waited already.
                raise
            except LOST as error:
                lost = error
            pause = back_off(self._policy, attempt, self._rng)
            asked = (lost.wait or 0.0) if isinstance(lost, Unavailable) else 0.0
            left -= asked
            if left >= 0:
                pause = max(pause, asked)
            self._retry_log.warn(f"{lost.message.rstrip('.')}. Phenom may have acted", pause)
            self._sleep(pause)
            found = find()
            if found is not None:
                return self._noted(found)
            if left < 0 or isinstance(lost, AnswerTooLarge):
                raise lost
        assert lost is not None, "the policy has at least one attempt"
        if self._successes > successes_before:
            raise RequestRefused(
                f"The gateway fails on this record, while it takes others: {lost.message}",
                lost.detail,
            )
        raise lost

    def _noted(self, written: Written) -> Written:
        with self._lock:
            self._successes += 1
        return written
