"""Candidates API: `/candidates-api`. Every operation wants the acting user in `x-ph-userId`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from phenom_sandbox.gateway.answers import Answer, Call, Refusal, json_answer, whole_number
from phenom_sandbox.hiring import created_second
from phenom_sandbox.people import People
from phenom_sandbox.records.draw import instant
from phenom_sandbox.tenant import Payload

_LARGEST_SIZE = 1000
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


class CandidatesApi:
    def __init__(self, people: People) -> None:
        self._people = people

    def search(self, call: Call) -> Answer:
        """`filters` on dates take epoch milliseconds or ISO text; no total is answered."""
        body = call.json_object() if call.body else {}
        start, size = _range(body.get("from"), body.get("size"))
        any_of = body.get("filtersOperator") or "AND"
        if not isinstance(any_of, str) or any_of.upper() not in ("AND", "OR"):
            raise Refusal(400, "filtersOperator must be AND or OR")
        tests = _tests(body.get("filters"))
        keyword = body.get("searchkeyword")
        if keyword is not None and not isinstance(keyword, str):
            raise Refusal(400, "searchkeyword must be text")
        either = any_of.upper() == "OR"
        found = (
            candidate
            for candidate in self._candidates(tests, either)
            if _mentions(candidate, keyword)
        )
        page = [_found(candidate) for candidate in islice(found, start, start + size)]
        return json_answer({"status": "success", "data": {"candidates": page}})

    def _candidates(self, tests: list[tuple[Test, bool]], either: bool) -> Iterator[Payload]:
        """Those who pass; candidates are put together only when the dates alone do not decide."""
        combine = any if either else all
        people = self._people
        by_date_only = bool(tests) and all(by_date for _, by_date in tests)
        if not by_date_only:
            for candidate in people.all():
                if not tests or combine(test(candidate) for test, _ in tests):
                    yield candidate
            return
        created, updated = people.generated_dates()
        book = people.tenant.candidate_book
        for number in range(book.size):
            dates = {"created": created[number], "updated": updated[number]}
            if combine(test(dates) for test, _ in tests):
                known = people.find(book.candidate_id(number))
                if known is not None:
                    yield known
        for candidate in people.later():
            if combine(test(candidate) for test, _ in tests):
                yield candidate

    def get_candidate(self, call: Call) -> Answer:
        query = call.query
        candidate = None
        if query.get("candidateId"):
            candidate = self._people.find(query["candidateId"])
        elif query.get("email"):
            candidate = self._people.find_by_email(query["email"])
        elif query.get("atsId"):
            candidate = self._people.find_by("atsId", query["atsId"])
        elif query.get("linkedInProfileUrl"):
            candidate = self._people.find_by("linkedInProfileURL", query["linkedInProfileUrl"])
        else:
            raise Refusal(400, "One of candidateId, email, atsId, linkedInProfileUrl is required")
        if candidate is None:
            raise Refusal(404, "Candidate not found")
        return json_answer({"status": 200, "message": "success", "data": _profile(candidate)})

    def create_candidate(self, call: Call) -> Answer:
        body = call.json_object()
        problems = _candidate_problems(body)
        if problems:
            raise Refusal(400, "; ".join(problems))
        emails = [entry["email"] for entry in body.get("emailList") or []]
        with self._people.tenant.lock:
            for email in emails:
                self._refuse_existing(self._people.find_by_email(email), "email")
            for field in ("atsId", "linkedInProfileURL"):
                if body.get(field):
                    self._refuse_existing(self._people.find_by(field, body[field]), field)
            phones = body.get("contacts") or [{}]
            known = ("firstName", "middleName", "lastName", "atsId", "employeeId", "internal")
            candidate_id = self._people.create(
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

    def _refuse_existing(self, candidate: Payload | None, field: str) -> None:
        if candidate is not None:
            data = {"candidateId": candidate["candidateId"], "matchedField": field}
            raise Refusal(409, f"Candidate already exists with the same {field}", data=data)

    def get_applicants_for_job(self, call: Call) -> Answer:
        tenant = call.tenant
        missing = [name for name in ("from", "size") if name not in call.query]
        if missing:
            raise Refusal(400, f"Missing query parameter: {', '.join(missing)}")
        start = whole_number(call.query["from"], "from", 0)
        size = min(whole_number(call.query["size"], "size", 10, least=1), _LARGEST_SIZE)
        job_id = call.parameters["jobId"]
        with tenant.lock:
            applications = tenant.applications_by_job(job_id)
            known = job_id in tenant.job_book.numbers or tenant.open.matching({"jobId": job_id})
            if not applications and not known:
                raise Refusal(404, "Job not found")
            page = [self._applicant(each) for each in applications[start : start + size]]
        return json_answer(
            {
                "status": "success",
                "message": "Applicants fetched",
                "pagination": {"total": len(applications), "size": size, "from": start},
                "data": {"candidates": page},
            }
        )

    def _applicant(self, application: Payload) -> Payload:
        """Dates are text in this operation."""
        tenant = self._people.tenant
        candidate_id = tenant.candidate_id_of(application)
        candidate = self._people.find(candidate_id) or {"emails": [], "created": 0, "updated": 0}
        status = tenant.hiring_status(str(application["id"]))
        phone, code = candidate.get("phone"), candidate.get("countryCode")
        return {
            "userId": candidate_id,
            "firstName": candidate.get("firstName"),
            "lastName": candidate.get("lastName"),
            "emails": candidate["emails"],
            "hiringStatus": status.value,
            "dateCreated": instant(created_second(str(application["id"]))),
            "updatedDate": instant(status.updated // 1000),
            "contacts": [
                {
                    "originalNumber": phone,
                    "phoneNumber": f"{code or ''}{phone}",
                    "phoneNumberWithoutCountryCode": phone,
                    "countryCode": code,
                }
            ]
            if phone
            else [],
        }

    def get_candidate_applications(self, call: Call) -> Answer:
        """Dates are epoch milliseconds in this operation."""
        candidate_id = call.parameters["candidateId"]
        if self._people.find(candidate_id) is None:
            raise Refusal(404, "Candidate not found")
        applications = self._people.tenant.applications_by_candidate(candidate_id)
        data = {"applications": [self._application(each, candidate_id) for each in applications]}
        return json_answer({"status": 200, "message": "success", "data": data})

    def _application(self, application: Payload, candidate_id: str) -> Payload:
        tenant = self._people.tenant
        application_id = str(application["id"])
        status = tenant.hiring_status(application_id)
        job = application.get("jobApplicationData") or {}
        contact = (application.get("candidateData") or {}).get("contactData") or {}
        number = tenant.job_book.numbers.get(str(job.get("jobId")))
        created = created_second(application_id) * 1000
        source = job.get("applicantSource")
        return {
            "applicationId": application_id,
            "phApplicationId": application_id,
            "candidateId": candidate_id,
            "crmJobSeekerId": candidate_id,
            "atsId": None,
            "jobId": job.get("jobId"),
            "jobTitle": tenant.job_book.title(number) if number is not None else None,
            "jobCategory": tenant.job_book.category(number) if number is not None else None,
            "jobAssociationType": "applied",
            "isConfidential": False,
            "appliedEmail": contact.get("email"),
            "createdDate": created,
            "updatedDate": max(created, status.updated),
            "hiringStatus": {
                "value": status.value,
                "step": status.step,
                "disposition": "Rejected" if status.rejected else None,
                "isRejected": status.rejected,
                "rejectionReason": status.rejection_reason,
                "updatedDate": status.updated,
            },
            "trafficSourceList": [{"sourceShortName": source, "createdDate": created}]
            if source
            else [],
        }


def _range(start: Any, size: Any) -> tuple[int, int]:
    values = []
    for name, value, default, least in (("from", start, 0, 0), ("size", size, 10, 1)):
        if value is None:
            value = default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise Refusal(400, f"{name} must be a whole number from {least} up")
        values.append(value)
    return values[0], min(values[1], _LARGEST_SIZE)


def _mentions(candidate: Payload, keyword: str | None) -> bool:
    if not keyword:
        return True
    words = [candidate.get("firstName"), candidate.get("lastName"), *candidate["emails"]]
    return any(keyword.lower() in str(word).lower() for word in words if word)


def _tests(filters: Any) -> list[tuple[Test, bool]]:
    """Each filter as a test of a candidate, with whether it looks at dates only."""
    if filters is None:
        return []
    if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
        raise Refusal(400, "filters must be a list of objects")
    return [_test(each) for each in filters]


def _test(condition: dict[str, Any]) -> tuple[Test, bool]:
    name, operator, values = (condition.get(key) for key in ("field", "operator", "values"))
    if not isinstance(name, str) or not isinstance(operator, str):
        raise Refusal(400, "a filter needs field and operator")
    if operator in ("True", "False"):
        return (lambda candidate: bool(candidate.get(name)) == (operator == "True")), False
    if not isinstance(values, list) or not values:
        raise Refusal(400, f"the filter on {name} needs values")
    if name in _DATE_FIELDS:
        return _date_test(_DATE_FIELDS[name], operator, [_moment(value) for value in values]), True
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


def _date_test(field: str, operator: str, moments: list[int]) -> Test:
    first = moments[0]
    if operator == "Equal to":
        return lambda candidate: bool(candidate[field] in moments)
    if operator == "Not equal to":
        return lambda candidate: candidate[field] not in moments
    if operator == "Before":
        return lambda candidate: bool(candidate[field] < first)
    if operator == "After":
        return lambda candidate: bool(candidate[field] > first)
    if operator == "Between":
        if len(moments) != 2:
            raise Refusal(400, "Between needs two values")
        return lambda candidate: bool(moments[0] <= candidate[field] <= moments[1])
    raise Refusal(400, f"no such operator for dates: {operator}")


def _moment(value: Any) -> int:
    """Epoch milliseconds from a number, digits, or ISO text (UTC when it names no zone)."""
    text = str(value).strip()
    try:
        if text.lstrip("-").isdigit():
            return int(text)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refusal(400, "a date must be epoch milliseconds or ISO text") from None


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
    problems = [
        f"{name} is required"
        for name in ("firstName", "lastName")
        if not isinstance(body.get(name), str) or not body[name].strip()
    ]
    sources = body.get("profileSources")
    if not isinstance(sources, list) or not sources:
        problems.append("profileSources is required")
    elif not all(isinstance(source, str) for source in sources):
        problems.append("profileSources must be a list of texts")
    for name in ("middleName", "atsId", "employeeId", "linkedInProfileURL"):
        if not isinstance(body.get(name), (str, type(None))):
            problems.append(f"{name} must be text")
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
        f"{name}[{place}].{field} is required"
        for place, entry in enumerate(entries)
        for field in required
        if not isinstance(entry.get(field), str) or not entry[field].strip()
    ]
    problems += [
        f"{name}[{place}].status must be Primary or Secondary"
        for place, entry in enumerate(entries)
        if isinstance(entry.get("status"), str)
        and entry["status"].strip()
        and entry["status"] not in ("Primary", "Secondary")
    ]
    return problems
