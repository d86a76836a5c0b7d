"""Hiring manager API: `/hiringmanager`, with one record per job.

Here, every acting user sees all jobs; a real one may see only their own.
"""

from __future__ import annotations

from typing import Any

from phenom_sandbox.gateway.answers import DEFAULT_SIZE, Call, Refusal, SandboxAnswer, json_answer
from phenom_sandbox.gateway.paging import cut
from phenom_sandbox.listing import JobStore, Payload
from phenom_sandbox.records.draw import instant
from phenom_sandbox.tenant import Tenant

_SORTABLE = ("by_role", "open_days", "updatedDate")
_RECRUITER = ("recruiterName", "recruiterEmail")


def get_all_jobs(call: Call) -> SandboxAnswer:
    """A job that is both open and closed is open. Dates are text."""
    body, tenant = call.json_object(), call.tenant
    status, keyword = body.get("status"), body.get("keyword")
    if status not in ("OPEN", "PAST"):
        raise Refusal(400, "status must be OPEN or PAST")
    if not isinstance(keyword, (str, type(None))):
        raise Refusal(400, "keyword must be text")
    start, size = _number(body, "from", 0, 0), _number(body, "size", DEFAULT_SIZE, 1)
    with tenant.lock:
        ids = _job_ids(tenant.open)
        if status == "PAST":
            opened = set(ids)
            ids = [job_id for job_id in _job_ids(tenant.closed) if job_id not in opened]
        if keyword:
            ids = [job_id for job_id in ids if keyword.lower() in _title(tenant, job_id).lower()]
        page, paging = cut(
            call, _sorted(tenant, ids, body.get("sortBy")), start, size, "totalCount"
        )
        jobs = [_details(tenant, job_id) for job_id in page]
    data = {**paging, "jobs": None if call.hit("data_null") else jobs}
    return json_answer({"status": "success", "data": data})


def get_job_details(call: Call) -> SandboxAnswer:
    tenant, job_id = call.tenant, call.parameters["jobId"]
    with tenant.lock:
        if not tenant.job_rows(job_id) and not tenant.job_rows(job_id, closed=True):
            raise Refusal(404, "Job not found")
        return json_answer({"status": "success", "data": {"job": _details(tenant, job_id)}})


def _job_ids(listing: JobStore) -> list[str]:
    return list(dict.fromkeys(str(listing.row(key)["jobId"]) for key in listing))


def _title(tenant: Tenant, job_id: str) -> str:
    rows = tenant.job_rows(job_id) or tenant.job_rows(job_id, closed=True)
    return str(rows[0].get("title"))


def _sorted(tenant: Tenant, job_ids: list[str], order: Any) -> list[str]:
    """The order `by_role` changes nothing, because everybody sees all jobs."""
    if order is None:
        return job_ids
    if not isinstance(order, dict) or order.get("field") not in _SORTABLE:
        raise Refusal(400, f"sortBy.field must be one of {', '.join(_SORTABLE)}")
    if order.get("order") not in (None, 1, -1):
        raise Refusal(400, "sortBy.order must be 1 or -1")
    backwards = order.get("order") == -1
    if order["field"] == "updatedDate":
        return sorted(job_ids, key=lambda each: tenant.job_dates(each).updated, reverse=backwards)
    if order["field"] == "open_days":
        return sorted(job_ids, key=lambda each: -tenant.job_dates(each).posted, reverse=backwards)
    return job_ids


def _details(tenant: Tenant, job_id: str) -> Payload:
    opened = tenant.job_rows(job_id)
    rows = opened or tenant.job_rows(job_id, closed=True)
    row, dates = rows[0], tenant.job_dates(job_id)
    manager = {
        "managerName": row.get("hiringManagerName"),
        "managerEmail": row.get("hiringManagerEmail"),
        "source": "ATS",
    }
    recruiters = [each for each in row.get("multiRecruiter") or [] if isinstance(each, dict)]
    team = [_member("Hiring Manager", manager["managerName"], manager["managerEmail"])]
    team += [_member("Recruiter", *map(each.get, _RECRUITER)) for each in recruiters]
    candidates = len(tenant.applied.by_job(job_id))
    return {
        "jobId": job_id,
        "jobCode": row.get("reqId"),
        "jobTitle": row.get("title"),
        "jobCategory": row.get("category"),
        "jobType": row.get("employmentType"),
        "companyName": row.get("companyName"),
        "description": row.get("description"),
        "status": "open" if opened else "close",
        "createdDate": instant(dates.created // 1000),
        "updatedDate": instant(dates.updated // 1000),
        "postedDate": instant(dates.posted // 1000),
        "locale": row.get("locale"),
        "siteType": row.get("siteType"),
        "visibilityLocale": sorted({str(each.get("locale")) for each in rows}),
        "visibilitySiteType": sorted({str(each.get("siteType")) for each in rows}),
        "displayCareerSite": row.get("displayCareerSite"),
        "applyUrl": row.get("applyUrl"),
        "source": row.get("source"),
        "hiringManager": manager,
        "hiringManagerList": [manager],
        "hiringTeamList": [member for member in team if member["emailId"]],
        "applyCount": candidates,
        "numberOfCandidates": candidates,
        "isDeleted": False,
        "isConfidential": False,
    }


def _member(role: str, name: str | None, email: str | None) -> Payload:
    return {"role": role, "name": name, "emailId": email, "source": "ATS", "type": "user"}


def _number(body: Payload, name: str, default: int, least: int) -> int:
    """`from` and `size` are described as numbers, so 10.0 is accepted."""
    value = body.get(name, default)
    value = default if value is None else value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not float(value).is_integer() or value < least:
        raise Refusal(400, f"{name} must be a whole number from {least} up")
    return int(value)
