"""Full scans of a listing with the newest rows first, during which applications arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from phenom_api.listing_order import Order
from unit_tests.listings.application_listing import ListingOutput, ListingTenant, row, row_id

ROWS = 41
GONE = 12
"""A row that is deleted between two syncs."""
PAGE = 4

Change = Callable[[ListingTenant], None]


def new_row(tenant: ListingTenant) -> None:
    number = 1_000 + len(tenant.rows)
    tenant.rows.append(row(number * 900, number, f"new {number}", "web"))


def delete(place: int) -> Change:
    def change(tenant: ListingTenant) -> None:
        del tenant.rows[place]

    return change


def bring_to_front(tenant: ListingTenant) -> None:
    """A row that was not read yet appears where the newest ones are."""
    tenant.rows.append(tenant.rows.pop(2))


def exchange(tenant: ListingTenant) -> None:
    """A row that was read is deleted, and another arrives at the same moment."""
    del tenant.rows[ROWS - 3]
    new_row(tenant)


def listing() -> ListingTenant:
    rows = [row(number * 900, number, f"c{number}", "web") for number in range(ROWS)]
    return ListingTenant(rows, Order.DESCENDING)


def with_a_deletion() -> tuple[ListingTenant, dict[str, object]]:
    """A tenant that lacks a row, and the states of a sync that saw it."""
    tenant = listing()
    states = tenant.sync(full_scan_hours=0).states
    del tenant.rows[GONE]
    return tenant, states


def sync_while(
    tenant: ListingTenant, states: dict[str, object], changes: Mapping[int, Change], hours: int
) -> ListingOutput:
    """A full scan; others change the tenant before the requests with these numbers."""

    def change(number: int) -> None:
        if number in changes:
            changes[number](tenant)

    tenant.before_request = change
    outcome = tenant.sync(states, full_scan_hours=hours)
    tenant.before_request = None
    return outcome


@pytest.mark.parametrize("every", [1, 2, 5, 9])
def test_arrivals_during_the_scan_do_not_hide_deletions(every: int) -> None:
    tenant, states = with_a_deletion()
    arrivals = dict.fromkeys(range(2, 14, every), new_row)

    outcome = sync_while(tenant, states, arrivals, 24)

    assert outcome.gone("applications") == {row_id(GONE * 900, GONE)}
    assert len(outcome.told("applications")) == len(arrivals)
    new_row(tenant)
    later = tenant.sync(outcome.states)
    assert len(later.requests) < len(tenant.rows) // PAGE
    assert len(later.told("applications")) == 1


def test_without_deltas_a_scan_that_moved_tells_no_deletion() -> None:
    """The order of the listing, which proves that no row was missed, is not looked at then."""
    tenant, states = with_a_deletion()

    outcome = sync_while(tenant, states, {3: new_row}, 0)

    assert outcome.gone("applications") == set()


@pytest.mark.parametrize("at", [4, 7, 10])
@pytest.mark.parametrize(
    "other", [delete(-3), delete(1), exchange, bring_to_front], ids=lambda each: each.__name__
)
def test_other_changes_among_arrivals_prevent_deletions(other: Change, at: int) -> None:
    tenant, states = with_a_deletion()
    changes: dict[int, Change] = {3: new_row, 6: new_row, 9: new_row, at: other}

    outcome = sync_while(tenant, states, changes, 24)

    assert outcome.gone("applications") == set()
    calm = tenant.sync(outcome.states, full_scan_hours=0)
    assert row_id(GONE * 900, GONE) in calm.gone("applications")


@pytest.mark.parametrize("every", [2, 3])
def test_arrivals_until_the_scan_is_over_are_read(every: int) -> None:
    tenant, states = with_a_deletion()
    arrivals = dict.fromkeys(range(2, 200, every), new_row)

    outcome = sync_while(tenant, states, arrivals, 24)

    unread = len(tenant.rows) - (ROWS - 1) - len(outcome.told("applications"))
    # Those that arrived after the last look at the front.
    assert unread <= PAGE


def test_arrivals_that_the_total_does_not_count_prevent_deletions() -> None:
    tenant, states = with_a_deletion()
    tenant.missing_in_total = 1

    outcome = sync_while(tenant, states, {5: new_row}, 24)

    assert outcome.gone("applications") == set()
