"""Bodies that are almost JSON, and messages without personal data."""

from __future__ import annotations

import json
import threading
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_api.answers import (
    MOST_LEVELS,
    gateway_words,
    is_deeper,
    parse_json,
    redact_personal,
    redact_secrets,
    remote_message,
    shallow,
)


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
def test_values_that_strict_parsers_refuse_are_read(content: bytes, value: Any) -> None:
    assert parse_json(content) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1}}', b"<html></html>", b'{"data": [{"id": "1"}, {"id', b"[" * 200_000],
)
def test_text_that_is_not_json(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_json(content)


def nested(kind: str, levels: int, core: bytes = b"1") -> bytes:
    opening, closing = (b'{"a":', b"}") if kind == "object" else (b"[", b"]")
    return opening * levels + core + closing * levels


@pytest.mark.parametrize("kind", ["object", "list"])
@pytest.mark.parametrize("levels", [MOST_LEVELS, 1010, 1024, 1100, 5_000, 100_000])
@pytest.mark.parametrize("core", [b"1", b'"\\u0000"', b'"\\ud800"', b"NaN"])
def test_deep_nesting_does_not_affect_other_values(kind: str, levels: int, core: bytes) -> None:
    body = parse_json(
        b'{"before": "[[[{", "deep": ' + nested(kind, levels, core) + b', "after": "}\\"]"}'
    )
    assert (body["before"], body["after"]) == ("[[[{", '}"]')


def test_a_value_that_is_nested_too_deeply_is_null() -> None:
    value = parse_json(nested("list", 5_000))
    for _ in range(MOST_LEVELS):
        (value,) = value
    assert value is None


def test_nested_text_that_is_cut_off_is_not_json() -> None:
    for content in (b"[" * 5_000, nested("object", 5_000)[:-1], nested("list", 5_000) + b"]"):
        with pytest.raises(ValueError):  # noqa: PT011
            parse_json(content)


@pytest.mark.parametrize("levels", [1, 3, 250, 1_000])
def test_levels(levels: int) -> None:
    value = orjson.loads(nested("object", levels))
    assert is_deeper(value, 249) == (levels > 249)
    kept = shallow(value, 249)
    assert not is_deeper(kept, 249)
    assert levels > 249 or kept == value


@given(st.binary(max_size=50))
def test_any_bytes_are_json_or_a_value_error(content: bytes) -> None:
    try:
        value = parse_json(content)
    except ValueError:
        return
    assert json.loads(json.dumps(value, allow_nan=False).encode("utf-8")) == value


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


@pytest.mark.parametrize("levels", [5, 300, 1010, 1022, 5_000])
@pytest.mark.parametrize("member", ["message", "details", "error", "anything"])
def test_an_error_that_is_nested_deeply(levels: int, member: str) -> None:
    """A message that is nested deeper than in any known shape is not searched."""
    for kind in ("object", "list"):
        body = b'{"status": 400, "%s": %s}' % (
            member.encode(),
            nested(kind, levels, b'"invalid"'),
        )
        assert remote_message(body) == ("invalid" if levels == 5 and member != "anything" else "")


@pytest.mark.parametrize("content", [b"", b"<html>secret</html>", b"\xff\x00", b"null"])
def test_a_body_of_an_unknown_shape_has_no_message(content: bytes) -> None:
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
    assert redact_personal(text) == (text if masked is None else masked)


@given(st.text(min_size=4).filter(lambda text: "*" not in text), st.text())
def test_a_secret_is_never_shown(secret: str, around: str) -> None:
    assert secret not in redact_secrets(around + secret + around, [secret])


def test_a_message_is_short_and_without_secrets() -> None:
    body = json.dumps({"message": "key s3/cr+et s3%2Fcr%2Bet " + "word " * 200}).encode()
    said = remote_message(body, ["s3/cr+et"])
    assert said.startswith("key **** **** word")
    assert len(said) == 200


# -- no personal data ----------------------------------------------------------------------------

NAMES = [
    "Zebulon Quartermaine",
    "Zebulon_Quartermaine",
    "zebulon.quartermaine",
    "ZEBULON-QUARTERMAINE",
    "ZebulonQuartermaine",
    "zebulonQuartermaine2024",
    "Quartermaine, Zebulon",
    "zebulon%20quartermaine",
    "zebulon+quartermaine",
    "Zebulon\u00a0Quartermaine",
    "Zebulon\tQuartermaine",
    "[Zebulon] 'Quartermaine'",
    "Zebulon/Quartermaine.pdf",
    "O'Quartermaine-Zebulon",
    "\u5c71\u7530\u592a\u90ce",
    "\u0416\u0430\u043d\u043d\u0430",
    "J\u00fcrgen",
    "Ju\u0308rgen",
    "J%C3%BCrgen",
    "zebulon@quartermaine",
    "zebulon(at)quartermaine.example",
    "+49 (0)30 1234567",
    "12 Quartermaine Zebulon",
]
SHAPES = [
    {"message": "Candidate %s already exists"},
    {"error": "%s"},
    {"title": "%s applied before", "status": 400},
    {"details": "name: %s"},
    {"title": "Bad Request", "details": ["firstName", "%s"]},
    {"details": {"lastName": {"rejectedValue": "%s"}}},
    {"error_description": "user %s is locked"},
    {"statusMessage": "%s"},
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_personal_data_is_not_repeated(name: str, shape: dict[str, Any]) -> None:
    body = json.dumps(shape).replace("%s", json.dumps(name)[1:-1])
    said = remote_message(body.encode()).lower()
    for part in ("zebulon", "quarter", "maine", "rgen", "1234567", "\u5c71", "\u0436\u0430"):
        assert part not in said


@pytest.mark.parametrize(
    "text",
    [
        "Validation failed: candidateData.contactData.email is required",
        "limit must be less than or equal to 50",
        "JSON parse error: Unexpected character at line 1",
        "Missing request header 'x-ph-userId' for method parameter of type String",
        "jobApplicationData.applicantSource may not be null",
        "Request body is not valid JSON",
        "Rate limit exceeded, retry after 30 seconds",
        "invalid_client: client authentication failed",
        "No such job",
        "Candidate already exists with the same email",
    ],
)
def test_a_message_of_known_words_is_shown_whole(text: str) -> None:
    assert gateway_words(text, (), 200) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Candidate Will May", "Candidate ***"),
        ("it will pay", "it will pay"),
        ("customField", "customField"),
        ("Ada, Bob and Eve exist", "*** and *** exist"),
        ("ann@example.org is locked", "<e-mail> is locked"),
    ],
)
def test_words_that_are_names(text: str, shown: str) -> None:
    assert gateway_words(text, (), 200) == shown


# -- in time -------------------------------------------------------------------------------------

SIZE = 1_000_000
LONG = {
    "letters": "a" * SIZE,
    "digits": "1" * SIZE,
    "addresses": "a@" * SIZE,
    "addresses with dots": "a@" + "." * SIZE + "@",
    "dots": "." * SIZE,
    "dashes": "-" * SIZE,
    "digits and dashes": "1-" * SIZE,
    "a digit, and brackets": "1" + "(" * SIZE,
    "quotes": "'\"<>" * SIZE,
    "stars": "*** " * SIZE,
    "letters and digits": "a1" * SIZE,
    "words": "required " * SIZE,
    "blanks": "a" + " " * SIZE + "b",
    "percent": "%41" * SIZE,
    "escapes": "\\" * SIZE,
    "brackets": "[{" * SIZE,
}


def in_time(work: Any) -> None:
    """Runs ``work``, which would take hours with a pattern that is not linear."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    assert done.wait(60)


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_text_takes_linear_time(text: str) -> None:
    in_time(lambda: redact_personal(text))
    in_time(lambda: gateway_words(text, ["s3cret", "a" * 50], 200))
    for body in ({"message": text}, {"title": "x", "details": [text] * 3}, {"error": {"a": text}}):
        in_time(lambda body=body: remote_message(json.dumps(body).encode(), ["s3cret"]))


def test_a_quoted_document_takes_linear_time() -> None:
    quoted = json.dumps({"resumeData": {"fileContent": "QUJD" * 100_000}})
    in_time(lambda: remote_message(json.dumps({"message": f"refused: {quoted}"}).encode()))


@pytest.mark.parametrize("before", range(3_960, 4_040))
def test_cutting_a_text_does_not_unmask_anything(before: int) -> None:
    """A mask is shorter than its text, so the end of a long text can still be shown."""
    for long in ("ann." + "x" * (before - 9) + "@b.c ", "a1" * (before // 2) + " "):
        for hidden in ("wilhelmina@example.org", "s3cret of the tenant", "+49 30 1234567 8"):
            said = gateway_words(f"{long}{hidden} {hidden}", ["s3cret of the tenant"], 200)
            assert not any(part in said for part in ("wil", "s3", "tenant", "49", "30", "123"))
