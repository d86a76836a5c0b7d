"""One application by its id."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.applications import application
from phenom_api.errors import MalformedAnswer, PermissionDenied
from phenom_api.lean_parsing import Unread, parse_with_texts
from phenom_api.retries import RetryPolicy
from unit_tests.phenom_api.wire import URL, wire

ROW = {
    "id": "65a000000000000000000001",
    "candidateData": {"id": "c", "firstName": "Ada", "contactData": {"email": "a@b.test"}},
    "jobApplicationData": {"jobId": "J-1"},
    "customFieldData": {"code": 7},
}


def test_it_comes_as_the_listing_has_it() -> None:
    """The CV is not in the listing."""
    body = {"status": "success", "data": {**ROW, "resumeData": {"fileContent": "QUJD"}}}
    with wire() as made:
        made.mocker.get(f"{URL}/{ROW['id']}", json=body)
        assert application(made.gateway, "65a000000000000000000001") == ROW
        row = application(made.gateway, "65a000000000000000000001", parse=parse_with_texts)
    assert isinstance(row, Unread)
    assert row.row["jobApplicationData"] == {"jobId": "J-1"}
    assert b"resumeData" not in row.text
    assert b"Ada" in row.text


def test_ids_are_quoted() -> None:
    with wire() as made:
        made.mocker.get(f"{URL}/a%2Fb", json={"data": ROW})
        assert application(made.gateway, "a/b") == ROW
        assert application(made.gateway, "..") is None


@pytest.mark.parametrize("status", [404, 410])
def test_a_deleted_one(status: int) -> None:
    with wire() as made:
        made.mocker.get(f"{URL}/gone", status_code=status, json={"message": "not found"})
        assert application(made.gateway, "gone") is None
        made.mocker.get(f"{URL}/empty", json={"data": None})
        assert application(made.gateway, "empty") is None


def test_a_refusal_is_no_deletion() -> None:
    with wire() as made:
        made.mocker.get(f"{URL}/x", status_code=403, json={"message": "no"})
        with pytest.raises(PermissionDenied):
            application(made.gateway, "x")


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": [ROW, ROW]}, {"data": "text"}])
def test_something_else(body: Any) -> None:
    with wire(policy=RetryPolicy(attempts=2)) as made:
        made.mocker.get(f"{URL}/x", json=body)
        with pytest.raises(MalformedAnswer):
            application(made.gateway, "x")


def test_values_that_strict_parsers_refuse() -> None:
    with wire() as made:
        custom = b'{"n": 123456789012345678901234, "s": "\\ud800"}'
        text = b'{"data": {"id": "x", "customFieldData": ' + custom + b"}}"
        made.mocker.get(f"{URL}/x", content=text)
        row = application(made.gateway, "x")
    assert row is not None
    assert row["customFieldData"] == {"n": 123456789012345678901234.0, "s": "�"}
