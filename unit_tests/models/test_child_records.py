"""Payloads to records of ``application_activities`` and ``candidate_documents``."""

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models.application_activities import activities, application_of_activity
from source_phenom.models.candidate_documents import document_type, documents
from source_phenom.models.hiring_status import ApplicationKeys
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches

IDS = UnifiedIds("phenom")
SECOND = 0x65F0C1D2


def application(seconds_later: int, job: str | None) -> ApplicationKeys:
    return ApplicationKeys(f"{SECOND + seconds_later:08x}a1b2c3d4e5000001", job)


def activity(**changes: Any) -> dict[str, Any]:
    return {
        "candidateId": "c1",
        "actionType": "HIRING_STATUS_UPDATED",
        "actionValue": "JR-1",
        "createdDate": SECOND * 1000 + 60_000,
        "previousValue": "New",
        "updatedValue": "Interview",
        "recruitersUserId": "u7",
        "recruiterName": "Grace Hopper",
        "requestSource": "CRM",
        **changes,
    }


def test_a_whole_activity() -> None:
    mismatches: Mismatches = []
    ((key, record),) = activities([activity()], "c1", [application(0, "JR-1")], IDS, mismatches)
    assert key == f"c1:{SECOND * 1000 + 60_000}"
    assert record == {
        "id": IDS.of("application_activities", key),
        "remote_id": key,
        "candidate_id": IDS.of("candidates", "c1"),
        "application_id": IDS.of("applications", application(0, "").key),
        "activity_type": "HIRING_STATUS_UPDATED",
        "employee_id": IDS.of("employees", "u7"),
        "employee_name": "Grace Hopper",
        "from_stage": "New",
        "to_stage": "Interview",
        "remote_created_at": "2024-03-12T20:58:54.000Z",
        "integration_fields": [
            {"id": path, "key": path, "type": "DEFAULT", "value": value, "label": None}
            for path, value in (("actionValue", "JR-1"), ("requestSource", "CRM"))
        ],
    }
    assert mismatches == []


def test_keys_of_activities_are_unique_in_any_order() -> None:
    rows = [
        activity(),
        activity(updatedValue="Hired"),
        activity(createdDate=float(SECOND * 1000)),
        activity(createdDate=None),
        activity(createdDate="2024-03-12T20:59:26Z"),
    ]
    found = dict(activities(rows, "c1", [], IDS, []))
    assert [key.removeprefix("c1:") for key in found] == [
        f"{SECOND * 1000}",
        f"{SECOND * 1000 + 60_000}",
        f"{SECOND * 1000 + 60_000}-2",
        "2024-03-12T20:59:26Z",
        "undated",
    ]
    assert dict(activities(rows[::-1], "c1", [], IDS, [])) == found


def test_an_activity_without_values_is_a_record_too() -> None:
    mismatches: Mismatches = []
    ((_, record),) = activities([{"createdDate": "once"}], "c1", [], IDS, mismatches)
    kept = {"id", "remote_id", "candidate_id", "integration_fields"}
    assert {name for name, value in record.items() if value is not None} == kept
    assert mismatches == ["remote_created_at"]


@pytest.mark.parametrize(
    ("value", "minutes_later", "applications", "expected"),
    [
        ("JR-1", 0, [(0, "JR-1"), (60, "JR-2")], 0),
        ("JR-2", 0, [(0, "JR-1"), (60, "JR-2")], 1),
        ("JR-1", 5, [(0, "JR-1"), (60, "JR-1")], None),
        (None, 5, [(0, "JR-1")], 0),
        (None, 5, [(0, "JR-1"), (3600, "JR-2")], 0),
        (None, 90, [(0, "JR-1"), (3600, "JR-2")], None),
        ("a label", 5, [(0, "JR-1"), (3600, "JR-2")], 0),
        (None, -5, [(0, "JR-1")], None),
        (None, 5, [], None),
    ],
)
def test_the_application_that_an_activity_is_about(
    value: str | None,
    minutes_later: int,
    applications: list[tuple[int, str]],
    expected: int | None,
) -> None:
    listed = [application(later, job) for later, job in applications]
    moment = (
        f"2024-03-12T{20 + (58 + minutes_later) // 60:02}:{(58 + minutes_later) % 60:02}:30.000Z"
    )
    row = activity(actionValue=value, createdDate=moment)
    found = application_of_activity(row, listed)
    assert found == (None if expected is None else listed[expected].key)


def test_a_document() -> None:
    mismatches: Mismatches = []
    rows: list[dict[str, Any]] = [
        {
            "attachmentId": "a1",
            "attachmentName": "cv.pdf",
            "attachmentType": "Resume",
            "fieldID": "f",
        },
        {"attachmentId": None, "attachmentName": "lost.pdf"},
    ]
    ((key, record),) = documents(rows, "c:1", IDS, mismatches)
    assert key == "c%3A1:a1"
    assert record == {
        "id": IDS.of("candidate_documents", "c%3A1:a1"),
        "remote_id": "c%3A1:a1",
        "candidate_id": IDS.of("candidates", "c:1"),
        "file_name": "cv.pdf",
        "document_type": "RESUME",
        "integration_fields": [
            {"id": "fieldID", "key": "fieldID", "type": "DEFAULT", "value": "f", "label": None}
        ],
    }
    assert mismatches == ["remote_id"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Resume", "RESUME"),
        ("CV", "RESUME"),
        ("COVER_LETTER", "COVER_LETTER"),
        ("cover letter", "COVER_LETTER"),
        ("Offer Letter", "OFFER_LETTER"),
        ("other", "OTHER"),
        ("Work permit", "Work permit"),
        (" ", None),
        (None, None),
    ],
)
def test_document_types(written: str | None, expected: str | None) -> None:
    assert document_type(written, []) == expected
