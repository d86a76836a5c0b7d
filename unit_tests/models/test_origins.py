"""Compares the FEEDS tables with the mapping: change one remote field, see which columns change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from source_phenom.config import CustomField, FieldOverride
from source_phenom.models import applications, candidates, hiring_team, jobs
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.origins import Origins

IDS = UnifiedIds("phenom")

JOB: dict[str, Any] = {
    "additionalFields": {
        "Dept.": "Research",
        "posted-date": "2026-01-05",
        "orgUnit": "X1",
        "requisition": {"grade": 7},
    },
    "address": "Invalidenstr. 1",
    "applyUrl": "https://careers.example.com/apply/1",
    "brandNew": {"inner": 7},
    "category": "Engineering",
    "city": "Berlin",
    "companyName": "Example",
    "country": "Germany",
    "description": "<p>Build.</p>",
    "displayCareerSite": True,
    "employmentType": "Full-Time",
    "hiringManagerEmail": "h@example.com",
    "hiringManagerName": "Hanna Meier",
    "jobId": "JR-1",
    "locale": "en_US",
    "multiCategory": [{"category": "Engineering"}],
    "multiLocation": [{"city": "Berlin"}],
    "multiRecruiter": [{"recruiterName": "Rosa Ray", "recruiterEmail": "r@example.com"}],
    "postalCode": "10115",
    "recruiterEmail": "r@example.com",
    "recruiterName": "Rosa Ray",
    "reqId": "R-1",
    "siteType": "external",
    "source": "workday",
    "state": "Berlin",
    "title": "Engineer",
    "visibilityLocale": ["en_US"],
    "visibilitySiteType": ["external"],
}
APPLICATION: dict[str, Any] = {
    "id": "65920080c22eeb252edd8ab3",
    "candidateData": {
        "id": "5f00000016f313f6b173947d",
        "firstName": "Ada",
        "middleName": "M",
        "lastName": "Lovelace",
        "contactData": {
            "email": "ada@example.com",
            "countryPhoneCode": "+49",
            "phoneNumber": "173 230",
            "deviceType": "Mobile",
            "phoneExtension": "12",
        },
        "addressData": {
            "addressLine1": "Street 1",
            "addressLine2": "2nd floor",
            "city": "Berlin",
            "region": "Berlin",
            "country": "DE",
        },
        "smsOptIn": True,
        "experienceData": [
            {
                "companyName": "Example",
                "title": "Engineer",
                "description": "Built",
                "fromTo": {"startDate": "2020", "endDate": "", "currentlyWorkHere": "true"},
            }
        ],
        "educationData": [{"schoolName": "School", "fromTo": {"startDate": "1999"}}],
        "newThing": {"inner": 1},
    },
    "jobApplicationData": {"jobId": "JR-1", "applicantSource": "Referral", "unknown": "x"},
    "customFieldData": {"noticePeriod": "3 months", "salary": {"amount": 5}},
    "brandNew": "x",
}
NOW = datetime(2026, 11, 2, tzinfo=timezone.utc)
Columns = dict[str, Any]


def job_columns(payload: dict[str, Any]) -> Columns:
    job = jobs.job(
        payload, payload["jobId"], status="OPEN", site_type="external", ids=IDS, mismatches=[]
    )
    team = hiring_team.hiring_team(payload, [])
    users = [hiring_team.user(member.key, member.full_name, IDS) for member in team]
    members = [hiring_team.member_record("JR-1", member, IDS) for member in team]
    return {
        **_named("jobs", job),
        **{f"users.{name}": [user[name] for user in users] for name in ("email", "first_name")},
        "users.last_name": [user["last_name"] for user in users],
        "job_hiring_team_members.user_id": [member["user_id"] for member in members],
    }


def application_columns(payload: dict[str, Any]) -> Columns:
    key = candidates.candidate_key(payload, [])
    assert key is not None
    person = candidates.candidate(payload, key, IDS, [])
    person["source"] = candidates.applicant_source(payload, [])
    return {
        **_named("candidates", person),
        **_named("applications", applications.application(payload, payload["id"], IDS, NOW, [])),
    }


def _named(model: str, record: dict[str, Any]) -> Columns:
    # The unified id changes together with remote_id.
    return {f"{model}.{name}": value for name, value in record.items() if name != "id"}


Place = tuple[str | int, ...]


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in items:
            yield from leaves(child, (*place, key))
    else:
        yield place


def changed(payload: dict[str, Any], place: Place) -> dict[str, Any]:
    """The payload with another value of the same type at one place."""
    edited = copy.deepcopy(payload)
    parent: Any = edited
    for part in place[:-1]:
        parent = parent[part]
    value = parent[place[-1]]
    if isinstance(value, bool):
        parent[place[-1]] = not value
    elif isinstance(value, int):
        parent[place[-1]] = value + 1
    else:
        parent[place[-1]] = " ".join(f"1{word}" for word in value.split(" "))
    return edited


def path_of(place: Place) -> str:
    return ".".join(part for part in place if isinstance(part, str))


@pytest.mark.parametrize("place", leaves(JOB), ids=path_of)
def test_a_field_of_a_job_feeds_the_columns_that_change_with_it(place: Place) -> None:
    _assert_feeds(JOB, place, job_columns, Origins().of_job(path_of(place)))


@pytest.mark.parametrize("place", leaves(APPLICATION), ids=path_of)
def test_a_field_of_an_application_feeds_the_columns_that_change_with_it(place: Place) -> None:
    _assert_feeds(APPLICATION, place, application_columns, Origins().of_application(path_of(place)))


def _assert_feeds(
    payload: dict[str, Any],
    place: Place,
    columns: Callable[[dict[str, Any]], Columns],
    named: tuple[str, ...],
) -> None:
    before, after = columns(payload), columns(changed(payload, place))
    assert set(named) == {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("feeds", "payload"),
    [
        (jobs.FEEDS, JOB),
        (hiring_team.FEEDS, JOB),
        (candidates.FEEDS, APPLICATION),
        (applications.FEEDS, APPLICATION),
    ],
)
def test_the_payloads_have_every_field_of_the_tables(
    feeds: dict[str, Any], payload: dict[str, Any]
) -> None:
    paths = {path_of(place) for place in leaves(payload)}
    assert all(any(f"{path}.".startswith(f"{entry}.") for path in paths) for entry in feeds)


def test_an_object_feeds_integration_fields_by_its_members() -> None:
    origins = Origins()
    assert origins.of_job("brandNew", is_object=True) == ()
    assert origins.of_application("candidateData.contactData", is_object=True) == ()
    assert origins.of_job("additionalFields", is_object=True) == ("jobs.custom_fields",)


def test_overrides_add_a_column_and_can_replace_the_default() -> None:
    override = FieldOverride(
        model="jobs", field="department", paths=["additionalFields.orgUnit", "multiLocation.0.city"]
    )
    origins = Origins([override])
    assert origins.of_job("additionalFields.orgUnit") == ("jobs.department", "jobs.custom_fields")
    assert "jobs.department" in origins.of_job("multiLocation.city")
    assert "jobs.department" in origins.of_job("additionalFields.dept")
    alone = Origins([override.model_copy(update={"keep_default": False})])
    assert alone.of_job("additionalFields.dept") == ("jobs.custom_fields",)
    assert alone.of_job("additionalFields.orgUnit") == ("jobs.department", "jobs.custom_fields")


def test_named_custom_fields_replace_the_whole_object() -> None:
    origins = Origins(
        [], [CustomField(model="candidates", key="notice", path="customFieldData.noticePeriod")]
    )
    assert origins.of_application("customFieldData.noticePeriod") == (
        "candidates.custom_fields",
        "applications.custom_fields",
    )
    assert origins.of_application("customFieldData.salary.amount") == (
        "applications.custom_fields",
    )
