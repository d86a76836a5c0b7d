"""The order of states, their counts, and the limit on pending records."""

from __future__ import annotations

import contextlib
import json
import random
import threading

import pytest

from destination_phenom.keyed_executor import KeyedExecutor
from destination_phenom.state_checkpointer import BatchStopped, StateCheckpointer
from destination_phenom.states import StateLine, Stats, StreamKey, state_line

A: StreamKey = (None, "a")
B: StreamKey = (None, "b")


def state(stream: StreamKey | None, number: int) -> StateLine:
    inner: dict[str, object] = {"id": number}
    if stream is not None:
        inner |= {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream[1]}}}
    message = {"type": "STATE", "state": inner}
    return state_line(json.dumps(message), message)


class Echoes(list[tuple[int, int, int]]):
    def __call__(self, line: StateLine, stats: Stats) -> None:
        self.append((json.loads(line.line)["state"]["id"], stats.records, stats.rejected))


def test_a_state_waits_for_all_records_before_it() -> None:
    echoed = Echoes()
    checkpointer = StateCheckpointer(echoed)
    first, second, other = (
        checkpointer.add_record(A, 1),
        checkpointer.add_record(A, 1),
        checkpointer.add_record(B, 1),
    )
    checkpointer.add_state(state(A, 1))
    late = checkpointer.add_record(A, 1)
    checkpointer.add_state(state(B, 2))
    checkpointer.finish(late, rejected=True)
    checkpointer.finish(second, rejected=True)
    checkpointer.finish(first, rejected=False)
    assert echoed == []
    checkpointer.finish(other, rejected=False)
    assert echoed == [(1, 2, 1), (2, 1, 0)]
    checkpointer.add_state(state(A, 3))
    checkpointer.add_state(state(A, 4))
    assert echoed[2:] == [(3, 1, 1), (4, 0, 0)]


def test_a_state_of_all_streams_counts_all_of_them() -> None:
    echoed = Echoes()
    checkpointer = StateCheckpointer(echoed)
    for stream in (A, B, A):
        checkpointer.finish(checkpointer.add_record(stream, 1), rejected=stream is B)
    checkpointer.add_state(state(None, 1))
    checkpointer.add_state(state(A, 2))
    assert echoed == [(1, 3, 1), (2, 0, 0)]


@pytest.mark.parametrize("after", [A, B, None])
def test_a_line_of_no_stream_is_counted_by_the_next_state(after: StreamKey | None) -> None:
    echoed = Echoes()
    checkpointer = StateCheckpointer(echoed)
    checkpointer.finish(checkpointer.add_record(None, 0), rejected=True)
    checkpointer.add_state(state(after, 1))
    checkpointer.add_state(state(after, 2))
    assert echoed == [(1, 1, 1), (2, 0, 0)]


def adding(checkpointer: StateCheckpointer, size: int) -> threading.Event:
    """Adds a record in a thread; the event is set when the checkpointer has accepted it."""
    added = threading.Event()

    def add() -> None:
        with contextlib.suppress(BatchStopped):
            checkpointer.add_record(A, size)
            added.set()

    threading.Thread(target=add, daemon=True).start()
    return added


@pytest.mark.parametrize(("max_pending", "size"), [(3, 1), (100, 30)])
def test_adding_a_record_blocks_while_too_much_is_pending(max_pending: int, size: int) -> None:
    checkpointer = StateCheckpointer(Echoes(), max_pending=max_pending, max_bytes=90)
    pending = [checkpointer.add_record(A, size) for _ in range(3)]
    added = adding(checkpointer, size)
    for record in pending:
        assert not added.wait(0.05)
        checkpointer.finish(record, rejected=False)
        assert added.wait(5)
        added = adding(checkpointer, size)
    checkpointer.stop()


def test_a_record_larger_than_the_limit_is_pending_alone() -> None:
    checkpointer = StateCheckpointer(Echoes(), max_bytes=10)
    large = checkpointer.add_record(A, 1_000)
    added = adding(checkpointer, 1)
    assert not added.wait(0.05)
    checkpointer.finish(large, rejected=False)
    assert added.wait(5)


def test_nothing_is_accepted_after_a_stop() -> None:
    echoed = Echoes()
    checkpointer = StateCheckpointer(echoed, max_pending=1)
    record = checkpointer.add_record(A, 1)
    stopped = threading.Event()

    def read() -> None:
        with pytest.raises(BatchStopped):
            checkpointer.add_state(state(A, 1))
        stopped.set()

    threading.Thread(target=read, daemon=True).start()
    checkpointer.stop()
    assert stopped.wait(5)
    checkpointer.finish(record, rejected=False)
    assert echoed == []


def test_tasks_of_one_key_keep_their_order() -> None:
    done: dict[int, list[int]] = {}
    lock, busy = threading.Lock(), set[int]()

    def work(task: tuple[int, int]) -> None:
        key, number = task
        with lock:
            assert key not in busy
            busy.add(key)
        with lock:
            done.setdefault(key, []).append(number)
            busy.discard(key)

    executor: KeyedExecutor[tuple[int, int]] = KeyedExecutor(8, work)
    rng = random.Random(1)
    sent: dict[int, list[int]] = {}
    for number in range(5_000):
        key = rng.randrange(40)
        sent.setdefault(key, []).append(number)
        executor.put(key, (key, number))
    executor.close()
    assert done == sent


def test_keys_do_not_wait_for_each_other() -> None:
    gate, passed = threading.Event(), threading.Event()

    def work(task: str) -> None:
        if task == "slow":
            gate.wait(5)
        elif task == "quick":
            passed.set()

    executor: KeyedExecutor[str] = KeyedExecutor(2, work)
    executor.put("a", "slow")
    executor.put("a", "behind it")
    executor.put("b", "quick")
    assert passed.wait(5)
    gate.set()
    executor.close()
