"""Which faults pass, how long to wait for that, and when to give up."""

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

Result = TypeVar("Result")

logger = logging.getLogger("airbyte.phenom")

_SECONDS = re.compile(r"\+?\d+(\.\d*)?", re.ASCII)
_LONGEST_HEADER = 100
"""Characters of a ``Retry-After`` that are looked at: a date takes 30."""
_FOR_EVER = 1e12
"""Seconds. Longer waits are no different, and infinite ones cannot be written in a message."""
_A_DAY = 86_400


@dataclass(frozen=True)
class RetryPolicy:
    """How long a request is worth. All times in seconds.

    ``attempts`` bounds faults (5xx, resets, timeouts, cut-off bodies); throttling is waited out
    for ``throttled`` seconds in all, however many answers that takes. ``connect`` bounds how long
    a connection takes, ``read`` how long nothing of an answer comes, ``answer`` one answer from
    beginning to end. ``total`` bounds everything where somebody waits for it (``check``).
    A host that has not answered yet is given up after ``unanswered`` seconds, and after
    ``refused`` where it takes no connections or has no address; see :mod:`phenom_api.reach`.
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
"""For ``check``: an answer, good or bad, within seconds."""


class TransientFault(Exception):
    """A fault worth another try.

    :param final: what to raise when patience ends.
    :param what: what happened this time, as a sentence without its full stop; the person who
        waits for the next try reads it.
    :param kind: what it has in common with the faults of other requests that fail with it.
    :param throttled: the gateway asked for less (429, 503).
    :param wait: the seconds that it asked for.
    :param lost: whether the gateway may have acted all the same.
    :param refused: there was no connection at all: nobody listens, or the host has no address.
    :param silent: it took all the time that there was.
    """

    until: float | None = None
    """When, by the clock of the one who retries, the next try must have begun at the latest."""
    give_up: Callable[[], None] | None = None
    """To be called where there is no next try."""

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


def retry_after(value: str | None, epoch: float) -> float | None:
    """Seconds to wait by a ``Retry-After`` header; None where it says nothing usable.

    :param value: seconds or an HTTP date. :param epoch: seconds since 1970, for dates.
    """
    text = (value or "")[:_LONGEST_HEADER].strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _FOR_EVER)
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


class Notices:
    """Says in the log what failed and when the next try is.

    Requests that run side by side fail together: of those that fail for the same reason while
    one of them waits, only that one is told of.

    :param clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told_until: dict[str, float] = {}

    def tell(self, what: str, pause: float, kind: str = "") -> None:
        """:param what: what failed, as a sentence without its full stop. :param pause: seconds."""
        now = self._clock()
        with self._lock:
            if now < self._told_until.get(kind or what, now):
                return
            self._told_until[kind or what] = now + pause
        logger.warning(f"{what}. The next try is in {duration(pause)}.")


class Retrier:
    """Repeats what runs into passing faults, as long as ``policy`` lasts.

    :param sleep: waits for seconds. :param clock: seconds, for ``policy.total``.
    :param rng: spreads the waits, so that workers that failed together do not return together.
    :param notices: where it is said what failed and when the next try is.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        before_retry: Callable[[], None],
        notices: Notices | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._rng = rng
        self._before_retry = before_retry
        self._notices = notices

    def __call__(self, once: Callable[[], Result], *, retry_lost: bool = True) -> Result:
        """``once`` until it returns; raises the last fault's ``final`` error when patience ends.

        :param retry_lost: False gives up at once where the gateway may have acted.
        """
        budget = _Budget(self._policy, self._clock(), retry_lost)
        try:
            return Retrying(
                retry=retry_if_exception_type(TransientFault),
                wait=self._wait,
                stop=lambda state: budget.spent(_fault(state), state.upcoming_sleep, self._clock()),
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
        if self._notices is not None:
            fault = _fault(state)
            self._notices.tell(fault.what, state.upcoming_sleep, fault.kind)

    def _wait(self, state: RetryCallState) -> float:
        """The wait that was asked for, but never none at all; else exponential with jitter."""
        policy, asked = self._policy, _fault(state).wait
        jitter = self._rng.uniform(0.5, 1.0)
        if asked is not None:
            return max(asked, policy.first_wait * jitter)
        ceiling = policy.first_wait * float(2 ** min(state.attempt_number - 1, 16))
        return min(policy.longest_wait, ceiling) * jitter


class _Budget:
    """What one request has used up of its patience."""

    def __init__(self, policy: RetryPolicy, started: float, retry_lost: bool) -> None:
        self._policy = policy
        self._started = started
        self._retry_lost = retry_lost
        self._faults = 0
        self._asked_for = 0.0

    def spent(self, fault: TransientFault, pause: float, now: float) -> bool:
        """Whether one more fault, and the pause after it, is too much."""
        policy = self._policy
        if fault.lost and not self._retry_lost:
            return True
        if policy.total is not None and now + pause - self._started > policy.total:
            return True
        if fault.until is not None and now + pause >= fault.until:
            return True
        if fault.throttled or fault.wait is not None:
            self._asked_for += pause
            if self._asked_for > policy.throttled:
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
