"""The Hiring Manager API: jobs that the acting user (``x-ph-userId``) may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import page_of
from phenom_api.paging import Page

JOBS = Operation("POST", "/hiringmanager/v3/jobs/search", "Hiring Manager API, reading jobs")

JobStatus = Literal["OPEN", "PAST"]


def jobs_page(gateway: Gateway, status: JobStatus, offset: int, limit: int) -> Page:
    """Rows ``offset`` … of the jobs that are open or past.

    Answer: ``{status, data: {jobs: [JobDetails], from, size, totalCount}}``.
    """

    def read(body: Mapping[str, Any]) -> Page:
        data = body.get("data")
        if not isinstance(data, Mapping):
            raise ValueError("data is not an object")
        return page_of(data, "jobs", data.get("totalCount"))

    return gateway.fetch(JOBS, read, json={"status": status, "from": offset, "size": limit})
