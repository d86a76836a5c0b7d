"""``field_overrides`` and ``custom_fields`` cannot lead personal data into other columns."""

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.config import source_config
from source_phenom.models.values import Mismatches
from source_phenom.personal_data import personal_data
from unit_tests.personal_data.hidden import KEY, of_address, pseudonym
from unit_tests.reading.protocol import CONFIG

APPLICATION: dict[str, Any] = {
    "id": "65f0c1d2a1b2c3d4e5000001",
    "candidateData": {
        "firstName": "Ada",
        "contactData": {"email": "Ada@Example.com"},
        "addressData": {"addressLine1": "Street 7", "city": "Dresden"},
        "experienceData": [{"companyName": "Example Works"}],
    },
    "jobApplicationData": {"applicantSource": "Referral", "jobId": "JR-1"},
    "customFieldData": {
        "motherName": "Grace",
        "place": {"city": "Leipzig", "street_1": "Way 1"},
        "wasHired": "hired",
        "day": "2026-01-02",
    },
}
JOB: dict[str, Any] = {
    "jobId": "JR-1",
    "title": "Engineer",
    "companyName": "Example Works",
    "hiringManagerName": "Clara Summer",
    "recruiterEmail": "Jonas@Example.com",
    "multiRecruiter": [{"recruiterName": "Jonas Winter"}],
    "unknown": "Eve",
    "additionalFields": {"orgUnit": "Analytics", "owner": "Jonas@Example.com"},
}
PAYLOADS = {"candidates": APPLICATION, "applications": APPLICATION, "jobs": JOB}


def override(model: str, field: str, path: str) -> Any:
    """The column after the override and the step that hides personal data."""
    more = {"field_overrides": [{"model": model, "field": field, "paths": [path]}]}
    return _mapped(model, field, more)


def named(model: str, path: str) -> Any:
    more = {"custom_fields": [{"model": model, "key": "k", "path": path}]}
    found = _mapped(model, "custom_fields", more)
    return found and found["k"]


def _mapped(model: str, field: str, more: dict[str, Any]) -> Any:
    config = source_config(
        {**CONFIG, "personal_data": "pseudonymous", "pseudonym_key": KEY, **more}
    )
    personal, mismatches = personal_data(config), Mismatches()
    record: dict[str, Any] = {field: None, "integration_fields": []}
    personal.remapping(config).apply(model, PAYLOADS[model], record, mismatches)
    hide = personal.step(model)
    assert hide is not None
    hide(record)
    assert mismatches == []
    return record[field]


@pytest.mark.parametrize(
    ("model", "field", "path", "value"),
    [
        ("candidates", "title", "candidateData.firstName", pseudonym("Ada")),
        ("candidates", "company", "candidateData.contactData.email", of_address("ada@example.com")),
        ("candidates", "company", "customFieldData.motherName", pseudonym("Grace")),
        ("candidates", "company", "candidateData.experienceData.0.companyName", "Example Works"),
        ("candidates", "title", "jobApplicationData.applicantSource", "Referral"),
        ("candidates", "first_name", "customFieldData.motherName", pseudonym("Grace")),
        ("applications", "source", "candidateData.firstName", pseudonym("Ada")),
        ("applications", "outcome", "customFieldData.wasHired", "HIRED"),
        ("applications", "applied_at", "customFieldData.day", "2026-01-02T00:00:00.000Z"),
        ("jobs", "department", "hiringManagerName", pseudonym("Clara Summer")),
        ("jobs", "department", "recruiterEmail", of_address("jonas@example.com")),
        ("jobs", "department", "multiRecruiter.0.recruiterName", pseudonym("Jonas Winter")),
        ("jobs", "department", "unknown", pseudonym("Eve")),
        ("jobs", "department", "companyName", "Example Works"),
        ("jobs", "department", "additionalFields.orgUnit", "Analytics"),
        ("jobs", "department", "additionalFields.owner", of_address("jonas@example.com")),
        ("jobs", "description", "hiringManagerName", pseudonym("Clara Summer")),
    ],
)
def test_overrides(model: str, field: str, path: str, value: Any) -> None:
    assert override(model, field, path) == value


def test_a_location_from_a_profile() -> None:
    street = override("candidates", "location", "candidateData.addressData.addressLine1")
    assert {name for name, value in street.items() if value is not None} == {"city"}
    assert street["city"] == pseudonym("Street 7")
    place = override("candidates", "location", "customFieldData.place")
    assert place["city"] == pseudonym("Leipzig")
    assert place["street_1"] is place["raw"] is None


@pytest.mark.parametrize(
    ("model", "path", "value"),
    [
        ("candidates", "customFieldData.motherName", None),
        ("applications", "jobApplicationData.applicantSource", None),
        ("jobs", "hiringManagerName", pseudonym("Clara Summer")),
        ("jobs", "multiRecruiter", None),
        ("jobs", "additionalFields.orgUnit", "Analytics"),
        ("jobs", "title", "Engineer"),
    ],
)
def test_named_custom_fields(model: str, path: str, value: Any) -> None:
    assert named(model, path) == value
