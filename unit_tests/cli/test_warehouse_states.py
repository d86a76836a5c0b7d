"""Which state is whose, in a warehouse of one or more tenants."""

from __future__ import annotations

import json

import pytest

from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.states import TenantIdentity, TenantStates


def saved(tag: str) -> str:
    about = {"stream_descriptor": {"name": "jobs"}, "stream_state": {"tenant": tag}}
    return json.dumps({"type": "STREAM", "stream": about})


OURS, OTHER = saved("ours"), saved("other")
DEFAULT, NAMED = TenantIdentity("phenom"), TenantIdentity("acme", "ours")


@pytest.mark.parametrize(
    ("tenant", "saved_states", "key", "integration_ids"),
    [
        pytest.param(DEFAULT, {}, "jobs", set(), id="a new warehouse"),
        pytest.param(DEFAULT, {"jobs": OTHER}, "jobs", {"phenom"}, id="the default tenant's own"),
        pytest.param(DEFAULT, {"acme:jobs": OTHER}, "jobs", {"acme"}, id="beside another tenant's"),
        pytest.param(NAMED, {}, "acme:jobs", set(), id="a named tenant in a new warehouse"),
        pytest.param(NAMED, {"jobs": OTHER}, "acme:jobs", {"phenom"}, id="the plain key is taken"),
        pytest.param(NAMED, {"jobs": "{"}, "acme:jobs", {"phenom"}, id="the plain key is damaged"),
        pytest.param(NAMED, {"jobs": OURS}, "jobs", {"acme"}, id="loaded by PyAirbyte first"),
        pytest.param(
            NAMED,
            {"jobs": OURS, "acme:jobs": OURS},
            "acme:jobs",
            {"acme"},
            id="the key with the prefix goes first",
        ),
        pytest.param(
            TenantIdentity("acme"), {"jobs": OURS}, "acme:jobs", {"phenom"}, id="an unknown tenant"
        ),
    ],
)
def test_keys(
    tenant: TenantIdentity, saved_states: dict[str, str], key: str, integration_ids: set[str]
) -> None:
    states = TenantStates(tenant, saved_states)
    assert states.key("jobs") == key
    assert states.state("jobs") == json.loads(saved_states.get(key, "null"))
    assert states.integration_ids() == integration_ids


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", saved("ours").replace("jobs", "users")]
)
def test_the_error_for_a_damaged_state_names_the_remedy(text: str) -> None:
    with pytest.raises(SyncFailed, match="state of stream jobs is damaged") as failed:
        TenantStates(DEFAULT, {"jobs": text}).state("jobs")
    assert "--full-refresh --streams jobs" in failed.value.advice


def test_states_that_name_another_tenant() -> None:
    assert not TenantStates(NAMED, {}).any_foreign(["jobs"])
    assert not TenantStates(NAMED, {"acme:jobs": OURS, "jobs": OTHER}).any_foreign(["jobs"])
    assert not TenantStates(NAMED, {"acme:jobs": "{", "acme:users": OTHER}).any_foreign(["jobs"])
    assert TenantStates(NAMED, {"acme:jobs": OTHER}).any_foreign(["users", "jobs"])
