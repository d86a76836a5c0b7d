"""Growth, halving, pauses and fairness of the gate that every request passes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phenom_api.errors import Stopped
from phenom_api.pressure import Pressure, Ticket
from unit_tests.phenom_api.wire import Clock


def round_trip(
    pressure: Pressure, clock: Clock, took: float = 0.1, *, throttled: int = 0, pause: float = 0.0
) -> int:
    """As many requests as are let in, side by side; returns how many that were."""
    tickets = [pressure.enter() for _ in range(pressure.limit)]
    clock.now += took
    for index, ticket in enumerate(tickets):
        hit = index < throttled
        pressure.leave(ticket, answered=not hit, throttled=hit, pause=pause if hit else 0.0)
    return len(tickets)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_starts_with_one_and_doubles_up_to_the_ceiling(clock: Clock) -> None:
    pressure = Pressure(10, clock=clock)
    assert [round_trip(pressure, clock) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert pressure.most_in_flight == 10


def test_a_ceiling_of_one(clock: Clock) -> None:
    pressure = Pressure(1, clock=clock)
    assert [round_trip(pressure, clock) for _ in range(3)] == [1, 1, 1]
    round_trip(pressure, clock, throttled=1)
    assert pressure.limit == 1


def test_it_halves_once_for_all_that_were_in_flight(clock: Clock) -> None:
    pressure = Pressure(16, clock=clock)
    while round_trip(pressure, clock) < 16:
        pass
    round_trip(pressure, clock, throttled=12)
    # The four that went well have made it grow a little again.
    assert pressure.limit == 8
    assert pressure.throttled == 12
    round_trip(pressure, clock, throttled=8)
    assert pressure.limit == 4


def test_it_never_closes_for_good(clock: Clock) -> None:
    pressure = Pressure(16, clock=clock)
    for _ in range(20):
        round_trip(pressure, clock, throttled=99)
    assert pressure.limit == 1


def test_it_recovers_by_one_per_round_trip_and_warily_where_it_hurt(clock: Clock) -> None:
    pressure = Pressure(16, clock=clock)
    while round_trip(pressure, clock) < 16:
        pass
    round_trip(pressure, clock, throttled=16)
    grown = [round_trip(pressure, clock) for _ in range(9)]
    assert grown[:7] == [8, 8, 9, 10, 11, 12, 13]
    trips = 0
    while round_trip(pressure, clock) < 16:
        trips += 1
    assert 15 < trips < 60


def test_growth_pauses_while_answers_take_longer(clock: Clock) -> None:
    pressure = Pressure(50, clock=clock)
    for _ in range(3):
        round_trip(pressure, clock, 0.1)
    before = pressure.limit
    for _ in range(3):
        round_trip(pressure, clock, 1.0)
    assert pressure.limit == before
    round_trip(pressure, clock, 0.1)
    round_trip(pressure, clock, 0.1)
    assert before < pressure.limit <= before + 2


def test_a_gateway_that_became_slower_for_good_does_not_end_growth(clock: Clock) -> None:
    pressure = Pressure(10, clock=clock)
    round_trip(pressure, clock, 0.1)
    for _ in range(100):
        round_trip(pressure, clock, 1.0)
    assert pressure.limit == 10


def test_one_lucky_answer_does_not_end_growth(clock: Clock) -> None:
    pressure = Pressure(10, clock=clock)
    round_trip(pressure, clock, 0.2)
    round_trip(pressure, clock, 0.001)
    for _ in range(8):
        round_trip(pressure, clock, 0.2)
    assert pressure.limit == 10


def test_failures_say_nothing_about_the_pace(clock: Clock) -> None:
    pressure = Pressure(10, clock=clock)
    for _ in range(5):
        ticket = pressure.enter()
        clock.now += 0.001
        pressure.leave(ticket, answered=False)
    assert pressure.limit == 1
    assert [round_trip(pressure, clock, 0.3) for _ in range(5)] == [1, 2, 4, 8, 10]


def test_jitter_of_a_fast_gateway_does_not_end_growth(clock: Clock) -> None:
    pressure = Pressure(10, clock=clock)
    for took in (0.001, 0.009, 0.002, 0.012, 0.001):
        round_trip(pressure, clock, took)
    assert pressure.limit == 10


def test_a_pause_keeps_everybody_out_and_is_counted_once(clock: Clock) -> None:
    pressure = Pressure(4, clock=clock)
    for _ in range(3):
        round_trip(pressure, clock)
    started = clock.now
    round_trip(pressure, clock, throttled=2, pause=5.0)
    assert pressure.throttled_seconds == pytest.approx(5.0)
    entered = threading.Event()

    def enter() -> None:
        ticket = pressure.enter()
        entered.set()
        pressure.leave(ticket, answered=True)

    waiting = threading.Thread(target=enter, daemon=True)
    waiting.start()
    assert not entered.wait(0.05)
    clock.now = started + 5.2
    wake(pressure)
    assert entered.wait(5)


def wake(pressure: Pressure) -> None:
    """Have whoever waits look at the clock again."""
    with pressure._lock:
        pressure._wake_first()


def test_whoever_comes_first_is_admitted_first(clock: Clock) -> None:
    pressure = Pressure(1, clock=clock)
    held = pressure.enter()
    order: list[int] = []
    threads = []

    def enter(number: int) -> None:
        ticket = pressure.enter()
        order.append(number)
        pressure.leave(ticket, answered=True)

    for number in range(20):
        thread = threading.Thread(target=enter, args=(number,), daemon=True)
        thread.start()
        threads.append(thread)
        while len(pressure._queue) <= number:
            pass
    pressure.leave(held, answered=True)
    for thread in threads:
        thread.join(5)
    assert order == list(range(20))


@pytest.mark.parametrize("ceiling", [1, 3, 10])
def test_never_more_than_the_ceiling_and_nobody_is_forgotten(ceiling: int) -> None:
    pressure = Pressure(ceiling)
    lock, inside, most = threading.Lock(), 0, 0

    def request(number: int) -> None:
        nonlocal inside, most
        ticket = pressure.enter()
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        pressure.leave(ticket, answered=True, throttled=number % 7 == 0, pause=0.0)

    with ThreadPoolExecutor(40) as pool:
        for done in [pool.submit(request, number) for number in range(3000)]:
            done.result(30)
    assert most <= ceiling
    assert pressure.most_in_flight <= ceiling
    assert pressure._in_flight == 0
    assert not pressure._queue


def test_stopping_sends_away_those_who_wait(clock: Clock) -> None:
    pressure = Pressure(1, clock=clock)
    pressure.enter()
    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(pressure.enter) for _ in range(5)]
        pressure.stop()
        for each in waiting:
            with pytest.raises(Stopped):
                each.result(5)
    with pytest.raises(Stopped):
        pressure.enter()


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
    pressure = Pressure(ceiling, clock=clock)
    inside: list[Ticket] = []
    for took, throttled, answered, pause in events:
        while len(inside) < pressure.limit:
            clock.now = max(clock.now, pressure._closed_until)
            inside.append(pressure.enter())
        clock.now += took
        pressure.leave(inside.pop(0), answered=answered, throttled=throttled, pause=pause)
        assert 1 <= pressure.limit <= ceiling
        assert pressure.most_in_flight <= ceiling


def test_a_start_at_full_width(clock: Clock) -> None:
    assert Pressure(10, start=10, clock=clock).limit == 10
    assert Pressure(3, start=10, clock=clock).limit == 3
