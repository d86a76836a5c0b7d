"""An API that only some tenants permit: when its columns are null, and when the stream fails."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from phenom_api.errors import (
    GatewayClosed,
    PermissionDenied,
    PhenomError,
    RequestRefused,
    Unavailable,
    Unreachable,
)
from source_phenom.streams.failures import failure
from source_phenom.streams.optional_api import OptionalApi
from source_phenom.streams.stream_run import StreamRun


class Api:
    """Answers what it is told to, and counts how often it is asked."""

    def __init__(self, error: PhenomError | None = None) -> None:
        self.error = error
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return "answer"


@pytest.fixture
def stream() -> StreamRun:
    return StreamRun(
        "jobs",
        columns=("id",),
        unified_id=str,
        previous=None,
        tenant="t",
        hard_deletes=False,
        now=datetime(2026, 11, 2, tzinfo=timezone.utc),
        clock=lambda: 0.0,
    )


def optional_api(stream: StreamRun, new: list[str]) -> OptionalApi:
    return OptionalApi(stream, "tags", "Without it, tags are null.", lambda: new.append("tags"))


REFUSALS = [PermissionDenied("403"), RequestRefused("404", status=404)]
OUTAGES = [Unavailable("503"), Unreachable("no answer"), GatewayClosed("closed")]


def test_an_answer_is_remembered_in_the_state(stream: StreamRun) -> None:
    new: list[str] = []
    assert optional_api(stream, new).read(Api()) == "answer"
    assert stream.memory == {"filled_from": ["tags"]}
    assert new == ["tags"]
    optional_api(stream, new).read(Api())
    assert new == ["tags"]


@pytest.mark.parametrize("error", REFUSALS, ids=str)
def test_a_refusal_leaves_the_columns_null(
    stream: StreamRun, error: PhenomError, caplog: pytest.LogCaptureFixture
) -> None:
    assert optional_api(stream, []).read(Api(error)) is None
    assert stream.memory == {}
    assert f"{error.message} Without it, tags are null." in caplog.text


@pytest.mark.parametrize("error", REFUSALS, ids=str)
def test_a_refusal_of_what_filled_columns_before_fails_the_stream(
    stream: StreamRun, error: PhenomError
) -> None:
    stream.memory["filled_from"] = ["search", "tags"]
    with pytest.raises(type(error)) as raised:
        optional_api(stream, []).read(Api(error))
    assert "Earlier syncs filled columns of jobs" in raised.value.message
    assert stream.memory == {"filled_from": ["search", "tags"]}


@pytest.mark.parametrize("error", OUTAGES, ids=str)
def test_an_outage_fails_the_stream(stream: StreamRun, error: PhenomError) -> None:
    with pytest.raises(type(error)):
        optional_api(stream, []).read(Api(error))
    assert stream.memory == {}


@pytest.mark.parametrize(("error", "expected"), [(None, True), (REFUSALS[0], False)])
def test_it_is_probed_once(stream: StreamRun, error: PhenomError | None, expected: bool) -> None:
    api, probe = optional_api(stream, []), Api(error)
    assert not api.has_answered
    assert [api.is_available(probe) for _ in range(3)] == [expected] * 3
    assert api.has_answered == expected
    assert probe.asked == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        *((error, "config_error") for error in REFUSALS),
        *((error, "transient_error") for error in OUTAGES),
        (OSError(28, "No space left on device"), "system_error"),
        (KeyError("Ada Lovelace"), "system_error"),
    ],
    ids=repr,
)
def test_what_kind_of_failure_an_error_is(error: Exception, kind: str) -> None:
    told = failure("jobs", error)
    assert (told.stream, told.failure_type) == ("jobs", kind)
    assert "Ada" not in told.message + told.detail
