"""Writing what must not be written twice, over a wire on which answers get lost."""

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
"""After these nobody knows whether the gateway has acted."""

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
        self._taken = 0

    def __call__(self, send: Callable[[], Written], find: Callable[[], Written | None]) -> Written:
        """Do ``send``; where its answer gets lost, ``find`` what it did before it is tried again.

        The first look comes after a pause, as the gateway may still be at it. The pause is at least
        as long as the gateway asks for; a longer one than patience allows ends it.

        :param find: None when ``send`` had no effect.
        :raises RequestRefused: where the gateway refuses, or keeps failing on this write while it
            takes others.
        :raises Unavailable, Unreachable, MalformedAnswer: where it takes nothing at all.
        """
        taken_before = self._taken
        lost: PhenomError | None = None
        left = self._policy.throttled
        for attempt in range(1, self._policy.attempts + 1):
            try:
                return self._noted(send())
            except Throttled:
                # It had no effect, and the gateway has been waited for already.
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
        assert lost is not None, "patience is at least one attempt"
        if self._taken > taken_before:
            raise RequestRefused(
                f"The gateway fails on this record, while it takes others: {lost.message}",
                lost.detail,
            )
        raise lost

    def _noted(self, written: Written) -> Written:
        with self._lock:
            self._taken += 1
        return written
