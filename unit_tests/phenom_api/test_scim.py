"""SCIM listings of gateways that page, that page in part, and that do not page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from phenom_api.errors import PermissionDenied, RequestRefused, Unavailable
from phenom_api.paging import ScanOutcome
from phenom_api.scim import GROUPS, USERS, Resources
from unit_tests.phenom_api.repeating_listing import (
    IN_ORDER,
    TOTALS,
    RepeatingListing,
    Serve,
    held_back_by_a_page,
    shorter_cycle,
)
from unit_tests.phenom_api.wire import GATEWAY, Wire, wire

URL = GATEWAY + USERS.path
Row = dict[str, Any]


@dataclass
class ScimListing:
    """A SCIM listing. Parameters that are None are ignored by the gateway, or left out.

    :param clamp: the most rows of a page.
    :param starts, counts: whether ``startIndex`` and ``count`` have an effect.
    :param total: from the true count to the claimed one.
    :param refuses: whether parameters are refused.
    """

    size: int
    clamp: int = 1000
    starts: bool = True
    counts: bool = True
    total: Callable[[int], Any] = lambda count: count
    refuses: bool = False
    reversing: bool = False

    def __call__(self, request: Any, context: Any) -> Row:
        if self.refuses and request.qs:
            context.status_code = 400
            return {"message": "unknown parameter"}
        rows = [{"id": f"u{number}"} for number in range(self.size)]
        asked = {name: int(value[0]) for name, value in request.qs.items()}
        start = asked.get("startindex", 1) if self.starts else 1
        count = asked.get("count", 1000) if self.counts else 1000
        page = rows[start - 1 :][: min(count, self.clamp)]
        body: dict[str, Any] = {"Resources": page[::-1] if self.reversing and start > 1 else page}
        body |= {"startIndex": start, "itemsPerPage": len(page)}
        total = self.total(self.size)
        return body if total is None else {**body, "totalResults": total}


@pytest.fixture
def made() -> Iterator[Wire]:
    with wire() as opened:
        yield opened


def read(made: Wire, listing: Any, page_size: int = 10) -> tuple[list[str], ScanOutcome]:
    made.mocker.get(URL, json=listing)
    with ThreadPoolExecutor(3) as executor:
        resources = Resources(
            made.gateway,
            USERS,
            page_size=page_size,
            identity=lambda row: row["id"],
            executor=executor,
            ahead=6,
        )
        return [row["id"] for rows in resources for row in rows], resources.outcome


@pytest.mark.parametrize(
    "listing",
    [
        pytest.param(ScimListing(0), id="empty"),
        pytest.param(ScimListing(1), id="one row"),
        pytest.param(ScimListing(57), id="pages"),
        pytest.param(ScimListing(60), id="full pages"),
        pytest.param(ScimListing(57, clamp=7), id="shorter pages than asked for"),
        pytest.param(ScimListing(1, starts=False, counts=False), id="one row, no paging"),
        pytest.param(ScimListing(7, starts=False), id="no startIndex, all in a page"),
        pytest.param(ScimListing(57, starts=False), id="no startIndex"),
        pytest.param(ScimListing(57, counts=False), id="no count"),
        pytest.param(ScimListing(57, starts=False, counts=False), id="no paging"),
        pytest.param(ScimListing(57, refuses=True), id="parameters refused"),
        pytest.param(ScimListing(57, total=str), id="a total as text"),
    ],
)
def test_every_row_and_proof_of_it(made: Wire, listing: ScimListing) -> None:
    rows, outcome = read(made, listing)
    assert set(rows) == {f"u{number}" for number in range(listing.size)}
    assert outcome.complete
    assert len(made.requests(URL)) <= listing.size // min(10, listing.clamp) + 10


@pytest.mark.parametrize("listing", [ScimListing(57), ScimListing(57, clamp=7), ScimListing(60)])
def test_a_gateway_that_pages_gives_every_row_once(made: Wire, listing: ScimListing) -> None:
    rows, _ = read(made, listing)
    assert len(rows) == listing.size


def test_the_first_row_has_the_index_1(made: Wire) -> None:
    read(made, ScimListing(25), page_size=50)
    assert made.requests(URL)[0].qs == {"startindex": ["1"], "count": ["50"]}


@pytest.mark.parametrize(
    ("listing", "shown"),
    [
        pytest.param(ScimListing(57, clamp=10, starts=False), 10, id="never more than ten"),
        pytest.param(
            ScimListing(57, clamp=10, starts=False, total=lambda _: None), 10, id="nor a total"
        ),
        pytest.param(
            ScimListing(57, starts=False, counts=False, total=lambda _: None), 57, id="no total"
        ),
        pytest.param(
            ScimListing(57, starts=False, counts=False, total=lambda count: count + 1),
            57,
            id="total too large",
        ),
        pytest.param(ScimListing(57, total=lambda count: count + 1), 57, id="paged, too large"),
        pytest.param(ScimListing(57, total=lambda _: 10), 57, id="total of a page"),
    ],
)
def test_a_scan_without_proof_is_not_complete(made: Wire, listing: ScimListing, shown: int) -> None:
    rows, outcome = read(made, listing)
    assert len(set(rows)) == shown
    assert not outcome.complete
    assert len(made.requests(URL)) < 30


def test_a_listing_that_comes_in_any_order_ends(made: Wire) -> None:
    rows, outcome = read(made, ScimListing(10, starts=False, counts=False, reversing=True), 5)
    assert len(set(rows)) == 10
    assert outcome.complete


@pytest.mark.parametrize("serve", IN_ORDER)
@pytest.mark.parametrize("total", ["right", "missing", "twice"])
@pytest.mark.parametrize("count", [1, 9, 57, 99])
def test_a_listing_that_repeats_itself(made: Wire, serve: Serve, total: str, count: int) -> None:
    listing = RepeatingListing(count, serve, TOTALS[total])

    def answer(request: Any, _: Any) -> Row:
        asked = {name: int(value[0]) for name, value in request.qs.items()}
        page = listing.fetch(asked.get("startindex", 1) - 1, asked.get("count", 10))
        body = {"Resources": [{"id": f"u{row.number}"} for row in page.rows]}
        return body if page.total is None else {**body, "totalResults": page.total}

    rows, outcome = read(made, answer)
    assert {int(row[1:]) for row in rows} == listing.served
    if total == "right" and serve not in (shorter_cycle, held_back_by_a_page):
        assert listing.served == set(range(count))
    if outcome.complete:
        assert total == "right"
        assert listing.served == set(range(count))
    assert len(listing.reads) <= count // 9 + 45


@pytest.mark.parametrize("operation", [USERS, GROUPS])
def test_a_denial_is_an_error(made: Wire, operation: Any) -> None:
    made.mocker.get(re.compile(GATEWAY), status_code=403, json={"message": "no"})
    with ThreadPoolExecutor(1) as executor, pytest.raises(PermissionDenied) as raised:
        list(
            Resources(
                made.gateway, operation, page_size=10, identity=str, executor=executor, ahead=2
            )
        )
    assert operation.path in raised.value.message
    assert "SCIM" in raised.value.message


def test_a_refusal_of_every_request_is_an_error(made: Wire) -> None:
    with pytest.raises(RequestRefused):
        read(made, lambda *_: refuse(404, *_), page_size=50)
    assert len(made.requests(URL)) == 1


def test_an_error_in_the_middle_is_raised(made: Wire) -> None:
    listing = ScimListing(57)

    def failing(request: Any, context: Any) -> Row:
        if int(request.qs["startindex"][0]) > 20:
            context.status_code = 502
        return listing(request, context)

    with pytest.raises(Unavailable):
        read(made, failing)


def refuse(status: int, _: Any, context: Any) -> Row:
    context.status_code = status
    return {"message": "no"}
