"""``personal_data: pseudonymous``: a gateway that repeats people's data in its errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests_mock

from phenom_api import gateway
from phenom_api.retries import RetryPolicy
from source_phenom.models import applications, candidates, jobs
from unit_tests.personal_data.hidden import HIDDEN
from unit_tests.personal_data.secrets_of_people import Marks, found_marks
from unit_tests.reading import protocol
from unit_tests.reading.protocol import CONFIG, GATEWAY, run_source
from unit_tests.reading.recruiting import WITH_USER, WITHOUT_USER, Recruiting

Answer = Callable[[Marks, Any], str]
"""Makes the body of an answer, and sets its status and headers."""


def _refused(status: int, shape: str) -> Answer:
    def answer(marks: Marks, context: Any) -> str:
        said = f"No access to {marks.text('{} Summer')} <{marks.address()}>, +49 341 5550100"
        context.status_code = status
        context.reason = marks.text("Denied to {}")
        context.headers |= {
            "WWW-Authenticate": marks.text('Bearer error_description="{}"'),
            "Retry-After": marks.text(),
            "X-Request-Id": marks.address(),
            "Set-Cookie": marks.text("person={}"),
        }
        return {
            "message": json.dumps({"status": "failure", "message": said}),
            "title": json.dumps({"title": said, "type": said, "error": said, "details": [said]}),
            "path": json.dumps({"error": said, "path": f"/candidates/{marks.address()}"}),
            "nested": json.dumps({"error": {"errors": [{"description": said, said: said}]}}),
            "text": said,
            "page": f"<html><title>{said}</title></html>",
        }[shape]

    return answer


def _redirected(marks: Marks, context: Any) -> str:
    context.status_code = 302
    context.headers["Location"] = f"https://elsewhere.test/{marks.text()}?q={marks.address()}"
    return marks.text()


def _other_text(form: str) -> Answer:
    return lambda marks, _: marks.text(form)


ANSWERS: Mapping[str, Answer] = {
    "400 message": _refused(400, "message"),
    "401 title": _refused(401, "title"),
    "403 message": _refused(403, "message"),
    "403 path": _refused(403, "path"),
    "404 nested": _refused(404, "nested"),
    "409 text": _refused(409, "text"),
    "422 title": _refused(422, "title"),
    "500 path": _refused(500, "path"),
    "502 page": _refused(502, "page"),
    "redirect": _redirected,
    "no JSON": _other_text("<p>{}</p>"),
    "cut JSON": _other_text('{{"data": [{{"firstName": "{}"'),
    "a text": _other_text('"{}"'),
    "a list": _other_text('["{}"]'),
    "other types": _other_text(
        '{{"data": "{0}", "Resources": "{0}", "attachments": "{0}", "fileUrl": "http://{0}"}}'
    ),
    "other rows": _other_text('{{"data": ["{0}", ["{0}"], {{"id": {{"{0}": "{0}"}}}}]}}'),
}

APIS = {
    "jobs": "/jobs-api/",
    "applications": "/apply/",
    "employees": "/user-management/scim/v2/Users",
    "groups": "/user-management/scim/v2/Groups",
    "search": "/candidates-api/v1/candidates/search",
    "profiles": "/candidates-api/v2/",
    "candidates": "/candidates-api/applications/v1/candidates/",
    "applicants": "/candidates-api/applications/v1/jobs/",
    "attachments": "/candidates-api/files/",
    "tags": "/tags-api/",
    "hiring manager": "/hiringmanager/",
}
CHECKED = {name: path for name, path in APIS.items() if name != "profiles"}
CHECKED |= {"token": "/token", "all": "/"}
"""What ``check`` asks."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one retry, at once."""
    quick = partial(RetryPolicy, attempts=2, first_wait=0.001, throttled=0.001)
    monkeypatch.setattr(gateway, "RetryPolicy", quick)


def echoing(mocker: requests_mock.Mocker, path: str, answer: Answer) -> Any:
    """Let every request below a path get the same answer; returns what counts these requests."""

    def is_hit(request: Any) -> bool:
        asked = unquote(urlsplit(request.url).path).removeprefix(urlsplit(GATEWAY).path)
        return asked.startswith(path)

    return mocker.register_uri(
        requests_mock.ANY,
        requests_mock.ANY,
        additional_matcher=is_hit,
        text=lambda _, context: answer(Marks(), context),
    )


Shown = Callable[[list[dict[str, Any]]], set[str]]


@pytest.fixture
def shown(caplog: pytest.LogCaptureFixture) -> Shown:
    """Returns the marks in messages of the source, and in all that was logged."""
    caplog.set_level(logging.DEBUG)
    return lambda messages: found_marks(
        json.dumps([messages, caplog.text], ensure_ascii=False).encode()
    )


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_read(
    people: Recruiting, marks: Marks, kind: str, api: str, tmp_path: Path, shown: Shown
) -> None:
    """In a first sync, and in one that has a state and looks for changes only."""
    config = {**HIDDEN, "full_scan_hours": 24, "ph_user_id": marks.address()}
    # The profile of a candidate whom the search does not show is asked for.
    people.profiles.pop()
    with people.served() as mocker:
        good = protocol.read(tmp_path, config, streams=WITH_USER, debug=True)
        echo = echoing(mocker, APIS[api], ANSWERS[kind])
        first = protocol.read(tmp_path, config, streams=WITH_USER, debug=True)
        later = protocol.read(tmp_path, config, good.states, streams=WITH_USER, debug=True)
    assert good.code == 0
    assert echo.called
    for outcome in (good, first, later):
        assert outcome.messages
        assert shown(outcome.messages) == set()


@pytest.mark.parametrize("api", CHECKED)
@pytest.mark.parametrize("kind", ANSWERS)
def test_check(
    people: Recruiting, marks: Marks, kind: str, api: str, tmp_path: Path, shown: Shown
) -> None:
    config = {**CONFIG, **HIDDEN, "ph_user_id": marks.address()}
    with people.served() as mocker:
        echo = echoing(mocker, CHECKED[api], ANSWERS[kind])
        outcome = run_source("check", tmp_path, "--debug", config=config)
    assert echo.called
    assert outcome.of("CONNECTION_STATUS")
    assert shown(outcome.messages) == set()


@pytest.mark.parametrize("member", ["version", "changed_at", "tenant", "fingerprints"])
def test_a_state_that_cannot_be_used(
    people: Recruiting, marks: Marks, member: str, tmp_path: Path, shown: Shown
) -> None:
    with people.served():
        states = protocol.read(tmp_path, HIDDEN, streams=WITHOUT_USER, debug=True).states
        for state in states:
            state["stream"]["stream_state"][member] = {marks.text(): [marks.address()]}
        outcome = protocol.read(tmp_path, HIDDEN, states, streams=WITHOUT_USER, debug=True)
    assert len(outcome.failures) == len(WITHOUT_USER)
    assert shown([*outcome.of("LOG"), *outcome.of("TRACE")]) == set()


@pytest.mark.parametrize("kind", [ValueError, KeyError, OSError, RuntimeError, UnicodeError])
def test_an_error_that_nobody_expects(
    people: Recruiting,
    marks: Marks,
    kind: type[Exception],
    tmp_path: Path,
    shown: Shown,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its text may quote what was mapped."""

    def fail(row: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        raise kind(f"cannot map {row}")

    for model in (applications, candidates, jobs):
        monkeypatch.setattr(model, model.MODEL.removesuffix("s"), fail)
    with people.served():
        outcome = protocol.read(tmp_path, HIDDEN, streams=WITHOUT_USER, debug=True)
    assert outcome.code == 1
    assert outcome.failures
    assert shown(outcome.messages) == set()
