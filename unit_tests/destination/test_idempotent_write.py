"""Writes that take effect once, whatever becomes of their answers."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_phenom.idempotent_write import IdempotentWrite
from phenom_api.errors import (
    AnswerTooLarge,
    PermissionDenied,
    RequestRefused,
    Throttled,
    Unavailable,
    Unreachable,
)
from phenom_api.gateway import RetryPolicy


class ScriptedGateway:
    """A gateway that acts or not, and answers or not, as `script` says."""

    def __init__(self, script: list[tuple[bool, bool]]) -> None:
        self.script = script
        self.acted = 0

    def send(self) -> str:
        acts, answers = self.script.pop(0) if self.script else (True, True)
        if acts:
            self.acted += 1
        if not answers:
            raise Unreachable("reset")
        if not acts:
            raise Unavailable("500")
        return "sent"

    def find(self) -> str | None:
        return "found" if self.acted else None


def once(slept: list[float], attempts: int = 4) -> IdempotentWrite:
    return IdempotentWrite(RetryPolicy(attempts=attempts), sleep=slept.append)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_never_twice(script: list[tuple[bool, bool]]) -> None:
    gateway = ScriptedGateway(script)
    try:
        written = once([])(gateway.send, gateway.find)
    except (Unavailable, Unreachable):
        assert gateway.acted == 0
    else:
        assert written in ("sent", "found")
        assert gateway.acted == 1


def test_it_looks_before_it_tries_again_and_pauses_before_it_looks() -> None:
    slept: list[float] = []
    gateway = ScriptedGateway([(True, False)])
    assert once(slept)(gateway.send, gateway.find) == "found"
    assert len(slept) == 1
    assert 0.25 <= slept[0] <= 0.5


@pytest.mark.parametrize("error", [RequestRefused("400", status=400), PermissionDenied("403")])
def test_a_refusal_is_final(error: Exception) -> None:
    def send() -> Any:
        raise error

    with pytest.raises(type(error)):
        once([])(send, lambda: None)


@pytest.mark.parametrize("found", [None, "found"])
def test_an_answer_that_is_too_large_is_looked_up_and_not_asked_for_again(
    found: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    sent = 0

    def send() -> str:
        nonlocal sent
        sent += 1
        raise AnswerTooLarge("POST /x: the answer has more than 64 MiB.")

    with nullcontext() if found else pytest.raises(AnswerTooLarge):
        assert once([])(send, lambda: found) == found
    assert sent == 1
    assert "Phenom may have acted. The next try is in" in caplog.text


def test_the_gateway_says_how_long_to_wait_before_the_next_try() -> None:
    slept: list[float] = []
    tries = [Unavailable("503", wait=7.0), None]

    def send() -> str:
        if error := tries.pop(0):
            raise error
        return "sent"

    assert once(slept)(send, lambda: None) == "sent"
    assert slept == [7.0]


@pytest.mark.parametrize(
    ("error", "most_looks"),
    [
        (Unavailable("503", wait=5_000.0), 1),
        (Unavailable("503", wait=500.0), 2),
        (Throttled("429", wait=5_000.0), 0),
        (Throttled("429", wait=1.0), 0),
    ],
)
def test_who_asks_to_wait_for_too_long_is_not_asked_again(
    error: Unavailable, most_looks: int
) -> None:
    """All waits count together; what was throttled has waited, and had no effect."""
    slept: list[float] = []
    sent = looks = 0

    def send() -> str:
        nonlocal sent
        sent += 1
        raise error

    def find() -> None:
        nonlocal looks
        looks += 1

    with pytest.raises(type(error)):
        once(slept)(send, find)
    assert sent == max(most_looks, 1)
    assert looks == most_looks
    assert sum(slept) <= 900


def test_a_record_that_alone_fails_is_refused() -> None:
    """Others going through meanwhile shows that it is the record."""
    writes = once([])
    fails = ScriptedGateway([(False, True)] * 9)

    def send() -> str:
        writes(lambda: "another", lambda: None)
        return fails.send()

    with pytest.raises(RequestRefused, match="while it takes others"):
        writes(send, fails.find)


def test_where_nothing_goes_through_it_is_the_gateway() -> None:
    slept: list[float] = []
    fails = ScriptedGateway([(False, True)] * 9)
    with pytest.raises(Unavailable):
        once(slept)(fails.send, fails.find)
    assert len(fails.script) == 5
    assert [0.25 <= pause / 2**place <= 0.5 for place, pause in enumerate(slept)] == [True] * 4
