"""Section 3 of the contract: examples for its sentences, and what `source-phenom read` emits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import babel
import pycountry
import pytest
from jsonschema import Draft7Validator, FormatChecker

import phenom_sandbox

from . import expected
from .expected import expected_records, unified_id
from .payloads import FIXED, ROOM, SITE_TYPES, Tenant, tenant
from .reading import CHANGED_AT, Reading, differences, read
from .static_gateway import serving


def _is_date_time(value: Any) -> bool:
    return not isinstance(value, str) or CHANGED_AT.match(value) is not None


FORMATS = FormatChecker(formats=[])
FORMATS.checkers["date-time"] = (_is_date_time, ())


def _records(given: Tenant, **config: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """Return expected records by stream and remote id (by id for the join models)."""
    by_id = expected_records(given.open_jobs, given.closed_jobs, given.applications, config=config)
    return {
        stream: {str(record.get("remote_id", record["id"])): record for record in records.values()}
        for stream, records in by_id.items()
    }


def _job(**fields: Any) -> dict[str, Any]:
    job = {"jobId": "J1", "siteType": "external", **fields}
    return _records(Tenant(open_jobs=[("external", job)]))["jobs"]["J1"]


def _candidate(**candidate_data: Any) -> dict[str, Any]:
    application = {"id": "65a0", "candidateData": {"id": "K1", **candidate_data}}
    return _records(Tenant(applications=[application]))["candidates"]["K1"]


def _application(**fields: Any) -> dict[str, Any]:
    return _records(Tenant(applications=[{"id": "65a0", **fields}]))["applications"]["65a0"]


# ---------------------------------------------------------------------------------------------
# 3.1


def test_id_is_a_uuid5_of_tenant_model_and_key() -> None:
    tenant_uuid = uuid.uuid5(uuid.NAMESPACE_URL, "urn:phenom:acme")
    assert unified_id("acme", "jobs", "J1") == str(uuid.uuid5(tenant_uuid, "jobs:J1"))
    # Fixed for good: the same input gives the same id on every machine.
    assert unified_id("phenom", "jobs", "J1") == "9c711546-17f8-5ef4-9c68-734d4ef2fbd2"


def test_remote_id_is_not_on_the_join_models() -> None:
    for stream, records in _records(FIXED).items():
        assert records, stream
        for record in records.values():
            is_join = stream in ("job_user_role_assignments", "job_hiring_team_members")
            assert ("remote_id" in record) is not is_join
            assert record["remote_deleted_at"] is None


# ---------------------------------------------------------------------------------------------
# 3.2, jobs


@pytest.mark.parametrize(
    ("given", "unified"),
    [
        ("Full Time", "FULL_TIME"),
        ("full-time", "FULL_TIME"),
        ("FULL_TIME", "FULL_TIME"),
        (" fulltime ", "FULL_TIME"),
        ("Part–Time", "PART_TIME"),
        ("Contractor", "CONTRACT"),
        ("seasonal", "SEASONAL"),
        ("Intern", "INTERNSHIP"),
        ("Per Diem", "Per Diem"),
        ("Full Time - Exempt", "FULL_TIME"),
        ("Intern (Fixed Term) (Trainee)", "INTERNSHIP"),
        ("Part Time, Seasonal", "SEASONAL"),
        (["Full time", "Contract"], "CONTRACT"),
        (["Per Diem", 5], "Per Diem, 5"),
        ([], None),
        (" odd ", " odd "),
        (5, "5"),
        (True, "true"),
        ({"a": 1}, None),
        ("  ", None),
        (None, None),
    ],
)
def test_employment_type(given: Any, unified: str | None) -> None:
    assert _job(employmentType=given)["employment_type"] == unified


@pytest.mark.parametrize(
    ("site_type", "display", "unified"),
    [
        ("external", True, "PUBLIC"),
        ("external", None, "PUBLIC"),
        ("external", False, "UNLISTED"),
        ("internal", False, "INTERNAL"),
        ("campus", False, "campus"),
    ],
)
def test_visibility(site_type: str, display: Any, unified: str) -> None:
    assert _job(siteType=site_type, displayCareerSite=display)["visibility"] == unified


@pytest.mark.parametrize(
    ("additional", "unified"),
    [
        ({"department": "R&D"}, "R&D"),
        ({"DEPARTMENT_NAME": "R&D"}, "R&D"),
        ({"Dept.": "R&D"}, "R&D"),
        ({"dept": "Second", "Department": "First"}, "First"),
        ({"department": " ", "dept": "Second"}, "Second"),
        ({"departmentCode": "7"}, None),
        ('{"department": "R&D"}', "R&D"),
        ([{"key": "department", "value": "R&D"}], "R&D"),
        ('[{"name": "Department", "value": "R&D"}]', "R&D"),
        (["department"], None),
        ("department", None),
        (None, None),
    ],
)
def test_department(additional: Any, unified: str | None) -> None:
    assert _job(additionalFields=additional)["department"] == unified


@pytest.mark.parametrize(
    ("given", "unified"),
    [
        ("2024-01-05", "2024-01-05T00:00:00.000Z"),
        ("2024-01-05T10:20:30.456789+01:00", "2024-01-05T09:20:30.456Z"),
        ("2024-01-05 10:20", "2024-01-05T10:20:00.000Z"),
        ("01/25/2024", "2024-01-25T00:00:00.000Z"),
        ("01/05/2024", None),
        ("31/12/2023", "2023-12-31T00:00:00.000Z"),
        ("05.01.2024", "2024-01-05T00:00:00.000Z"),
        ("January 5, 2024", "2024-01-05T00:00:00.000Z"),
        ("5-Jan-2024", "2024-01-05T00:00:00.000Z"),
        ("Fri, 05 Jan 2024 10:20:30 GMT", "2024-01-05T10:20:30.000Z"),
        ("2024-01-05 10:20 UTC+02:00", "2024-01-05T08:20:00.000Z"),
        ("Fri Jan 05 2024 10:20:30 GMT+0200 (Some Time)", "2024-01-05T08:20:30.000Z"),
        ("2024-01-05+01:00", "2024-01-04T23:00:00.000Z"),
        ("2024-01-05Z", "2024-01-05T00:00:00.000Z"),
        ("2024-01-05, 2024-02-05", None),
        ("24-01-05", None),
        ("2024-01-05 10:20 IST", None),
        ("1704412800.0", "2024-01-05T00:00:00.000Z"),
        (1704412800, "2024-01-05T00:00:00.000Z"),
        (1704412800123, "2024-01-05T00:00:00.123Z"),
        ("1704412800123", "2024-01-05T00:00:00.123Z"),
        (True, None),
        ("tomorrow", None),
        ("May", None),
        ("2023-02-29", None),
    ],
)
def test_opened_at(given: Any, unified: str | None) -> None:
    assert _job(additionalFields={"Posted-Date": given})["opened_at"] == unified


def test_opened_at_takes_the_first_name_that_holds_a_valid_value() -> None:
    additional = {"dateCreated": "2020-01-01", "postedDate": "2024-01-05", "openedAt": "soon"}
    assert _job(additionalFields=additional)["opened_at"] == "2024-01-05T00:00:00.000Z"


@pytest.mark.parametrize(
    ("given", "unified"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("UK", "GB"),
        ("U.S.A.", "US"),
        ("South Korea", "KR"),
        ("Korea, Republic of (South Korea)", "KR"),
        ("日本", "JP"),
        ("Nirvana ", "Nirvana "),
    ],
)
def test_country(given: str, unified: str) -> None:
    assert _job(country=given)["location"]["country"] == unified


def test_location_of_a_job() -> None:
    job = _job(address="Main St 1", city="Berlin", state=" ", postalCode=10115, country="Germany")
    assert job["location"] == {
        "city": "Berlin",
        "country": "DE",
        "raw": "Main St 1, Berlin, 10115, Germany",
        "state": None,
        "street_1": "Main St 1",
        "street_2": None,
        "zip_code": "10115",
    }
    assert _job(city=" ", country=None, state={})["location"] is None


def test_integration_fields_of_a_job() -> None:
    job = _job(
        reqId="R1",
        displayCareerSite=False,
        multiLocation=[{"city": "Berlin"}],
        multiRecruiter=[{"recruiterEmail": "a@corp.example"}],
        source=" ",
        new={"b": {"flag": False, "none": None}, "a": 0},
        additionalFields={"x": 1},
    )
    assert [(f["id"], f["key"], f["value"]) for f in job["integration_fields"]] == [
        ("multiLocation", "multiLocation", [{"city": "Berlin"}]),
        ("new.a", "a", 0),
        ("new.b.flag", "flag", False),
        ("reqId", "reqId", "R1"),
        ("siteType", "siteType", "external"),
    ]
    assert {(f["type"], f["label"]) for f in job["integration_fields"]} == {("DEFAULT", None)}
    assert job["custom_fields"] == {"x": 1}


def test_one_record_per_job_id() -> None:
    assert _records(FIXED)["jobs"]["A1"]["name"] == "Eins"  # the smallest locale
    config = {"locale": "en_US", "site_types": ["internal", "external"]}
    assert _records(FIXED, **config)["jobs"]["A1"]["name"] == "One"  # the locale
    config = {"locale": "xx_XX", "site_types": ["internal", "external"]}
    assert _records(FIXED, **config)["jobs"]["A1"]["name"] == "In"  # the site type


def test_closed_jobs() -> None:
    assert "C1" not in _records(FIXED)["jobs"]
    jobs = _records(FIXED, include_closed_jobs=True, site_types=["internal", "external"])["jobs"]
    assert (jobs["C1"]["name"], jobs["C1"]["status"]) == ("Closed inside", "CLOSED")
    assert (jobs["A1"]["name"], jobs["A1"]["status"]) == ("In", "OPEN")


# ---------------------------------------------------------------------------------------------
# 3.2, hiring teams


@pytest.mark.parametrize(
    ("full_name", "first_and_last"),
    [
        ("Anna Schmidt", ("Anna", "Schmidt")),
        ("  Anna  Maria   Schmidt ", ("Anna Maria", "Schmidt")),
        ("Schmidt, Anna Maria", ("Anna Maria", "Schmidt")),
        ("van der Berg,Jan", ("Jan", "van der Berg")),
        ("Cher", ("Cher", None)),
        (None, (None, None)),
    ],
)
def test_split_name(full_name: str | None, first_and_last: tuple[str | None, str | None]) -> None:
    assert expected.split_name(full_name) == first_and_last


def test_hiring_team() -> None:
    records = _records(FIXED)
    ann = {"job_id": unified_id("phenom", "jobs", "3")}
    ann["user_id"] = unified_id("phenom", "users", "ann@corp.example")
    bo = {**ann, "user_id": unified_id("phenom", "users", "bo@corp.example")}
    member_id = unified_id("phenom", "job_hiring_team_members", "3:ann@corp.example")
    assert records["job_hiring_team_members"][member_id] == {
        "id": member_id,
        "remote_deleted_at": None,
        **ann,
        "roles": ["HIRING_MANAGER", "RECRUITER"],
    }
    of_job = [
        r for r in records["job_hiring_team_members"].values() if r["job_id"] == ann["job_id"]
    ]
    assert [(r["user_id"], r["roles"]) for r in of_job] == [
        (ann["user_id"], ["HIRING_MANAGER", "RECRUITER"]),
        (bo["user_id"], ["RECRUITER"]),
    ]
    roles = [records["roles"][role]["id"] for role in ("HIRING_MANAGER", "RECRUITER")]
    of_member = [
        r["role_id"]
        for r in records["job_user_role_assignments"].values()
        if r["job_user_id"] == member_id
    ]
    assert of_member == roles


def test_users() -> None:
    users = _records(FIXED)["users"]
    assert set(users) == {"ann@corp.example", "bo@corp.example"}
    ann, bo = users["ann@corp.example"], users["bo@corp.example"]
    assert (ann["first_name"], ann["last_name"], ann["email"]) == ("Ann", "Lee", "ann@corp.example")
    # Job "3" is smaller than "a", which gives no name, and "b", which gives another.
    assert (bo["first_name"], bo["last_name"]) == ("Bo", None)


def test_roles() -> None:
    assert list(_records(Tenant())["roles"].values()) == [
        {
            "id": unified_id("phenom", "roles", key),
            "remote_id": key,
            "remote_deleted_at": None,
            "remote_label": label,
            "scope": "JOB",
            "unified_type": key,
        }
        for key, label in (("HIRING_MANAGER", "Hiring Manager"), ("RECRUITER", "Recruiter"))
    ]


# ---------------------------------------------------------------------------------------------
# 3.2, applications and candidates


@pytest.mark.parametrize(
    ("job_id", "key"),
    [
        ("J9", "J9"),
        (" J9\u00a0", "J9"),
        ("JOBID", "JOBID"),
        (" JOBID\n", "JOBID"),
        (9, "9"),
        (" ", None),
        (None, None),
        ([], None),
    ],
)
def test_job_of_an_application(job_id: Any, key: str | None) -> None:
    record = _application(jobApplicationData={"jobId": job_id})
    assert record["remote_job_id"] == key
    assert record["job_id"] == (None if key is None else unified_id("phenom", "jobs", key))


@pytest.mark.parametrize(
    ("candidate_data", "key"),
    [
        ({"id": "K1", "contactData": {"email": "a@home.test"}}, "K1"),
        ({"id": 7}, "7"),
        ({"id": "\tK1 "}, "K1"),
        ({"id": " ", "contactData": {"email": " A@Home.Test "}}, "email:a@home.test"),
        ({"contactData": {"email": "not-a-mail"}}, None),
        ({"contactData": ["a@home.test"]}, None),
        (None, None),
    ],
)
def test_candidate_of_an_application(candidate_data: Any, key: str | None) -> None:
    records = _records(Tenant(applications=[{"id": "65a0", "candidateData": candidate_data}]))
    assert list(records["candidates"]) == ([] if key is None else [key])
    assert records["applications"]["65a0"]["candidate_id"] == (
        None if key is None else unified_id("phenom", "candidates", key)
    )


@pytest.mark.parametrize(
    ("application_id", "moment"),
    [
        ("65920080c22eeb252edd8ab3", "2024-01-01T00:00:00.000Z"),
        (" 65920080C22EEB252EDD8AB3 ", "2024-01-01T00:00:00.000Z"),
        ("386d4380c22eeb252edd8ab3", "2000-01-01T00:00:00.000Z"),
        ("386d437fc22eeb252edd8ab3", None),
        ("ffffffffc22eeb252edd8ab3", None),
        ("65920080c22eeb252edd8ab", None),
        ("65920080-22eeb252edd8ab3", None),
    ],
)
def test_applied_at(application_id: str, moment: str | None) -> None:
    (record,) = _records(Tenant(applications=[{"id": application_id}]))["applications"].values()
    assert record["applied_at"] == moment
    assert record["remote_id"] == application_id.strip()


@pytest.mark.parametrize("source", ["LinkedIn", " padded ", "", None, 7, {}])
def test_source_of_an_application(source: Any) -> None:
    record = _application(jobApplicationData={"applicantSource": source})
    assert record["source"] == expected.text(source)


def test_integration_fields_of_an_application() -> None:
    record = _application(
        jobApplicationData={"jobId": "J1", "applicantSource": "LinkedIn", "step": {"n": 1}},
        customFieldData={"x": 1},
        candidateData={"new": 1},
        score=[1],
    )
    assert [(f["id"], f["key"], f["value"]) for f in record["integration_fields"]] == [
        ("jobApplicationData.applicantSource", "applicantSource", "LinkedIn"),
        ("jobApplicationData.jobId", "jobId", "J1"),
        ("jobApplicationData.step.n", "n", 1),
        ("score", "score", [1]),
    ]
    assert record["custom_fields"] == {"x": 1}
    assert record["outcome"] is None


def test_candidate_comes_from_the_newest_application_its_source_from_the_oldest() -> None:
    applications = [
        {
            "id": f"65a0000{digit}",
            "candidateData": {"id": "K1", "firstName": digit},
            "jobApplicationData": {"applicantSource": f"source {digit}"},
            "customFieldData": {"digit": digit},
        }
        for digit in ("2", "a", "1")
    ]
    candidate = _records(Tenant(applications=applications))["candidates"]["K1"]
    assert candidate["first_name"] == "a"
    assert candidate["custom_fields"] == {"digit": "a"}
    assert candidate["source"] == "source 1"


@pytest.mark.parametrize(
    ("contact", "numbers"),
    [
        ({"phoneNumber": "(0170) 123-45.67"}, ["01701234567"]),
        ({"phoneNumber": "170 1", "countryPhoneCode": "+49"}, ["+491701"]),
        ({"phoneNumber": "170 1", "countryPhoneCode": 49}, ["+491701"]),
        ({"phoneNumber": "+49 170", "countryPhoneCode": "1"}, ["+49170"]),
        ({"phoneNumber": 1701}, ["1701"]),
        ({"phoneNumber": " "}, []),
        ({"countryPhoneCode": "49"}, []),
        (None, []),
    ],
)
def test_phone_numbers(contact: Any, numbers: list[str]) -> None:
    assert _candidate(contactData=contact)["phone_numbers"] == [
        {"phone_number": number, "type": None} for number in numbers
    ]


def test_phone_type() -> None:
    contact = {"phoneNumber": "1", "deviceType": "Mobile"}
    expected_numbers = [{"phone_number": "1", "type": "Mobile"}]
    assert _candidate(contactData=contact)["phone_numbers"] == expected_numbers


@pytest.mark.parametrize(
    ("email", "addresses"),
    [(" Kim@Home.Test ", ["Kim@Home.Test"]), ("kim@home", []), (5, []), (None, [])],
)
def test_email_addresses(email: Any, addresses: list[str]) -> None:
    assert _candidate(contactData={"email": email})["email_addresses"] == [
        {"email_address": address, "type": None} for address in addresses
    ]
    first = addresses[0] if addresses else None
    assert _candidate(contactData={"email": email})["email"] == first


@pytest.mark.parametrize(
    ("ends", "position"),
    [
        ([{"endDate": ""}, {"currentlyWorkHere": "true", "endDate": "2020"}], 1),
        ([{"endDate": "2020"}, {"endDate": ""}], 1),
        ([{"endDate": "2020"}, {"endDate": "2021"}], None),
        ([], None),
    ],
)
def test_current_position(ends: list[dict[str, Any]], position: int | None) -> None:
    experience = [
        {"companyName": f"company {number}", "title": f"title {number}", "fromTo": from_to}
        for number, from_to in enumerate(ends)
    ]
    candidate = _candidate(experienceData=experience)
    assert (candidate["company"], candidate["title"]) == (
        (None, None) if position is None else (f"company {position}", f"title {position}")
    )


def test_location_of_a_candidate() -> None:
    address = {"addressLine1": "1", "addressLine2": "2", "region": "BE", "city": "Berlin"}
    assert _candidate(addressData={**address, "country": "deu"})["location"] == {
        "city": "Berlin",
        "country": "DE",
        "raw": "1, 2, Berlin, BE, deu",
        "state": "BE",
        "street_1": "1",
        "street_2": "2",
        "zip_code": None,
    }


def test_integration_fields_of_a_candidate() -> None:
    candidate = _candidate(
        firstName="Kim",
        middleName="Q.",
        smsOptIn=False,
        contactData={"email": "kim@home.test", "phoneExtension": "12", "fax": "1"},
        addressData={"city": "Berlin", "county": "Mitte"},
        educationData=[],
        experienceData=[{"title": "x"}],
    )
    assert [(f["id"], f["key"], f["value"]) for f in candidate["integration_fields"]] == [
        ("candidateData.addressData.county", "county", "Mitte"),
        ("candidateData.contactData.fax", "fax", "1"),
        ("candidateData.contactData.phoneExtension", "phoneExtension", "12"),
        ("candidateData.experienceData", "experienceData", [{"title": "x"}]),
        ("candidateData.middleName", "middleName", "Q."),
        ("candidateData.smsOptIn", "smsOptIn", False),
    ]


# ---------------------------------------------------------------------------------------------
# The connector


def _config(url: str, **options: Any) -> dict[str, Any]:
    """A configuration for a gateway that :func:`serving` serves."""
    connection = {"client_id": "id", "client_secret": "secret"}
    return {**connection, "token_url": url, "gateway_url": url, **options}


def _assert_reads(given: Tenant, config: Mapping[str, Any], folder: Path) -> Reading:
    """Read with `config` in a subprocess, and compare every record with the contract."""
    reading = read(config, folder)
    assert reading.problems() == [], "\n".join(reading.log[-20:])
    wanted = expected_records(given.open_jobs, given.closed_jobs, given.applications, config=config)
    found = differences(wanted, reading)
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:60])
    _assert_valid(reading)
    return reading


def _assert_valid(reading: Reading) -> None:
    """Every record fits the JSON schema that `discover` gives for its stream."""
    for stream in reading.streams:
        validator = Draft7Validator(stream["json_schema"], format_checker=FORMATS)
        for record in reading.records.get(stream["name"], []):
            errors = [f"{e.json_path}: {e.message}"[:300] for e in validator.iter_errors(record)]
            assert not errors, f"{stream['name']} {record['id']}: {errors}"


def _assert_read_equals_contract(
    given: Tenant,
    options: Mapping[str, Any],
    folder: Path,
    *,
    longest_page: int = 50,
    total_is_off_by: int = 0,
) -> Reading:
    with serving(given, longest_page=longest_page, total_is_off_by=total_is_off_by) as url:
        return _assert_reads(given, _config(url, **options), folder)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"site_types": SITE_TYPES, "include_closed_jobs": True, "locale": "de_DE", "page_size": 20},
    {"site_types": ["campus", "external"], "integration_id": "ä tenant", "page_size": 7},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_read_of_the_hand_made_tenant(options: dict[str, Any], tmp_path: Path) -> None:
    _assert_read_equals_contract(FIXED, options, tmp_path, longest_page=3)


@cache
def _ugly(seed_number: int) -> Tenant:
    return tenant(jobs_count=200, applications_count=250, seed_number=seed_number)


@pytest.mark.parametrize("seed_number", [1, 2])
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_read_of_ugly_tenants(options: dict[str, Any], seed_number: int, tmp_path: Path) -> None:
    _assert_read_equals_contract(_ugly(seed_number), options, tmp_path)


def test_read_of_an_empty_tenant(tmp_path: Path) -> None:
    _assert_read_equals_contract(Tenant(), {}, tmp_path)


@pytest.mark.parametrize("options", OPTIONS)
def test_read_where_the_contract_leaves_a_choice(options: dict[str, Any], tmp_path: Path) -> None:
    _assert_read_equals_contract(ROOM, options, tmp_path)


def test_discover_prints_the_streams_of_the_contract(tmp_path: Path) -> None:
    with serving(FIXED) as url:
        streams = read(_config(url), tmp_path).streams
    assert sorted(stream["name"] for stream in streams) == sorted(expected.STREAMS)
    for stream in streams:
        assert stream["source_defined_primary_key"] == [["id"]]
        assert stream["source_defined_cursor"] is True
        assert stream["default_cursor_field"] == ["changed_at"]
        assert sorted(stream["supported_sync_modes"]) == ["full_refresh", "incremental"]
        schema = stream["json_schema"]
        assert schema["additionalProperties"] is True
        record = next(iter(_records(FIXED)[stream["name"]].values()))
        assert set(schema["properties"]) == {*record, "changed_at"}
        for name, column in schema["properties"].items():
            assert column["description"], name
            if column.get("format") == "date-time":
                assert column["airbyte_type"] == "timestamp_with_timezone", name
        for name in {"changed_at", "remote_deleted_at", "opened_at"} & set(schema["properties"]):
            assert schema["properties"][name]["format"] == "date-time", name


def test_values_of_an_unexpected_type_do_not_end_a_sync(tmp_path: Path) -> None:
    """Values of an unexpected type never abort a sync."""
    junk: list[Any] = [None, "text", 5, [], [{}], True]
    deep: Any = "bottom"
    for _ in range(300):
        deep = {"deeper": [deep]}
    dates = ["2024-W01-5/T02", "9" * 5000, "0" * 4301, "-" * 5000, "1" * 309, "٣" * 12]
    odd = Tenant(
        open_jobs=[
            *[
                ("external", {"jobId": f"D{number}", "additionalFields": {"openedAt": date}})
                for number, date in enumerate(dates)
            ],
            ("external", {"jobId": "N1", "additionalFields": {"x": deep}}),
            ("external", {"jobId": "N2", "new": deep}),
            *[("external", item) for item in junk],
        ],
        applications=[
            {"id": "65a0", "candidateData": {"id": "k", "educationData": deep}},
            *junk,
        ],
    )
    with serving(odd) as url:
        reading = read(_config(url), tmp_path)
    assert reading.problems() == [], "\n".join(reading.log[-3:])
    jobs = {record["remote_id"]: record for record in reading.records["jobs"]}
    assert sorted(jobs) == [*[f"D{number}" for number in range(len(dates))], "N1", "N2"]
    assert [jobs[f"D{number}"]["opened_at"] for number in range(len(dates))] == [None] * len(dates)


SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"employmentType": "Temporary Full-Time"}, {"employment_type": "FULL_TIME"}),
    ({"employmentType": ["Full time"]}, {"employment_type": "FULL_TIME"}),
    ({"employmentType": "Tempo pieno"}, {"employment_type": "FULL_TIME"}),
    ({"employmentType": "契約社員"}, {"employment_type": "CONTRACT"}),
    ({"employmentType": "兼职"}, {"employment_type": "PART_TIME"}),
    ({"employmentType": "International"}, {"employment_type": "International"}),
    (
        {"additionalFields": '[{"name": "Dept", "value": "R&D"}]'},
        {"custom_fields": {"Dept": "R&D"}, "department": "R&D"},
    ),
    (
        {"additionalFields": [{"key": "postedDate", "value": "2024-05-01 10:00 UTC+02:00"}]},
        {
            "custom_fields": {"postedDate": "2024-05-01 10:00 UTC+02:00"},
            "opened_at": "2024-05-01T08:00:00.000Z",
        },
    ),
    ({"additionalFields": {"openedAt": "2024-05-01T00:00:00-0500"}},
     {"opened_at": "2024-05-01T05:00:00.000Z"}),
    ({"additionalFields": {"openedAt": "2024-05-01 10:00 BST"}}, {"opened_at": None}),
    ({"additionalFields": {"openedAt": "2024-05-01/2024-06-01"}}, {"opened_at": None}),
]  # fmt: skip
"""What tenants send, and the resulting columns."""

COUNTRIES = {
    "Korea, Republic of (South Korea)": "KR",
    "Taiwan (Province of China)": "TW",
    "Netherlands, The": "NL",
    "United States of America (USA)": "US",
    "China Mainland": "CN",
    "Virgin Islands (U.S.)": "VI",
    "Jersey City": "Jersey City",
    "Georgia, USA": "Georgia, USA",
}


def test_forms_that_tenants_send(tmp_path: Path) -> None:
    listed = [("external", {"jobId": f"S{n}", **given}) for n, (given, _) in enumerate(SHAPES)]
    listed += [("external", {"jobId": country, "country": country}) for country in COUNTRIES]
    application = {"id": "65a0", "candidateData": {"id": "k"}, "customFieldData": '{"pay": 7}'}
    with serving(Tenant(open_jobs=listed, applications=[application])) as url:
        reading = read(_config(url), tmp_path)
    jobs = {record["remote_id"]: record for record in reading.records["jobs"]}
    for number, (_, columns) in enumerate(SHAPES):
        assert {name: jobs[f"S{number}"][name] for name in columns} == columns
    assert {country: jobs[country]["location"]["country"] for country in COUNTRIES} == COUNTRIES
    assert reading.records["applications"][0]["custom_fields"] == {"pay": 7}
    assert reading.records["candidates"][0]["custom_fields"] == {"pay": 7}


def test_text_that_no_warehouse_can_store_is_repaired(tmp_path: Path) -> None:
    """U+0000 is dropped, half a surrogate pair becomes U+FFFD; the rest is passed unchanged."""

    def given(nul: str, half: str) -> Tenant:
        job = {
            "jobId": f"J{half}",
            "title": f"a{nul}b",
            "additionalFields": {f"k{half}": f"{nul}c"},
        }
        return Tenant(open_jobs=[("external", job)])

    with serving(given("\x00", "\ud83d")) as url:
        _assert_reads(given("", "\ufffd"), _config(url), tmp_path)


def test_no_name_of_a_country_resolves_to_another_country(tmp_path: Path) -> None:
    """`country` is ISO 3166-1 alpha-2 where it can be resolved, else Phenom's text."""
    codes = {country.alpha_2 for country in pycountry.countries}
    alpha_3 = {country.alpha_3.lower() for country in pycountry.countries}
    meant: dict[str, set[str]] = {}
    for language in ("ar", "cs", "de", "el", "en", "es", "fr", "he", "hi", "hu", "it", "ja"):
        for code, name in babel.Locale(language).territories.items():
            if code in codes and name.lower() not in alpha_3:
                meant.setdefault(name, set()).add(code)
    names = [name for name, of in meant.items() if len(of) == 1]
    given = [("external", {"jobId": name, "country": name}) for name in names]
    with serving(Tenant(open_jobs=given), longest_page=1000) as url:
        reading = read(_config(url, page_size=1000), tmp_path)
    resolved = {one["remote_id"]: one["location"]["country"] for one in reading.records["jobs"]}
    wrong = {name: resolved[name] for name in names if resolved[name] not in (name, *meant[name])}
    assert wrong == {}
    in_english = {name: code for code, name in babel.Locale("en").territories.items()}
    assert [n for n in names if n in in_english and resolved[n] != in_english[n]] == []


@pytest.mark.parametrize("total_is_off_by", [-5, 5])
def test_a_wrong_total_is_a_warning(total_is_off_by: int, tmp_path: Path) -> None:
    """If a total is wrong but every page was read, the read ends with 0 and a warning."""
    plain = Tenant(
        open_jobs=[("external", {"jobId": f"J{number}"}) for number in range(20)],
        applications=[{"id": f"65a0{number:020x}"} for number in range(20)],
    )
    reading = _assert_read_equals_contract(
        plain, {"page_size": 4}, tmp_path, total_is_off_by=total_is_off_by
    )
    for listing in ("jobs", "applications"):
        claims = [one for one in reading.warnings if listing in one and "20" in one]
        assert any(str(20 + total_is_off_by) in one for one in claims), reading.warnings


def test_values_of_an_unexpected_type_are_counted(tmp_path: Path) -> None:
    """The run's summary counts them by model and field."""
    odd = Tenant(
        applications=[
            {"id": f"65a0{number:020x}", "candidateData": {"id": f"K{number}", "firstName": value}}
            for number, value in enumerate([{"a": 1}, ["x"], {}, "Kim"])
        ],
    )
    reading = _assert_read_equals_contract(odd, {}, tmp_path)
    summary = "\n".join(reading.log)
    assert "candidates.first_name: 3 values of an unexpected type" in summary, summary


@pytest.mark.parametrize(
    ("seed_number", "options"),
    [
        (1, {}),
        (2, {"site_types": ["internal", "external"], "include_closed_jobs": True}),
        (3, {"site_types": ["external", "internal"], "locale": "de_DE", "page_size": 1000}),
    ],
)
def test_read_of_the_local_tenant(
    seed_number: int, options: dict[str, Any], tmp_path: Path
) -> None:
    with phenom_sandbox.running(jobs=300, applications=2000, seed=seed_number) as local:
        given = Tenant(
            open_jobs=[(job["siteType"], job) for job in local.tenant.open_jobs()],
            closed_jobs=[(job["siteType"], job) for job in local.tenant.closed_jobs()],
            applications=list(local.tenant.applications()),
        )
        _assert_reads(given, {**local.config, **options}, tmp_path)
