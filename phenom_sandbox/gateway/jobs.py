"""Jobs API: `/jobs-api`."""

from __future__ import annotations

from phenom_sandbox.gateway.answers import Call, Refusal, SandboxAnswer, json_answer
from phenom_sandbox.gateway.paging import churn, fragment, listing_page
from phenom_sandbox.listing import JobStore

_FILTERS = ("jobId", "locale", "category", "siteType")


def get_jobs(call: Call) -> SandboxAnswer:
    return _listing(call, call.tenant.open)


def get_closed_jobs(call: Call) -> SandboxAnswer:
    return _listing(call, call.tenant.closed)


def _listing(call: Call, listing: JobStore) -> SandboxAnswer:
    filters = {name: call.query[name] for name in _FILTERS if call.query.get(name)}
    with call.tenant.lock:
        churn(call, listing)
        page = listing_page(call, listing, listing.matching(filters) if filters else None)
    members = page.members(call, "totalRecordsCount")
    return json_answer({"status": "success", **members, "data": fragment(page.data)})


def get_job_by_reference_id(call: Call) -> SandboxAnswer:
    """Takes a `jobId` or a `reqId`; returns the first of several rows."""
    wanted = call.parameters["referenceId"]
    tenant = call.tenant
    with tenant.lock:
        for listing in (tenant.open, tenant.closed):
            for key in listing.matching({"jobId": wanted}):
                return json_answer({"status": "success", "data": fragment(listing.content(key))})
        for key in tenant.open.matching({"reqId": wanted}):
            return json_answer({"status": "success", "data": fragment(tenant.open.content(key))})
    raise Refusal(404, "Job not found")
