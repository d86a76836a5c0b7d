"""Whose state is where, in a warehouse of one or more tenants."""

from __future__ import annotations

import json

import pytest

from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.states import StatePlaces, Tenant


def saved(tag: str) -> str:
    about = {"stream_descriptor": {"name": "jobs"}, "stream_state": {"tenant": tag}}
    return json.dumps({"type": "STREAM", "stream": about})


OURS, OTHER = saved("ours"), saved("other")
DEFAULT, NAMED = Tenant("phenom"), Tenant("acme", "ours")


@pytest.mark.parametrize(
    ("tenant", "present", "place", "tenants"),
    [
        pytest.param(DEFAULT, {}, "jobs", set(), id="a new warehouse"),
        pytest.param(DEFAULT, {"jobs": OTHER}, "jobs", {"phenom"}, id="the default tenant's own"),
        pytest.param(DEFAULT, {"acme:jobs": OTHER}, "jobs", {"acme"}, id="beside another tenant's"),
        pytest.param(NAMED, {}, "acme:jobs", set(), id="a named tenant in a new warehouse"),
        pytest.param(NAMED, {"jobs": OTHER}, "acme:jobs", {"phenom"}, id="the plain place taken"),
        pytest.param(NAMED, {"jobs": "{"}, "acme:jobs", {"phenom"}, id="the plain place damaged"),
        pytest.param(NAMED, {"jobs": OURS}, "jobs", {"acme"}, id="begun by PyAirbyte alone"),
        pytest.param(
            NAMED,
            {"jobs": OURS, "acme:jobs": OURS},
            "acme:jobs",
            {"acme"},
            id="a place of its own goes first",
        ),
        pytest.param(
            Tenant("acme"), {"jobs": OURS}, "acme:jobs", {"phenom"}, id="an unknown tenant"
        ),
    ],
)
def test_places(tenant: Tenant, present: dict[str, str], place: str, tenants: set[str]) -> None:
    places = StatePlaces(tenant, present)
    assert places.of("jobs") == place
    assert places.state("jobs") == json.loads(present.get(place, "null"))
    assert places.tenants() == tenants


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", saved("ours").replace("jobs", "users")]
)
def test_a_damaged_state_names_what_helps(text: str) -> None:
    with pytest.raises(SyncFailed, match="state of stream jobs is damaged") as failed:
        StatePlaces(DEFAULT, {"jobs": text}).state("jobs")
    assert "--full-refresh --streams jobs" in failed.value.advice


def test_states_that_name_another_tenant() -> None:
    assert not StatePlaces(NAMED, {}).elsewhere(["jobs"])
    assert not StatePlaces(NAMED, {"acme:jobs": OURS, "jobs": OTHER}).elsewhere(["jobs"])
    assert not StatePlaces(NAMED, {"acme:jobs": "{", "acme:users": OTHER}).elsewhere(["jobs"])
    assert StatePlaces(NAMED, {"acme:jobs": OTHER}).elsewhere(["users", "jobs"])
