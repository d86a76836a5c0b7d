"""``start_date``: applications that were created earlier do not show anywhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from phenom_api.listing_order import Order
from unit_tests.listings.application_listing import NOW, ListingOutput, ListingTenant, row, row_id

DAY = 86_400
"""Seconds; the first application was created on 2026-01-01."""


@pytest.fixture(params=Order, ids=lambda order: order.value)
def tenant(request: pytest.FixtureRequest) -> ListingTenant:
    """Six applications a day for ten days. Candidate dN applies on day N only, others twice."""
    rows = [
        row(
            day * DAY + number * 7_200,
            day * 6 + number,
            f"d{day}" if number < 4 else f"t{day}" if number == 4 else f"t{day - 1}",
            f"source {day}",
        )
        for day in range(10)
        for number in range(6)
    ]
    return ListingTenant(rows, request.param)


@pytest.fixture(params=[0, 24], ids=["full scans", "deltas"])
def hours(request: pytest.FixtureRequest) -> int:
    value: int = request.param
    return value


def days(outcome: ListingOutput) -> set[int]:
    """The days of the applications that were emitted, in January."""
    return {int(key["applied_at"][8:10]) for key in outcome.told("applications").values()}


def test_earlier_applications_are_not_read_nor_told(tenant: ListingTenant, hours: int) -> None:
    outcome = tenant.sync(start_date="2026-01-05", full_scan_hours=hours)
    assert days(outcome) == {5, 6, 7, 8, 9, 10}
    people = outcome.told("candidates")
    assert set(people) == {f"{kind}{day}" for kind in "dt" for day in range(4, 10)} | {"t3"}
    # The application of day 3 does not exist: the oldest one is that of day 4.
    assert people["t3"]["source"] == "source 4"
    assert not outcome.gone("applications")


def test_a_time_counts_to_the_second(tenant: ListingTenant) -> None:
    assert len(tenant.sync(start_date="2026-01-10T06:00:00Z").told("applications")) == 3
    assert len(tenant.sync(start_date="2026-01-10T06:00:01Z").told("applications")) == 2


def test_an_application_whose_time_cannot_be_told_is_kept(tenant: ListingTenant) -> None:
    others = ["JR-1", "0" * 24, "f" * 24, 17]
    tenant.rows += [{**tenant.rows[0], "id": each} for each in others]
    assert set(tenant.sync(start_date="2026-02-01").told("applications")) == {
        str(each) for each in others
    }


def test_moving_it_forward_forgets_without_tombstones(
    tenant: ListingTenant, hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "airbyte.phenom")
    first = tenant.sync(start_date="2026-01-03", full_scan_hours=hours)
    second = tenant.sync(first.states, start_date="2026-01-08", full_scan_hours=hours)
    assert "read the listing again" not in caplog.text
    assert "30 records that start_date leaves out are no longer remembered" in caplog.text
    assert not second.gone("applications")
    assert not second.gone("candidates")
    # Only candidates with applications on both sides change.
    assert set(second.records) == {"candidates"}
    assert set(second.told("candidates")) == {"t6"}
    assert second.told("candidates")["t6"]["source"] == "source 7"
    third = tenant.sync(second.states, start_date="2026-01-08", full_scan_hours=hours)
    assert third.emitted == 0


def test_deletions_in_the_part_that_is_read_are_told(tenant: ListingTenant, hours: int) -> None:
    first = tenant.sync(start_date="2026-01-03", full_scan_hours=hours)
    gone = [each for each in tenant.rows if each["candidateData"]["id"] in ("d8", "t9", "d2")]
    tenant.rows = [each for each in tenant.rows if each not in gone]
    later = NOW + timedelta(days=2)
    second = tenant.sync(first.states, start_date="2026-01-08", now=later, full_scan_hours=hours)
    assert second.gone("applications") == {
        each["id"] for each in gone if each["candidateData"]["id"] != "d2"
    }
    assert second.gone("candidates") == {"d8", "t9", "d2"}


def test_a_candidate_with_older_applications_only_is_gone(
    tenant: ListingTenant, hours: int
) -> None:
    options: dict[str, Any] = {"start_date": "2026-01-05", "full_scan_hours": hours}
    first = tenant.sync(**options)
    newer = next(each for each in reversed(tenant.rows) if each["candidateData"]["id"] == "t3")
    tenant.rows.remove(newer)
    second = tenant.sync(first.states, now=NOW + timedelta(days=2), **options)
    assert second.gone("applications") == {newer["id"]}
    assert second.gone("candidates") == {"t3"}


def test_moving_it_back_reads_what_was_left_out(tenant: ListingTenant, hours: int) -> None:
    first = tenant.sync(start_date="2026-01-08", full_scan_hours=hours)
    second = tenant.sync(first.states, start_date="2026-01-06", full_scan_hours=hours)
    assert days(second) == {6, 7}
    assert not second.gone("candidates")
    third = tenant.sync(second.states, full_scan_hours=hours)
    assert days(third) == {1, 2, 3, 4, 5}
    assert tenant.sync(third.states, full_scan_hours=hours).emitted == 0


def test_a_state_of_before_counts_as_one_without_start_date(tenant: ListingTenant) -> None:
    first = tenant.sync(full_scan_hours=0)
    second = tenant.sync(first.states, start_date="2026-01-08", full_scan_hours=0)
    assert not second.gone("applications")
    assert not second.gone("candidates")


def test_a_move_during_a_scan_that_was_not_complete_is_made_up_for(tenant: ListingTenant) -> None:
    first = tenant.sync(start_date="2026-01-03")
    tenant.missing_in_total = 1
    second = tenant.sync(first.states, start_date="2026-01-08")
    tenant.missing_in_total = 0
    third = tenant.sync(second.states, start_date="2026-01-08")
    for outcome in (second, third):
        assert not outcome.gone("applications")
        assert not outcome.gone("candidates")
    assert tenant.sync(third.states, start_date="2026-01-08").emitted == 0


def test_deltas_go_on_with_a_start_date(tenant: ListingTenant) -> None:
    first = tenant.sync(start_date="2026-01-05")
    tenant.rows.append(row(10 * DAY, 1_000, "t3", "new"))
    second = tenant.sync(first.states, start_date="2026-01-05")
    assert len(second.requests) <= 12
    assert set(second.told("applications")) == {tenant.rows[-1]["id"]}
    assert second.emitted == 1


def test_rows_before_it_are_not_read_where_the_order_is_known(tenant: ListingTenant) -> None:
    options: dict[str, Any] = {"start_date": "2026-01-10", "full_scan_hours": 0}
    first = tenant.sync(**options)
    second = tenant.sync(first.states, **options)
    assert second.emitted == 0
    assert len(first.requests) >= 15
    assert len(second.requests) <= 12
    # The position is remembered: only a few rows are read to confirm it.
    third = tenant.sync(second.states, **options)
    assert third.emitted == 0
    assert len(third.requests) <= 8


@pytest.mark.parametrize("gone", [slice(0, 3), slice(0, 30), slice(20, 50), slice(0, 60)])
def test_the_position_is_looked_for_again_when_rows_are_deleted(
    tenant: ListingTenant, gone: slice
) -> None:
    options: dict[str, Any] = {"start_date": "2026-01-07", "full_scan_hours": 0}
    second = tenant.sync(tenant.sync(**options).states, **options)
    rows = [each["id"] for each in tenant.rows[gone] if tenant.rows.index(each) >= 36]
    del tenant.rows[gone]
    third = tenant.sync(second.states, **options)
    assert third.gone("applications") <= set(rows)
    fourth = tenant.sync(third.states, **options)
    assert third.gone("applications") | fourth.gone("applications") == set(rows)


def test_ids_of_impossible_times_are_read_although_they_come_first(tenant: ListingTenant) -> None:
    options: dict[str, Any] = {"start_date": "2026-01-07", "full_scan_hours": 0}
    tenant.rows.insert(0, {**tenant.rows[0], "id": "0" * 24})
    states = tenant.sync(**options).states
    tenant.rows[0]["customFieldData"] = {"note": "edited"}
    assert set(tenant.sync(states, **options).told("applications")) == {"0" * 24}


@pytest.mark.parametrize("place", [0, 33, 45, 57, 60])
def test_an_old_row_out_of_its_place_misleads_nobody(tenant: ListingTenant, place: int) -> None:
    options: dict[str, Any] = {"start_date": "2026-01-03", "full_scan_hours": 0}
    states = tenant.sync(**options).states
    tenant.rows.insert(place, {**tenant.rows[0], "id": row_id(-40 * DAY, 5_000)})
    second = tenant.sync(states, **options)
    assert second.emitted == 0
    assert tenant.sync(second.states, **options).emitted == 0
