"""How long a host is tried that has not answered yet: in all, whoever asks."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from phenom_api.deadline import TimeLimits
from phenom_api.errors import PhenomError
from phenom_api.retries import RetryPolicy, TransientFault

_LEAST = 2.0
"""Seconds that the last try has, so that it can tell what is wrong."""


class HostAvailability:
    """What is known of one host: whether it has answered yet, and since when it has been tried.

    Each request alone is patient with a host that fails now and then. A host that never answers
    would use up that patience once per request. So all requests share one budget until the first
    answer, whatever it says, has come whole. When it is used up, nobody waits for a host that is
    silent any more; where it resets connections or refuses them, which takes no time, each further
    request has one try: it may be another operation that fails. Safe to share between threads.

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
        :raises PhenomError: what the last one ran into, where the host has been given up.
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
        """An answer has come: from now on outages are ridden out, each request by itself."""
        self._answered = True

    def failed(self, what: str, fault: TransientFault) -> None:
        """A request failed: tells it, where no answer has come yet, when all patience ends."""
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
        """Nobody else has to find out that there is no answer."""
        with self._lock:
            self._is_given_up = True
            self._until = self._clock()
