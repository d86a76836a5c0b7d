"""Writes take effect once, even if their answers are lost."""

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
    """A gateway. Each pair in `script` says whether it acts and whether it answers."""

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


def idempotent_write(slept: list[float], attempts: int = 4) -> IdempotentWrite:
    return IdempotentWrite(RetryPolicy(attempts=attempts), sleep=slept.append)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_a_write_takes_effect_at_most_once(script: list[tuple[bool, bool]]) -> None:
    gateway = ScriptedGateway(script)
    try:
        written = idempotent_write([])(gateway.send, gateway.find)
    except (Unavailable, Unreachable):
        assert gateway.acted == 0
    else:
        assert written in ("sent", "found")
        assert gateway.acted == 1


def test_a_lost_write_is_looked_up_after_a_pause() -> None:
    slept: list[float] = []
    gateway = ScriptedGateway([(True, False)])
    assert idempotent_write(slept)(gateway.send, gateway.find) == "found"
    assert len(slept) == 1
    assert 0.25 <= slept[0] <= 0.5


@pytest.mark.parametrize("error", [RequestRefused("400", status=400), PermissionDenied("403")])
def test_a_refusal_is_final(error: Exception) -> None:
    def send() -> Any:
        raise error

    with pytest.raises(type(error)):
        idempotent_write([])(send, lambda: None)


@pytest.mark.parametrize("found", [None, "found"])
def test_after_an_answer_that_is_too_large_there_is_no_retry(
    found: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    sent = 0

    def send() -> str:
        nonlocal sent
        sent += 1
        raise AnswerTooLarge("POST /x: the answer has more than 64 MiB.")

    with nullcontext() if found else pytest.raises(AnswerTooLarge):
        assert idempotent_write([])(send, lambda: found) == found
    assert sent == 1
    assert "Phenom may have acted. The next try is in" in caplog.text


def test_the_pause_is_as_long_as_the_gateway_asks() -> None:
    slept: list[float] = []
    tries = [Unavailable("503", wait=7.0), None]

    def send() -> str:
        if error := tries.pop(0):
            raise error
        return "sent"

    assert idempotent_write(slept)(send, lambda: None) == "sent"
    assert slept == [7.0]


@pytest.mark.parametrize(
    ("error", "max_finds"),
    [
        (Unavailable("503", wait=5_000.0), 1),
        (Unavailable("503", wait=500.0), 2),
        (Throttled("429", wait=5_000.0), 0),
        (Throttled("429", wait=1.0), 0),
    ],
)
def test_no_retry_after_too_long_a_wait(error: Unavailable, max_finds: int) -> None:
    """All waits count together. A throttled request had no effect and has waited already."""
    slept: list[float] = []
    sent = finds = 0

    def send() -> str:
        nonlocal sent
        sent += 1
        raise error

    def find() -> None:
        nonlocal finds
        finds += 1

    with pytest.raises(type(error)):
        idempotent_write(slept)(send, find)
    assert sent == max(max_finds, 1)
    assert finds == max_finds
    assert sum(slept) <= 900


def test_a_write_that_fails_while_others_succeed_is_refused() -> None:
    """Other writes succeed in the meantime, so the failure is about this record."""
    writes = idempotent_write([])
    fails = ScriptedGateway([(False, True)] * 9)

    def send() -> str:
        writes(lambda: "another", lambda: None)
        return fails.send()

    with pytest.raises(RequestRefused, match="while it takes others"):
        writes(send, fails.find)


def test_where_all_writes_fail_the_gateway_is_unavailable() -> None:
    slept: list[float] = []
    fails = ScriptedGateway([(False, True)] * 9)
    with pytest.raises(Unavailable):
        idempotent_write(slept)(fails.send, fails.find)
    assert len(fails.script) == 5
    assert [0.25 <= pause / 2**place <= 0.5 for place, pause in enumerate(slept)] == [True] * 4
