"""The orders of the application listing."""

from __future__ import annotations

import pytest

from phenom_cli import local_tenant
from phenom_sandbox import ORDERS, Tenant

ASCENDING, DESCENDING, UNORDERED = ORDERS


def listed(tenant: Tenant) -> list[str]:
    return [application["id"] for application in tenant.applications()]


@pytest.fixture(params=ORDERS)
def tenant(request: pytest.FixtureRequest) -> Tenant:
    return Tenant(jobs=5, applications=60, order=request.param)


def test_the_orders() -> None:
    orders = {order: listed(Tenant(jobs=5, applications=60, order=order)) for order in ORDERS}
    assert orders[ASCENDING] == sorted(orders[ASCENDING])
    assert orders[DESCENDING] == orders[ASCENDING][::-1]
    assert sorted(orders[UNORDERED]) == orders[ASCENDING]
    assert orders[UNORDERED] not in (orders[ASCENDING], orders[DESCENDING])


def test_an_unknown_order() -> None:
    with pytest.raises(ValueError, match="there are: ascending, descending, none"):
        Tenant(jobs=1, applications=1, order="sideways")


def test_where_new_applications_appear() -> None:
    places = {}
    for order in ORDERS:
        tenant = Tenant(jobs=5, applications=60, order=order)
        new = [tenant.add_application()["id"] for _ in range(20)]
        places[order] = [listed(tenant).index(each) for each in new]
    assert places[ASCENDING] == list(range(60, 80))
    assert places[DESCENDING] == list(range(20))[::-1]
    assert min(places[UNORDERED]) < 40 < max(places[UNORDERED])


def test_a_restored_application_is_where_it_was(tenant: Tenant) -> None:
    before = listed(tenant)
    for position in (0, 30, 59):
        tenant.delete_application(before[position])
        tenant.restore_application(before[position])
        assert listed(tenant) == before


def test_a_change_shows_in_the_candidate_search(tenant: Tenant) -> None:
    application = tenant.application_at(7)
    candidate = tenant.candidate_id_of(application)
    before = tenant.people.find(candidate)
    tenant.set_application(application["id"], {"customFieldData": {"edited": True}})
    after = tenant.people.find(candidate)
    assert before is not None
    assert after is not None
    assert after["updated"] == tenant.now > before["updated"]


def test_the_command_offers_them() -> None:
    assert local_tenant.ORDERS == ORDERS
