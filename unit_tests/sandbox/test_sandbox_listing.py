"""The records of a listing, compared with a plain list."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_sandbox import Tenant
from phenom_sandbox.listing import JobStore, RecordStore

operations = st.lists(
    st.tuples(
        st.sampled_from(["edit", "delete", "insert", "append"]),
        st.integers(min_value=0, max_value=60),
    ),
    max_size=40,
)


@given(generated=st.integers(0, 25), steps=operations, page=st.integers(1, 9))
def test_equals_a_plain_list(generated: int, steps: list[tuple[str, int]], page: int) -> None:
    model = [(key, {"number": -1}) for key in range(generated)]
    listing = RecordStore(model)
    deleted: list[int] = []
    for number, (action, place) in enumerate(steps):
        payload, key = {"number": number}, generated + number
        if action == "append":
            listing.add(key, payload)
            model.append((key, payload))
        elif action == "insert":
            listing.add(key, payload, place)
            model.insert(place, (key, payload))
        elif model:
            position = place % len(model)
            key = listing.at(position)
            assert key == model[position][0]
            if action == "edit":
                listing.edit(key, payload)
                model[position] = key, payload
            else:
                listing.delete(key)
                del model[position]
                deleted.append(key)
    assert len(listing) == len(model)
    assert list(listing) == [key for key, _ in model]
    for offset in range(0, len(model) + page, page):
        expected = [payload for _, payload in model[offset : offset + page]]
        assert orjson.loads(listing.page(offset, page)) == expected
    for key in deleted:
        assert key not in listing
        with pytest.raises(KeyError):
            listing.edit(key, {})
        with pytest.raises(KeyError):
            listing.delete(key)


def test_filters_use_the_current_values() -> None:
    listing = JobStore([{"jobId": "1", "locale": "de"}, {"jobId": "1", "locale": "en"}])
    assert listing.matching({"jobId": "1"}) == [0, 1]
    listing.edit(0, {"jobId": "2", "locale": "de"})
    key = listing.append({"jobId": "1", "locale": "fr"}, position=0)
    assert listing.matching({"jobId": "1"}) == [key, 1]
    listing.delete(1)
    assert listing.matching({"jobId": "1"}) == [key]
    assert listing.matching({"jobId": "1", "locale": "de"}) == []


@given(st.lists(st.integers(0, 11), max_size=24), st.integers(0, 12))
def test_a_restored_application_is_where_it_was(deleted: list[int], position: int) -> None:
    tenant = Tenant(jobs=3, applications=12)
    before = list(tenant.applications())
    added = tenant.add_application(position=position)
    for number in dict.fromkeys(deleted):
        tenant.delete_application(before[number]["id"])
    for number in dict.fromkeys(reversed(deleted)):
        tenant.restore_application(before[number]["id"])
    tenant.delete_application(added["id"])
    assert list(tenant.applications()) == before
    with pytest.raises(KeyError):
        tenant.restore_application(before[0]["id"])
