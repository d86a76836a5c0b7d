"""Limits how long all requests together try a host that has not answered yet."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from phenom_api.deadline import TimeLimits
from phenom_api.errors import PhenomError
from phenom_api.retries import RetryPolicy, TransientFault

_LEAST = 2.0
"""Seconds that even the last try has, so that it can find out what is wrong."""


class HostAvailability:
    """Whether one host has answered yet, and since when it has been tried.

    Each request is retried for a while. A host that never answers would cost that time once per
    request. So all requests share one time limit until the first complete answer, whatever its
    status. After the limit, a host that is silent is not asked any more. If it refuses or resets
    connections, which costs no time, each further request has one try, as only some operations
    may fail. Safe to share between threads.

    :param clock: seconds.
    """

    def __init__(self, policy: RetryPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._answered = False
        self._since: float | None = None
        self._until = math.inf
        self._is_given_up = False
        self._is_silent = False
        self._failure: tuple[type[PhenomError], str, str] | None = None

    def limits(self, what: str) -> TimeLimits:
        """How long the next request may take.

        :param what: its name, with which messages about it begin.
        :raises PhenomError: the error of the last request, if the host has been given up.
        """
        policy = self._policy
        usual = TimeLimits(policy.connect, policy.read, policy.answer)
        with self._lock:
            if self._answered:
                return usual
            if self._since is None:
                self._since = self._clock()
            now = self._clock()
            if self._failure is not None and self._is_silent and now >= self._until:
                kind, problem, detail = self._failure
                raise kind(what + problem, detail)
            left = max(_LEAST, self._since + policy.unanswered - now)
        return TimeLimits(
            min(usual.connect, left), min(usual.silence, left), usual.whole, begin=left
        )

    def answered(self) -> None:
        """The host has answered: from now on each request is retried independently."""
        self._answered = True

    def failed(self, what: str, fault: TransientFault) -> None:
        """A request failed: if the host has never answered, limit its retries."""
        with self._lock:
            if self._answered or self._since is None:
                return
            if not self._is_given_up:
                policy = self._policy
                within = policy.refused if fault.refused else policy.unanswered
                self._until = self._since + min(within, policy.unanswered)
            fault.until = self._until
            fault.give_up = self._give_up
            final = fault.final
            self._is_silent = fault.silent
            self._failure = type(final), final.message.removeprefix(what), final.detail

    def _give_up(self) -> None:
        """Stop all requests from trying this host."""
        with self._lock:
            self._is_given_up = True
            self._until = self._clock()
