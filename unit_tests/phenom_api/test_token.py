"""The token in the answer, its lifetime, and one fetch for all threads."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from phenom_api.errors import AuthenticationFailed, MalformedAnswer
from phenom_api.token import ASSUMED_LIFETIME, Token, TokenSource, read_token
from unit_tests.phenom_api.wire import Clock

EPOCH = 1_700_000_000.0


def jwt(**claims: Any) -> str:
    parts = ({"alg": "HS256"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return b".".join([*encoded, b"c2ln"]).decode()


def read(answer: Any) -> Token:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_token(content, epoch=EPOCH)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"access_token": "abc"}, "abc"),
        ({"whatever": "abc", "access_token": "other"}, "abc"),
        ({"token": "Bearer abc"}, "abc"),
        ({"token": "bearer   abc "}, "abc"),
        ({"token": "  abc\n"}, "abc"),
        ({"token": "Bearer"}, "Bearer"),
        ({"expires_in": 3600, "access_token": "abc"}, "abc"),
        ({"status": None, "token": "abc"}, "abc"),
    ],
)
def test_the_token_is_the_first_member(answer: Any, value: str) -> None:
    assert read(answer).value == value


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>log in</html>",
        b'{"access_token": "abc',
        b"\xff\xfe",
        b"[" * 100_000,
        [],
        ["abc"],
        "abc",
        None,
        {},
        {"access_token": ""},
        {"access_token": "   "},
        {"access_token": 5},
        {"access_token": {"value": "abc"}},
        {"access_token": "a b"},
        {"access_token": "a\r\nX-Evil: 1"},
        {"access_token": "tökén"},
    ],
)
def test_an_answer_without_a_usable_token(answer: Any) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        read(answer)
    assert "token_url" in caught.value.message
    assert "abc" not in caught.value.detail


@pytest.mark.parametrize(
    ("members", "lifetime"),
    [
        ({"expires_in": 300}, 300),
        ({"expires_in": 0.5}, 0.5),
        ({"expires_in": "300"}, 300),
        ({"expires_in": " 300.5 "}, 300.5),
        ({}, ASSUMED_LIFETIME),
        ({"expires_in": None}, ASSUMED_LIFETIME),
        ({"expires_in": "soon"}, ASSUMED_LIFETIME),
        ({"expires_in": True}, ASSUMED_LIFETIME),
        ({"expires_in": 0}, ASSUMED_LIFETIME),
        ({"expires_in": -5}, ASSUMED_LIFETIME),
        ({"expires_in": "inf"}, ASSUMED_LIFETIME),
        ({"expires_in": "nan"}, ASSUMED_LIFETIME),
        ({"expires_in": [300]}, ASSUMED_LIFETIME),
        ({"expires_in": 10**400}, ASSUMED_LIFETIME),
    ],
)
def test_lifetime_by_expires_in(members: dict[str, Any], lifetime: float) -> None:
    assert read({"access_token": "abc", **members}).lifetime == lifetime


@pytest.mark.parametrize(
    ("claims", "lifetime"),
    [
        ({"exp": EPOCH + 120}, 120),
        ({"exp": str(EPOCH + 120)}, 120),
        ({"exp": EPOCH + 120, "iat": EPOCH + 60}, 60),
        # Our clock is a day ahead, or the claims make no sense: a 401 will end the token.
        ({"exp": EPOCH - 86_400, "iat": EPOCH - 90_000}, 3600),
        ({"exp": EPOCH - 5}, ASSUMED_LIFETIME),
        ({"exp": "never"}, ASSUMED_LIFETIME),
        ({}, ASSUMED_LIFETIME),
    ],
)
def test_lifetime_by_the_claims_of_a_jwt(claims: dict[str, Any], lifetime: float) -> None:
    assert read({"token": jwt(**claims)}).lifetime == lifetime
    assert read({"token": "Bearer " + jwt(**claims)}).lifetime == lifetime


@pytest.mark.parametrize("token", ["a.b.c", "a.!!!.c", "a.W10.c", "a.b"])
def test_a_token_that_only_looks_like_a_jwt(token: str) -> None:
    assert read({"token": token}) == Token(token, ASSUMED_LIFETIME)


class Endpoint:
    """A token endpoint that issues numbered tokens."""

    def __init__(self, lifetime: float = 100.0) -> None:
        self.lifetime = lifetime
        self.asked = 0
        self.gate: threading.Event | None = None

    def __call__(self) -> Token:
        self.asked += 1
        if self.gate is not None:
            assert self.gate.wait(10)
        return Token(f"token-{self.asked}", self.lifetime)


def test_one_token_for_its_lifetime_renewed_ahead() -> None:
    clock, endpoint = Clock(), Endpoint(lifetime=100.0)
    tokens = TokenSource(endpoint, clock=clock)
    assert tokens.held is None
    assert {tokens.current() for _ in range(5)} == {"token-1"}
    clock.now += 89.9
    assert tokens.current() == "token-1"
    clock.now += 0.2
    assert tokens.current() == tokens.held == "token-2"


def test_a_long_lived_token_is_renewed_a_minute_ahead() -> None:
    clock, endpoint = Clock(), Endpoint(lifetime=36_000.0)
    tokens = TokenSource(endpoint, clock=clock)
    tokens.current()
    clock.now += 36_000 - 61
    assert tokens.current() == "token-1"
    clock.now += 2
    assert tokens.current() == "token-2"


def test_the_lifetime_counts_from_the_request() -> None:
    clock = Clock()

    def slow() -> Token:
        clock.now += 95
        return Token(f"token-{clock.now}", 100.0)

    tokens = TokenSource(slow, clock=clock)
    assert tokens.current() != tokens.current()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as executor:
        yield executor


def test_one_fetch_for_many_threads(pool: ThreadPoolExecutor) -> None:
    endpoint = Endpoint()
    endpoint.gate = threading.Event()
    tokens = TokenSource(endpoint, clock=Clock())
    waiting = [pool.submit(tokens.current) for _ in range(20)]
    endpoint.gate.set()
    assert {each.result(10) for each in waiting} == {"token-1"}
    assert endpoint.asked == tokens.fetched == 1


def test_one_renewal_for_many_refusals(pool: ThreadPoolExecutor) -> None:
    endpoint = Endpoint()
    tokens = TokenSource(endpoint, clock=Clock())
    refused = tokens.current()
    endpoint.gate = threading.Event()
    waiting = [pool.submit(tokens.after_refusal, refused) for _ in range(20)]
    endpoint.gate.set()
    assert {each.result(10) for each in waiting} == {"token-2"}
    assert endpoint.asked == 2


def test_a_token_that_comes_back_unchanged_is_final() -> None:
    tokens = TokenSource(lambda: Token("same", 100.0), clock=Clock())
    with pytest.raises(AuthenticationFailed, match="same Phenom environment"):
        tokens.after_refusal(tokens.current())


def test_refused_credentials_are_not_sent_again(pool: ThreadPoolExecutor) -> None:
    asked: list[int] = []

    def refuse() -> Token:
        asked.append(1)
        raise AuthenticationFailed("no")

    tokens = TokenSource(refuse, clock=Clock())
    for waiting in [pool.submit(tokens.current) for _ in range(20)]:
        with pytest.raises(AuthenticationFailed):
            waiting.result(10)
    assert len(asked) == 1


def test_any_other_failure_is_not_remembered() -> None:
    outcomes: list[Any] = [MalformedAnswer("html"), Token("abc", 100.0)]

    def fetch() -> Token:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Token)
        return outcome

    tokens = TokenSource(fetch, clock=Clock())
    with pytest.raises(MalformedAnswer):
        tokens.current()
    assert tokens.current() == "abc"
