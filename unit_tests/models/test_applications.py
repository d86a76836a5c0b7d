from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import orjson
import pytest

from source_phenom.models import applications, candidates
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches

IDS = UnifiedIds("phenom")
NOW = datetime(2026, 11, 2, 9, tzinfo=timezone.utc)


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "id": "65920080c22eeb252edd8ab3",
        "candidateData": {
            "id": "c-1",
            "firstName": "Ada",
            "middleName": "King",
            "lastName": "Lovelace",
            "smsOptIn": False,
            "contactData": {
                "countryPhoneCode": "+44",
                "phoneNumber": "(020) 7946-0018",
                "deviceType": "mobile",
                "phoneExtension": "7",
                "email": " Ada@Example.com ",
            },
            "addressData": {
                "addressLine1": "12 St James's Square",
                "addressLine2": "",
                "region": "London",
                "city": "London",
                "country": "United Kingdom",
            },
            "experienceData": [
                {
                    "companyName": "Old Co",
                    "title": "Clerk",
                    "fromTo": {"startDate": "01-2019", "endDate": "01-2020"},
                },
                {
                    "companyName": "Engines Ltd",
                    "title": "Analyst",
                    "fromTo": {"startDate": "02-2020", "currentlyWorkHere": "true"},
                },
            ],
            "educationData": [],
        },
        "jobApplicationData": {"jobId": "JR-1", "applicantSource": "LinkedIn"},
        "customFieldData": {"score": 9},
        **changes,
    }


def candidate(row: dict[str, Any], mismatches: Mismatches | None = None) -> dict[str, Any]:
    key = candidates.candidate_key(row, [])
    assert key is not None
    return candidates.candidate(row, key, IDS, [] if mismatches is None else mismatches)


def test_a_whole_application() -> None:
    row = payload(campus=True)
    assert applications.application(row, "65920080c22eeb252edd8ab3", IDS, NOW, []) == {
        "id": IDS.of("applications", "65920080c22eeb252edd8ab3"),
        "remote_id": "65920080c22eeb252edd8ab3",
        "outcome": None,
        "source": "LinkedIn",
        "applied_at": "2024-01-01T00:00:00.000Z",
        "job_id": IDS.of("jobs", "JR-1"),
        "remote_job_id": "JR-1",
        "candidate_id": IDS.of("candidates", "c-1"),
        "custom_fields": {"score": 9},
        "integration_fields": [
            _field("campus", True),
            _field("jobApplicationData.applicantSource", "LinkedIn"),
            _field("jobApplicationData.jobId", "JR-1"),
        ],
    }


def test_a_whole_candidate() -> None:
    row = payload()
    record = candidate(row)
    experience = row["candidateData"]["experienceData"]
    assert record == {
        "id": IDS.of("candidates", "c-1"),
        "remote_id": "c-1",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Engines Ltd",
        "title": "Analyst",
        "phone_numbers": [{"phone_number": "+4402079460018", "type": "mobile"}],
        "email": "Ada@Example.com",
        "email_addresses": [{"email_address": "Ada@Example.com", "type": None}],
        "location": {
            "city": "London",
            "country": "GB",
            "raw": "12 St James's Square, London, London, United Kingdom",
            "state": "London",
            "street_1": "12 St James's Square",
            "street_2": None,
            "zip_code": None,
        },
        "custom_fields": {"score": 9},
        "integration_fields": [
            _field("candidateData.contactData.phoneExtension", "7"),
            _field("candidateData.experienceData", experience),
            _field("candidateData.middleName", "King"),
            _field("candidateData.smsOptIn", False),
        ],
    }


def _field(path: str, value: Any) -> dict[str, Any]:
    key = path.rpartition(".")[2]
    return {"id": path, "key": key, "type": "DEFAULT", "value": value, "label": None}


@pytest.mark.parametrize(
    ("placed", "job"),
    [
        ({"jobId": "JOBID"}, "JOBID"),
        ({"jobId": 7}, "7"),
        ({"jobId": " JR-1\u00a0"}, "JR-1"),
        ({"jobId": "\tJOBID\n"}, "JOBID"),
        ({"jobId": " "}, None),
        ({"jobId": None}, None),
        ({}, None),
        (None, None),
        ("JR-1", None),
    ],
)
def test_job_id_is_set_unless_it_is_blank(placed: Any, job: str | None) -> None:
    record = applications.application(payload(jobApplicationData=placed), "1", IDS, NOW, [])
    assert record["job_id"] == (IDS.of("jobs", job) if job else None)
    assert record["remote_job_id"] == job


@pytest.mark.parametrize(
    ("person", "key"),
    [
        ({"id": "c-1", "contactData": {"email": "a@x.io"}}, "c-1"),
        ({"id": 12}, "12"),
        ({"id": " c-1\u3000"}, "c-1"),
        ({"id": " ", "contactData": {"email": " A@X.io "}}, "email:a@x.io"),
        ({"contactData": {"email": "A@X.io"}}, "email:a@x.io"),
        ({"contactData": {"email": "none"}}, None),
        ({"contactData": None}, None),
        ({"contactData": "a@x.io"}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_candidate_key(person: Any, key: str | None) -> None:
    row = payload(candidateData=person)
    assert candidates.candidate_key(row, []) == key
    record = applications.application(row, "1", IDS, NOW, [])
    assert record["candidate_id"] == (IDS.of("candidates", key) if key else None)


@pytest.mark.parametrize(
    ("key", "moment"),
    [
        ("65920080c22eeb252edd8ab3", "2024-01-01T00:00:00.000Z"),
        ("65920080C22EEB252EDD8AB3", "2024-01-01T00:00:00.000Z"),
        ("386d4380c22eeb252edd8ab3", "2000-01-01T00:00:00.000Z"),
        ("386d437fc22eeb252edd8ab3", None),
        ("00000000c22eeb252edd8ab3", None),
        ("ffffffffc22eeb252edd8ab3", None),
        (f"{int(NOW.timestamp()) + 86_400:08x}c22eeb252edd8ab3", "2026-11-03T09:00:00.000Z"),
        (f"{int(NOW.timestamp()) + 86_401:08x}c22eeb252edd8ab3", None),
        ("65920080c22eeb252edd8ab", None),
        ("65920080c22eeb252edd8ab3f", None),
        ("65920080c22eeb252edd8abg", None),
        ("6592_080c22eeb252edd8ab3", None),
        ("\u0666" * 24, None),
        ("1704067200", None),
    ],
)
def test_applied_at_is_the_time_in_the_id(key: str, moment: str | None) -> None:
    assert applications.application(payload(id=key), key, IDS, NOW, [])["applied_at"] == moment


@pytest.mark.parametrize("mail", ["none", None, 7, {}])
def test_no_email_where_no_address_is_valid(mail: Any) -> None:
    record = candidate(payload(candidateData={"id": "c-1", "contactData": {"email": mail}}))
    assert (record["email"], record["email_addresses"]) == (None, [])


@pytest.mark.parametrize("source", ["", " ", None])
def test_no_source_of_an_application(source: Any) -> None:
    row = payload(jobApplicationData={"applicantSource": source})
    assert applications.application(row, "1", IDS, NOW, [])["source"] is None


def test_a_source_of_an_unexpected_type_is_counted_once() -> None:
    mismatches: Mismatches = []
    row = payload(jobApplicationData={"applicantSource": 7, "jobId": 8})
    record = applications.application(row, "1", IDS, NOW, mismatches)
    assert (record["source"], record["remote_job_id"]) == ("7", "8")
    assert mismatches == ["job_id", "source"]


@pytest.mark.parametrize(
    ("source", "is_kept"),
    [
        ("acme referral", True),
        (" ACME Referral\t", True),
        ("STRASSE", True),
        ("straße", True),
        ("acme", False),
        ("", False),
        (None, False),
        (7, True),
        ({"name": "acme referral"}, False),
    ],
)
def test_sources_match_without_case_and_surrounding_space(source: Any, is_kept: bool) -> None:
    names = {" Acme Referral", "Straße ", "7"}
    sources = frozenset(map(applications.normalized_source, names))
    row = payload(jobApplicationData={"applicantSource": source})
    assert applications.is_kept(row, sources) is is_kept
    assert applications.is_kept(row, None)


@pytest.mark.parametrize("row", [None, 7, "acme referral", [], {}, {"jobApplicationData": []}])
def test_a_row_without_a_source_is_not_kept(row: Any) -> None:
    assert not applications.is_kept(row, frozenset({"acme referral"}))
    assert applications.is_kept(row, None)


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ({"phoneNumber": "030 1234-56"}, "030123456"),
        ({"phoneNumber": "+49 (30) 1234.56"}, "+4930123456"),
        ({"phoneNumber": "30 1234", "countryPhoneCode": "+49"}, "+49301234"),
        ({"phoneNumber": "30 1234", "countryPhoneCode": 49}, "+49301234"),
        ({"phoneNumber": "30 1234", "countryPhoneCode": "US (+1)"}, "+1301234"),
        ({"phoneNumber": "+49301234", "countryPhoneCode": "1"}, "+49301234"),
        ({"phoneNumber": 301234}, "301234"),
        ({"phoneNumber": "(+49) 30 1234", "countryPhoneCode": "49"}, "+49301234"),
        ({"phoneNumber": "301234", "countryPhoneCode": " "}, "301234"),
    ],
)
def test_phone_numbers(contact: dict[str, Any], expected: str) -> None:
    assert candidates.phone_numbers(contact, []) == [{"phone_number": expected, "type": None}]


@pytest.mark.parametrize("number", [None, "", " ", "--", "n/a", {}, []])
def test_no_phone_number(number: Any) -> None:
    assert candidates.phone_numbers({"phoneNumber": number, "deviceType": "x"}, []) == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Ada@Example.com ", "Ada@Example.com"),
        ("münz@häuser.test", "münz@häuser.test"),
        ("mailto:ada@example.com", None),
        ("ada@example.com.", None),
        ("Ada <ada@example.com>", None),
        ("<ada@example.com>", None),
        ("ada..king@example.com", None),
        ("ada@example..com", None),
        ("ada@localhost", None),
        ("ada@example.com; bob@example.com", None),
        pytest.param("a@" + "." * 40_000 + "@", None, id="dots"),
    ],
)
def test_email_addresses(written: str, address: str | None) -> None:
    found = candidates.email_addresses({"email": written}, [])
    assert [each["email_address"] for each in found] == ([] if address is None else [address])


@pytest.mark.parametrize(
    ("experiences", "company"),
    [
        ([], None),
        (None, None),
        ("Engines", None),
        ([None, 3], None),
        ([{"companyName": "A", "fromTo": {"endDate": "2020"}}], None),
        ([{"companyName": "A", "fromTo": {"endDate": ""}}], "A"),
        ([{"companyName": "A", "fromTo": {"endDate": "2020"}}, {"companyName": "B"}], "B"),
        (
            [
                {"companyName": "A", "fromTo": {"endDate": ""}},
                {"companyName": "B", "fromTo": {"endDate": "2030", "currentlyWorkHere": "True"}},
            ],
            "B",
        ),
        ([{"companyName": "A", "fromTo": {"currentlyWorkHere": True, "endDate": "x"}}], "A"),
        ([{"companyName": "A", "fromTo": {"currentlyWorkHere": 1, "endDate": "x"}}], "A"),
    ],
)
def test_current_position(experiences: Any, company: str | None) -> None:
    assert candidates.current_position(experiences, [])[0] == company


def test_source_is_added_to_a_candidate() -> None:
    columns = orjson.dumps({"id": "1"})
    assert orjson.loads(candidates.with_source(columns, "Jöb Böard")) == {
        "id": "1",
        "source": "Jöb Böard",
    }
    assert orjson.loads(candidates.with_source(columns, None))["source"] is None


def test_values_of_unexpected_types_are_counted() -> None:
    mismatches: Mismatches = []
    row = payload()
    person = row["candidateData"]
    person.update(firstName=3, lastName=["x"], addressData="London", experienceData={"a": 1})
    person["contactData"]["phoneNumber"] = {"n": 1}
    record = candidate(row, mismatches)
    assert record["first_name"] == "3"
    assert record["last_name"] is None
    assert record["location"] is None
    assert record["phone_numbers"] == []
    assert sorted(mismatches) == ["company", "first_name", "last_name", "location", "phone_numbers"]
