"""Reading messages, and states that come back unchanged."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_phenom.lines import InputUnreadable
from destination_phenom.messages_in import BrokenLine, RecordIn, messages
from destination_phenom.states import StateLine, Stats, state_line

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
SPACES = st.text(" \t", max_size=3)


def parsed(text: str) -> StateLine:
    return state_line(text, json.loads(text))


@given(
    before=st.dictionaries(st.text(), VALUES, max_size=3),
    after=st.dictionaries(st.text(), VALUES, max_size=3),
    blob=VALUES,
    spaces=SPACES,
    ascii_only=st.booleans(),
)
def test_a_state_keeps_every_byte(
    before: dict[str, Any], after: dict[str, Any], blob: Any, spaces: str, ascii_only: bool
) -> None:
    reserved = {"type", "stream", "destinationStats", "state"}
    state = {
        **{name: value for name, value in before.items() if name not in reserved},
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": "s", "namespace": "n"}, "stream_state": blob},
        **{name: value for name, value in after.items() if name not in reserved},
    }
    separators = (f"{spaces},{spaces}", f"{spaces}:{spaces}")
    text = spaces + json.dumps(
        {"type": "STATE", "state": state, "more": blob},
        separators=separators,
        ensure_ascii=ascii_only,
    )
    line = parsed(text)
    assert line.stream == ("n", "s")
    out = line.with_stats(Stats(3, 1)).decode()
    counts = {"recordCount": 3.0, "rejectedRecordCount": 1.0}
    added = ',"destinationStats":{"recordCount":3.0,"rejectedRecordCount":1.0}'
    assert out.count(added) == 1
    assert out.replace(added, "") == text
    assert json.loads(out)["state"] == {**state, "destinationStats": counts}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"STATE","state":{}}', '{"type":"STATE","state":{"destinationStats":#}}'),
        (
            '{"state": {"data": {"state": {"a": 1}} }, "type":"STATE"} ',
            '{"state": {"data": {"state": {"a": 1}},"destinationStats":# }, "type":"STATE"} ',
        ),
        (
            '{"type":"STATE","state":{"destinationStats": {"recordCount": 9}, "id": 1.0}}',
            '{"type":"STATE","state":{"destinationStats": #, "id": 1.0}}',
        ),
        (
            '{"state":{"a":12345678901234567890123,"b":1e400},"type":"STATE"}',
            '{"state":{"a":12345678901234567890123,"b":1e400,"destinationStats":#},"type":"STATE"}',
        ),
    ],
)
def test_the_position_of_the_counts(text: str, expected: str) -> None:
    counts = '{"recordCount":2.0,"rejectedRecordCount":0.0}'
    assert parsed(text).with_stats(Stats(2, 0)).decode() == expected.replace("#", counts)


def test_lines_that_are_not_messages() -> None:
    lines: list[bytes] = [
        b'{"type":"RECORD","record":{"stream":"s","data":{"a":1},"namespace":"n"}}',
        b"",
        b"{",
        b"[]",
        b'{"type":7}',
        b'{"type":"RECORD","record":{"stream":"s"}}',
        b'{"type":"RECORD"}',
        b'{"type":"STATE"}',
        b'{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{}}}}',
        b'{"type":"RECORD","record":{"stream":"s","data":{"a":"\xff"}}}',
        b'{"type":"TRACE","trace":{}}',
        b"x" * 200,
        b"[" * 150,
        b'{"type":"RECORD","record":{"stream":"s","data":{"a":"\\ud800"}}}',
    ]
    found = list(messages(io.BytesIO(b"\r\n".join(lines)), 160))
    assert [each.number for each in found if isinstance(each, BrokenLine)] == [
        3, 4, 5, 6, 7, 8, 9, 10, 12, 13,
    ]  # fmt: skip
    records = [each for each in found if isinstance(each, RecordIn)]
    assert [each.stream for each in records] == [("n", "s"), (None, "s")]
    assert len(found) == 12


def test_numbers_of_any_length() -> None:
    """A number with more digits than Python converts becomes text."""
    digits = b"9" * 5_000
    record = b'{"type":"RECORD","record":{"stream":"s","data":{"n":%s}}}' % digits
    state = b'{"type":"STATE","state":{"id":%s,"type":"LEGACY","data":{}}}' % digits
    found, echoed = messages(io.BytesIO(record + b"\n" + state), 100_000)
    assert isinstance(found, RecordIn)
    assert found.row == {"n": digits.decode()}
    assert isinstance(echoed, StateLine)
    assert b'"id":%s,' % digits in echoed.with_stats(Stats(1, 0))


@pytest.mark.parametrize("depth", [198, 255, 300, 1_000, 1_019, 5_000])
def test_a_state_that_is_nested_deeply(depth: int) -> None:
    """It is given back unchanged, or it is a broken line if it is too deep for the parser."""
    deep = "[" * depth + "]" * depth
    text = f'{{"type":"STATE","state":{{"data":{deep},"more":{{}} }}}}'
    (found,) = messages(io.BytesIO(text.encode()), 100_000)
    if isinstance(found, BrokenLine):
        assert found == BrokenLine(1, "is nested too deeply")
        assert depth > 1_019
    else:
        assert isinstance(found, StateLine)
        counts = ',"destinationStats":{"recordCount":2.0,"rejectedRecordCount":0.0}'
        expected = text.replace("{} ", "{}" + counts + " ")
        assert found.with_stats(Stats(2, 0)).decode() == expected


@pytest.mark.parametrize("namespace", [..., None, ""])
def test_a_missing_null_or_empty_namespace_is_none(namespace: Any) -> None:
    said = {} if namespace is ... else {"namespace": namespace}
    descriptor = {"name": "s", **said}
    state = {"type": "STREAM", "stream": {"stream_descriptor": descriptor}}
    lines = [
        {"type": "RECORD", "record": {"stream": "s", "data": {"a": 1}, **said}},
        {"type": "STATE", "state": state},
    ]
    text = "\n".join(map(json.dumps, lines)).encode()
    assert [each.stream for each in messages(io.BytesIO(text), 1_000)] == [(None, "s")] * 2


RECORD = b'{"type":"RECORD","record":{"namespace":null,"stream":"s","data":{"a":'


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (RECORD + b'"J\xfcrgen"}}}', "is not UTF-8 text (byte 72 of it)"),
        (RECORD + b'"\xed\xa0\xbd"}}}', "is not UTF-8 text (byte 71 of it)"),
        (RECORD + b'"\xc0\x80"}}}', "is not UTF-8 text (byte 71 of it)"),
        (RECORD + b'"cut o', "is not valid JSON"),
        (RECORD + b'"\\', "is not valid JSON"),
        (RECORD + b"1}},,}", "is not valid JSON"),
        (RECORD + b"[" * 50_000 + b"]" * 50_000 + b"}}}", "is nested too deeply"),
        (RECORD + b'"' + b"x" * 200_000 + b'"}}}', "has more than 150000 bytes"),
        (RECORD + b'"' + b'\\"' * 100_000, "has more than 150000 bytes"),
        (
            RECORD.replace(b'"data"', b'"date"') + b"1}}}",
            "is a RECORD message without a stream or without data",
        ),
    ],
)  # fmt: skip
def test_a_broken_record_belongs_to_its_stream(line: bytes, rule: str) -> None:
    (found,) = messages(io.BytesIO(line + b"\n"), 150_000)
    assert found == BrokenLine(1, rule, (None, "s"))


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"RECORD","record":{"stream":"create_appl',
        b'{"type":"RECORD","record":{"stream":7,"data":{}}}',
        b'{"type":"RECORD","record":[{"stream":"s","data":{}}]}',
        b'{"type":"RECORD","record":{"stream":"\\ud800","data":{}}}',
        b'{"type":"RECORD","record":{"stream":"s","namespace":"\\ud800","data":{}}}',
        b'{"type":"LOG","record":{"stream":"s"},"log":\xff}',
        b'[{"type":"RECORD","record":{"stream":"s","data":{}}}]',
        b'"' * 1_001,
    ],
)
def test_a_broken_line_of_no_stream(line: bytes) -> None:
    (found,) = messages(io.BytesIO(line), 10_000)
    assert isinstance(found, BrokenLine)
    assert found.stream is None


@pytest.mark.parametrize(
    "text", ['"\\ud83d"', '"a\\udc00b"', '"\\ud83d\\ud83d"', '{"\\ud800": 1}', '["x", "\\udfff"]']
)
def test_half_a_surrogate_pair_is_kept_for_the_record_to_be_rejected(text: str) -> None:
    (found,) = messages(io.BytesIO(RECORD + text.encode() + b"}}}"), 1_000)
    assert isinstance(found, RecordIn)
    assert found.row == {"a": json.loads(text)}


def test_a_byte_order_mark_is_skipped() -> None:
    lines = b"\xef\xbb\xbf" + RECORD + b'"M\xc3\xbcller"}}}\r\n{"type":"STATE","state":{}}'
    record, state = messages(io.BytesIO(lines), 1_000)
    assert isinstance(record, RecordIn)
    assert record.row == {"a": "Müller"}
    assert isinstance(state, StateLine)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named(encoding: str) -> None:
    text = (RECORD.decode() + '"Müller"}}}\n').encode(encoding)
    with pytest.raises(InputUnreadable, match=r"The input is UTF-(16|32) text: save it as UTF-8"):
        list(messages(io.BytesIO(text), 1_000))


def test_a_long_last_line_without_an_end() -> None:
    (found,) = messages(io.BytesIO(b"y" * 5_000_000), 100)
    assert found == BrokenLine(1, "has more than 100 bytes")
