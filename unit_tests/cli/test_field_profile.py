"""The fields of payloads, and samples from all over a listing."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.paging import Page
from phenom_cli.field_profile import MAX_DEPTH, RemoteField, field_profile, sample
from unit_tests.phenom_api.repeating_listing import IN_ORDER, TOTALS, RepeatingListing, Serve


def test_fields_of_payloads() -> None:
    found = field_profile(
        [
            {"a": "X1", "b": {"c": 1, "d": None}, "e": [{"f": "x"}, {"f": "y", "g": 1}], "h": None},
            {"a": "Y2", "b": {"c": "1"}, "e": []},
            {"a": "  "},
            {"a": 5},
            "not an object",
        ]
    )
    assert found == [
        RemoteField(("a",), ("string", "integer"), 0.75, "A9"),
        RemoteField(("b",), ("object",), 0.5, "object[2]"),
        RemoteField(("b", "c"), ("integer", "string"), 0.5, "9"),
        RemoteField(("b", "d"), ("null",), 0.0, ""),
        RemoteField(("e",), ("array",), 0.25, "list[2]"),
        RemoteField(("e", "f"), ("string",), 0.25, "a", in_list=True),
        RemoteField(("e", "g"), ("integer",), 0.25, "9", in_list=True),
        RemoteField(("h",), ("null",), 0.0, ""),
    ]


def test_members_of_the_tenants_own_object_in_any_form() -> None:
    shapes = [{"dept": "X1"}, '{"dept": "X1"}', [{"key": "dept", "value": "X1"}], "none", ["X1"]]
    found = {
        each.path: each.filled for each in field_profile([{"additionalFields": s} for s in shapes])
    }
    assert found == {"additionalFields": 1.0, "additionalFields.dept": 0.6}


def test_a_key_that_is_an_address_is_redacted() -> None:
    people = {"ada@example.com": 1, "+49 30 123456": "x", "grace@example.com": 2, "1234567": 3}
    assert [field.parts for field in field_profile([{"by": people}])] == [
        ("by",),
        ("by", "1234567"),
        ("by", "<e-mail>"),
        ("by", "<number>"),
    ]


def test_large_texts_and_deep_objects() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"a": deep}
    found = field_profile([{"long": "x" * 5_000_000, "deep": deep}])
    assert found[-1].shape == "<long text>"
    assert len(found) == MAX_DEPTH + 1


def test_no_payloads() -> None:
    assert field_profile([]) == []


class Listing:
    def __init__(self, size: int, clamp: int = 1000, *, counts: bool = True) -> None:
        self.size, self.clamp, self.counts = size, clamp, counts
        self.asked: list[tuple[int, int]] = []

    def fetch(self, offset: int, limit: int) -> Page:
        self.asked.append((offset, limit))
        rows = list(range(self.size))[offset : offset + min(limit, self.clamp)]
        return Page(rows, self.size if self.counts else None)


def test_a_small_listing_is_sampled_whole() -> None:
    listing = Listing(25)
    assert sample(listing.fetch, 200, 10) == (list(range(25)), 25)


def test_a_sample_reaches_from_the_first_row_to_the_last() -> None:
    listing = Listing(1_000)
    rows, total = sample(listing.fetch, 30, 10)
    assert total == 1_000
    assert rows == [*range(10), *range(495, 505), *range(990, 1_000)]


def test_a_gateway_with_shorter_pages() -> None:
    listing = Listing(1_000, clamp=4)
    rows, _ = sample(listing.fetch, 10, 100)
    assert len(rows) == 10
    assert rows[:4] == [0, 1, 2, 3]


def test_a_listing_without_a_total() -> None:
    listing = Listing(25, counts=False)
    assert sample(listing.fetch, 200, 10) == (list(range(25)), 25)
    assert sample(listing.fetch, 20, 10)[0] == list(range(20))


@pytest.mark.parametrize("serve", IN_ORDER)
@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("count", [1, 20, 50, 198])
def test_a_listing_that_repeats_itself(serve: Serve, total: str, count: int) -> None:
    listing = RepeatingListing(count, serve, TOTALS[total], changing=True)
    rows, _ = sample(listing.fetch, 200, 10, lambda row: row.number)
    assert len({row.number for row in rows}) == len(rows)
    assert len(listing.reads) <= 25


def test_an_empty_listing() -> None:
    assert sample(Listing(0).fetch, 200, 10) == ([], 0)
