"""Bodies that are almost JSON, and messages that must not say too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_api.answers import hide, mask, parse_json, remote_message


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "x\\u0000y"}', {"a": "xy"}),
        (b'{"a": "\\ud800"}', {"a": "\ufffd"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (b'{"a": 1e999}', {"a": None}),
        (b'{"a": 18446744073709551616}', {"a": 18446744073709551616.0}),
        (b'{"a": ' + b"9" * 5000 + b', "b": NaN}', {"a": None, "b": None}),
    ],
)
def test_what_tenants_store_is_read(content: bytes, value: Any) -> None:
    assert parse_json(content) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1}}', b"<html></html>", b'{"data": [{"id": "1"}, {"id', b"[" * 200_000],
)
def test_what_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_json(content)


@given(st.binary(max_size=50))
def test_any_bytes_are_json_or_a_value_error(content: bytes) -> None:
    try:
        value = parse_json(content)
    except ValueError:
        return
    json.dumps(value, allow_nan=False).encode("utf-8")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"status": "failure", "message": "No such job"}, "No such job"),
        (
            {"status": 400, "title": "Bad", "type": "about:blank", "details": ["x is required"]},
            "x is required",
        ),
        ({"status": 400, "title": "Bad", "error": "E", "details": [], "instance": "/"}, "Bad"),
        ({"timestamp": 1, "status": 401, "error": "Unauthorized", "path": "/x"}, "Unauthorized"),
        ({"error": {"code": 5, "reason": "deep"}}, "deep"),
        ({"message": "two\n lines"}, "two lines"),
        ({"message": 5, "error": None}, ""),
        (["message"], ""),
        ("message", ""),
    ],
)
def test_the_three_error_shapes(body: Any, said: str) -> None:
    assert remote_message(json.dumps(body).encode()) == said


@pytest.mark.parametrize("content", [b"", b"<html>secret</html>", b"\xff\x00", b"null"])
def test_a_body_of_no_shape_says_nothing(content: bytes) -> None:
    assert remote_message(content) == ""


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail ann@example.org!", "mail <e-mail>"),
        ("mail <ann@example.org>", "mail <<e-mail>>"),
        ("call +49 (30) 123-4567", "call <number>"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "token <id>"),
        ("id 65a0c3f2e4b0a1b2c3d4e5f60", "id <id>"),
        ("candidateData.contactData.email is required", None),
        ("limit is 1000", None),
    ],
)
def test_masking(text: str, masked: str | None) -> None:
    assert mask(text) == (text if masked is None else masked)


@given(st.text(min_size=4).filter(lambda text: "*" not in text), st.text())
def test_a_secret_never_comes_through(secret: str, around: str) -> None:
    assert secret not in hide(around + secret + around, [secret])


def test_a_message_is_short_and_without_secrets() -> None:
    body = json.dumps({"message": "key s3/cr+et s3%2Fcr%2Bet " + "word " * 200}).encode()
    said = remote_message(body, ["s3/cr+et"])
    assert said.startswith("key **** **** word")
    assert len(said) == 200
