"""The hiring manager's view of jobs, as a plain HTTP client sees it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from phenom_sandbox import Tenant
from phenom_sandbox.records.draw import instant
from unit_tests.sandbox.client import Client

JOBS = "/hiringmanager/v3/jobs"


def listed(client: Client, status: str, **body: Any) -> list[dict[str, Any]]:
    """All pages of a search."""
    jobs: list[dict[str, Any]] = []
    while True:
        page = {"status": status, "from": len(jobs), "size": 50, **body}
        data = client.post(f"{JOBS}/search", json=page).json()["data"]
        jobs += data["jobs"]
        if not data["jobs"]:
            assert data["totalCount"] == len(jobs)
            return jobs


def test_one_record_per_job(client: Client, tenant: Tenant) -> None:
    opened = [row["jobId"] for row in tenant.open_jobs()]
    jobs = listed(client, "OPEN")
    assert [job["jobId"] for job in jobs] == list(dict.fromkeys(opened))
    past = listed(client, "PAST")
    closed = {row["jobId"] for row in tenant.closed_jobs()}
    assert {job["jobId"] for job in past} == closed - set(opened)
    assert {job["status"] for job in jobs} == {"open"}
    assert {job["status"] for job in past} == {"close"}
    for job in [*jobs, *past]:
        assert job["createdDate"] <= job["postedDate"] <= job["updatedDate"]
        assert job["updatedDate"] <= instant(tenant.second)
    odd = next(job for job in jobs if "/" in job["jobId"])
    answer = client.get(f"{JOBS}/{quote(odd['jobId'], safe='')}").json()
    assert answer == {"status": "success", "data": {"job": odd}}
    assert client.get(f"{JOBS}/none").status_code == 404


def test_members_that_agree_with_the_listing(client: Client, tenant: Tenant) -> None:
    for job in listed(client, "OPEN")[:20]:
        row = tenant.job_rows(job["jobId"])[0]
        assert (job["jobTitle"], job["jobType"]) == (row["title"], row["employmentType"])
        assert job["hiringManager"]["managerEmail"] == row["hiringManagerEmail"]
        assert job["numberOfCandidates"] == len(tenant.applications_by_job(job["jobId"]))
        fields = row["additionalFields"] or {}
        if "datePosted" in fields:
            assert job["postedDate"] == fields["datePosted"]


def test_closing_and_editing(client: Client, tenant: Tenant) -> None:
    first, second = listed(client, "OPEN")[:2]
    before = tenant.job_dates(first["jobId"])
    tenant.close_job(first["jobId"])
    dates = tenant.job_dates(first["jobId"])
    assert dates.closed == dates.updated == tenant.now
    assert (dates.created, dates.posted) == (before.created, before.posted)
    past = {job["jobId"]: job for job in listed(client, "PAST")}[first["jobId"]]
    assert (past["status"], past["updatedDate"]) == ("close", instant(tenant.second))
    tenant.set_job(second["jobId"], {"title": "New"})
    job = {job["jobId"]: job for job in listed(client, "OPEN")}[second["jobId"]]
    assert (job["jobTitle"], job["updatedDate"]) == ("New", instant(tenant.second))
    made = tenant.add_job({"title": "Quite new"})
    assert tenant.job_dates(made["jobId"]).posted <= tenant.now
    assert made["jobId"] in [job["jobId"] for job in listed(client, "OPEN")]


def test_sorting_and_searching(client: Client) -> None:
    newest = listed(client, "OPEN", sortBy={"field": "updatedDate", "order": -1})
    dates = [job["updatedDate"] for job in newest]
    assert dates == sorted(dates, reverse=True)
    oldest = listed(client, "PAST", sortBy={"field": "open_days", "order": -1})
    dates = [job["postedDate"] for job in oldest]
    assert dates == sorted(dates)
    title = newest[3]["jobTitle"]
    found = listed(client, "OPEN", keyword=title.upper())
    assert found
    assert all(title.lower() in job["jobTitle"].lower() for job in found)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "ALL"},
        {"status": "OPEN", "from": -1},
        {"status": "OPEN", "size": 0},
        {"status": "OPEN", "size": 1.5},
        {"status": "OPEN", "size": "10"},
        {"status": "OPEN", "keyword": 1},
        {"status": "OPEN", "sortBy": {"field": "shoeSize"}},
        {"status": "OPEN", "sortBy": {"field": "updatedDate", "order": 2}},
    ],
)
def test_invalid_requests(client: Client, body: dict[str, Any]) -> None:
    assert client.post(f"{JOBS}/search", json=body).status_code == 400
