"""How the number of concurrent requests grows and halves, and in which order requests start."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.concurrency import AdaptiveConcurrency, Ticket
from phenom_api.errors import GatewayClosed
from unit_tests.phenom_api.wire import Clock


def round_trip(
    concurrency: AdaptiveConcurrency,
    clock: Clock,
    took: float = 0.1,
    *,
    throttled: int = 0,
    pause: float = 0.0,
) -> int:
    """Makes as many concurrent requests as are allowed; returns their number."""
    tickets = [concurrency.acquire() for _ in range(concurrency.limit)]
    clock.now += took
    for index, ticket in enumerate(tickets):
        hit = index < throttled
        concurrency.release(ticket, answered=not hit, throttled=hit, pause=pause if hit else 0.0)
    return len(tickets)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_starts_with_one_and_doubles_up_to_the_ceiling(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(10, clock=clock)
    assert [round_trip(concurrency, clock) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert concurrency.most_in_flight == 10


def test_a_ceiling_of_one(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(1, clock=clock)
    assert [round_trip(concurrency, clock) for _ in range(3)] == [1, 1, 1]
    round_trip(concurrency, clock, throttled=1)
    assert concurrency.limit == 1


def test_it_halves_once_for_all_requests_in_flight(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(16, clock=clock)
    while round_trip(concurrency, clock) < 16:
        pass
    round_trip(concurrency, clock, throttled=12)
    # The four successes made it grow a little again.
    assert concurrency.limit == 8
    assert concurrency.throttled == 12
    round_trip(concurrency, clock, throttled=8)
    assert concurrency.limit == 4


def test_the_limit_never_falls_below_one(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(16, clock=clock)
    for _ in range(20):
        round_trip(concurrency, clock, throttled=99)
    assert concurrency.limit == 1


def test_it_recovers_by_one_per_round_trip_and_slowly_near_the_throttled_limit(
    clock: Clock,
) -> None:
    concurrency = AdaptiveConcurrency(16, clock=clock)
    while round_trip(concurrency, clock) < 16:
        pass
    round_trip(concurrency, clock, throttled=16)
    grown = [round_trip(concurrency, clock) for _ in range(9)]
    assert grown[:7] == [8, 8, 9, 10, 11, 12, 13]
    trips = 0
    while round_trip(concurrency, clock) < 16:
        trips += 1
    assert 15 < trips < 60


def test_growth_pauses_while_answers_take_longer(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(50, clock=clock)
    for _ in range(3):
        round_trip(concurrency, clock, 0.1)
    before = concurrency.limit
    for _ in range(3):
        round_trip(concurrency, clock, 1.0)
    assert concurrency.limit == before
    round_trip(concurrency, clock, 0.1)
    round_trip(concurrency, clock, 0.1)
    assert before < concurrency.limit <= before + 2


def test_a_gateway_that_became_slower_for_good_does_not_end_growth(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(10, clock=clock)
    round_trip(concurrency, clock, 0.1)
    for _ in range(100):
        round_trip(concurrency, clock, 1.0)
    assert concurrency.limit == 10


def test_one_lucky_answer_does_not_end_growth(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(10, clock=clock)
    round_trip(concurrency, clock, 0.2)
    round_trip(concurrency, clock, 0.001)
    for _ in range(8):
        round_trip(concurrency, clock, 0.2)
    assert concurrency.limit == 10


def test_failed_requests_do_not_count_as_answer_times(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(10, clock=clock)
    for _ in range(5):
        ticket = concurrency.acquire()
        clock.now += 0.001
        concurrency.release(ticket, answered=False)
    assert concurrency.limit == 1
    assert [round_trip(concurrency, clock, 0.3) for _ in range(5)] == [1, 2, 4, 8, 10]


def test_jitter_of_a_fast_gateway_does_not_end_growth(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(10, clock=clock)
    for took in (0.001, 0.009, 0.002, 0.012, 0.001):
        round_trip(concurrency, clock, took)
    assert concurrency.limit == 10


class WatchedClock(Clock):
    """A clock with an event for each reading: a request that must wait reads it first."""

    def __init__(self) -> None:
        super().__init__()
        self.was_read = threading.Event()

    def __call__(self) -> float:
        self.was_read.set()
        return self.now


def waiting(
    concurrency: AdaptiveConcurrency, clock: WatchedClock, entered: Callable[[], None]
) -> threading.Thread:
    """A thread whose request waits for its turn."""

    def request() -> None:
        ticket = concurrency.acquire()
        entered()
        concurrency.release(ticket, answered=True)

    thread = threading.Thread(target=request, daemon=True)
    clock.was_read.clear()
    thread.start()
    assert clock.was_read.wait(30)
    return thread


def test_a_pause_delays_all_requests_and_is_counted_once() -> None:
    clock = WatchedClock()
    concurrency = AdaptiveConcurrency(4, start=4, clock=clock)
    held, *throttled = [concurrency.acquire() for _ in range(3)]
    for ticket in throttled:
        concurrency.release(ticket, answered=False, throttled=True, pause=5.0)
    assert concurrency.throttled_seconds == pytest.approx(5.0)
    entered = threading.Event()
    thread = waiting(concurrency, clock, entered.set)
    assert not entered.is_set()
    clock.now += 5.2
    concurrency.release(held, answered=True)
    thread.join(30)
    assert entered.is_set()


def test_requests_start_in_the_order_of_their_arrival() -> None:
    clock = WatchedClock()
    concurrency = AdaptiveConcurrency(1, clock=clock)
    held = concurrency.acquire()
    order: list[int] = []
    threads = [waiting(concurrency, clock, partial(order.append, number)) for number in range(20)]
    concurrency.release(held, answered=True)
    for thread in threads:
        thread.join(30)
    assert order == list(range(20))


@pytest.mark.parametrize("ceiling", [1, 3, 10])
def test_never_more_than_the_ceiling_and_every_request_starts(ceiling: int) -> None:
    concurrency = AdaptiveConcurrency(ceiling)
    lock, inside, most = threading.Lock(), 0, 0

    def request(number: int) -> None:
        nonlocal inside, most
        ticket = concurrency.acquire()
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        concurrency.release(ticket, answered=True, throttled=number % 7 == 0, pause=0.0)

    with ThreadPoolExecutor(40) as pool:
        for done in [pool.submit(request, number) for number in range(3000)]:
            done.result(30)
        assert most <= ceiling
        assert concurrency.most_in_flight <= ceiling
        # Every place was given back.
        for ticket in [pool.submit(concurrency.acquire) for _ in range(concurrency.limit)]:
            ticket.result(30)


def test_stopping_ends_waiting_requests(clock: Clock) -> None:
    concurrency = AdaptiveConcurrency(1, clock=clock)
    concurrency.acquire()
    with ThreadPoolExecutor(5) as pool:
        requests = [pool.submit(concurrency.acquire) for _ in range(5)]
        concurrency.stop()
        for each in requests:
            with pytest.raises(GatewayClosed):
                each.result(5)
    with pytest.raises(GatewayClosed):
        concurrency.acquire()


@given(
    ceiling=st.integers(1, 50),
    events=st.lists(
        st.tuples(st.floats(0, 5), st.booleans(), st.booleans(), st.floats(0, 3)), max_size=200
    ),
)
@settings(max_examples=50, deadline=None)
def test_the_limit_keeps_its_bounds(
    ceiling: int, events: list[tuple[float, bool, bool, float]]
) -> None:
    clock = Clock()
    concurrency = AdaptiveConcurrency(ceiling, clock=clock)
    inside: list[Ticket] = []
    paused_until = clock.now
    for took, throttled, answered, pause in events:
        while len(inside) < concurrency.limit:
            clock.now = max(clock.now, paused_until)
            inside.append(concurrency.acquire())
        clock.now += took
        if throttled:
            paused_until = max(paused_until, clock.now + pause)
        concurrency.release(inside.pop(0), answered=answered, throttled=throttled, pause=pause)
        assert 1 <= concurrency.limit <= ceiling
        assert concurrency.most_in_flight <= ceiling


def test_a_start_at_the_ceiling(clock: Clock) -> None:
    assert AdaptiveConcurrency(10, start=10, clock=clock).limit == 10
    assert AdaptiveConcurrency(3, start=10, clock=clock).limit == 3
