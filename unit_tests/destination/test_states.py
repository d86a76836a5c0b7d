"""States come back as they came."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
def test_every_byte_is_kept(
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
def test_where_the_counts_go(text: str, expected: str) -> None:
    counts = '{"recordCount":2.0,"rejectedRecordCount":0.0}'
    assert parsed(text).with_stats(Stats(2, 0)).decode() == expected.replace("#", counts)


def test_lines_that_are_no_messages() -> None:
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


def test_a_long_last_line_without_an_end() -> None:
    (found,) = messages(io.BytesIO(b"y" * 5_000_000), 100)
    assert found == BrokenLine(1, "has more than 100 bytes")
