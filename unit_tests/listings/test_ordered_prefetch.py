"""Several requests at a time, with answers in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from source_phenom.listings.ordered_prefetch import OrderedPrefetch


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_answers_come_in_the_order_of_the_requests(executor: ThreadPoolExecutor) -> None:
    later = threading.Event()

    def ask(number: int) -> int:
        if number == 0:
            later.wait()
        elif number == 3:
            later.set()
        return number * number

    with OrderedPrefetch(ask, executor, most=5) as requests:
        assert list(requests.ask_all(range(20))) == [(n, n * n) for n in range(20)]


def test_the_number_of_waiting_answers_is_bounded(executor: ThreadPoolExecutor) -> None:
    asked: list[int] = []
    with OrderedPrefetch(asked.append, executor, most=3) as requests:
        for number in range(10):
            taken = list(requests.ask(number))
            assert len(taken) == (number >= 3)
        assert len(list(requests.rest())) == 3
    assert sorted(asked) == list(range(10))


def test_an_error_comes_in_its_turn_and_cancels_the_rest() -> None:
    asked: list[int] = []
    cancelled = threading.Event()

    def ask(number: int) -> int:
        asked.append(number)
        if number == 1:
            raise ValueError(number)
        if number == 2:
            cancelled.wait()
        return number

    with ThreadPoolExecutor(1) as executor:
        with OrderedPrefetch(ask, executor, most=50) as requests:
            for number in range(40):
                assert not list(requests.ask(number))
            answers = requests.rest()
            assert next(answers) == (0, 0)
            with pytest.raises(ValueError, match="1"):
                next(answers)
        cancelled.set()
    assert asked in ([0, 1], [0, 1, 2])
