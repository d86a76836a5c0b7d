from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_phenom.snapshot import Snapshot, StreamState, UnusableState, tenant_tag
from unit_tests.snapshot.strategies import records

TENANT = tenant_tag("https://api.phenom.com", "phenom")
TIME = "2025-03-01T09:00:00.000Z"
STATE = StreamState(TIME, TENANT, Snapshot.from_records({"a": 1, "65f0c1d2a1b2c3d4e5000001": 2}))


@given(records)
def test_a_state_survives_json(given_records: dict[str, int]) -> None:
    state = StreamState(TIME, TENANT, Snapshot.from_records(given_records))
    back = StreamState.parse(json.loads(json.dumps(state.dump())), tenant=TENANT)

    assert back == state


def test_the_cursor_is_readable() -> None:
    assert STATE.dump()["changed_at"] == TIME


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 1}, "its version is not 2"),
        ({"version": "2"}, "its version is not 2"),
        ({"version": True}, "its version is not 2"),
        ({"changed_at": None}, "changed_at"),
        ({"changed_at": "2025-03-01"}, "changed_at"),
        ({"changed_at": "2025-03-01T09:00:00.001Z"}, "damaged"),
        ({"tenant": 7}, "tenant is not text"),
        ({"tenant": TENANT[::-1]}, "another gateway_url or integration_id"),
        ({"fingerprints": None}, "not text"),
        ({"fingerprints": {}}, "not text"),
        ({"fingerprints": ""}, "damaged"),
        ({"fingerprints": "1.0"}, "another version"),
    ],
)
def test_a_wrong_state_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableState, match=reason):
        StreamState.parse({**STATE.dump(), **change}, tenant=TENANT)


@pytest.mark.parametrize("state", [None, [], "", 0, {}, {"changed_at": TIME}])
def test_anything_but_a_state_is_refused(state: object) -> None:
    with pytest.raises(UnusableState, match=r"not an object|it has no "):
        StreamState.parse(state, tenant=TENANT)


@given(st.data())
def test_a_bit_flip_anywhere_is_detected(data: st.DataObject) -> None:
    dumped = STATE.dump()
    member = data.draw(st.sampled_from(["changed_at", "tenant", "fingerprints"]))
    at = data.draw(st.integers(0, len(dumped[member]) - 1))
    flipped = chr(ord(dumped[member][at]) ^ 1 << data.draw(st.integers(0, 7)))
    dumped[member] = dumped[member][:at] + flipped + dumped[member][at + 1 :]

    with pytest.raises(UnusableState):
        StreamState.parse(dumped, tenant=TENANT)


def test_a_state_without_records_fits_every_tenant() -> None:
    empty = StreamState(TIME, TENANT, Snapshot(), {"candidates_api": {"until": 7}})
    adopted = StreamState.parse(empty.dump(), tenant=TENANT[::-1])
    assert adopted == StreamState(TIME, TENANT[::-1], Snapshot())

    damaged = {**empty.dump(), "changed_at": "2025-03-01T09:00:00.001Z"}
    with pytest.raises(UnusableState):
        StreamState.parse(damaged, tenant=TENANT[::-1])


def test_the_error_quotes_nothing_of_the_state() -> None:
    with pytest.raises(UnusableState) as caught:
        StreamState.parse({**STATE.dump(), "changed_at": "jane@example.com"}, tenant=TENANT)
    assert "jane" not in str(caught.value)


def test_unknown_members_are_kept() -> None:
    dumped = {**STATE.dump(), "later": {"some": ["thing"]}}

    assert StreamState.parse(dumped, tenant=TENANT).dump() == dumped


def test_a_tenant_is_a_gateway_and_a_namespace() -> None:
    assert tenant_tag("https://API.phenom.com/", "phenom") == TENANT
    assert tenant_tag("HTTPS://api.phenom.com:443", "phenom") == TENANT
    assert tenant_tag("https://api.phenom.com:8443", "phenom") != TENANT
    assert tenant_tag("http://localhost:80/", "x") == tenant_tag("http://localhost", "x")
    assert tenant_tag("http://[::1]:80/", "x") == tenant_tag("http://[::1]", "x")
    assert tenant_tag("https://api.phenom.com/eu", "phenom") != TENANT
    assert tenant_tag("https://api.phenom.com", "other") != TENANT
    assert len(TENANT) == 16
