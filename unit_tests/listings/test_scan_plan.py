"""When a sync of the application listing is a delta, and what the log says about it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from phenom_api.listing_order import Order
from unit_tests.listings.application_listing import NOW, ListingOutput, ListingTenant, row

ROWS = 60
DELTA_REQUESTS = 12


@pytest.fixture(params=Order, ids=lambda order: order.value)
def tenant(request: pytest.FixtureRequest) -> ListingTenant:
    rows = [row(number * 3_600, number, f"c{number % 30}", "web") for number in range(ROWS)]
    return ListingTenant(rows, request.param)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    caplog.set_level(logging.INFO, "airbyte.phenom")

    def lines() -> str:
        text = "\n".join(record.getMessage() for record in caplog.records)
        caplog.clear()
        return text

    return lines


def is_full(outcome: ListingOutput) -> bool:
    return len(outcome.requests) > DELTA_REQUESTS


Log = Callable[[], str]


def test_a_quiet_delta_reads_a_few_pages_and_says_so(tenant: ListingTenant, log: Log) -> None:
    first = tenant.sync()
    assert "the next full scan is due at 2026-11-03T09:00:00.000Z" in log()
    delta = tenant.sync(first.states, now=NOW + timedelta(hours=23))
    assert delta.emitted == 0
    assert not is_full(delta)
    told = log()
    assert "a delta, as the last full scan ended less than 24 hours ago" in told
    assert f"of {ROWS} remembered" in told
    for stream, state in first.states.items():
        for member in ("fingerprints", "changed_at", "labels"):
            assert delta.states[stream].get(member) == state.get(member)


def test_the_first_sync_is_a_full_scan(tenant: ListingTenant, log: Log) -> None:
    assert is_full(tenant.sync())
    assert "as applications has no state to continue from" in log()


def test_full_refresh_is_a_full_scan(tenant: ListingTenant, log: Log) -> None:
    first = tenant.sync()
    again = tenant.sync(first.states, incremental=False)
    assert again.emitted == first.emitted
    assert "no state to continue from" in log()


def test_an_old_full_scan_is_followed_by_another(tenant: ListingTenant, log: Log) -> None:
    first = tenant.sync()
    assert is_full(tenant.sync(first.states, now=NOW + timedelta(hours=24)))
    assert "as the last one ended at 2026-11-02T09:00:00.000Z" in log()
    assert is_full(tenant.sync(first.states, now=NOW - timedelta(seconds=1)))


def test_without_full_scan_hours_every_sync_is_a_full_scan(tenant: ListingTenant, log: Log) -> None:
    first = tenant.sync(full_scan_hours=0)
    assert "listing" not in first.states["applications"]
    assert "labels" not in first.states["candidates"]
    assert is_full(tenant.sync(first.states, full_scan_hours=0))
    assert "delta" not in log()
    # The state of earlier versions looks like this. It is a good state.
    assert tenant.sync(first.states).emitted == 0
    assert "the state of applications is not that of a complete full scan" in log()


@pytest.mark.parametrize(
    "change",
    [
        {"only_created_applications": True, "application_sources": ["web"]},
        {"start_date": "2026-01-02"},
        {"field_overrides": [{"model": "candidates", "field": "title", "paths": ["x"]}]},
        {"custom_fields": [{"model": "candidates", "key": "a", "path": "b"}]},
        {"hard_deletes": True},
    ],
)
def test_another_configuration_needs_a_full_scan(
    tenant: ListingTenant, log: Log, change: dict[str, Any]
) -> None:
    first = tenant.sync()
    log()
    second = tenant.sync(first.states, **change)
    assert "as the configuration or the version of the connector changed" in log()
    third = tenant.sync(second.states, **change)
    assert not is_full(third)
    assert third.emitted == 0


@pytest.mark.parametrize("change", [{"page_size": 7}, {"num_workers": 3}, {"locale": "en_US"}])
def test_settings_without_effect_need_none(tenant: ListingTenant, change: dict[str, Any]) -> None:
    assert not is_full(tenant.sync(tenant.sync().states, **change))


def test_one_stream_without_state_makes_it_a_full_scan_for_all(
    tenant: ListingTenant, log: Log
) -> None:
    first = tenant.sync(streams=("applications",))
    both = tenant.sync(first.states)
    assert "candidates has no state to continue from" in log()
    assert set(both.records) == {"candidates"}
    assert not is_full(tenant.sync(both.states))


def test_a_listing_in_no_order_gets_no_deltas(tenant: ListingTenant, log: Log) -> None:
    tenant.rows.insert(3, tenant.rows.pop(50))
    first = tenant.sync()
    assert "not in order of creation, so every sync is a full scan" in log()
    assert is_full(tenant.sync(first.states))
    assert "as the listing is not in order of creation" in log()


def test_rows_out_of_order_turn_a_delta_into_a_full_scan(tenant: ListingTenant, log: Log) -> None:
    first = tenant.sync()
    tenant.rows.append(row(5, 900, "c900", "web"))
    second = tenant.sync(first.states)
    assert "a full scan is needed, as the listing is not in order of creation any more" in log()
    assert set(second.records["applications"]) == {tenant.rows[-1]["id"]}
    assert set(second.records["candidates"]) == {"c900"}


def test_what_a_delta_emitted_is_not_emitted_again_by_the_full_scan(
    tenant: ListingTenant, log: Log
) -> None:
    first = tenant.sync()
    gone = tenant.rows.pop(20)
    tenant.rows += [row(ROWS * 3_600 + number, 1_000 + number, "c1", "web") for number in range(9)]
    tenant.rows.append({**row(0, 0, "c5", "web"), "id": "not an id"})
    log()
    second = tenant.sync(first.states)
    assert "whose id does not tell its time" in log()
    assert len(second.told("applications")) == 10
    assert second.gone("applications") == {gone["id"]}


def test_a_delta_reports_no_deletions_and_the_next_full_scan_does(tenant: ListingTenant) -> None:
    first = tenant.sync()
    gone = tenant.rows.pop(ROWS - 2)
    tenant.rows.append(row(ROWS * 3_600, 1_000, "new", "web"))
    delta = tenant.sync(first.states)
    assert not is_full(delta)
    assert not delta.gone("applications")
    assert set(delta.told("applications")) == {tenant.rows[-1]["id"]}
    full = tenant.sync(delta.states, now=NOW + timedelta(days=2))
    assert full.gone("applications") == {gone["id"]}


@pytest.mark.parametrize("stream", ["applications", "candidates"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state.pop("listing"),
        lambda state: state.update(listing=7),
        lambda state: state["listing"].update(order="sideways"),
        lambda state: state["listing"].update(rows=-1),
        lambda state: state["listing"].update(scanned_at=10**30),
        lambda state: state["listing"].update(recent="x"),
        lambda state: state["listing"].update(recent=["x"]),
        lambda state: state["listing"].update(settings=None),
        lambda state: state["listing"].update(recent=None),
        lambda state: state.update(complete_scan=False),
    ],
)
def test_a_state_without_what_a_delta_needs_is_a_good_state(
    tenant: ListingTenant, stream: str, damage: Callable[[Any], Any]
) -> None:
    states = copy.deepcopy(tenant.sync().states)
    damage(states[stream])
    second = tenant.sync(states)
    assert is_full(second)
    assert second.emitted == 0
    assert not is_full(tenant.sync(second.states))


@pytest.mark.parametrize("labels", [None, "", "1.AAAA"])
def test_labels_that_cannot_be_read_need_a_full_scan(
    tenant: ListingTenant, log: Log, labels: Any
) -> None:
    states = copy.deepcopy(tenant.sync().states)
    states["candidates"]["labels"] = labels
    assert is_full(tenant.sync(states))
    assert "the state does not hold the sources of the candidates" in log()
    assert not is_full(tenant.sync(states, streams=("applications",)))


def test_an_empty_listing_is_always_scanned(log: Log) -> None:
    tenant = ListingTenant()
    second = tenant.sync(tenant.sync().states)
    assert second.emitted == 0
    assert "not in order of creation" in log()
