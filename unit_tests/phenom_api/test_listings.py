"""Pages of the listings from the gateway's answers."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.errors import MalformedAnswer
from phenom_api.listings import OPEN_JOBS, applications_page, jobs_page
from phenom_api.paging import Page
from phenom_api.retries import RetryPolicy
from unit_tests.phenom_api.wire import GATEWAY, URL, wire


@pytest.mark.parametrize(
    ("total", "count"),
    [
        (7, 7),
        (0, 0),
        ("7", 7),
        (" 7 ", 7),
        (7.0, 7),
        (7.5, None),
        (-1, None),
        ("-1", None),
        ("many", None),
        ("", None),
        ("9" * 5000, None),
        (True, None),
        (None, None),
        ([7], None),
    ],
)
def test_totals(total: Any, count: int | None) -> None:
    with wire() as made:
        made.mocker.get(URL, json={"data": [{"id": "a"}], "pagination": {"total": total}})
        assert applications_page(made.gateway, 0, 5) == Page([{"id": "a"}], count)
        made.mocker.get(GATEWAY + OPEN_JOBS.path, json={"data": [], "totalRecordsCount": total})
        assert jobs_page(made.gateway, OPEN_JOBS, "external", 3, 5) == Page([], count)
        request = made.mocker.last_request
    assert request is not None
    assert request.qs == {"sitetype": ["external"], "offset": ["3"], "limit": ["5"]}


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ({"data": None}, Page([], None)),
        ({"data": None, "pagination": {"total": 9}}, Page([], 9)),
        ({"pagination": {"total": 0}}, Page([], 0)),
        ({"data": [1, None], "pagination": None}, Page([1, None], None)),
        ({"data": [], "pagination": []}, Page([], None)),
    ],
)
def test_unusual_pages(body: Any, page: Page) -> None:
    with wire() as made:
        made.mocker.get(URL, json=body)
        assert applications_page(made.gateway, 0, 5) == page


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": "x"}, {"pagination": {"total": 5}}])
def test_a_body_that_is_not_a_page(body: Any) -> None:
    with wire(policy=RetryPolicy(attempts=2)) as made:
        made.mocker.get(URL, json=body)
        with pytest.raises(MalformedAnswer):
            applications_page(made.gateway, 0, 5)
