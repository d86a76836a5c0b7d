"""The Candidates and Tags APIs, which need an acting user (x-ph-userId).

Candidate ids are those of the Apply API's ``candidateData.id`` (``userId`` here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from phenom_api.errors import RequestRefused
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import identified_by, page_of
from phenom_api.paging import Page
from phenom_api.short_lists import read_all

_OF_CANDIDATE = "/candidates-api/applications/v1/candidates/{candidateId}"
_FILES = "/candidates-api/files/v1/candidates/{candidateId}/attachments"

SEARCH = Operation(
    "POST", "/candidates-api/v1/candidates/search/", "Candidates API, searching candidates"
)
CANDIDATE = Operation("GET", "/candidates-api/v2/candidates", "Candidates API, reading candidates")
APPLICANTS = Operation(
    "GET",
    "/candidates-api/applications/v1/jobs/{jobId}/applicants",
    "Candidates API, reading the applicants of a job",
)
APPLICATIONS = Operation(
    "GET", f"{_OF_CANDIDATE}/applications", "Candidates API, reading a candidate's applications"
)
HISTORY = Operation(
    "GET",
    f"{_OF_CANDIDATE}/hiring-status-activities",
    "Candidates API, reading hiring status activities",
)
ATTACHMENTS = Operation("GET", _FILES, "Candidates API, reading a candidate's attachments")
PRE_SIGNED_URL = Operation(
    "GET",
    f"{_FILES}/{{attachmentId}}/pre-signed-url",
    "Candidates API, downloading a candidate's attachments",
)
TAGS = Operation("GET", "/tags-api/v1/tags", "Tags API, reading tags")
TAGGED = Operation(
    "GET", "/tags-api/v1/tags/{tag}/candidates", "Tags API, reading the candidates of a tag"
)
TAGS_OF = Operation(
    "GET", "/tags-api/v1/candidates/{candidateId}/tags", "Tags API, reading a candidate's tags"
)

search_identity = identified_by("userId")
"""The identity of a row of the candidate search."""
tag_identity = identified_by("tag")
_applicant = identified_by("userId", "hiringStatus")
_activity = identified_by("createdDate", "actionType", "previousValue", "updatedValue")
_tagged = identified_by("candidateId")

GONE = frozenset({404, 410})
"""Statuses that say that the gateway does not know the candidate, job or file (any more)."""

JsonObject = Mapping[str, Any]
Returned = TypeVar("Returned")


def of_any(read: Callable[[str], list[Returned]], ids: Iterable[str]) -> list[Returned]:
    """The rows that ``read`` returns for any of several spellings of one id.

    An id is the same with and without white space around it. A gateway may know one spelling, or
    both with the same rows.

    :param ids: the first is the id without white space.
    :raises RequestRefused: if the gateway knows none of them.
    """
    answers: list[list[Returned]] = []
    refusal: RequestRefused | None = None
    for place, each in enumerate(ids):
        try:
            answer = read(each)
        except RequestRefused as error:
            if place == 0 and error.status not in GONE:
                raise
            refusal = refusal or error
        else:
            if answer not in answers:
                answers.append(answer)
    if refusal is not None and not answers:
        raise refusal
    return [row for answer in answers for row in answer]


def none_if_not_found(read: Callable[[], Returned]) -> Returned | None:
    """``read()``; None if the gateway does not know the candidate, job or file."""
    try:
        return read()
    except RequestRefused as error:
        if error.status in GONE:
            return None
        raise


def updated(after: date | None, until: date | None = None) -> list[JsonObject]:
    """Search filters for candidates that changed after a day, or between two days.

    Without a day there are no filters: all candidates. The vendor's SDK declares the values as
    dates; whether the days themselves are included is not documented.
    """
    if after is None:
        return []
    days = [after.isoformat()] if until is None else [after.isoformat(), until.isoformat()]
    operator = "After" if until is None else "Between"
    return [{"field": "updatedDate", "operator": operator, "values": days}]


def search_page(gateway: Gateway, filters: list[JsonObject], offset: int, limit: int) -> Page:
    """Rows ``offset`` … of the candidates that match ``filters``; the answer has no total.

    Answer: ``{status, data: {candidates: [{userId, emailList, dateCreated, updatedDate, …}]}}``.
    """
    body: dict[str, Any] = {"from": offset, "size": limit}
    if filters:
        body |= {"filters": filters, "filtersOperator": "and"}
    return gateway.fetch(SEARCH, lambda answer: _page(answer, "candidates"), json=body)


def candidate(gateway: Gateway, candidate_id: str) -> JsonObject:
    """The candidate. Answer: ``{data: {candidateId, createdDate, updatedDate, …}}``."""
    return gateway.fetch(CANDIDATE, _data, params={"candidateId": candidate_id})


def applicants_page(gateway: Gateway, job_id: str, offset: int, limit: int) -> Page:
    """Rows ``offset`` … of the applicants of a job.

    Answer: ``{pagination: {total, size, from}, data: {candidates: [{userId, emails,
    hiringStatus, dateCreated, updatedDate, …}]}}``; the dates are the candidates'.
    """
    return gateway.fetch(
        APPLICANTS.at(jobId=job_id),
        lambda answer: _page(answer, "candidates"),
        params={"from": offset, "size": limit},
    )


def applicants(gateway: Gateway, job_id: str, size: int) -> list[Any]:
    """All applicants of a job, with the members that :func:`applicants_page` lists."""
    return read_all(partial(applicants_page, gateway, job_id), size, _applicant)


def applications(gateway: Gateway, candidate_id: str) -> list[Any]:
    """A candidate's applications.

    Answer: ``{data: {applications: [{applicationId, phApplicationId, jobId, hiringStatus:
    {value, step, isRejected, rejectionReason, updatedDate, …}, createdDate, updatedDate}]}}``,
    the dates in epoch milliseconds.
    """
    operation = APPLICATIONS.at(candidateId=candidate_id)
    return gateway.fetch(operation, lambda answer: _page(answer, "applications").rows)


def hiring_status_activities(
    gateway: Gateway, candidate_id: str, size: int = 100, *, operation: Operation = HISTORY
) -> list[Any]:
    """All changes of a candidate's hiring statuses, in all applications.

    The operation is described without paging parameters, but its answer has a pagination.

    Answer: ``{pagination: {size, from, totalCount}, data: [{createdDate, actionType,
    previousValue, updatedValue, recruitersUserId, recruiterName, …}]}``.
    """
    of_candidate = operation.at(candidateId=candidate_id)

    def read(answer: JsonObject) -> Page:
        return page_of(answer, "data", _pagination(answer).get("totalCount"))

    return read_all(
        lambda offset, limit: gateway.fetch(
            of_candidate, read, params={"from": offset, "size": limit}
        ),
        size,
        _activity,
    )


def attachments(
    gateway: Gateway, candidate_id: str, *, operation: Operation = ATTACHMENTS
) -> list[Any]:
    """The names and types of a candidate's files, not the files themselves.

    Answer: ``{status, message, attachments: [{attachmentId, attachmentName, attachmentType,
    fieldID}]}``.
    """
    of_candidate = operation.at(candidateId=candidate_id)
    return gateway.fetch(of_candidate, lambda answer: page_of(answer, "attachments", None).rows)


def pre_signed_url(
    gateway: Gateway,
    candidate_id: str,
    attachment_id: str,
    *,
    operation: Operation = PRE_SIGNED_URL,
) -> str:
    """A URL from which anybody can download the file for five minutes.

    Answer: ``{statusCode, message, fileUrl, fileName, fileSize}``, the size in KB.
    """

    def read(answer: JsonObject) -> str:
        url = answer.get("fileUrl")
        if not isinstance(url, str) or not url:
            raise ValueError("fileUrl is not text")
        return url

    of_attachment = operation.at(candidateId=candidate_id, attachmentId=attachment_id)
    return gateway.fetch(of_attachment, read)


def tags_page(gateway: Gateway, offset: int, limit: int) -> Page:
    """Rows ``offset`` … of the tenant's tags. Answer: ``{data: [{tag}], from, size, total}``."""
    return _tags(gateway, TAGS, offset, limit)


def tagged(gateway: Gateway, tag: str, size: int) -> list[Any]:
    """The candidates with a tag. Answer: ``{data: [{candidateId}], from, size, total}``."""
    return read_all(partial(_tags, gateway, TAGGED.at(tag=tag)), size, _tagged)


def tags_of(gateway: Gateway, candidate_id: str, size: int) -> list[Any]:
    """A candidate's tags. Answer: ``{data: [{tag}], from, size, total}``."""
    return read_all(
        partial(_tags, gateway, TAGS_OF.at(candidateId=candidate_id)), size, tag_identity
    )


def _tags(gateway: Gateway, operation: Operation, offset: int, limit: int) -> Page:
    return gateway.fetch(
        operation,
        lambda answer: page_of(answer, "data", answer.get("total")),
        params={"from": offset, "size": limit},
    )


def _page(answer: JsonObject, member: str) -> Page:
    if "data" in answer and answer["data"] is None:
        return Page([], 0)
    return page_of(_data(answer), member, _pagination(answer).get("total"))


def _pagination(answer: JsonObject) -> JsonObject:
    pagination = answer.get("pagination")
    return pagination if isinstance(pagination, Mapping) else {}


def _data(answer: JsonObject) -> JsonObject:
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise ValueError("data is not an object")
    return data
