"""Candidates API: `/candidates-api`. Every operation requires `x-ph-userId`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from phenom_sandbox.gateway.answers import (
    DEFAULT_SIZE,
    Call,
    Refusal,
    SandboxAnswer,
    json_answer,
    optional_text_problems,
    text_problems,
)
from phenom_sandbox.gateway.moments import Moment, moment
from phenom_sandbox.gateway.paging import churn, cut
from phenom_sandbox.listing import Payload
from phenom_sandbox.people import Dates, People

_DATE_FIELDS = {"updatedDate": "updated", "dateCreated": "created"}
_STRING_FIELDS: dict[str, Callable[[Payload], list[Any]]] = {
    "firstName": lambda candidate: [candidate.get("firstName")],
    "lastName": lambda candidate: [candidate.get("lastName")],
    "emailList.email": lambda candidate: candidate["emails"],
    "newLocation.city": lambda candidate: [(candidate.get("location") or {}).get("city")],
    "newLocation.state": lambda candidate: [(candidate.get("location") or {}).get("state")],
    "newLocation.country": lambda candidate: [(candidate.get("location") or {}).get("country")],
    "currentCompany.jobTitle": lambda candidate: [candidate.get("title")],
    "trafficSourceList.sourceShortName": lambda candidate: candidate.get("sources") or [],
}
_STRING_TESTS: dict[str, Callable[[str, str], bool]] = {
    "Is": lambda text, wanted: text == wanted,
    "Contains": lambda text, wanted: wanted in text,
    "Starts with": lambda text, wanted: text.startswith(wanted),
    "Ends with": lambda text, wanted: text.endswith(wanted),
}
_NEGATED = {"Is not": "Is", "Does not contain": "Contains"}

Test = Callable[[Payload], bool]


class CandidateSearch:
    """Keeps the result of the latest search for its next pages, until the tenant changes."""

    def __init__(self) -> None:
        self._found: tuple[object, list[str]] | None = None

    def candidates_filter(self, call: Call) -> SandboxAnswer:
        """`filters` on dates take epoch milliseconds or ISO text; the answer has no total."""
        body = call.json_object() if call.body else {}
        start, size = _range(body.get("from"), body.get("size"))
        any_of = body.get("filtersOperator") or "AND"
        if not isinstance(any_of, str) or any_of.upper() not in ("AND", "OR"):
            raise Refusal(400, "filtersOperator must be AND or OR")
        keyword = body.get("searchkeyword")
        if keyword is not None and not isinstance(keyword, str):
            raise Refusal(400, "searchkeyword must be text")
        if (window := call.hit("search_window")) and start + size > int(window.value):
            raise Refusal(400, f"from + size must be at most {window.value}")
        conditions = body.get("filters")
        tests = _tests(conditions, dates_only=call.hit("dates_only") is not None)
        tenant = call.tenant
        with tenant.lock:
            churn(call, tenant.applied)
            key = (tenant.second, orjson.dumps(conditions), any_of.upper(), keyword)
            if self._found is None or self._found[0] != key:
                combine = any if any_of.upper() == "OR" else all
                self._found = key, _matching(tenant.people, tests, combine, keyword)
            page, _ = cut(call, self._found[1], start, size, None)
            found = [tenant.people.find(candidate_id) for candidate_id in page]
        candidates = [_found(candidate) for candidate in found if candidate is not None]
        shown = None if call.hit("data_null") else {"candidates": candidates}
        return json_answer({"status": "success", "data": shown})


def _matching(
    people: People,
    tests: list[tuple[Test, bool]],
    combine: Callable[[Iterable[bool]], bool],
    keyword: str | None,
) -> list[str]:
    """The ids of matching candidates; their records are needed only for filters on other fields."""
    if not keyword and all(by_date for _, by_date in tests):
        return people.ids(_of_dates(tests, combine) if tests else None)
    everyone = filter(None, map(people.find, people.ids()))
    return [
        candidate["candidateId"]
        for candidate in everyone
        if _mentions(candidate, keyword)
        and (not tests or combine(test(candidate) for test, _ in tests))
    ]


def _of_dates(
    tests: list[tuple[Test, bool]], combine: Callable[[Iterable[bool]], bool]
) -> Callable[[Dates], bool]:
    def wanted(dates: Dates) -> bool:
        candidate = {"created": dates[0], "updated": dates[1]}
        return combine(test(candidate) for test, _ in tests)

    return wanted


def get_candidate_v2(call: Call) -> SandboxAnswer:
    query, people = call.query, call.tenant.people
    if query.get("candidateId"):
        candidate = people.find(query["candidateId"])
    elif query.get("email"):
        candidate = people.find_by_email(query["email"])
    elif query.get("atsId"):
        candidate = people.find_by("atsId", query["atsId"])
    elif query.get("linkedInProfileUrl"):
        candidate = people.find_by("linkedInProfileURL", query["linkedInProfileUrl"])
    else:
        raise Refusal(400, "One of candidateId, email, atsId, linkedInProfileUrl is required")
    if candidate is None:
        raise Refusal(404, "Candidate not found")
    return json_answer({"status": 200, "message": "success", "data": _profile(candidate)})


def create_candidate_v2(call: Call) -> SandboxAnswer:
    body = call.json_object()
    problems = _candidate_problems(body)
    if problems:
        raise Refusal(400, "; ".join(problems))
    emails = [entry["email"] for entry in body.get("emailList") or []]
    people = call.tenant.people
    with call.tenant.lock:
        if not call.tenant.accepts_duplicates:
            _refuse_duplicate(people, emails, body)
        phones = body.get("contacts") or [{}]
        known = ("firstName", "middleName", "lastName", "atsId", "employeeId", "internal")
        candidate_id = people.create(
            {
                **{name: body.get(name) for name in (*known, "linkedInProfileURL")},
                "emails": emails,
                "phone": phones[0].get("phoneNumber"),
                "countryCode": phones[0].get("countryCode"),
                "location": None,
                "company": None,
                "title": None,
                "sources": body["profileSources"],
            }
        )
    data = {"cId": candidate_id}
    return json_answer({"status": 200, "message": "Candidate created", "data": data})


def _refuse_duplicate(people: People, emails: list[str], body: dict[str, Any]) -> None:
    found = [(people.find_by_email(email), "email") for email in emails]
    for field in ("atsId", "linkedInProfileURL"):
        if body.get(field):
            found.append((people.find_by(field, body[field]), field))
    for candidate, field in found:
        if candidate is not None:
            data = {"candidateId": candidate["candidateId"], "matchedField": field}
            raise Refusal(409, f"Candidate already exists with the same {field}", data=data)


def _range(start: Any, size: Any) -> tuple[int, int]:
    values = []
    for name, value, default, least in (("from", start, 0, 0), ("size", size, DEFAULT_SIZE, 1)):
        if value is None:
            value = default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise Refusal(400, f"{name} must be a whole number from {least} up")
        values.append(value)
    return values[0], values[1]


def _mentions(candidate: Payload, keyword: str | None) -> bool:
    if not keyword:
        return True
    words = [candidate.get("firstName"), candidate.get("lastName"), *candidate["emails"]]
    return any(keyword.lower() in str(word).lower() for word in words if word)


def _tests(filters: Any, *, dates_only: bool) -> list[tuple[Test, bool]]:
    """Each filter as a test of a candidate, and whether the test needs only the dates.

    With `dates_only`, date filters accept only whole days (the description says `format: date`).
    """
    if filters is None:
        return []
    if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
        raise Refusal(400, "filters must be a list of objects")
    return [_test(each, dates_only) for each in filters]


def _test(condition: dict[str, Any], dates_only: bool) -> tuple[Test, bool]:
    name, operator, values = (condition.get(key) for key in ("field", "operator", "values"))
    if not isinstance(name, str) or not isinstance(operator, str):
        raise Refusal(400, "a filter needs field and operator")
    if operator in ("True", "False"):
        return (lambda candidate: bool(candidate.get(name)) == (operator == "True")), False
    if not isinstance(values, list) or not values:
        raise Refusal(400, f"the filter on {name} needs values")
    if name in _DATE_FIELDS:
        moments = [moment(value, dates_only=dates_only) for value in values]
        return _date_test(_DATE_FIELDS[name], operator, moments), True
    wanted = [str(value).lower() for value in values]
    if name == "applySources" and operator in ("In", "Not in"):
        inside = operator == "In"
        return (
            lambda candidate: (
                any(str(source).lower() in wanted for source in candidate.get("sources") or [])
                == inside
            )
        ), False
    read = _STRING_FIELDS.get(name)
    compare = _STRING_TESTS.get(_NEGATED.get(operator, operator))
    if read is None or compare is None:
        raise Refusal(400, f"no filter on {name} with operator {operator}")
    expected = operator not in _NEGATED

    def test(candidate: Payload) -> bool:
        texts = [str(text).lower() for text in read(candidate) if text is not None]
        return any(compare(text, value) for text in texts for value in wanted) == expected

    return test, False


def _date_test(field: str, operator: str, moments: list[Moment]) -> Test:
    first, last = moments[0]
    if operator == "Equal to":
        return lambda candidate: any(low <= candidate[field] <= high for low, high in moments)
    if operator == "Not equal to":
        return lambda candidate: not any(low <= candidate[field] <= high for low, high in moments)
    if operator == "Before":
        return lambda candidate: bool(candidate[field] < first)
    if operator == "After":
        return lambda candidate: bool(candidate[field] > last)
    if operator == "Between":
        if len(moments) != 2:
            raise Refusal(400, "Between needs two values")
        return lambda candidate: bool(first <= candidate[field] <= moments[1][1])
    raise Refusal(400, f"no such operator for dates: {operator}")


def _emails(candidate: Payload) -> list[Payload]:
    return [
        {"email": email, "type": "Personal", "status": "Secondary" if place else "Primary"}
        for place, email in enumerate(candidate["emails"])
    ]


def _contacts(candidate: Payload) -> list[Payload]:
    if not candidate.get("phone"):
        return []
    contact = {"phoneNumber": candidate["phone"], "countryCode": candidate.get("countryCode")}
    return [{**contact, "type": "Mobile", "status": "Primary"}]


def _found(candidate: Payload) -> Payload:
    location = candidate.get("location") or {}
    parts = [location.get("city"), location.get("state"), location.get("country")]
    return {
        "userId": candidate["candidateId"],
        "firstName": candidate.get("firstName"),
        "middleName": candidate.get("middleName"),
        "lastName": candidate.get("lastName"),
        "currentjobTitle": candidate.get("title"),
        "emailList": _emails(candidate),
        "contacts": _contacts(candidate),
        "location": ", ".join(part for part in parts if part) or None,
        "internal": bool(candidate.get("internal")),
        "dateCreated": candidate["created"],
        "updatedDate": candidate["updated"],
    }


def _profile(candidate: Payload) -> Payload:
    return {
        "candidateId": candidate["candidateId"],
        "firstName": candidate.get("firstName"),
        "middleName": candidate.get("middleName"),
        "lastName": candidate.get("lastName"),
        "company": candidate.get("company"),
        "createdDate": candidate["created"],
        "updatedDate": candidate["updated"],
        "emailList": _emails(candidate),
        "contacts": _contacts(candidate),
        "internal": bool(candidate.get("internal")),
        "atsId": candidate.get("atsId"),
        "employeeId": candidate.get("employeeId"),
        "linkedInProfileURL": candidate.get("linkedInProfileURL"),
        "profileSourceList": candidate.get("sources") or [],
        "location": candidate.get("location"),
    }


def _candidate_problems(body: dict[str, Any]) -> list[str]:
    problems = text_problems(body, "", "firstName", "lastName")
    sources = body.get("profileSources")
    if not isinstance(sources, list) or not sources:
        problems.append("profileSources is required")
    elif not all(isinstance(source, str) for source in sources):
        problems.append("profileSources must be a list of texts")
    optional = ("middleName", "atsId", "employeeId", "linkedInProfileURL")
    problems += optional_text_problems(body, "", *optional)
    problems += _entry_problems(body, "emailList", "email", "type", "status")
    problems += _entry_problems(body, "contacts", "phoneNumber", "type", "status", "countryCode")
    return problems


def _entry_problems(body: dict[str, Any], name: str, *required: str) -> list[str]:
    entries = body.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [f"{name} must be a list of objects"]
    problems = [
        problem
        for place, entry in enumerate(entries)
        for problem in text_problems(entry, f"{name}[{place}].", *required)
    ]
    problems += [
        f"{name}[{place}].status must be Primary or Secondary"
        for place, entry in enumerate(entries)
        if isinstance(entry.get("status"), str)
        and entry["status"].strip()
        and entry["status"] not in ("Primary", "Secondary")
    ]
    return problems
