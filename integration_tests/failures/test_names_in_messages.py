"""No log line and no error repeats a field's name from a payload: it may be a person's name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from integration_tests.failures.running import run
from integration_tests.failures.servers import answering, serving
from integration_tests.source.reading import STREAMS
from unit_tests.reading.recruiting import Recruiting, read
from unit_tests.reading.test_left_out import tenants

NAMES = ("Zebulon Quartermaine", "zebulon@example.com", "+49 170 5550100")
ODD: Any = {NAMES[0]: {NAMES[1]: [NAMES[2]]}}


def with_names(value: Any, depth: int = 0) -> Any:
    """Add to every object members that are named after people, one of each type."""
    if isinstance(value, list):
        return [with_names(item, depth) for item in value]
    if not isinstance(value, dict):
        return value
    more = {NAMES[0]: ODD, NAMES[1]: [ODD, 1], NAMES[2]: NAMES[1]}
    return {**{name: with_names(inner, depth + 1) for name, inner in value.items()}, **more}


def without_texts(value: Any) -> Any:
    """Replace every value except keys by an object."""
    if isinstance(value, list):
        return [without_texts(item) for item in value]
    if not isinstance(value, dict):
        return ODD
    kept = ("id", "userId", "jobId", "attachmentId", "phApplicationId", "createdDate", "tag")
    return {name: inner if name in kept else without_texts(inner) for name, inner in value.items()}


def renamed(tenant: Recruiting, change: Any) -> Recruiting:
    return Recruiting(
        applied=[
            type(one)(
                row=change(one.row),
                user_id=one.user_id,
                job_id=one.job_id,
                own=one.own and change(one.own),
                history=tuple(map(change, one.history)),
                files=tuple(map(change, one.files)),
                status=ODD,
            )
            for one in tenant.applied
        ],
        jobs=[change({**job, "additionalFields": {}, "title": 1}) for job in tenant.jobs],
        employees=[change({"id": "e1", "name": {}, "emails": [{"value": "a@x.io"}]})],
        groups=[change({"id": "g1", "display": "HR"})],
        managed=[change({"jobId": "JR-1", "updatedDate": "soon"})],
        profiles=[change(one) for one in tenant.profiles],
        tags=tenant.tags,
    )


@pytest.mark.parametrize("user", [{}, {"ph_user_id": "u1"}], ids=["no user", "acting user"])
@pytest.mark.parametrize("change", [with_names, without_texts])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(tenant=tenants())
def test_names_of_fields_are_in_no_log_line(
    user: dict[str, Any], change: Any, tenant: Recruiting
) -> None:
    printed = read(renamed(tenant, change), **user)
    said = "\n".join([*printed.log, *printed.failures])
    assert "records read" in said
    assert not [name for name in NAMES if name in said], said


@pytest.mark.parametrize("command", ["check", "read"])
def test_an_invalid_header_line_is_not_logged(command: str) -> None:
    body = b'{"access_token":"t","data":[],"totalRecordsCount":0,"pagination":{"total":0}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    line = f"{NAMES[0]} <{NAMES[1]}>\r\nX-More: {NAMES[2]}\r\n\r\n"
    with serving(answering((head + line).encode() + body)) as url:
        config = {"client_id": "c", "client_secret": "s3cret", "token_url": url, "gateway_url": url}
        ran = run(command, config, streams=STREAMS, secrets=NAMES)
    assert ran.code == 0
