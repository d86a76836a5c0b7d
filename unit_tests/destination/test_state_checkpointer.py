"""Order, counts and back-pressure."""

from __future__ import annotations

import json
import random
import threading

import pytest

from destination_phenom.keyed_executor import KeyedExecutor
from destination_phenom.state_checkpointer import BatchStopped, Entry, StateCheckpointer
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
    ledger = StateCheckpointer(echoed)
    first, second, other = ledger.admit(A, 1), ledger.admit(A, 1), ledger.admit(B, 1)
    ledger.state(state(A, 1))
    late = ledger.admit(A, 1)
    ledger.state(state(B, 2))
    ledger.settle(late, rejected=True)
    ledger.settle(second, rejected=True)
    ledger.settle(first, rejected=False)
    assert echoed == []
    ledger.settle(other, rejected=False)
    assert echoed == [(1, 2, 1), (2, 1, 0)]
    ledger.state(state(A, 3))
    ledger.state(state(A, 4))
    assert echoed[2:] == [(3, 1, 1), (4, 0, 0)]


def test_a_state_of_all_streams_counts_all_of_them() -> None:
    echoed = Echoes()
    ledger = StateCheckpointer(echoed)
    for stream in (A, B, A):
        ledger.settle(ledger.admit(stream, 1), rejected=stream is B)
    ledger.state(state(None, 1))
    ledger.state(state(A, 2))
    assert echoed == [(1, 3, 1), (2, 0, 0)]


@pytest.mark.parametrize("after", [A, B, None])
def test_a_line_of_no_stream_is_counted_by_the_next_state(after: StreamKey | None) -> None:
    echoed = Echoes()
    ledger = StateCheckpointer(echoed)
    ledger.settle(ledger.admit(None, 0), rejected=True)
    ledger.state(state(after, 1))
    ledger.state(state(after, 2))
    assert echoed == [(1, 1, 1), (2, 0, 0)]


@pytest.mark.parametrize(("entries", "size"), [(3, 1), (100, 30)])
def test_who_reads_waits_for_room(entries: int, size: int) -> None:
    ledger = StateCheckpointer(Echoes(), most_entries=entries, most_bytes=90)
    admitted: list[Entry] = []
    third, fifth = threading.Event(), threading.Event()

    def read() -> None:
        for _ in range(5):
            admitted.append(ledger.admit(A, size))
            if len(admitted) == 3:
                third.set()
        fifth.set()

    threading.Thread(target=read, daemon=True).start()
    assert third.wait(5)
    assert not fifth.wait(0.05)
    ledger.settle(admitted[0], rejected=False)
    ledger.settle(admitted[1], rejected=False)
    assert fifth.wait(5)


def test_a_record_larger_than_the_room_waits_alone() -> None:
    ledger = StateCheckpointer(Echoes(), most_bytes=10)
    entry = ledger.admit(A, 1_000)
    ledger.settle(entry, rejected=False)
    ledger.admit(A, 1_000)


def test_nothing_comes_in_after_a_stop() -> None:
    echoed = Echoes()
    ledger = StateCheckpointer(echoed, most_entries=1)
    entry = ledger.admit(A, 1)
    stopped = threading.Event()

    def read() -> None:
        with pytest.raises(BatchStopped):
            ledger.state(state(A, 1))
        stopped.set()

    threading.Thread(target=read, daemon=True).start()
    ledger.stop()
    assert stopped.wait(5)
    ledger.settle(entry, rejected=False)
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

    lanes: KeyedExecutor[tuple[int, int]] = KeyedExecutor(8, work)
    rng = random.Random(1)
    sent: dict[int, list[int]] = {}
    for number in range(5_000):
        key = rng.randrange(40)
        sent.setdefault(key, []).append(number)
        lanes.put(key, (key, number))
    lanes.close()
    assert done == sent


def test_keys_do_not_wait_for_each_other() -> None:
    gate, passed = threading.Event(), threading.Event()

    def work(task: str) -> None:
        if task == "slow":
            gate.wait(5)
        elif task == "quick":
            passed.set()

    lanes: KeyedExecutor[str] = KeyedExecutor(2, work)
    lanes.put("a", "slow")
    lanes.put("a", "behind it")
    lanes.put("b", "quick")
    assert passed.wait(5)
    gate.set()
    lanes.close()
