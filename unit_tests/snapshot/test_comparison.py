from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_phenom.snapshot import Comparison, Snapshot, Verdict, decode, encode
from unit_tests.snapshot.strategies import keys

#: Few keys and few digests, so that they repeat.
few_keys = st.lists(keys, min_size=1, max_size=12, unique=True)
pages = st.lists(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=8), max_size=6)
ends = st.sampled_from(["complete", "in doubt", "killed"])


class Model:
    """The same as `Comparison`, in plain dicts."""

    def __init__(self, previous: dict[str, int]) -> None:
        self.previous, self.observed = previous, dict[str, int]()

    def observe(self, key: str, digest: int) -> Verdict:
        if key in self.observed:
            return Verdict.DUPLICATE
        self.observed[key] = digest
        if key not in self.previous:
            return Verdict.NEW
        return Verdict.UNCHANGED if self.previous[key] == digest else Verdict.CHANGED

    def snapshot(self, *, complete: bool) -> dict[str, int]:
        return self.observed if complete else {**self.previous, **self.observed}


@given(few_keys, st.lists(st.tuples(pages, ends), max_size=6))
@settings(max_examples=150)
def test_histories_agree_with_plain_dicts(
    some_keys: list[str], runs: list[tuple[list[list[tuple[int, int]]], str]]
) -> None:
    """Each run reads the state of the run before. A killed run leaves its last checkpoint."""
    state, model_state = encode(Snapshot()), dict[str, int]()
    for listing, end in runs:
        run, model = Comparison(decode(state)), Model(model_state)
        for page in listing:
            page_keys = [some_keys[number % len(some_keys)] for number, _ in page]
            page_digests = [digest for _, digest in page]
            verdicts = run.observe_page(page_keys, page_digests)

            assert verdicts == list(map(model.observe, page_keys, page_digests))
            checkpoint = run.snapshot(complete=False)
            assert dict(checkpoint) == model.snapshot(complete=False)
        gone = model.previous.keys() - model.observed.keys()
        assert sorted(run.gone()) == sorted(gone)
        assert run.gone_count == len(gone)
        assert run.observed_count == len(model.observed)
        assert run.previous_count == len(model.previous)
        if end == "killed" and not listing:
            continue
        complete = end == "complete"
        state = encode(checkpoint if end == "killed" else run.snapshot(complete=complete))
        model_state = model.snapshot(complete=complete)


def test_the_first_digest_counts() -> None:
    run = Comparison(Snapshot.from_records({"a": 1}))

    assert run.observe("a", 2) is Verdict.CHANGED
    assert run.observe("a", 1) is Verdict.DUPLICATE
    assert run.observe_page(["b", "b"], [1, 2]) == [Verdict.NEW, Verdict.DUPLICATE]
    assert dict(run.snapshot(complete=True)) == {"a": 2, "b": 1}


def test_a_record_that_comes_back_is_new() -> None:
    before = Comparison(Snapshot.from_records({"a": 1, "b": 2}))
    before.observe("a", 1)
    assert list(before.gone()) == ["b"]
    after = Comparison(before.snapshot(complete=True))

    assert after.observe_page(["a", "b"], [1, 2]) == [Verdict.UNCHANGED, Verdict.NEW]


def test_a_scan_that_is_not_complete_forgets_nothing() -> None:
    run = Comparison(Snapshot.from_records({"a": 1, "b": 2}))
    run.observe_page(["b", "c"], [3, 4])

    assert dict(run.snapshot(complete=False)) == {"a": 1, "b": 3, "c": 4}


def test_a_second_reading_finds_what_the_first_one_missed() -> None:
    run = Comparison(Snapshot.from_records({"a": 1, "b": 2, "c": 3}))
    run.observe_page(["a"], [1])
    assert run.gone_count == 2

    assert run.observe_page(["a", "b"], [1, 2]) == [Verdict.DUPLICATE, Verdict.UNCHANGED]
    assert list(run.gone()) == ["c"]


def test_a_snapshot_does_not_change_while_the_run_goes_on() -> None:
    run = Comparison(Snapshot.from_records({"a": 1}))
    checkpoint = run.snapshot(complete=False)
    run.observe_page(["a", "b"], [2, 2])

    assert dict(checkpoint) == {"a": 1}


def test_the_previous_snapshot_does_not_change() -> None:
    previous = Snapshot.from_records({"a": 1})
    Comparison(previous).observe("a", 2)

    assert dict(previous) == {"a": 1}


def test_many_new_records_are_found_again() -> None:
    n, size = 50_000, 1000
    run = Comparison(Snapshot())
    names = [f"REQ-{number}" for number in range(n)]
    shuffled = random.Random(1).sample(names, n)
    for start in range(0, n, size):
        page = shuffled[start : start + size]
        assert run.observe_page(page, [1] * size) == [Verdict.NEW] * size

    for start in range(0, n, size):
        page = names[start : start + size]
        assert run.observe_page(page, [2] * size) == [Verdict.DUPLICATE] * size
    assert run.observed_count == n


@pytest.mark.parametrize("of_before", [1.0, 0.5, 0.0])
def test_memory_per_record(of_before: float) -> None:
    """In bytes: the previous and the current records, and the decoding of the state."""
    n = 50_000
    rng = random.Random(1)
    ids = [f"{rng.getrandbits(96):024x}" for _ in range(n)]
    state = encode(Snapshot.from_records((key, 7) for key in ids[: int(n * of_before)]))

    tracemalloc.start()
    try:
        run = Comparison(decode(state))
        for start in range(0, n, 100):
            run.observe_page(ids[start : start + 100], range(100))
        run.snapshot(complete=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / n < 130
