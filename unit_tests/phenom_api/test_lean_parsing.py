"""Pages parsed without profiles: all other values equal those of a whole parse."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_api.answers import parse_json
from phenom_api.lean_parsing import (
    parse_whole_with_texts,
    parse_with_texts,
    parse_without_profiles,
)
from source_phenom.models.applications import application, applied_for
from source_phenom.models.candidates import address, applicant_source
from source_phenom.models.ids import UnifiedIds

IDS = UnifiedIds("test")
NOW = datetime(2026, 11, 2, tzinfo=timezone.utc)
PROFILE = '"firstName":"Ada","experienceData":[{"title":"Engineer","fromTo":{"endDate":null}}]'
ROW = (
    '{"id":"a1","candidateData":{"id":"c1",'
    + PROFILE
    + ',"contactData":{"email":"ada@x.test"}},'
    + '"jobApplicationData":{"jobId":"J1"},"customFieldData":{"pay":7}}'
)


def page(*rows: str, total: str = "3") -> bytes:
    members = '"status":"success","pagination":{"total":' + total + '},"links":{}'
    return ("{" + members + ',"data":[' + ",".join(rows) + "]}").encode("utf-8", "surrogatepass")


def uses(body: Any) -> list[Any]:
    """The values of a page that a reader without profiles uses."""
    made: list[Any] = [body["pagination"]]
    for row in body["data"]:
        mismatches: list[str] = []
        if type(row) is dict:
            record = application(row, "key", IDS, NOW, mismatches)
            source = applicant_source(row, [])
            made.append((row.get("id"), record, mismatches, applied_for(row), source, address(row)))
        else:
            made.append(row)
    return made


def assert_alike(content: bytes) -> None:
    """All ways to parse a page give the same values."""
    whole = parse_json(content)
    expected = repr(uses(whole))
    assert repr(uses(parse_without_profiles(content))) == expected
    for parse in (parse_with_texts, parse_whole_with_texts):
        body = parse(content)
        assert [parse_json(each.text) for each in body["data"]] == whole["data"]
        assert repr(uses({**body, "data": [each.row for each in body["data"]]})) == expected


def test_the_profile_is_left_out() -> None:
    (row,) = parse_without_profiles(page(ROW))["data"]
    assert row == {
        "id": "a1",
        "candidateData": {"id": "c1", "contactData": {"email": "ada@x.test"}},
        "jobApplicationData": {"jobId": "J1"},
        "customFieldData": {"pay": 7},
    }


def test_the_profile_is_left_out_whatever_text_it_has() -> None:
    with_nul = ROW.replace("Engineer", "Engi\\u0000neer")
    assert parse_without_profiles(page(with_nul)) == parse_without_profiles(page(ROW))


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        "{}",
        "null",
        "7",
        '{"id":null}',
        '{"id":7,"candidateData":{"id":8}}',
        '{"id":"a1"}',
        '{"id":"a1","candidateData":null,"jobApplicationData":null,"customFieldData":null}',
        '{"id":"a1","candidateData":{"id":" ","contactData":{"email":"Ada@X.test "}}}',
        '{"id":"a1","candidateData":{"contactData":null}}',
        '{"id":"a1","candidateData":{"contactData":[]}}',
        '{"id":"a1","candidateData":{"contactData":{"email":["ada@x.test"]}}}',
        '{"id":"a1","candidateData":[],"jobApplicationData":"J1","customFieldData":[1]}',
        '{"id":"a1","candidateData":{"id":12345678901234567890123}}',
        '{"id":"a1","candidateData":{"id":"c1"},"newMember":{"a":[1,{"b":null}]}}',
        '{"id":"a1","jobApplicationData":{"jobId":"J1","more":{"x":1e999,"y":NaN}}}',
        '{"id":"a1","customFieldData":{"big":123456789012345678901234,"half":"\\ud800"}}',
        '{"id":"a1","customFieldData":{"nul":"a\\u0000b"}}',
        '{"id":"a\\u0000","candidateData":{"id":"c\\ud800"}}',
        '{"id":"a1","candidateData":{"id":"c\\u0000"}}',
        '{"id":"a1","candidateData":{"contactData":{"email":"ada\\u0000@x.test"}}}',
        '{"id":"a1","candidateData":{"id":"c1","summary":"a\\u0000b"}}',
        '{"id":"a1","id":"a2","customFieldData":{"a":1,"a":2},"customFieldData":{"b":3}}',
        '{"id":"a1","candidateData":{"id":"c1","summary":"\\ud800 and NaN","pay":NaN}}',
        '{"id":"a1","candidateData":{"id":"c1","summary":"\ud800 in the bytes themselves"}}',
        '{"id":"a1","customFieldData":' + '{"a":' * 300 + "1" + "}" * 300 + "}",
    ],
)
def test_the_rest_equals_that_of_a_whole_parse(row: str) -> None:
    assert_alike(page(ROW, row, ROW))


@pytest.mark.parametrize("total", ["null", '"3"', "3.0", "[]"])
def test_the_total_is_passed_on_unchanged(total: str) -> None:
    assert_alike(page(ROW, total=total))


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"data":null}',
        b'{"data":{},"pagination":1}',
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_a_body_that_is_not_a_page_is_parsed_whole(content: bytes) -> None:
    for parse in (parse_without_profiles, parse_with_texts, parse_whole_with_texts):
        assert parse(content) == parse_json(content)


@pytest.mark.parametrize("content", [b"", b"<html>", page(ROW)[:-3], b'{"data":[{"id":"a1"'])
def test_a_body_that_is_not_json_is_an_error(content: bytes) -> None:
    for parse in (parse_without_profiles, parse_with_texts, parse_whole_with_texts):
        with pytest.raises(ValueError, match=r"."):
            parse(content)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def _with(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={name: _VALUES | is_ for name, is_ in members.items()}
    )


_ROWS = _VALUES | _with(
    id=st.text(max_size=3),
    candidateData=_with(
        id=st.text(max_size=3),
        firstName=_VALUES,
        contactData=_with(email=st.just("ada@x.test"), phoneNumber=_VALUES),
    ),
    jobApplicationData=_with(jobId=st.text(max_size=3), applicantSource=st.text(max_size=3)),
    customFieldData=_VALUES,
    other=_VALUES,
)


@given(st.lists(_ROWS, max_size=4))
def test_all_parsers_agree_on_any_page(rows: list[Any]) -> None:
    assert_alike(page(*map(json.dumps, rows)))
