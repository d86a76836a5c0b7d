"""Finding changed candidates: searches that show too few rows, and filters that take days."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from phenom_api.errors import PermissionDenied, RequestRefused
from phenom_api.paging import Page, Scan
from source_phenom.listings import change_lookup
from source_phenom.listings.change_lookup import ChangeLookup
from unit_tests.phenom_api.repeating_listing import (
    Serve,
    begins_again,
    ends,
    goes_round,
    held_back,
    ignores_offset,
)

TODAY = date(2026, 11, 2)
DAY_MS = 86_400_000


def moment(day: str, hour: int = 12) -> int:
    return int(datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00").timestamp() * 1000)


class Engine:
    """A candidate search over days that shows at most ``window`` rows, or refuses later offsets.

    :param zone: hours by which its days begin later than UTC's. :param inclusive: whether the
        days of a filter count.
    """

    def __init__(
        self,
        rows: list[dict[str, Any]],
        *,
        window: int = 10**9,
        refuses: bool = False,
        zone: int = 0,
        inclusive: bool = True,
        serve: Serve = ends,
    ) -> None:
        self.rows = rows
        self.window = window
        self.refuses = refuses
        self.zone = timezone(timedelta(hours=zone))
        self.inclusive = inclusive
        self.serve = serve
        self.requests = 0
        self.filters: list[list[str]] = []

    def page(self, _: Any, filters: list[dict[str, Any]], offset: int, limit: int) -> Page:
        if offset + limit > self.window:
            if self.refuses:
                raise RequestRefused("too far", status=400)
            limit = max(0, self.window - offset)
        found = [row for row in self.rows if all(self._passes(row, each) for each in filters)]
        self.filters += [each["values"] for each in filters]
        self.requests += 1
        return Page(list(self.serve(found, offset, limit)) if found else [], None)

    def _passes(self, row: dict[str, Any], condition: dict[str, Any]) -> bool:
        assert condition["field"] == "updatedDate"
        if "updatedDate" not in row:
            return False
        own = datetime.fromtimestamp(row["updatedDate"] / 1000, self.zone).date()
        days = [date.fromisoformat(value) for value in condition["values"]]
        if condition["operator"] == "After":
            return own >= days[0] if self.inclusive else own > days[0]
        assert condition["operator"] == "Between"
        if self.inclusive:
            return days[0] <= own <= days[1]
        return days[0] < own < days[1]


@pytest.fixture
def search(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., tuple[set[str], ChangeLookup]]]:
    monkeypatch.setattr(change_lookup, "MOST_ROWS", 20)
    with ThreadPoolExecutor(4) as executor:

        def scan(fetch: Callable[[int, int], Page], identity: Callable[[Any], Hashable]) -> Scan:
            return Scan(fetch, page_size=7, identity=identity, executor=executor, ahead=4)

        def run(engine: Engine, since: int | None = None) -> tuple[set[str], ChangeLookup]:
            monkeypatch.setattr(change_lookup, "search_page", engine.page)
            found = ChangeLookup(None, scan, TODAY)  # type: ignore[arg-type]
            return {row["userId"] for row in found.since(since)}, found

        yield run


def spread(count: int, first: str = "2020-01-01", step: int = DAY_MS // 3) -> list[dict[str, Any]]:
    return [
        {"userId": f"c{number}", "updatedDate": moment(first) + number * step}
        for number in range(count)
    ]


def test_all_candidates_are_found(search: Any) -> None:
    engine = Engine(spread(15))
    found, outcome = search(engine)
    assert found == {f"c{number}" for number in range(15)}
    assert outcome.until == engine.rows[-1]["updatedDate"]
    assert outcome.is_whole
    assert engine.filters == []


def test_an_empty_search(search: Any) -> None:
    found, outcome = search(Engine([]))
    assert (found, outcome.until) == (set(), 0)


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("inclusive", [True, False])
def test_more_rows_than_a_search_can_page_to(search: Any, refuses: bool, inclusive: bool) -> None:
    engine = Engine(spread(150), window=40, refuses=refuses, inclusive=inclusive)
    found, outcome = search(engine)
    assert found == {f"c{number}" for number in range(150)}
    assert outcome.until == engine.rows[-1]["updatedDate"]


def test_a_search_window_smaller_than_assumed(search: Any) -> None:
    found, _ = search(Engine(spread(150), window=19, refuses=True))
    assert found == {f"c{number}" for number in range(150)}


@pytest.mark.parametrize("serve", [begins_again, goes_round, ignores_offset, held_back])
@pytest.mark.parametrize("count", [1, 7, 15, 19])
def test_a_search_that_repeats_itself(search: Any, serve: Serve, count: int) -> None:
    """It seems endless, but it is not split into days."""
    engine = Engine(spread(count), serve=serve)
    found, outcome = search(engine)
    if serve is not ignores_offset:
        assert found == {f"c{number}" for number in range(count)}
    assert found
    assert not outcome.is_whole
    assert engine.filters == []
    assert engine.requests < 40


def test_a_long_search_that_repeats_itself(search: Any) -> None:
    engine = Engine(spread(150), serve=begins_again)
    found, outcome = search(engine)
    assert found == {f"c{number}" for number in range(150)}
    assert not outcome.is_whole


@pytest.mark.parametrize("zone", [-11, 0, 13])
@pytest.mark.parametrize("inclusive", [True, False])
def test_no_changed_candidate_is_missed(search: Any, zone: int, inclusive: bool) -> None:
    engine = Engine(spread(120, "2026-10-20", DAY_MS // 12), zone=zone, inclusive=inclusive)
    since = moment("2026-10-28", 3)
    found, _ = search(engine, since)
    wanted = {row["userId"] for row in engine.rows if row["updatedDate"] > since}
    assert wanted <= found
    assert len(found) <= len(wanted) + 3 * 12


def test_what_changed_tomorrow_by_our_clock_is_found(search: Any) -> None:
    engine = Engine(spread(60, "2026-10-24", DAY_MS // 4), window=40, refuses=True)
    found, _ = search(engine)
    assert len(found) == 60


def test_a_day_with_too_many_rows_is_refused(search: Any) -> None:
    with pytest.raises(RequestRefused):
        search(Engine(spread(60, step=1), window=10, refuses=True))


def test_rows_of_all_kinds(search: Any) -> None:
    rows: list[dict[str, Any]] = [
        {"userId": "dated", "updatedDate": moment("2026-10-01")},
        {"userId": "text", "updatedDate": "2026-10-02T00:00:00Z"},
        {"userId": "undated"},
        {"userId": "odd", "updatedDate": {}},
    ]
    found, outcome = search(Engine(rows))
    assert found == {"dated", "text", "undated", "odd"}
    assert outcome.until == moment("2026-10-02", 0)


def test_a_refused_search_is_raised(search: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(*_: Any) -> Page:
        raise PermissionDenied("no")

    engine = Engine([])
    monkeypatch.setattr(engine, "page", page)
    with pytest.raises(PermissionDenied):
        search(engine)
