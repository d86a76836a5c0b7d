"""Records with details: columns that are not read in every run."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from source_phenom.snapshot import (
    Comparison,
    Snapshot,
    StreamState,
    Verdict,
    decode,
    digest_with_details,
    encode,
    fingerprint,
    tenant_tag,
)
from unit_tests.snapshot.strategies import keys

TENANT = tenant_tag("https://api.phenom.com", "phenom")
wide = st.dictionaries(keys, st.integers(0, 2**64 - 1), max_size=30)
few_keys = st.lists(keys, min_size=1, max_size=12, unique=True)

#: What a run does with a record: the number of its key, of its content, and of its details. None
#: means that the run does not read the details.
steps = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 2), st.none() | st.integers(0, 2)), max_size=20
)


def digest(record: int, details: int) -> int:
    return digest_with_details(fingerprint(b"%d" % record), b"%d" % details if details else None)


@given(wide)
@settings(deadline=None)
def test_encoding_and_decoding(records: dict[str, int]) -> None:
    snapshot = Snapshot.from_records(records, detailed=True)
    assert decode(encode(snapshot)) == snapshot
    state = StreamState("2026-01-01T00:00:00.000Z", TENANT, snapshot)
    back = StreamState.parse(json.loads(json.dumps(state.dump())), tenant=TENANT)
    assert back.snapshot == snapshot
    assert back.snapshot.detailed


@given(st.dictionaries(keys, st.integers(0, 2**32 - 1), max_size=30))
@settings(deadline=None)
def test_adding_and_dropping_null_details_changes_nothing(records: dict[str, int]) -> None:
    plain = Snapshot.from_records(records)
    assert plain.with_details().without_details() == plain
    assert encode(plain.with_details().without_details()) == encode(plain)
    assert dict(plain.with_details()) == {key: each << 32 for key, each in records.items()}
    assert plain.without_details() is plain


def test_a_record_whose_details_are_dropped_is_changed() -> None:
    before = Snapshot.from_records({"a": digest(1, 1), "b": digest(1, 0)}, detailed=True)
    run = Comparison(before.without_details())
    record = fingerprint(b"1")
    assert run.observe_page(["a", "b"], [record, record]) == [Verdict.CHANGED, Verdict.UNCHANGED]


def test_a_change_of_the_details_alone_is_a_change() -> None:
    run = Comparison(Snapshot.from_records({"a": digest(1, 1), "b": digest(1, 0)}, detailed=True))
    assert run.observe("a", digest(1, 2)) is Verdict.CHANGED
    assert run.observe("b", digest(1, 0)) is Verdict.UNCHANGED


@given(few_keys, st.lists(st.tuples(steps, st.booleans()), max_size=4))
@settings(max_examples=100, deadline=None)
def test_histories_agree_with_plain_dicts(
    some_keys: list[str], runs: list[tuple[list[tuple[int, int, int | None]], bool]]
) -> None:
    state, model = encode(Snapshot(detailed=True)), dict[str, tuple[int, int]]()
    for listing, complete in runs:
        run, seen = Comparison(decode(state)), dict[str, tuple[int, int]]()
        for number, record, details in listing:
            key = some_keys[number % len(some_keys)]
            (compared,) = run.compare_without_details([key], [fingerprint(b"%d" % record)])
            if key in seen:
                assert compared is Verdict.DUPLICATE
            elif key not in model:
                assert compared is Verdict.NEW
            else:
                same = model[key][0] == record
                assert compared is (Verdict.UNCHANGED if same else Verdict.CHANGED)
            if details is not None:
                verdict = run.observe(key, digest(record, details))
                if key not in seen:
                    assert verdict is not Verdict.DUPLICATE
                    assert (verdict is Verdict.UNCHANGED) == (model.get(key) == (record, details))
                    seen[key] = record, details
            elif compared is Verdict.UNCHANGED:
                run.observe_unchanged([key])
                seen[key] = model[key]
        kept = {key for key in model if key not in seen and len(key) % 2}
        assert run.observe_unchanged_where(lambda key: bool(len(key) % 2)) == len(kept)
        seen |= {key: model[key] for key in kept}
        assert sorted(run.gone()) == sorted(model.keys() - seen.keys())
        model = seen if complete else {**model, **seen}
        snapshot = run.snapshot(complete=complete)
        assert dict(snapshot) == {key: digest(*each) for key, each in model.items()}
        state = encode(snapshot)


def test_bytes_of_json_per_record() -> None:
    """Details cost four bytes per record, before base 64."""
    n = 20_000
    ids = [f"{0x65F0C1D2 + 7 * number:08x}a1b2c3d4e5{number:06x}" for number in range(n)]
    bare = Snapshot.from_records((key, fingerprint(key.encode())) for key in ids)
    full = Snapshot.from_records(
        ((key, digest_with_details(fingerprint(key.encode()), key.encode())) for key in ids),
        detailed=True,
    )
    assert len(json.dumps(encode(full))) - len(json.dumps(encode(bare))) <= 5.34 * n + 10
