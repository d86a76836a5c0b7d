"""Rows as warehouses have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from destination_phenom.columns import nested
from destination_phenom.records import CreateApplication, CreateCandidate
from destination_phenom.rejections import Rejected

RECORD: dict[str, Any] = {
    "candidate": {
        "first_name": "Ada",
        "email_address": "ada@example.com",
        "location": {"city": "Berlin", "country": "DE"},
    },
    "application": {"job_id": "JR-1"},
    "attachments": [{"name": "cv.pdf", "type": "CV", "data": "eA=="}],
    "source": {"unified_key": "k"},
}
FLAT = {
    "candidate.first_name": "Ada",
    "candidate.email_address": "ada@example.com",
    "candidate.location.city": "Berlin",
    "candidate.location.country": "DE",
    "application.job_id": "JR-1",
    "attachments": RECORD["attachments"],
    "source.unified_key": "k",
}


@pytest.mark.parametrize(
    "row",
    [
        RECORD,
        {name: json.dumps(value) for name, value in RECORD.items()},
        {name.upper(): value for name, value in RECORD.items()},
        FLAT,
        {name.replace(".", "_"): value for name, value in FLAT.items()},
        {name.replace(".", "__").upper(): value for name, value in FLAT.items()},
        {**FLAT, "attachments": json.dumps(FLAT["attachments"])},
        {**FLAT, "attachments": [json.dumps(each) for each in RECORD["attachments"]]},
        {**FLAT, "attachments": RECORD["attachments"][0]},
        {
            "candidate": {"first_name": "Ada", "location": '{"city": "Berlin"}'},
            "candidate_email_address": "ada@example.com",
            "candidate.location_country": "DE",
            "candidate_first_name": "Ada",
            "application": RECORD["application"],
            "attachments": RECORD["attachments"],
            "source": RECORD["source"],
        },
    ],
)
def test_all_forms_mean_the_same(row: dict[str, Any]) -> None:
    assert nested(row, CreateApplication) == (RECORD, [])


def test_nothing_is_an_empty_record() -> None:
    assert nested({}, CreateApplication)[0] == {"candidate": {}, "application": {}}
    assert nested({"application": None}, CreateCandidate)[0] == {"candidate": {}}


def test_unused_columns_are_told_and_airbytes_are_not() -> None:
    row = {
        **FLAT,
        "_airbyte_ab_id": "x",
        "_AIRBYTE_META": {},
        "candidate_id": 7,
        "empty": None,
        "candidate": {"middle_name": "B"},
        "attachments": [{"name": "a", "mime": "b"}],
    }
    tree, unused = nested(row, CreateApplication)
    assert sorted(unused) == ["attachments.mime", "candidate.middle_name", "candidate_id"]
    assert tree["attachments"] == [{"name": "a"}]
    assert "middle_name" not in tree["candidate"]


def test_a_field_given_twice() -> None:
    with pytest.raises(Rejected, match=r"candidate\.first_name is given in two columns"):
        nested({**FLAT, "candidate_first_name": "Grace"}, CreateApplication)
    assert nested({**FLAT, "candidate_first_name": ""}, CreateApplication)[1] == []


def test_text_that_is_no_json() -> None:
    with pytest.raises(Rejected) as raised:
        nested({"candidate": "[" * 100_000, "attachments": "nope"}, CreateApplication)
    assert [problem.field for problem in raised.value.problems] == ["candidate", "attachments"]
