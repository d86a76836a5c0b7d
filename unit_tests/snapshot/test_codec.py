from __future__ import annotations

import base64
import json
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_digest

from source_phenom.snapshot import (
    Comparison,
    Snapshot,
    UnusableState,
    Verdict,
    codec,
    decode,
    encode,
)
from source_phenom.snapshot.codec import encode_labels, with_decoded_labels
from unit_tests.snapshot.strategies import keys, records

SMALL = Snapshot.from_records(
    {
        "65f0c1d2a1b2c3d4e5000001": 1,
        "65f0c1d2a1b2c3d4e5000002": 2**32 - 1,
        "0b3c1f6e-8d2a-4f6b-9c1d-2e3f4a5b6c7d": 3,
        "0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7d": 4,
        "REQ-1:jane@example.com:RECRUITER": 5,
        "名前@example.com": 6,
    }
)


@given(records)
@settings(max_examples=150)
def test_any_records_come_back(given_records: dict[str, int]) -> None:
    snapshot = decode(encode(Snapshot.from_records(given_records)))

    assert dict(snapshot) == given_records
    assert len(snapshot) == len(given_records)


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(
    given_records: dict[str, int], rng: random.Random
) -> None:
    shuffled = list(given_records.items())
    rng.shuffle(shuffled)

    assert encode(Snapshot.from_records(shuffled)) == encode(Snapshot.from_records(given_records))


@given(records)
def test_json_does_not_escape_the_text(given_records: dict[str, int]) -> None:
    text = encode(Snapshot.from_records(given_records))

    assert json.dumps(text) == f'"{text}"'
    assert not set(text) & set("<>&='/ ")


@given(records.filter(len), st.data())
def test_a_key_that_occurs_twice_is_refused(
    given_records: dict[str, int], data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(list(given_records)))
    snapshot = Snapshot.from_records([*given_records.items(), (again, 0)])

    with pytest.raises(ValueError, match="a key occurs twice"):
        encode(snapshot)


@given(records.filter(len), keys.filter(lambda key: len(key) < 1000))
@settings(max_examples=50)
def test_every_truncation_is_detected(given_records: dict[str, int], seal: str) -> None:
    text = encode(Snapshot.from_records(given_records), seal)

    for length in {*range(min(len(text), 150)), *range(max(0, len(text) - 50), len(text))}:
        with pytest.raises(UnusableState):
            decode(text[:length], seal)


def test_every_truncation_and_every_bit_flip_of_a_small_state_is_detected() -> None:
    text = encode(SMALL).encode()
    damaged = [text[:length] for length in range(len(text))]
    damaged += [text[length:] for length in range(1, len(text))]
    damaged += [text[:i] + text[i + 1 :] for i in range(len(text))]
    damaged += [
        text[:i] + bytes([text[i] ^ 1 << bit]) + text[i + 1 :]
        for i in range(len(text))
        for bit in range(8)
    ]

    for some in damaged:
        with pytest.raises(UnusableState):
            decode(some.decode("latin-1"))


@given(st.text())
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(UnusableState):
        decode(text)
    with pytest.raises(UnusableState):
        decode(f"2.{text}")


def sealed(body: bytes) -> str:
    """The text of any body, with the right checksum."""
    body += bytes(-(8 + len(body)) % 3)
    text = base64.urlsafe_b64encode(xxh3_64_digest(b"\xff" + body) + body)
    return "2." + text.decode()


@given(st.binary(max_size=60))
@settings(max_examples=200)
def test_random_content_with_the_right_checksum_never_crashes(rest: bytes) -> None:
    for head in (b"", b"\1\1\0\0\0\1", b"\1\2\0\0\0\1", b"\1\4\0\0\0\1\0\0\0\0", b"\2\4\0\0\0\2"):
        with suppress(UnusableState):
            decode(sealed(head + rest))


@given(st.data())
@settings(max_examples=200)
def test_changed_content_with_the_right_checksum_never_crashes(data: st.DataObject) -> None:
    body = bytearray(base64.urlsafe_b64decode(encode(SMALL)[2:])[8:])
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    with suppress(UnusableState):
        decode(sealed(bytes(body)))


def test_nothing_is_inflated_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    text = encode(Snapshot.from_records({"x" * 10_000: 1, "y": 2}))
    monkeypatch.setattr(codec, "TEXT_LIMIT", 10_000)

    with pytest.raises(UnusableState):
        decode(text)


def test_the_error_says_why() -> None:
    text = encode(SMALL)
    for other, reason in (
        ("1" + text[1:], "another version"),
        ("11" + text[1:], "another version"),
        (text[2:], "damaged"),
        (text + "AAAA", "damaged"),
        (None, "not text"),
        (b"2.", "not text"),
    ):
        with pytest.raises(UnusableState, match=reason):
            decode(other)  # type: ignore[arg-type]


def test_the_seal_is_part_of_the_checksum() -> None:
    text = encode(SMALL, "this")

    assert decode(text, "this") == SMALL
    with pytest.raises(UnusableState):
        decode(text, "that")


def test_text_of_version_2_stays_readable() -> None:
    """States outlive releases: a change of the layout needs a new version."""
    assert decode(encode(SMALL)) == SMALL
    assert decode(VERSION_2) == SMALL


def test_pseudonyms_that_were_written_as_text_count_as_remembered() -> None:
    """Earlier builds had no kind for them."""
    pseudonyms = [
        "email:0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7d",
        "email:9b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7e",
    ]
    old = Snapshot.from_records({pseudonyms[0]: 1, pseudonyms[1]: 2, "REQ-1": 3})
    assert decode(PSEUDONYMS_AS_TEXT) == old
    comparison = Comparison(decode(PSEUDONYMS_AS_TEXT))
    added = "email:" + "0" * 32
    verdicts = comparison.observe_page([*pseudonyms, added], [1, 7, 5])
    assert verdicts == [Verdict.UNCHANGED, Verdict.CHANGED, Verdict.NEW]
    assert list(comparison.gone()) == ["REQ-1"]
    snapshot = comparison.snapshot(complete=True)
    assert dict(decode(encode(snapshot))) == {pseudonyms[0]: 1, pseudonyms[1]: 7, added: 5}


VERSION_2 = (
    "2.EhHyVC-sJq4EAQAAAAIAAAAB_____wAAAAsES2X4wHCQ4RIDAAAAAAUBY2AEAAAAAAgFW7jp8JWnAAAAAAUBY2QE"
    "AAIAAAABAAAAAwAAAAcE47aRzwMAAAAABwTr1fLPBgAAAAAHBJsjq2cPAAAAAAcE84rOqQUAAwAAAAEAAAAEAAAABw"
    "TjtpHPAwAAAAAHBOvV8s8GAAAAAAcEmyOrZw8AAAAABwTzis6pBQAEAAAAAgAAAAUAAAAGAAAAaQAAADZCWmg5MUFZ"
    "JlNZSXRduwAAAF_hwAAAAyAQSiA2ACoXwEAAIkAAAgAAAKAAVFGhoAAABKpp6hoMm1D0j1GljVTDqKey3KKk5URYuN"
    "wVO2NnH8IQcqMW-tfrA1-LuSKcKEgkui7dgAAA"
)
PSEUDONYMS_AS_TEXT = (
    "2.Yu2tD_u1xl0BBAAAAAMAAAADAAAAAQAAAAIAAABoAAAAUUJaaDkxQVkmU1nFU5TyAAAAXwDBAAACf_ACADAAPyYA"
    "AKAAVCVTTBMRkYBMJUJiNGQMNBlXvlAfUKlhBAWbCx406aYvfv4mZ_xYQYYOTRk08UQSwgMK_0E32LuSKcKEhiqcp5A"
    "A"
)


@given(records, st.data())
def test_labels_come_back_in_the_order_of_the_records(
    given_records: dict[str, int], data: st.DataObject
) -> None:
    labels = {key: data.draw(st.integers(0, 2**32 - 1)) for key in given_records}
    comparison = Comparison(Snapshot(), labelled=True)
    keys = list(given_records)
    comparison.observe_page(keys, list(given_records.values()), [labels[key] for key in keys])
    snapshot = comparison.snapshot(complete=True)
    text, seal = encode_labels(snapshot, "seal"), "seal"

    back = with_decoded_labels(decode(encode(snapshot)), text, seal)
    again = Comparison(back, labelled=True)
    assert [each and each.label for each in again.remembered(keys)] == list(labels.values())


@pytest.mark.parametrize("text", [None, 7, "", "1.", "2.AAAA", "1.AAAAAAAAAAAAAAAA"])
def test_labels_that_cannot_be_read_are_left_out(text: object) -> None:
    snapshot = Snapshot.from_records({"a": 1})
    assert not with_decoded_labels(snapshot, text, "seal").labelled


def test_labels_belong_to_one_snapshot() -> None:
    comparison = Comparison(Snapshot(), labelled=True)
    comparison.observe_page(["a"], [1], [5])
    snapshot = comparison.snapshot(complete=True)
    text = encode_labels(snapshot, "seal")
    assert with_decoded_labels(snapshot.with_labels(None), text, "seal").labelled
    assert not with_decoded_labels(snapshot.with_labels(None), text, "other").labelled
