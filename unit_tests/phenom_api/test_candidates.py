"""Requests to the Candidates API, and how their answers are read."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from phenom_api import candidates
from phenom_api.errors import MalformedAnswer, RequestRefused
from phenom_api.gateway import Gateway
from phenom_api.paging import Page
from phenom_api.short_lists import read_all
from unit_tests.phenom_api.repeating_listing import (
    IN_ORDER,
    TOTALS,
    RepeatingListing,
    Serve,
    begins_again,
    goes_round,
)


class Answers:
    """A gateway with one answer for every request; keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def fetch(self, operation: Any, read: Any, **parts: Any) -> Any:
        self.asked.append((str(operation), operation.address or operation.path, parts))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        try:
            return read(answer)
        except ValueError as error:
            raise MalformedAnswer(str(error)) from None


def ask(answers: Answers, function: Any, *arguments: Any) -> Any:
    gateway: Gateway = answers  # type: ignore[assignment]
    return function(gateway, *arguments)


def test_ids_are_in_the_url_but_not_in_messages() -> None:
    answers = Answers({"data": {"applications": []}})
    ask(answers, candidates.applications, "a/b ?ü")
    ((shown, address, _),) = answers.asked
    template = "/candidates-api/applications/v1/candidates/{candidateId}/applications"
    assert shown == f"GET {template}"
    assert address == template.replace("{candidateId}", "a%2Fb%20%3F%C3%BC")


@pytest.mark.parametrize(
    ("after", "until", "filters"),
    [
        (None, None, []),
        (date(2026, 1, 2), None, [("After", ["2026-01-02"])]),
        (date(2026, 1, 2), date(2026, 2, 1), [("Between", ["2026-01-02", "2026-02-01"])]),
    ],
)
def test_searches(after: date | None, until: date | None, filters: list[Any]) -> None:
    answers = Answers({"status": "success", "data": {"candidates": [{"userId": "c1"}]}})
    page = ask(answers, candidates.search_page, candidates.updated(after, until), 20, 10)
    assert page == Page([{"userId": "c1"}], None)
    body = answers.asked[0][2]["json"]
    assert (body.pop("from"), body.pop("size")) == (20, 10)
    sent = [(each["operator"], each["values"]) for each in body.pop("filters", [])]
    assert sent == filters
    assert body == ({"filtersOperator": "and"} if filters else {})


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (candidates.applications, {"data": {"applications": [1]}}),
        (candidates.attachments, {"status": 200, "attachments": [1]}),
        (candidates.hiring_status_activities, {"data": [1], "pagination": {"totalCount": 1}}),
        (partial(candidates.tags_of, size=10), {"data": [1], "total": 1}),
        (partial(candidates.tagged, size=10), {"data": [1], "total": "1"}),
        (
            partial(candidates.applicants, size=10),
            {"data": {"candidates": [1]}, "pagination": {"total": 1.0}},
        ),
    ],
)
def test_lists(read: Any, answer: dict[str, Any]) -> None:
    answers = Answers(answer)
    assert ask(answers, read, "x") == [1]
    assert len(answers.asked) == 1


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (candidates.applications, {"data": None}),
        (candidates.applications, {"data": {"applications": None}}),
        (candidates.attachments, {"attachments": None}),
        (candidates.hiring_status_activities, {"data": None}),
        (partial(candidates.applicants, size=10), {"data": None, "pagination": None}),
    ],
)
def test_null_is_an_empty_list(read: Any, answer: dict[str, Any]) -> None:
    assert ask(Answers(answer), read, "x") == []


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (candidates.applications, {"message": "fine"}),
        (candidates.applications, {"data": []}),
        (candidates.attachments, {"data": []}),
        (candidates.hiring_status_activities, {"data": {}}),
        (candidates.candidate, {"data": "c1"}),
    ],
)
def test_an_answer_without_its_list_is_an_error(read: Any, answer: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        ask(Answers(answer), read, "x")


def test_a_candidate_who_is_not_found_is_none() -> None:
    def refused(status: int) -> Any:
        def read() -> Any:
            raise RequestRefused("no", status=status)

        return read

    assert candidates.none_if_not_found(refused(404)) is None
    assert candidates.none_if_not_found(refused(410)) is None
    assert candidates.none_if_not_found(lambda: 0) == 0
    with pytest.raises(RequestRefused):
        candidates.none_if_not_found(refused(400))


class TestWholeLists:
    @pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 25, 30])
    @pytest.mark.parametrize(
        ("total", "clamp", "ignores_offset", "refuses_end"),
        [
            ("right", None, False, False),
            ("missing", None, False, False),
            ("right", 4, False, False),
            ("missing", 4, False, True),
            ("too large", None, False, False),
            ("too large", None, False, True),
            ("too small", None, False, False),
        ],
    )
    def test_every_row_once(
        self, count: int, total: str, clamp: int | None, ignores_offset: bool, refuses_end: bool
    ) -> None:
        rows = list(range(count))
        said = {"right": count, "missing": None, "too large": count + 7, "too small": count // 2}
        requests = 0

        def fetch(offset: int, limit: int) -> Page:
            nonlocal requests
            requests += 1
            if offset >= count and offset and refuses_end:
                raise RequestRefused("beyond", status=400)
            return Page(rows[offset:][: min(limit, clamp or limit)], said[total])

        assert read_all(fetch, 10) == rows
        if total == "right" and clamp is None:
            assert requests == count // 10 + 1

    @pytest.mark.parametrize("serve", IN_ORDER)
    @pytest.mark.parametrize("total", TOTALS)
    @pytest.mark.parametrize("count", [1, 9, 10, 11, 20, 198])
    def test_a_list_that_repeats_itself(self, serve: Serve, total: str, count: int) -> None:
        for size, changing in ((10, False), (10, True), (100, False)):
            listing = RepeatingListing(count, serve, TOTALS[total], changing=changing)
            rows = [row.number for row in read_all(listing.fetch, size, lambda row: row.number)]
            assert set(rows) == listing.served
            assert len(listing.reads) <= count // min(size, 30) + 4
            if serve in (begins_again, goes_round):
                assert rows == list(range(count))

    def test_rows_that_look_alike_are_kept(self) -> None:
        rows = [1, 1, 2, 1, 1, 3, 4, 4]
        assert read_all(lambda offset, limit: Page(rows[offset:][:limit], None), 3) == rows

    def test_a_page_that_is_filled_up_with_rows_from_the_beginning(self) -> None:
        """Rows beyond the list's own total are repetitions, not rows that look alike."""
        for total in (3, 1):
            page = Page([0, 1, 2] * 3, total)
            assert read_all(lambda *_, page=page: page, 10) == [0, 1, 2]
        assert read_all(lambda *_: Page([0, 1, 1, 0, 1], 3), 10) == [0, 1, 1]

    @pytest.mark.parametrize("total", [None, 4, 40])
    def test_a_list_without_paging(self, total: int | None) -> None:
        assert read_all(lambda *_: Page([1, 2, 3, 4], total), 2) == [1, 2, 3, 4]

    def test_a_refusal_of_the_first_page_is_raised(self) -> None:
        def fetch(*_: int) -> Page:
            raise RequestRefused("no", status=404)

        with pytest.raises(RequestRefused):
            read_all(fetch, 10)
