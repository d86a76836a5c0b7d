from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_phenom.models.ids import UnifiedIds
from source_phenom.models.pseudonyms import PseudonymousIds, Pseudonyms
from source_phenom.personal_data import PersonalData
from unit_tests.personal_data.hidden import KEY

PSEUDONYMS = Pseudonyms(KEY)
ADA = PSEUDONYMS.of("ada@example.com")


@given(st.text(min_size=16), st.text())
def test_is_the_beginning_of_an_hmac(key: str, text: str) -> None:
    expected = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
    assert Pseudonyms(key).of(text) == expected


def test_the_case_of_an_address_does_not_matter() -> None:
    assert PSEUDONYMS.of_address("Ada@Example.COM") == ADA
    assert PSEUDONYMS.of_text(" x ") == PSEUDONYMS.of(" x ")
    assert PSEUDONYMS.of("Ada") != PSEUDONYMS.of("ada")


@pytest.mark.parametrize(
    ("key", "hidden"),
    [
        ("65f0c1d2a1b2c3d4e5000001", "65f0c1d2a1b2c3d4e5000001"),
        ("email:ada@example.com", f"email:{ADA}"),
        (f"email:{ADA}", f"email:{ADA}"),
        ("ada@example.com", ADA),
        ("Ada@example.com", PSEUDONYMS.of("Ada@example.com")),
        ("Ada <ada@example.com>", PSEUDONYMS.of("Ada <ada@example.com>")),
        ("C:1", "C:1"),
    ],
)
def test_keys(key: str, hidden: str) -> None:
    assert PSEUDONYMS.of_key(key) == hidden
    assert PSEUDONYMS.of_key(hidden) == hidden
    ids = PseudonymousIds("phenom", PSEUDONYMS)
    assert ids.of("candidates", key) == UnifiedIds("phenom").of("candidates", hidden)
    assert ids.of("jobs", key) == UnifiedIds("phenom").of("jobs", key)


@pytest.mark.parametrize(
    ("stream", "key", "hidden"),
    [
        ("users", "ada@example.com", ADA),
        ("users", "ada", PSEUDONYMS.of("ada")),
        ("users", ADA, ADA),
        ("candidates", "email:ada@example.com", f"email:{ADA}"),
        ("candidates", "c1", "c1"),
        ("employees", "ada@example.com", ADA),
        ("candidate_documents", "ada@example.com:att:1", f"{ADA}:att:1"),
        ("candidate_documents", "c%3A1:att:1", "c%3A1:att:1"),
        ("application_activities", "c1:ada@example.com", "c1:ada@example.com"),
        ("jobs", "ada@example.com", "ada@example.com"),
    ],
)
def test_keys_of_full_mode(stream: str, key: str, hidden: str) -> None:
    assert PersonalData(PSEUDONYMS).hidden_key(stream, key) == hidden
    assert PersonalData(None).hidden_key(stream, key) == key


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Ada@Example.com", ADA),
        ("Write to <ada@example.com>, please", f"Write to <{ADA}>, please"),
        ("Write to ada@example.com.", f"Write to {ADA}."),
        ("<a href='mailto:ada@example.com?subject=x'>", f"<a href='mailto:{ADA}?subject=x'>"),
        ("?to=ada%40example.com", f"?to={PSEUDONYMS.of('ada%40example.com')}"),
        ("3 @ 5, 40 %40 x", "3 @ 5, 40 %40 x"),
        ("no address", "no address"),
    ],
)
def test_addresses_in_texts(text: str, hidden: str) -> None:
    assert PSEUDONYMS.without_addresses(text) == hidden
    assert PSEUDONYMS.without_addresses([{text: text}, 5, None]) == [{hidden: hidden}, 5, None]


def test_a_long_text_without_an_address_is_read_once() -> None:
    assert PSEUDONYMS.without_addresses("x" * 1_000_000 + "@") == "x" * 1_000_000 + "@"
