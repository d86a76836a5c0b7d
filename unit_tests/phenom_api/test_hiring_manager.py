"""The hiring manager's view of jobs, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.errors import MalformedAnswer
from phenom_api.hiring_manager import JOBS, jobs_page
from phenom_api.paging import Page
from phenom_api.retries import RetryPolicy
from unit_tests.phenom_api.wire import GATEWAY, wire


@pytest.mark.parametrize(
    ("data", "page"),
    [
        ({"jobs": [{"jobId": "1"}], "totalCount": 7}, Page([{"jobId": "1"}], 7)),
        ({"jobs": [], "totalCount": 0, "from": 0, "size": 5}, Page([], 0)),
        ({"jobs": None}, Page([], None)),
        ({"totalCount": 0}, Page([], 0)),
    ],
)
def test_a_page(data: Any, page: Page) -> None:
    with wire({"ph_user_id": "u1"}) as made:
        made.mocker.post(GATEWAY + JOBS.path, json={"status": "success", "data": data})
        assert jobs_page(made.gateway, "PAST", 10, 5) == page
        request = made.mocker.last_request
    assert request is not None
    assert request.json() == {"status": "PAST", "from": 10, "size": 5}
    assert request.headers["x-ph-userId"] == "u1"


@pytest.mark.parametrize(
    "body", [{"status": "failure"}, {"data": []}, {"data": {}}, {"data": {"jobs": "none"}}]
)
def test_a_body_that_is_not_a_page(body: Any) -> None:
    with wire(policy=RetryPolicy(attempts=2)) as made:
        made.mocker.post(GATEWAY + JOBS.path, json=body)
        with pytest.raises(MalformedAnswer):
            jobs_page(made.gateway, "OPEN", 0, 5)
