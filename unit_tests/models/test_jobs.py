from __future__ import annotations

import json
from typing import Any

import pytest

from source_phenom.models import jobs
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches

IDS = UnifiedIds("phenom")


def job(
    payload: dict[str, Any], mismatches: Mismatches | None = None, **options: str
) -> dict[str, Any]:
    key = jobs.job_key(payload, [])
    assert key is not None
    chosen: dict[str, Any] = {"status": "OPEN", "site_type": "external", **options}
    return jobs.job(
        payload, key, ids=IDS, mismatches=[] if mismatches is None else mismatches, **chosen
    )


def test_a_whole_job() -> None:
    payload = {
        "applyUrl": "https://careers.example.com/apply/1",
        "category": "Engineering",
        "companyName": "Example",
        "description": "<p>Build.</p>",
        "jobId": "JR-1",
        "locale": "en_US",
        "reqId": "R-1",
        "siteType": "external",
        "title": "Engineer",
        "employmentType": "Full-Time",
        "city": "Berlin",
        "state": "Berlin",
        "country": "Germany",
        "address": "Invalidenstr. 1",
        "postalCode": "10115",
        "hiringManagerEmail": "h@example.com",
        "hiringManagerName": "H M",
        "recruiterEmail": "r@example.com",
        "recruiterName": "R R",
        "source": "workday",
        "displayCareerSite": True,
        "multiLocation": [{"city": "Berlin"}],
        "multiCategory": [{"category": "Engineering"}],
        "multiRecruiter": [{"recruiterName": "R R", "recruiterEmail": "r@example.com"}],
        "additionalFields": {"Department_Name": "R&D", "posted-date": "2026-01-05"},
        "visibilityLocale": ["en_US"],
        "visibilitySiteType": ["external"],
        "brandNew": {"inner": 7, "empty": {}},
    }
    mismatches: Mismatches = []
    record = job(payload, mismatches)
    integration = record.pop("integration_fields")
    assert record == {
        "id": IDS.of("jobs", "JR-1"),
        "remote_id": "JR-1",
        "name": "Engineer",
        "description": "<p>Build.</p>",
        "employment_type": "FULL_TIME",
        "status": "OPEN",
        "visibility": "PUBLIC",
        "category": "Engineering",
        "department": "R&D",
        "post_url": "https://careers.example.com/apply/1",
        "location": {
            "city": "Berlin",
            "country": "DE",
            "raw": "Invalidenstr. 1, Berlin, Berlin, 10115, Germany",
            "state": "Berlin",
            "street_1": "Invalidenstr. 1",
            "street_2": None,
            "zip_code": "10115",
        },
        "custom_fields": {"Department_Name": "R&D", "posted-date": "2026-01-05"},
        "opened_at": "2026-01-05T00:00:00.000Z",
        "closed_at": None,
        "remote_created_at": None,
        "remote_updated_at": None,
    }
    assert mismatches == []
    assert {field["id"]: field["value"] for field in integration} == {
        "brandNew.inner": 7,
        "companyName": "Example",
        "locale": "en_US",
        "multiCategory": [{"category": "Engineering"}],
        "multiLocation": [{"city": "Berlin"}],
        "recruiterEmail": "r@example.com",
        "recruiterName": "R R",
        "reqId": "R-1",
        "siteType": "external",
        "source": "workday",
        "visibilityLocale": ["en_US"],
        "visibilitySiteType": ["external"],
    }
    assert [field["id"] for field in integration] == sorted(f["id"] for f in integration)
    assert integration[0] == {
        "id": "brandNew.inner",
        "key": "inner",
        "type": "DEFAULT",
        "value": 7,
        "label": None,
    }


def test_a_job_with_an_id_only() -> None:
    record = job({"jobId": 17})
    assert record["remote_id"] == "17"
    assert record["integration_fields"] == []
    assert {key for key, value in record.items() if value is not None} == {
        "id",
        "remote_id",
        "status",
        "visibility",
        "integration_fields",
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Full-Time", "FULL_TIME"),
        ("full_time", "FULL_TIME"),
        ("FULL TIME", "FULL_TIME"),
        ("FullTime", "FULL_TIME"),
        ("part time", "PART_TIME"),
        ("Part-Time", "PART_TIME"),
        ("Contractor", "CONTRACT"),
        ("contract", "CONTRACT"),
        ("Freelance", "CONTRACT"),
        ("Seasonal", "SEASONAL"),
        ("Intern", "INTERNSHIP"),
        ("INTERNSHIP", "INTERNSHIP"),
        ("Volunteer", "Volunteer"),
        ("  ", None),
        (None, None),
        (3, "3"),
        (["Full time"], "FULL_TIME"),
        (["Full time", "Seasonal"], "SEASONAL"),
        (["Per Diem", None, "Volunteer"], "Per Diem, Volunteer"),
        (["half", "time flies"], "half, time flies"),
        ([], None),
        ([[]], None),
        ({"value": "Full time"}, None),
    ],
)
def test_employment_type(written: Any, expected: str | None) -> None:
    assert jobs.employment_type(written, []) == expected


@pytest.mark.parametrize(
    ("given", "expected", "is_mismatch"),
    [
        ({"a": 1}, {"a": 1}, False),
        ('{"a": {"b": [1]}}', {"a": {"b": [1]}}, False),
        (' [{"key": "a", "value": 1}]', {"a": 1}, False),
        ('"{\\"a\\": 1}"', {"a": 1}, False),
        ([{"name": "a", "value": 1}, {"key": "b", "value": None}], {"a": 1, "b": None}, False),
        ([{"key": "a", "value": 1}, {"key": "a", "value": 2}], {"a": 2}, False),
        ([{"Key": "a", "Value": 1}, {"NAME": "b", "VALUE": 2}], {"a": 1, "b": 2}, False),
        ([{"key": "k", "name": "n", "value": 1}, {"name": 5, "value": 2}], {"k": 1, "5": 2}, False),
        ([{"key": "a", "value": 1}, {"key": "b"}, None], {"a": 1}, True),
        ({}, {}, False),
        ("{}", {}, False),
        (None, None, False),
        ("", None, False),
        ([], None, False),
        ("[]", None, False),
        ("null", None, True),
        ("text", None, True),
        ("{", None, True),
        ("[" * 100_000, None, True),
        ('{"a":' * 100_000, None, True),
        (3, None, True),
        (["a"], None, True),
        ([{"label": "a", "value": 1}], None, True),
    ],
    ids=lambda value: str(value)[:40],
)
def test_custom_fields_in_any_form(
    given: Any, expected: dict[str, Any] | None, is_mismatch: bool
) -> None:
    mismatches: Mismatches = []
    record = job({"jobId": "1", "additionalFields": given}, mismatches)
    assert record["custom_fields"] == expected
    assert record["integration_fields"] == []
    assert mismatches == ["custom_fields"] * is_mismatch


def test_department_and_opened_at_from_custom_fields_in_any_form() -> None:
    fields = [{"key": "Dept.", "value": "R&D"}, {"key": "posted", "value": "soon"},
              {"key": "Posted Date", "value": "2026-01-05"}]  # fmt: skip
    for given in (
        fields,
        json.dumps(fields),
        json.dumps({"dept": "R&D", "posted-date": "2026-01-05"}),
    ):
        record = job({"jobId": "1", "additionalFields": given})
        assert (record["department"], record["opened_at"]) == ("R&D", "2026-01-05T00:00:00.000Z")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"siteType": "external"}, "PUBLIC"),
        ({"siteType": "External", "displayCareerSite": True}, "PUBLIC"),
        ({"siteType": "external", "displayCareerSite": False}, "UNLISTED"),
        ({"siteType": "external", "displayCareerSite": "false"}, "UNLISTED"),
        ({"siteType": "external", "displayCareerSite": None}, "PUBLIC"),
        ({"siteType": "internal", "displayCareerSite": False}, "INTERNAL"),
        ({"siteType": "Alumni"}, "Alumni"),
        ({}, "PUBLIC"),
    ],
)
def test_visibility(payload: dict[str, Any], expected: str) -> None:
    assert jobs.visibility(payload, "external", []) == expected


@pytest.mark.parametrize(
    ("additional", "expected"),
    [
        ({"department": "A", "dept": "B"}, "A"),
        ({"Dept.": "B"}, "B"),
        ({"DEPARTMENT NAME": "C"}, "C"),
        ({"department": " ", "departmentName": "C"}, "C"),
        ({"department": ["A"], "dept": "B"}, "B"),
        ({"departmentCode": "D"}, None),
        ({}, None),
    ],
)
def test_department(additional: dict[str, Any], expected: str | None) -> None:
    assert jobs.department(additional, []) == expected


@pytest.mark.parametrize(
    ("additional", "expected", "mismatched"),
    [
        ({"openedAt": "2026-01-05", "postedDate": "2025-01-01"}, "2026-01-05T00:00:00.000Z", 0),
        ({"openedAt": "soon", "Posted Date": "2025-01-01"}, "2025-01-01T00:00:00.000Z", 1),
        ({"date_created": 1767571200000}, "2026-01-05T00:00:00.000Z", 0),
        ({"openedAt": "soon"}, None, 1),
        ({"openedAt": {"at": 1}}, None, 1),
        ({"openedAt": "01/05/2026", "dateCreated": 5}, None, 2),
        ({"openedAt": " ", "openDate": None, "dateOpened": []}, None, 0),
    ],
)
def test_opened_at(additional: dict[str, Any], expected: str | None, mismatched: int) -> None:
    mismatches: Mismatches = []
    assert jobs.opened_at(additional, mismatches) == expected
    assert mismatches == ["opened_at"] * mismatched


def test_values_of_unexpected_types_are_counted() -> None:
    mismatches: Mismatches = []
    record = job(
        {
            "jobId": "1",
            "title": {"en": "Engineer"},
            "description": 12,
            "city": ["Berlin"],
            "additionalFields": "none",
            "employmentType": {"id": 1},
        },
        mismatches,
    )
    assert record["name"] is None
    assert record["description"] == "12"
    assert record["location"] is None
    assert record["custom_fields"] is None
    assert sorted(mismatches) == [
        "custom_fields",
        "description",
        "employment_type",
        "location",
        "name",
    ]


CREATED, UPDATED = "2025-03-01T08:00:00.000Z", "2025-06-01T09:30:00.000Z"


@pytest.mark.parametrize(
    ("details", "status", "expected"),
    [
        ({}, "CLOSED", (None, None, None)),
        ({"status": "close"}, "CLOSED", (None, None, None)),
        (
            {"status": "close", "createdDate": CREATED, "updatedDate": UPDATED},
            "CLOSED",
            (UPDATED, CREATED, UPDATED),
        ),
        ({"status": " Closed", "updatedDate": 1748770200000}, "CLOSED", (UPDATED, None, UPDATED)),
        ({"status": "open", "updatedDate": UPDATED}, "CLOSED", (None, None, UPDATED)),
        ({"status": "draft", "updatedDate": UPDATED}, "CLOSED", (None, None, UPDATED)),
        ({"updatedDate": UPDATED}, "CLOSED", (None, None, UPDATED)),
        # Still listed as open: the career site is what candidates see.
        ({"status": "close", "updatedDate": UPDATED}, "OPEN", (None, None, UPDATED)),
        ({"createdDate": "1740816000000", "updatedDate": " "}, "OPEN", (None, CREATED, None)),
    ],
)
def test_dates_from_the_hiring_manager_api(
    details: dict[str, Any], status: str, expected: tuple[str | None, ...]
) -> None:
    mismatches: Mismatches = []
    dates = jobs.job_dates(details, mismatches)
    record = jobs.job(
        {},
        "JR-1",
        status=status,
        site_type="external",
        ids=IDS,
        mismatches=mismatches,
        dates=dates,
    )
    columns = ("closed_at", "remote_created_at", "remote_updated_at")
    assert tuple(record[column] for column in columns) == expected
    assert mismatches == []


def test_a_text_that_is_not_a_date_is_counted() -> None:
    mismatches: Mismatches = []
    assert jobs.job_dates({"updatedDate": "soon", "createdDate": {}}, mismatches) == jobs.NO_DATES
    assert mismatches == ["remote_updated_at"]
    jobs.job_dates({"createdDate": ["2025-01-01"]}, mismatches)
    assert mismatches[1:] == ["remote_created_at"]


def test_the_row_that_was_updated_last_is_the_largest() -> None:
    older = jobs.job_dates({"updatedDate": CREATED, "createdDate": CREATED}, [])
    newer = jobs.job_dates({"updatedDate": UPDATED}, [])
    assert max(older, newer) == max(newer, older) == newer
    assert max(jobs.NO_DATES, older) == older
