"""``only_created_applications``: everything is as if the other applications did not exist."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit_tests.reading.recruiting import NOW, Applied, Printed, Recruiting, read

OURS: dict[str, Any] = {
    "only_created_applications": True,
    "application_sources": [" Acme Referral ", "STRASSE"],
}
USER: dict[str, Any] = {"ph_user_id": "u1"}
CREATED = ("acme referral", "ACME REFERRAL", " Acme Referral", "straße")
OTHER = ("foreign: Career Site", "foreign: acme", None, "", 7, {"name": "acme referral"})
ODD: tuple[Any, ...] = ({"a": 1}, ["x"], 7, True)
FIRST = 0x65F0C1D2


def applied(
    number: int,
    person: int,
    job: str | None,
    source: Any,
    *,
    has_id: bool = True,
    has_address: bool = True,
    seconds: int | None = None,
    odd: Any = None,
) -> Applied:
    """An application. Every value shows whether ``only_created_applications`` leaves it out."""
    is_ours = source in CREATED
    mark = "ours" if is_ours else "foreign"
    key = f"{FIRST + (number if seconds is None else seconds):08x}{number:016x}"
    address = f"p{person}@example.com"
    second = FIRST + (number if seconds is None else seconds)
    data: dict[str, Any] = {
        "firstName": f"{mark} {number}" if odd is None else odd,
        "lastName": f"{mark} {number}",
        "contactData": {"email": address} if has_address else {},
        "educationData": [f"{mark} {number}"],
        "addressData": {"city": f"{mark} {number}"} if odd is None else odd,
    }
    if has_id:
        data["id"] = f"c{person}"
    status = f"{mark} stage {number}" if odd is None else odd
    return Applied(
        row={
            "id": key,
            "candidateData": data,
            "jobApplicationData": {"jobId": job, "applicantSource": source},
            "customFieldData": {f"{mark} field": number} if odd is None else odd,
            f"{mark} unknown": number,
        },
        user_id=f"c{person}",
        addresses=(address,) if has_address else (),
        job_id=job,
        own={
            "phApplicationId": key,
            "applicationId": f"ats-{number}",
            "jobId": job,
            "hiringStatus": {"value": status, "rejectionReason": odd or f"{mark} {number}"},
            "createdDate": second * 1000,
            "updatedDate": (second + number) * 1000,
        },
        history=(
            {
                "createdDate": (second + 3_600) * 1000,
                "actionType": "HIRING_STATUS_UPDATED",
                "actionValue": job,
                "previousValue": odd,
                "updatedValue": f"{mark} stage {number}",
                "recruiterName": odd,
            },
        ),
        files=(
            {
                "attachmentId": f"file-{number}",
                "attachmentName": f"{mark} {number}.pdf" if odd is None else odd,
                "attachmentType": "Resume",
                "applicationId": f" {key} ",
            },
        ),
        status=status,
    )


def is_ours(one: Applied) -> bool:
    placed = one.row["jobApplicationData"]
    return isinstance(placed, dict) and placed["applicantSource"] in CREATED


def without_others(tenant: Recruiting) -> Recruiting:
    return replace(tenant, applied=[one for one in tenant.applied if is_ours(one)], asked=[])


JOBS = ("JR-1", "JR-2", "JR-3")


@st.composite
def tenants(draw: Any, *, may_apply_again: bool = False) -> Recruiting:
    """:param may_apply_again: whether somebody may have several applications for one job."""
    people = {person: draw(st.sampled_from(["both", "id", "address"])) for person in range(5)}
    chosen = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(people)), st.sampled_from(JOBS)),
            max_size=12,
            unique=not may_apply_again,
        )
    )
    listed = []
    for number, (person, job) in enumerate(chosen, 1):
        one = applied(
            number,
            person,
            job,
            draw(st.sampled_from(CREATED) | st.sampled_from(OTHER)),
            has_id=people[person] != "address",
            has_address=people[person] != "id",
            odd=draw(st.none() | st.sampled_from(ODD)),
        )
        if draw(st.integers(0, 9)) == 0:
            # Without an id it is no record, and the API's rows about it cannot be recognised.
            row = {**one.row, "id": draw(st.sampled_from([None, " "]))}
            one = replace(one, row=row, own=None, history=(), files=())
        listed.append(one)
    profiles = [
        {
            "userId": f"c{person}",
            "emailList": [{"email": f"p{person}@example.com"}],
            "dateCreated": (FIRST + person) * 1000,
            "updatedDate": (FIRST + 10 * person) * 1000,
        }
        for person in people
    ]
    jobs = [{"jobId": job, "siteType": "external"} for job in JOBS[:2]]
    tags = {"vip": ["c0", "c1"], "relocates": ["c1", "c4"]}
    return Recruiting(draw(st.permutations(listed)), jobs, profiles=profiles, tags=tags)


both_ways = pytest.mark.parametrize("user", [{}, USER], ids=["no user", "acting user"])
examples = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@both_ways
@examples
@given(before=tenants(), after=tenants())
def test_a_read_equals_one_of_a_tenant_without_the_others(
    user: dict[str, Any], before: Recruiting, after: Recruiting
) -> None:
    first = read(before, **OURS, **user)
    alone = read(without_others(before), **OURS, **user)
    assert first.comparable() == alone.comparable()
    assert not first.failures
    second = read(after, first.states, **OURS, **user)
    assert (
        second.comparable()
        == read(without_others(after), alone.states, **OURS, **user).comparable()
    )


def merged(*reads: Printed) -> dict[str, dict[str, Any]]:
    """The live records of a warehouse, without the times of changes."""
    rows: dict[str, dict[str, Any]] = {}
    for printed in reads:
        for stream, records in printed.records.items():
            for record in records:
                rows.setdefault(stream, {})[record["id"]] = {**record, "changed_at": None}
    return {
        stream: {key: row for key, row in of.items() if row["remote_deleted_at"] is None}
        for stream, of in rows.items()
    }


@both_ways
@examples
@given(tenant=tenants())
def test_turning_it_on_and_off_is_a_change(user: dict[str, Any], tenant: Recruiting) -> None:
    everything = read(tenant, **user)
    ours = read(tenant, everything.states, now=NOW + timedelta(hours=1), **OURS, **user)
    alone = merged(read(without_others(tenant), **OURS, **user))
    found = merged(everything, ours)
    assert {stream: rows for stream, rows in found.items() if rows} == alone
    back = read(tenant, ours.states, now=NOW + timedelta(hours=2), **user)
    assert merged(everything, ours, back) == merged(everything)
    quiet = read(tenant, back.states, now=NOW + timedelta(hours=3), **user)
    assert not quiet.records


@both_ways
@settings(examples, max_examples=60)
@given(tenant=tenants(may_apply_again=True), forgets=st.sets(st.sampled_from(["ids", "dates"])))
def test_values_that_may_be_of_an_excluded_application_are_not_shown(
    user: dict[str, Any], tenant: Recruiting, forgets: set[str]
) -> None:
    gone = {"ids": ("phApplicationId", "applicationId"), "dates": ("createdDate",)}
    for place, one in enumerate(tenant.applied):
        own = one.own and {
            name: value
            for name, value in one.own.items()
            if not any(name in gone[what] for what in forgets)
        }
        tenant.applied[place] = replace(one, own=own)
    printed = read(tenant, **OURS, **user)
    shown = json.dumps([printed.records, printed.states, printed.log])
    assert "foreign" not in shown
    records = printed.by_remote_id("applications")
    assert set(records) == {
        one.row["id"] for one in tenant.applied if is_ours(one) and (one.row["id"] or "").strip()
    }


def test_the_oldest_application_that_is_kept_gives_the_source() -> None:
    tenant = Recruiting(
        [
            applied(1, 1, "JR-1", "foreign: Career Site"),
            applied(2, 1, "JR-2", "acme referral"),
            applied(3, 1, "JR-3", "foreign: acme"),
            applied(4, 2, "JR-1", "foreign: Career Site"),
        ]
    )
    printed = read(tenant, **OURS)
    (candidate,) = printed.records["candidates"]
    assert candidate["source"] == "acme referral"
    assert candidate["first_name"] == "ours 2"
    assert candidate["custom_fields"] == {"ours field": 2}
    assert candidate["location"]["city"] == "ours 2"


@both_ways
def test_a_candidate_without_kept_applications_is_deleted(user: dict[str, Any]) -> None:
    kept, other = applied(1, 1, "JR-1", "straße"), applied(2, 1, "JR-2", "foreign: acme")
    first = read(Recruiting([kept, other]), **OURS, **user)
    second = read(Recruiting([other]), first.states, **OURS, **user)
    streams = {"applications", "candidates"}
    if user:
        streams |= {"application_activities", "candidate_documents"}
    assert set(second.records) == streams
    for stream in streams:
        (tombstone,) = second.records[stream]
        assert tombstone["remote_deleted_at"] == tombstone["changed_at"]


def test_columns_of_unexpected_types_are_not_counted_for_the_others() -> None:
    others = [applied(n, n, "JR-1", "foreign: acme", odd=odd) for n, odd in enumerate(ODD, 1)]
    others += [replace(one, row={**one.row, "id": None}) for one in others]
    others += [applied(n, 9, "JR-2", "foreign: acme", odd=odd) for n, odd in enumerate(ODD, 20)]
    kept = applied(9, 9, "JR-3", "straße", odd={"a": 1})
    among_applicants = applied(10, 10, "JR-1", "straße", has_id=False)
    tenant = Recruiting([*others, kept, among_applicants])
    log = "\n".join(read(tenant, **OURS, **USER).log)
    assert "applications.current_stage: 1 values of an unexpected type" in log
    assert "candidates.first_name: 1 values of an unexpected type" in log
    assert "application_activities.employee_name: 1 values" in log
    assert "candidate_documents.file_name: 1 values" in log
    assert ": 2 values" not in log
    assert "without a key" not in log


def test_other_candidates_are_not_asked_about() -> None:
    tenant = Recruiting(
        [applied(n, n, f"JR-{n}", "foreign: acme", has_id=n % 2 == 0) for n in range(1, 9)]
    )
    read(tenant, **OURS, **USER)
    assert not [path for path in tenant.asked if "/candidates/c" in path or "/jobs/JR" in path]
