"""Many questions at a time, answers in order."""

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


def test_answers_come_in_the_order_of_the_questions(executor: ThreadPoolExecutor) -> None:
    later = threading.Event()

    def ask(number: int) -> int:
        if number == 0:
            later.wait()
        elif number == 3:
            later.set()
        return number * number

    with OrderedPrefetch(ask, executor, most=5) as questions:
        assert list(questions.ask_all(range(20))) == [(n, n * n) for n in range(20)]


def test_no_more_wait_than_there_may(executor: ThreadPoolExecutor) -> None:
    asked: list[int] = []
    with OrderedPrefetch(asked.append, executor, most=3) as questions:
        for number in range(10):
            taken = list(questions.ask(number))
            assert len(taken) == (number >= 3)
        assert len(list(questions.rest())) == 3
    assert sorted(asked) == list(range(10))


def test_an_error_comes_in_its_turn_and_calls_off_the_rest() -> None:
    asked: list[int] = []
    called_off = threading.Event()

    def ask(number: int) -> int:
        asked.append(number)
        if number == 1:
            raise ValueError(number)
        if number == 2:
            called_off.wait()
        return number

    with ThreadPoolExecutor(1) as executor:
        with OrderedPrefetch(ask, executor, most=50) as questions:
            for number in range(40):
                assert not list(questions.ask(number))
            answers = questions.rest()
            assert next(answers) == (0, 0)
            with pytest.raises(ValueError, match="1"):
                next(answers)
        called_off.set()
    assert asked in ([0, 1], [0, 1, 2])
