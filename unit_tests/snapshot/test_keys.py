from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_phenom.snapshot.keys import (
    EMAIL_HEX_32,
    HEX_24,
    HEX_32,
    TEXT,
    UUID,
    HexKind,
    Kind,
    by_kind,
    kind_of,
)
from unit_tests.snapshot.strategies import keys


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("65f0c1d2a1b2c3d4e5000001", HEX_24),
        ("65F0c1d2a1b2c3d4e5000001", TEXT),
        (" 5f0c1d2a1b2c3d4e500000 ", TEXT),
        ("65f0c1d2a1b2c3d4e500000", TEXT),
        ("٠" * 24, TEXT),
        ("0b3c1f6e-8d2a-4f6b-9c1d-2e3f4a5b6c7d", UUID),
        ("0b3c1f6e8-d2a-4f6b-9c1d-2e3f4a5b6c7d", TEXT),
        ("0b3c1f6e-8d2a-4f6b-9c1d-2e3f4a5b6c-d", TEXT),
        ("0B3C1F6E-8D2A-4F6B-9C1D-2E3F4A5B6C7D", TEXT),
        ("0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7d", HEX_32),
        ("email:0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7d", EMAIL_HEX_32),
        ("EMAIL:0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7d", TEXT),
        ("email:0b3c1f6e8d2a4f6b9c1d2e3f4a5b6C7D", TEXT),
        ("email:email:0b3c1f6e8d2a4f6b9c1d2e3f4a", TEXT),
        ("0b3c1f6e8d2a4f6b9c1d2e3f4a5b6c7demail:", TEXT),
        ("email:0123456789abcdef012@example.com.de", TEXT),
        ("email:ada@example.com", TEXT),
        ("", TEXT),
        ("\ud800", TEXT),
        ("x" * 100_000, TEXT),
    ],
)
def test_kinds(key: str, kind: Kind) -> None:
    assert kind_of(key) is kind
    packed = kind.pack([key])
    assert packed is not None
    assert list(kind.unpack(packed)) == [key]
    assert kind.count(packed) == 1


@given(st.lists(keys))
def test_keys_of_any_kinds_come_back(some_keys: list[str]) -> None:
    found = []
    for kind, packed, numbers in by_kind(some_keys, range(len(some_keys))):
        unpacked = list(kind.unpack(packed))
        assert all(kind_of(key) is kind for key in unpacked)
        assert kind.count(packed) == len(unpacked) == len(numbers)
        found += list(zip(unpacked, numbers, strict=True))

    assert sorted(found) == sorted(zip(some_keys, range(len(some_keys)), strict=True))


@pytest.mark.parametrize(
    "kind", [HEX_24, UUID, HEX_32, EMAIL_HEX_32], ids=["24", "uuid", "32", "email"]
)
def test_a_page_with_one_other_key_is_not_packed(kind: HexKind) -> None:
    page = list(kind.unpack(bytes(16 * 12)))

    assert kind.pack(page) == bytes(16 * 12)
    for other in ("", page[0].upper() + "0", "x" * kind.length, page[0] + page[0]):
        assert kind.pack([*page, other]) is None
        assert TEXT.pack([other, *page]) is None


@pytest.mark.parametrize(
    "keys_of_one_length",
    [
        ["0b3c1f6e-8d2a-4f6b-9c1d-2e3f4a5b6c-d", "1b3c1f6e-8d2a-4f6b-9c1d-2e3f4a5b6c-e"],
        ["email:" * 2 + "0" * 26, "1" * 38],
        ["email:" + "0" * 25 + "email:0", "1" * 38],
    ],
)
def test_pages_of_keys_that_are_nearly_of_a_kind(keys_of_one_length: list[str]) -> None:
    (found,) = by_kind(keys_of_one_length, range(len(keys_of_one_length)))
    kind, packed, _ = found
    assert kind is TEXT
    assert list(kind.unpack(packed)) == keys_of_one_length


@given(st.lists(st.tuples(keys, st.booleans()), min_size=1))
def test_keys_are_selected(choice: list[tuple[str, bool]]) -> None:
    for kind, packed, chosen in by_kind([key for key, _ in choice], [c for _, c in choice]):
        some = kind.select(packed, np.array(chosen, np.bool_))
        expected = [key for key, c in zip(kind.unpack(packed), chosen, strict=True) if c]
        assert list(kind.unpack(some)) == expected
