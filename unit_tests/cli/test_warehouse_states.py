"""Whose state is where, in a warehouse of one or more tenants."""

from __future__ import annotations

import json

import pytest

from phenom_cli.warehouse.states import StatePlaces, Tenant


def saved(tag: str) -> str:
    return json.dumps({"type": "STREAM", "stream": {"stream_state": {"tenant": tag}}})


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
    assert places.state("jobs") == present.get(place)
    assert places.tenants() == tenants
