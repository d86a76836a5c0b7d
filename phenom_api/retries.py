"""Retries: which faults are transient, how long to wait, and when to give up."""

from __future__ import annotations

import logging
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from phenom_api.errors import PhenomError

Returned = TypeVar("Returned")

logger = logging.getLogger("airbyte.phenom")

_SECONDS = re.compile(r"\+?\d+(\.\d*)?", re.ASCII)
_LONGEST_HEADER = 100
"""Characters of a ``Retry-After`` that are read. A date takes 30."""
_LONGEST_WAIT = 1e12
"""Seconds. Keeps an absurd ``Retry-After`` from becoming infinite."""
_A_DAY = 86_400


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long a request is tried. All times in seconds.

    :param attempts: the most faults of one request (5xx, resets, timeouts, cut-off bodies).
    :param first_wait, longest_wait: of the exponential back-off.
    :param throttled: the most time that one request waits because of 429, 503 or a
        ``Retry-After``, however many answers that takes.
    :param connect: to connect. :param read: between two bytes of an answer.
    :param answer: for one whole answer.
    :param unanswered: how long a host that never answered is tried, see
        :mod:`phenom_api.host_availability`.
    :param refused: the same for a host that refuses connections or has no address.
    :param total: one request with all its retries. None: no limit.
    """

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 30.0
    throttled: float = 900.0
    connect: float = 10.0
    read: float = 60.0
    answer: float = 300.0
    unanswered: float = 60.0
    refused: float = 20.0
    total: float | None = None


CHECK_POLICY = RetryPolicy(
    attempts=2, first_wait=0.2, throttled=3.0, connect=4.0, read=8.0, answer=8.0, total=8.0
)
"""For ``check``, which has to answer within seconds."""


class TransientFault(Exception):
    """A fault that may pass: the request can be tried again.

    :param final: the error to raise if the request is not tried again.
    :param what: what happened, as a sentence without its full stop, for the log.
    :param kind: equal for faults of several requests that have the same cause.
    :param throttled: the answer was 429 or 503.
    :param wait: the seconds of a ``Retry-After``.
    :param lost: the gateway may have carried out the request.
    :param refused: there was no connection: it was refused, or the host has no address.
    :param silent: the request ran into a time limit.
    """

    def __init__(
        self,
        final: PhenomError,
        *,
        what: str = "",
        kind: str = "",
        throttled: bool = False,
        wait: float | None = None,
        lost: bool = True,
        refused: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(final.message)
        self.final = final
        self.what = what or final.message.rstrip(".")
        self.kind = kind or self.what
        self.throttled = throttled
        self.wait = wait
        self.lost = lost
        self.refused = refused
        self.silent = silent
        #: the latest time, by the retrier's clock, at which the next try may begin
        self.until: float | None = None
        #: called if there is no next try
        self.give_up: Callable[[], None] | None = None


def retry_after(value: str | None, epoch: float) -> float | None:
    """The seconds to wait in a ``Retry-After`` header; None if it cannot be read.

    :param value: seconds or an HTTP date. :param epoch: now, in seconds since 1970.
    """
    text = (value or "")[:_LONGEST_HEADER].strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, moment.timestamp() - epoch)
    except (TypeError, ValueError, OverflowError):
        return None


def duration(seconds: float) -> str:
    """``0.4 seconds``, ``90 seconds``, ``more than a day``."""
    if seconds > _A_DAY:
        return "more than a day"
    return f"{seconds:.1f} seconds" if seconds < 10 else f"{seconds:.0f} seconds"


def back_off(policy: RetryPolicy, attempt: int, rng: random.Random) -> float:
    """Seconds to wait after a number of attempts (from 1): exponential, with jitter."""
    ceiling = policy.first_wait * float(2 ** min(attempt - 1, 16))
    return min(policy.longest_wait, ceiling) * rng.uniform(0.5, 1.0)


class RetryLog:
    """Logs what failed and when the next try is.

    Concurrent requests often fail together. While one of them waits, others that fail for the
    same reason are not logged.

    :param clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._logged_until: dict[str, float] = {}

    def warn(self, what: str, pause: float, kind: str = "") -> None:
        """:param what: what failed, as a sentence without its full stop. :param pause: seconds."""
        now = self._clock()
        with self._lock:
            if now < self._logged_until.get(kind or what, now):
                return
            self._logged_until[kind or what] = now + pause
        logger.warning(f"{what}. The next try is in {duration(pause)}.")


class Retrier:
    """Sends a request again after each transient fault, as long as ``policy`` allows.

    :param sleep: waits for seconds. :param clock: seconds, for ``policy.total``.
    :param rng: makes the waits differ, so that workers that failed together do not retry together.
    :param retry_log: logs each fault and when the next try is.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        before_retry: Callable[[], None],
        retry_log: RetryLog | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._rng = rng
        self._before_retry = before_retry
        self._retry_log = retry_log

    def __call__(self, once: Callable[[], Returned], *, retry_lost: bool = True) -> Returned:
        """Call ``once`` until it returns; raises the last fault's ``final`` error on giving up.

        :param retry_lost: False: no retry if the gateway may have carried out the request.
        """
        budget = _Budget(self._policy, self._clock(), retry_lost)
        try:
            return Retrying(
                retry=retry_if_exception_type(TransientFault),
                wait=self._wait,
                stop=lambda state: budget.is_exhausted(
                    _fault(state), state.upcoming_sleep, self._clock()
                ),
                sleep=self._sleep,
                before_sleep=self._note_retry,
                reraise=True,
            )(once)
        except TransientFault as fault:
            if fault.give_up is not None:
                fault.give_up()
            raise fault.final from None

    def _note_retry(self, state: RetryCallState) -> None:
        self._before_retry()
        if self._retry_log is not None:
            fault = _fault(state)
            self._retry_log.warn(fault.what, state.upcoming_sleep, fault.kind)

    def _wait(self, state: RetryCallState) -> float:
        """The ``Retry-After``, but at least the first back-off; without one, the usual back-off."""
        asked = _fault(state).wait
        attempt = state.attempt_number if asked is None else 1
        return max(asked or 0.0, back_off(self._policy, attempt, self._rng))


class _Budget:
    """How much of the retry policy one request has used."""

    def __init__(self, policy: RetryPolicy, started: float, retry_lost: bool) -> None:
        self._policy = policy
        self._started = started
        self._retry_lost = retry_lost
        self._faults = 0
        self._waited_as_asked = 0.0

    def is_exhausted(self, fault: TransientFault, pause: float, now: float) -> bool:
        """Whether to give up after this fault instead of pausing."""
        policy = self._policy
        if fault.lost and not self._retry_lost:
            return True
        if policy.total is not None and now + pause - self._started > policy.total:
            return True
        if fault.until is not None and now + pause >= fault.until:
            return True
        if fault.throttled or fault.wait is not None:
            self._waited_as_asked += pause
            if self._waited_as_asked > policy.throttled:
                return True
        if fault.throttled:
            return False
        self._faults += 1
        return self._faults >= policy.attempts


def _fault(state: RetryCallState) -> TransientFault:
    outcome = state.outcome
    fault = outcome.exception() if outcome is not None else None
    assert isinstance(fault, TransientFault)
    return fault
