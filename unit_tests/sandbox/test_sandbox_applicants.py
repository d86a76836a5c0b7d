"""Hiring statuses and their histories, as a plain HTTP client sees them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from phenom_sandbox import HiringStatus, Tenant
from phenom_sandbox.records.draw import instant
from unit_tests.sandbox.client import USER, Client

PATH = "/candidates-api/applications/v1"


def applicants(client: Client, job_id: str, size: int = 50) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    path = f"{PATH}/jobs/{quote(job_id, safe='')}/applicants"
    while True:
        answer = client.get(path, params={"from": len(found), "size": size}).json()
        found += answer["data"]["candidates"]
        if not answer["data"]["candidates"]:
            assert answer["pagination"] == {"total": len(found), "size": size, "from": len(found)}
            return found


def applications(client: Client, candidate_id: str) -> dict[str, dict[str, Any]]:
    answer = client.get(f"{PATH}/candidates/{candidate_id}/applications").json()
    return {each["applicationId"]: each for each in answer["data"]["applications"]}


def activities(client: Client, candidate_id: str) -> list[dict[str, Any]]:
    path = f"{PATH}/candidates/{candidate_id}/hiring-status-activities"
    answer = client.get(path, params={"size": 100}).json()
    assert answer["pagination"]["totalCount"] == len(answer["data"])
    data: list[dict[str, Any]] = answer["data"]
    return data


def test_all_operations_show_the_same_status(client: Client, tenant: Tenant) -> None:
    truth = dict(tenant.hiring.statuses())
    listed = {each["id"]: each for each in tenant.applications()}
    assert list(truth) == list(listed)
    by_job = {
        job_id: applicants(client, job_id)
        for job_id in {tenant.job_id_of(each) for each in truth} - {"", "JOBID"}
    }
    by_candidate = {each: applications(client, each) for each in tenant.people.ids()}
    for application_id, status in truth.items():
        candidate_id = tenant.candidate_id_of(listed[application_id])
        text = None if status is None else status.value
        one = by_candidate[candidate_id][application_id]
        shown = one["hiringStatus"]
        assert (shown and shown["value"]) == text
        assert one["updatedDate"] >= one["createdDate"] == int(application_id[:8], 16) * 1000
        job_id = tenant.job_id_of(application_id)
        mine = [each for each in by_job.get(job_id, ()) if each["userId"] == candidate_id]
        if mine:
            assert [each["hiringStatus"] for each in mine] == [text]
        else:
            assert text is None
    assert sum(map(len, by_job.values())) == sum(
        tenant.job_id_of(each) not in ("", "JOBID") for each in truth
    )
    texts = {status.value for status in truth.values() if status}
    assert {"New", "Hired", "Rejected", "Withdrawn"} <= texts
    assert None in truth.values()


def test_histories_end_with_the_current_status(client: Client, tenant: Tenant) -> None:
    staff = {each.user_id: each for each in tenant.directory.accounts()}
    lengths = set()
    for candidate_id in tenant.people.ids()[:60]:
        told = activities(client, candidate_id)
        moments = [each["createdDate"] for each in told]
        assert moments == sorted(moments)
        for application_id, one in applications(client, candidate_id).items():
            about = [each for each in told if each["actionValue"] == one["jobId"]]
            lengths.add(len(about))
            if one["hiringStatus"] is None:
                assert about == []
                continue
            assert [each["previousValue"] for each in about] == [
                None,
                *(each["updatedValue"] for each in about[:-1]),
            ]
            first, last = about[0], about[-1]
            assert first["createdDate"] == tenant.created(application_id)
            assert first["recruitersUserId"] is None
            assert last["updatedValue"] == one["hiringStatus"]["value"]
            assert last["createdDate"] == one["hiringStatus"]["updatedDate"]
            for each in about[1:]:
                account = staff[each["recruitersUserId"]]
                assert "Recruiter" in account.roles
                assert each["recruiterName"]
    assert {0, 1, 2, 3, 5} <= lengths


def test_the_members_of_a_hiring_status(
    client: Client, application: dict[str, Any], tenant: Tenant
) -> None:
    candidate_id = application["candidateData"]["id"]
    tenant.hiring.move(application["id"], "Interview")
    status = HiringStatus("Rejected", "Closed", True, "No work permit")
    moved = tenant.hiring.move(application["id"], status, recruiter_id="r", recruiter_name="Ann")
    one = applications(client, candidate_id)[application["id"]]
    assert one["updatedDate"] == moved.updated == tenant.now
    assert one["hiringStatus"] == {
        "value": "Rejected",
        "step": "Closed",
        "hiringStatusCode": "REJECTED",
        "hiringStepCode": "CLOSED",
        "workFlowStepId": "step-6",
        "disposition": "Rejected",
        "isRejected": True,
        "rejectionReason": "No work permit",
        "rejectionReasonId": "NO_WORK_PERMIT",
        "hsPriority": len(tenant.hiring.history(application["id"])),
        "updatedDate": moved.updated,
        "previousValue": "Interview",
        "previousStep": "Interview",
        "previousHiringStatusCode": "INTERVIEW",
        "previousHiringStepCode": "INTERVIEW",
        "previousWorkFlowStepId": "step-3",
        "previousRejectionReason": None,
        "previousRejectionReasonId": None,
    }
    last = activities(client, candidate_id)[-1]
    assert last["recruitersUserId"] == "r"
    assert (last["recruiterName"], last["content"]) == ("Ann", "No work permit")


def test_changing_a_status_over_http(
    client: Client, application: dict[str, Any], tenant: Tenant
) -> None:
    candidate_id = application["candidateData"]["id"]
    job_id = application["jobApplicationData"]["jobId"]
    path = f"{PATH}/candidates/{candidate_id}/jobs/{quote(job_id, safe='')}"
    before = tenant.hiring.history(application["id"])
    body = {"hiringStatus": "Talent Pool", "recruiterName": "Grace"}
    answer = client.send("PATCH", f"{path}/update-hiring-status", json=body)
    assert answer.json() == {"status": "success", "message": "Hiring status updated", "data": {}}
    status = tenant.hiring.status(application["id"])
    assert status == HiringStatus("Talent Pool", before[-1].status.step, updated=tenant.now)
    *same, last = tenant.hiring.history(application["id"])
    assert tuple(same) == before
    assert (last.recruiter_id, last.recruiter_name, last.source) == (USER, "Grace", "API")

    places = client.get(f"{path}/get-hiring-status").json()["data"]["applications"]
    job_is_open = bool(tenant.job_rows(job_id))
    assert bool(places["open"]) == job_is_open != bool(places["close"])
    (shown,) = places["open"] + places["close"]
    assert shown["hiringStatus"]["value"] == "Talent Pool"
    assert (shown["jobId"], shown["userId"]) == (job_id, candidate_id)


@pytest.mark.parametrize(
    "body",
    [{}, {"hiringStatus": " "}, {"hiringStatus": "New", "isRejected": "no"}, {"hiringStatus": 1}],
)
def test_invalid_changes_of_a_status(
    client: Client, application: dict[str, Any], tenant: Tenant, body: dict[str, Any]
) -> None:
    before = tenant.hiring.history(application["id"])
    job_id = quote(application["jobApplicationData"]["jobId"], safe="")
    candidate = f"{PATH}/candidates/{application['candidateData']['id']}/jobs"
    path = f"{candidate}/{job_id}/update-hiring-status"
    assert client.send("PATCH", path, json=body).status_code == 400
    good = {"hiringStatus": "New"}
    for other in (
        f"{candidate}/none/update-hiring-status",
        f"{PATH}/candidates/none/jobs/{job_id}/update-hiring-status",
    ):
        assert client.send("PATCH", other, json=good).status_code == 404
    assert tenant.hiring.history(application["id"]) == before


def test_applicants_have_the_members_of_the_candidate(
    client: Client, application: dict[str, Any], tenant: Tenant
) -> None:
    job_id = application["jobApplicationData"]["jobId"]
    candidate_id = application["candidateData"]["id"]
    mine = next(e for e in applicants(client, job_id, 1000) if e["userId"] == candidate_id)
    person = tenant.people.find(candidate_id)
    assert person is not None
    assert mine["emails"] == person["emails"]
    assert mine["dateCreated"] == instant(person["created"] // 1000)
    assert mine["updatedDate"] == instant(person["updated"] // 1000)


def test_unknown_jobs(client: Client, tenant: Tenant) -> None:
    page = {"from": 0, "size": 1}
    for job_id in ("none", "JOBID"):
        assert client.get(f"{PATH}/jobs/{job_id}/applicants", params=page).status_code == 404
    missing = client.get(f"{PATH}/jobs/JR-1/applicants", params={"from": 0})
    assert missing.status_code == 400
    gone = tenant.generated_jobs.ids[-1]
    assert not tenant.job_rows(gone)
    assert client.get(f"{PATH}/jobs/{gone}/applicants", params=page).status_code == 200


def test_a_new_applicant(client: Client, tenant: Tenant) -> None:
    job_id = next(tenant.open_jobs())["jobId"]
    made = tenant.add_application(
        {
            "candidateData": {"id": "c-new", "contactData": {"email": "new@example.com"}},
            "jobApplicationData": {"jobId": job_id},
        }
    )
    newest = applicants(client, job_id)[-1]
    assert (newest["userId"], newest["hiringStatus"]) == ("c-new", "New")
    (only,) = activities(client, "c-new")
    assert (only["previousValue"], only["updatedValue"]) == (None, "New")
    tenant.set_application(made["id"], {"jobApplicationData": {"jobId": "JOBID"}})
    assert applications(client, "c-new")[made["id"]]["hiringStatus"] is None
    assert activities(client, "c-new") == []


def test_pages_of_activities_with_and_without_jobs(client: Client, tenant: Tenant) -> None:
    candidate_id = next(e for e in tenant.people.ids() if len(activities(client, e)) > 10)
    path = f"{PATH}/candidates/{candidate_id}/hiring-status-activities"
    everything = activities(client, candidate_id)
    first = client.get(path).json()
    assert first["data"] == everything[:10]
    assert first["pagination"] == {"from": 0, "size": 10, "totalCount": len(everything)}
    rest = client.get(path, params={"from": 10, "size": 100}).json()
    assert rest["data"] == everything[10:]
    client.local.faults.nameless_activities = True
    for each, named in zip(activities(client, candidate_id), everything, strict=True):
        assert each == {**named, "actionValue": None, "subject": None}
    client.local.faults.clear()
    job_activities = client.get(f"{PATH}/candidates/{candidate_id}/job-activities").json()
    ids = tenant.application_ids_of(candidate_id)
    assert [each["jobId"] for each in job_activities["data"]] == [
        tenant.job_id_of(each) or None for each in ids
    ]
    assert job_activities["pagination"]["totalCount"] == len(ids)
