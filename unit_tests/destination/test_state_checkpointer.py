"""Order, counts and back-pressure."""

from __future__ import annotations

import json
import random
import threading

import pytest

from destination_phenom.keyed_executor import KeyedExecutor
from destination_phenom.state_checkpointer import BatchStopped, PendingRecord, StateCheckpointer
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


@pytest.mark.parametrize(("entries", "size"), [(3, 1), (100, 30)])
def test_who_reads_waits_for_room(entries: int, size: int) -> None:
    checkpointer = StateCheckpointer(Echoes(), max_pending=entries, max_bytes=90)
    admitted: list[PendingRecord] = []
    third, fifth = threading.Event(), threading.Event()

    def read() -> None:
        for _ in range(5):
            admitted.append(checkpointer.add_record(A, size))
            if len(admitted) == 3:
                third.set()
        fifth.set()

    threading.Thread(target=read, daemon=True).start()
    assert third.wait(5)
    assert not fifth.wait(0.05)
    checkpointer.finish(admitted[0], rejected=False)
    checkpointer.finish(admitted[1], rejected=False)
    assert fifth.wait(5)


def test_a_record_larger_than_the_room_waits_alone() -> None:
    checkpointer = StateCheckpointer(Echoes(), max_bytes=10)
    entry = checkpointer.add_record(A, 1_000)
    checkpointer.finish(entry, rejected=False)
    checkpointer.add_record(A, 1_000)


def test_nothing_comes_in_after_a_stop() -> None:
    echoed = Echoes()
    checkpointer = StateCheckpointer(echoed, max_pending=1)
    entry = checkpointer.add_record(A, 1)
    stopped = threading.Event()

    def read() -> None:
        with pytest.raises(BatchStopped):
            checkpointer.add_state(state(A, 1))
        stopped.set()

    threading.Thread(target=read, daemon=True).start()
    checkpointer.stop()
    assert stopped.wait(5)
    checkpointer.finish(entry, rejected=False)
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
