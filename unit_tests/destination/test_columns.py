"""Turning the rows of a warehouse into records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from destination_phenom.column_names import HIDDEN, loggable_name
from destination_phenom.columns import fields, unflatten
from destination_phenom.records import CreateApplication, CreateCandidate
from destination_phenom.rejections import Rejected
from destination_phenom.unused_columns import UnusedColumns

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


def renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """The value with its keys renamed, at every level."""
    if isinstance(value, dict):
        return {rename(key): renamed(inner, rename) for key, inner in value.items()}
    return [renamed(each, rename) for each in value] if isinstance(value, list) else value


def test_json_text_in_columns() -> None:
    """With NaN, as pandas writes missing values, and with more digits than Python converts."""
    digits = "9" * 5_000
    row = {
        "candidate": '{"first_name": "Ada", "phone_number": NaN, "other": -Infinity}',
        "source": f'{{"id": {digits}}}',
    }
    record, unused = unflatten(row, CreateApplication)
    assert record["candidate"] == {"first_name": "Ada"}
    assert record["source"] == {"id": digits}
    assert not unused


@pytest.mark.parametrize(
    "row",
    [
        RECORD,
        {name: json.dumps(value) for name, value in RECORD.items()},
        {name.upper(): value for name, value in RECORD.items()},
        FLAT,
        {name.replace(".", "_"): value for name, value in FLAT.items()},
        {name.replace(".", "__").upper(): value for name, value in FLAT.items()},
        renamed(RECORD, str.upper),
        renamed(RECORD, str.title),
        renamed(RECORD, lambda key: key.title().replace("_", "")),
        {name: json.dumps(renamed(value, str.upper)) for name, value in RECORD.items()},
        {
            "candidate": {"location_CITY": "Berlin"},
            **{name: value for name, value in FLAT.items() if "city" not in name},
        },
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
def test_all_forms_of_a_row_give_the_same_record(row: dict[str, Any]) -> None:
    assert unflatten(row, CreateApplication) == (RECORD, [])


FILE: dict[str, Any] = RECORD["attachments"][0]
LETTER = {"name": "letter.pdf", "type": "COVER_LETTER", "data_url": "https://a.example/b"}


@pytest.mark.parametrize(
    ("columns", "files"),
    [
        *(
            ({pattern.format(name): value for name, value in FILE.items()}, [FILE])
            for pattern in (
                "attachments.{}",
                "attachments_{}",
                "attachments__{}",
                "attachments_0_{}",
                "attachments.0.{}",
                "attachments[0].{}",
                "attachments[0][{}]",
                "attachments_1_{}",
                "attachment.{}",
                "attachment_{}",
            )
        ),
        ({f"ATTACHMENTS__{name}".upper(): value for name, value in FILE.items()}, [FILE]),
        ({"attachments_0": FILE}, [FILE]),
        ({"attachments[0]": json.dumps(FILE)}, [FILE]),
        ({"attachment": FILE}, [FILE]),
        ({"ATTACHMENT": json.dumps([FILE, LETTER])}, [FILE, LETTER]),
        (
            {
                **{f"attachments_2_{name}": value for name, value in LETTER.items()},
                **{f"attachments_1_{name}": value for name, value in FILE.items()},
            },
            [FILE, LETTER],
        ),
        (
            {
                **{f"attachments_10_{name}": value for name, value in LETTER.items()},
                **{f"attachments_9_{name}": value for name, value in FILE.items()},
            },
            [FILE, LETTER],
        ),
        (
            {
                "attachments": json.dumps([FILE]),
                **{f"attachments_1_{name}": value for name, value in LETTER.items()},
            },
            [FILE, LETTER],
        ),
        ({"attachments": [FILE], "attachments_name": FILE["name"]}, [FILE]),
        ({"attachments": [{"name": "cv.pdf"}], "attachments.type": "CV"}, [{**FILE, "data": ...}]),
        ({"attachments": None, "attachments.name": None, "attachments.data": " "}, None),
        # Incomplete: the rules of attachments reject it later.
        ({"attachments.name": "cv.pdf", "attachments.data": None}, [{"name": "cv.pdf"}]),
        ({"attachments_0": 3}, [3]),
        ({"attachments_0": [FILE]}, [[FILE]]),
        ({"attachments": 3, "attachments_name": "cv.pdf"}, 3),
    ],
)
def test_files_in_columns(columns: dict[str, Any], files: Any) -> None:
    """Columns become an attachment, valid or not; they are never ignored."""
    tree, unused = unflatten({**FLAT, "attachments": None, **columns}, CreateApplication)
    if isinstance(files, list):
        files = [
            {name: value for name, value in each.items() if value is not ...}
            if isinstance(each, dict)
            else each
            for each in files
        ]
    assert tree.get("attachments") == files
    assert unused == []


@pytest.mark.parametrize(
    ("columns", "field", "rule"),
    [
        (
            {"attachments": [FILE], "attachments_name": "other.pdf"},
            r"attachments\[0\]\.name",
            "is given in two columns",
        ),
        (
            {"attachments_0_name": "a", "attachments[0].name": "b"},
            r"attachments\[0\]\.name",
            "is given in two columns",
        ),
        ({"attachments": [3], "attachments_name": "a"}, r"attachments\[0\]", "is given in two"),
        ({"attachments_1": "{"}, r"attachments\[1\]", "is text that is not valid JSON"),
    ],
)
def test_columns_of_attachments_with_different_values(
    columns: dict[str, Any], field: str, rule: str
) -> None:
    with pytest.raises(Rejected, match=f"{field} {rule}"):
        unflatten({**FLAT, "attachments": None, **columns}, CreateApplication)


def test_unknown_columns_that_look_like_attachments() -> None:
    columns = {"attachments_count": 2, "attachments_0_size": 7, "resume": "x"}
    tree, unused = unflatten({**FLAT, "attachments": None, **columns}, CreateApplication)
    assert "attachments" not in tree
    assert sorted(unused) == sorted(columns)


def test_an_empty_row_is_an_empty_record() -> None:
    assert unflatten({}, CreateApplication)[0] == {"candidate": {}, "application": {}}
    assert unflatten({"application": None}, CreateCandidate)[0] == {"candidate": {}}


def test_unknown_columns_are_reported_except_airbytes() -> None:
    row = {
        **FLAT,
        "_airbyte_ab_id": "x",
        "_AIRBYTE_META": {},
        "candidate_id": 7,
        "empty": None,
        "candidate": {"middle_name": "B"},
        "attachments": [{"name": "a", "mime": "b"}],
    }
    tree, unused = unflatten(row, CreateApplication)
    assert sorted(unused) == ["attachments.mime", "candidate.middle_name", "candidate_id"]
    assert tree["attachments"] == [{"name": "a"}]
    assert "middle_name" not in tree["candidate"]


def test_unknown_columns_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    unused = UnusedColumns()
    unused.warn("s", ["loaded_at", "loaded_by"], CreateApplication)
    unused.warn("s", ["loaded_at"], CreateApplication)
    (record,) = caplog.records
    assert "loaded_at, loaded_by" in record.message
    unused.warn("s", [f"c{number}" for number in range(5000)], CreateApplication)
    unused.warn("s", ["one_more"], CreateApplication)
    assert len(caplog.records) == 2
    assert len(caplog.records[1].message) < 1000


def test_two_columns_for_one_field() -> None:
    with pytest.raises(Rejected, match=r"candidate\.first_name is given in two columns"):
        unflatten({**FLAT, "candidate_first_name": "Grace"}, CreateApplication)
    assert unflatten({**FLAT, "candidate_first_name": ""}, CreateApplication)[1] == []


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"candidate": {"Email_Address": "a@b.de", "EMAIL_ADDRESS": "c@d.de"}},
         "candidate.email_address"),
        ({"candidate": {"location": {"Country": "DE", "country": "FR"}}},
         "candidate.location.country"),
        ({"candidate": '{"First_Name": "A", "first_name": "B"}'}, "candidate.first_name"),
        ({"application": {"JOB_ID": "1"}, "application_job_id": "2"}, "application.job_id"),
        ({"source": {"Name": "A", "name": "B"}}, "source.name"),
        ({"attachments": [{"name": "a"}, {"Name": "a.pdf", "NAME": "b.pdf"}]},
         "attachments[1].name"),
        ({"ATTACHMENTS": [{"name": "a"}], "attachments": [{"name": "b"}]}, "attachments"),
    ],
)  # fmt: skip
def test_two_keys_for_one_field(row: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as raised:
        unflatten(row, CreateApplication)
    assert [(each.field, each.rule) for each in raised.value.problems] == [
        (field, "is given in two columns with different values")
    ]


def test_empty_keys() -> None:
    row = {"candidate": {"": {"": {"first_name": "Ada"}}, ".": "x"}, "": "x"}
    tree, unused = unflatten(row, CreateApplication)
    assert tree == {"candidate": {}, "application": {}}
    assert len(unused) == 3


DAMAGED = "J\udcfcrgen"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"custom": DAMAGED}, ""),
        ({"custom": [{"deep": {"a": [DAMAGED]}}]}, ""),
        ({DAMAGED: 1}, ""),
        ({"custom": {DAMAGED: 1}}, ""),
        ({"candidate": {"nick": DAMAGED}}, "candidate"),
        ({"candidate": {DAMAGED: "x"}}, "candidate"),
        ({"candidate": {"location": {"street": DAMAGED}}}, "candidate.location"),
        ({"candidate": json.dumps({"nick": DAMAGED})}, "candidate"),
        ({"attachments": [{"note": DAMAGED}]}, "attachments"),
    ],
)
def test_half_a_surrogate_pair_outside_of_the_fields(row: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected, match="half a surrogate pair") as raised:
        unflatten(row, CreateApplication)
    assert [problem.field for problem in raised.value.problems] == [field]


@pytest.mark.parametrize("depth", [300, 1_000, 20_000])
def test_deeply_nested_values(depth: int) -> None:
    def deep(value: Any = 1) -> Any:
        for _ in range(depth):
            value = {"a": value}
        return value

    row = {"custom": deep(), "candidate": {"custom": deep()}, "attachments": [{"custom": deep()}]}
    assert len(unflatten(row, CreateApplication)[1]) == 3
    for twice in (
        {"candidate": {"first_name": deep(), "FIRST_NAME": deep(2)}},
        {"attachments": [{"name": deep(), "NAME": deep(2)}]},
    ):
        with pytest.raises(Rejected, match="name is given in two columns"):
            unflatten(twice, CreateApplication)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        *((name, name) for name in (
            "loaded_by", "LOADED_BY", "candidate_id", "candidate.middle_name", "middleName",
            "attachments.mime", "utm_source", "phone_2",
        )),
        ("candidate.frist_name", "one that resembles candidate.first_name"),
        ("CANDIDATE_E_MAIL_ADDRESS", "one that resembles candidate.email_address"),
        *((name, HIDDEN) for name in (
            "ada@example.com", "candidate.ada@example.com", "Ada Lovelace", "ada_lovelace",
            "Zebulon_Quartermaine", "zebulon_quartermaine", "candidate.Quartermaine", "Müller",
            "name_of_jörg", "+49 30 1234567", "49 30 12", "1815", "", "loaded\nby", "name " * 100,
        )),
    ],
)  # fmt: skip
def test_column_names_that_a_log_may_show(column: str, said: str) -> None:
    assert loggable_name(column, fields(CreateApplication)) == said


def test_text_that_is_not_json() -> None:
    with pytest.raises(Rejected) as raised:
        unflatten({"candidate": "[" * 100_000, "attachments": "nope"}, CreateApplication)
    assert [problem.field for problem in raised.value.problems] == ["candidate", "attachments"]
