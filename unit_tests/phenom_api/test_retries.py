"""How long the retrier waits, and when it gives up."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from phenom_api.errors import Unavailable
from phenom_api.retries import Retrier, RetryPolicy, TransientFault, duration, retry_after
from unit_tests.phenom_api.wire import Clock

EPOCH = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30.0),
        ("Tue, 14 Nov 2023 22:13:50", 30.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("999999999999", 999999999999.0),
        ("9" * 5000, 1e12),
        ("9" * 5000 + ".5", 1e12),
        ("1" + "0" * 90 + "." + "9" * 5000, 1e12),
        ("-" + "9" * 5000, None),
        ("1e999", None),
        ("5, 6", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251702300799.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT" + " " * 5000, 30.0),
        ("Tue, " + "1" * 65000, None),
        ("(" * 65000, None),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1_000", None),
        ("٥", None),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, EPOCH) == seconds


class Attempts:
    """A call that raises the given faults and then succeeds."""

    def __init__(self, *faults: TransientFault) -> None:
        self.faults = list(faults)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.faults:
            raise self.faults.pop(0)
        return "done"


def fault(throttled: bool = False, wait: float | None = None, lost: bool = True) -> TransientFault:
    return TransientFault(Unavailable("it is down"), throttled=throttled, wait=wait, lost=lost)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_retrier(clock: Clock) -> Callable[[RetryPolicy], Retrier]:
    def make(policy: RetryPolicy) -> Retrier:
        return Retrier(
            policy,
            clock=clock,
            sleep=clock.sleep,
            rng=random.Random(1),
            before_retry=lambda: None,
        )

    return make


def test_backoff_doubles_between_bounds(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    policy = RetryPolicy(attempts=12, first_wait=0.5, longest_wait=30.0)
    assert make_retrier(policy)(Attempts(*[fault() for _ in range(11)])) == "done"
    for number, slept in enumerate(clock.slept):
        ceiling = min(30.0, 0.5 * 2**number)
        assert ceiling / 2 <= slept <= ceiling


def test_attempts_bound_the_faults(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    attempts = Attempts(*[fault() for _ in range(50)])
    with pytest.raises(Unavailable):
        make_retrier(RetryPolicy(attempts=4))(attempts)
    assert attempts.made == 4
    assert len(clock.slept) == 3


def test_throttling_does_not_use_up_the_attempts(
    make_retrier: Callable[[RetryPolicy], Retrier],
) -> None:
    faults = [fault(throttled=True, wait=1.0) for _ in range(40)] + [fault() for _ in range(3)]
    attempts = Attempts(*faults)
    assert make_retrier(RetryPolicy(attempts=4))(attempts) == "done"
    assert attempts.made == 44


def test_a_retry_after_is_waited(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    make_retrier(RetryPolicy())(Attempts(fault(throttled=True, wait=7.0), fault(wait=2.0)))
    assert clock.slept == [7.0, 2.0]


def test_a_retry_after_of_zero_is_no_busy_loop(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    attempts = Attempts(*[fault(throttled=True, wait=0.0) for _ in range(10_000)])
    with pytest.raises(Unavailable):
        make_retrier(RetryPolicy(throttled=60.0, first_wait=0.5))(attempts)
    assert min(clock.slept) >= 0.25
    assert sum(clock.slept) <= 60.0


def test_an_absurd_wait_is_not_waited(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    with pytest.raises(Unavailable):
        make_retrier(RetryPolicy(throttled=900.0))(Attempts(fault(throttled=True, wait=1e9)))
    assert clock.slept == []


def test_a_retry_after_of_any_status_counts_towards_the_limit(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    """The Retry-After of 500, 502 and 408 counts like that of 429 and 503."""
    for wait in (1e12, 901.0, 400.0):
        with pytest.raises(Unavailable):
            make_retrier(RetryPolicy(throttled=900.0))(Attempts(*[fault(wait=wait)] * 9))
    assert clock.slept == [400.0, 400.0]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.25, "0.2 seconds"),
        (9.5, "9.5 seconds"),
        (30.2, "30 seconds"),
        (86_400, "86400 seconds"),
        (86_401, "more than a day"),
        (1e12, "more than a day"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_total_bounds_everything(
    clock: Clock, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    started = clock.now
    with pytest.raises(Unavailable):
        make_retrier(RetryPolicy(attempts=99, throttled=900.0, total=10.0))(
            Attempts(*[fault(throttled=True, wait=3.0) for _ in range(99)])
        )
    assert clock.now - started <= 10.0


@pytest.mark.parametrize(("lost", "made"), [(True, 1), (False, 2)])
def test_a_request_that_may_have_had_an_effect_is_not_retried_if_that_matters(
    lost: bool, made: int, make_retrier: Callable[[RetryPolicy], Retrier]
) -> None:
    attempts = Attempts(fault(throttled=True, lost=lost))
    with suppress(Unavailable):
        make_retrier(RetryPolicy())(attempts, retry_lost=False)
    assert attempts.made == made
