"""A tenant whose Candidates API has the same applications as its listing."""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import orjson
import requests_mock

from phenom_api.gateway import Gateway
from source_phenom.config import source_config
from source_phenom.reading.read import Selection
from source_phenom.reading.read import read as read_streams
from source_phenom.snapshot import StreamState, tenant_tag
from source_phenom.streams.events import Failure, Records, State, StreamProgress
from unit_tests.reading.protocol import CONFIG, GATEWAY

STORAGE = "https://storage.test"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
WITHOUT_USER = (
    *("users", "jobs", "candidates", "applications", "roles"),
    *("job_user_role_assignments", "job_hiring_team_members"),
)
WITH_USER = (
    *WITHOUT_USER,
    *("application_activities", "candidate_documents", "employees", "groups"),
)


@dataclass(frozen=True)
class Applied:
    """One application: its listed row, and its data in the Candidates API.

    :param row: of the listing. :param user_id, addresses: of the candidate, as that API has them.
    :param job_id: of the job, as it has that. :param own: members of the candidate's own
        application, None if that is not told. :param history: activities.
    :param files: attachments. :param status: as the applicants of the job have it.
    """

    row: dict[str, Any]
    user_id: str | None = None
    addresses: tuple[str, ...] = ()
    job_id: str | None = None
    own: dict[str, Any] | None = None
    history: tuple[dict[str, Any], ...] = ()
    files: tuple[dict[str, Any], ...] = ()
    status: Any = None


@dataclass
class Recruiting:
    """:param profiles: rows of the candidate search. :param tags: per tag, candidate ids.

    :param trims: whether ids in requests may have white space around them.
    :param contents: of files, by attachment id; of the others, the id is the content.
    """

    applied: list[Applied] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    closed_jobs: list[dict[str, Any]] = field(default_factory=list)
    employees: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    managed: list[dict[str, Any]] = field(default_factory=list)
    profiles: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)
    trims: bool = False
    contents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def served(self) -> Iterator[requests_mock.Mocker]:
        with requests_mock.Mocker() as mocker:
            mocker.register_uri(requests_mock.ANY, requests_mock.ANY, text=self._answer)
            mocker.register_uri("GET", re.compile(f"^{STORAGE}/"), content=self._stored)
            yield mocker

    def _stored(self, request: Any, context: Any) -> bytes:
        """The file of a pre-signed URL. Replace the matcher of :meth:`served` for faults."""
        attachment_id = unquote(urlsplit(request.url).path.rpartition("/")[2])
        return self.contents.get(attachment_id, attachment_id.encode())

    def _answer(self, request: Any, context: Any) -> str:
        url = urlsplit(request.url)
        if url.path.endswith("/token"):
            return '{"access_token":"t0ken","expires_in":3600}'
        path = url.path.removeprefix(urlsplit(GATEWAY).path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = request.json() if request.text else {}
        self.asked.append(unquote(path))
        found = self._found(path, query, body)
        context.status_code = 404 if found is None else 200
        return json.dumps(found or {"status": "failure", "message": "not here"})

    def _found(self, path: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        start = int(query.get("from") or query.get("offset") or body.get("from") or 0)
        size = int(query.get("size") or query.get("limit") or body.get("size") or 100)

        def page(rows: Sequence[Any]) -> list[Any]:
            return list(rows[start : start + size])

        match parts:
            case ["jobs-api", "v1", listing]:
                jobs = self.jobs if listing == "jobs" else self.closed_jobs
                return {"totalRecordsCount": len(jobs), "data": page(jobs)}
            case ["apply", "v2", "applications"]:
                rows = [each.row for each in self.applied]
                return {"data": page(rows), "pagination": {"total": len(rows)}}
            case ["apply", "v2", "applications", key]:
                rows = [each.row for each in self.applied if each.row["id"] == key]
                return {"data": rows[0]} if rows else None
            case ["user-management", "scim", "v2", kind]:
                people = self.employees if kind == "Users" else self.groups
                first = int(query["startIndex"]) - 1
                shown = people[first : first + int(query["count"])]
                return {"Resources": shown, "totalResults": len(people), "startIndex": first + 1}
            case ["hiringmanager", "v3", "jobs", "search"]:
                managed = self.managed if body["status"] == "OPEN" else []
                return {"data": {"jobs": page(managed), "totalCount": len(managed)}}
            case ["candidates-api", "v1", "candidates", "search"]:
                return {"data": {"candidates": page(self.profiles)}}
            case ["candidates-api", "v2", "candidates"]:
                known = [p for p in self.profiles if self._is(p["userId"], query["candidateId"])]
                return {"data": {**known[0], "createdDate": 1_700_000_000_000}} if known else None
            case ["candidates-api", "applications", "v1", "jobs", job_id, "applicants"]:
                return self._applicants(job_id, page)
            case ["candidates-api", "applications", "v1", "candidates", user_id, what]:
                return self._of_candidate(user_id, what, page)
            case ["candidates-api", "files", "v1", "candidates", user_id, "attachments"]:
                return self._attachments(user_id)
            case ["candidates-api", "files", "v1", "candidates", user_id, "attachments", file, _]:
                return self._pre_signed_url(user_id, file)
            case ["tags-api", "v1", "tags"]:
                return self._tag_page([{"tag": tag} for tag in self.tags], page)
            case ["tags-api", "v1", "tags", tag, "candidates"]:
                return self._tag_page([{"candidateId": one} for one in self.tags[tag]], page)
            case ["tags-api", "v1", "candidates", user_id, "tags"]:
                carried = [
                    {"tag": tag}
                    for tag, whose in self.tags.items()
                    if any(self._is(one, user_id) for one in whose)
                ]
                return self._tag_page(carried, page)
        raise AssertionError(path)

    def _is(self, known: str | None, asked: str) -> bool:
        if known is None or not self.trims:
            return known == asked
        return known.strip() == asked.strip()

    @staticmethod
    def _tag_page(rows: list[Any], page: Any) -> dict[str, Any]:
        return {"data": page(rows), "total": len(rows)}

    def _applicants(self, job_id: str, page: Any) -> Any:
        rows = [
            {"userId": each.user_id, "emails": list(each.addresses), "hiringStatus": each.status}
            for each in self.applied
            if self._is(each.job_id, job_id)
        ]
        return {"pagination": {"total": len(rows)}, "data": {"candidates": page(rows)}}

    def _of_candidate(self, user_id: str, what: str, page: Any) -> Any:
        theirs = [each for each in self.applied if self._is(each.user_id, user_id)]
        if not theirs:
            return None
        if what == "applications":
            own = [each.own for each in theirs if each.own is not None]
            return {"data": {"applications": own}}
        history = [activity for each in theirs for activity in each.history]
        return {"pagination": {"totalCount": len(history)}, "data": page(history)}

    def _attachments(self, user_id: str) -> Any:
        theirs = [each for each in self.applied if self._is(each.user_id, user_id)]
        return {"attachments": [file for each in theirs for file in each.files]} if theirs else None

    def _pre_signed_url(self, user_id: str, attachment_id: str) -> Any:
        listed = self._attachments(user_id) or {"attachments": []}
        if all(file["attachmentId"] != attachment_id for file in listed["attachments"]):
            return None
        where = "/".join(quote(each, safe="") for each in (user_id, attachment_id))
        return {"fileUrl": f"{STORAGE}/{where}?signature=s3cret"}


@dataclass
class Printed:
    """What a read printed, without order and number of requests."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def by_remote_id(self, stream: str) -> dict[str, dict[str, Any]]:
        return {record["remote_id"]: record for record in self.records[stream]}

    def remembered(self) -> dict[str, Any]:
        """The content of each stream's state, without the order of its records."""
        found = {}
        for stream, blob in self.states.items():
            state = StreamState.parse(blob, tenant=tenant_tag(GATEWAY, "phenom"))
            found[stream] = (state.changed_at, sorted(state.snapshot), dict(state.extras))
        return found

    def comparable(self) -> Any:
        records = {
            stream: sorted(rows, key=lambda row: str(row["id"]))
            for stream, rows in self.records.items()
        }
        return records, self.remembered(), dict(self.statuses), self.failures, sorted(self.log)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def read(
    tenant: Recruiting,
    states: dict[str, Any] | None = None,
    *,
    now: datetime = NOW,
    streams: Sequence[str] | None = None,
    **config: Any,
) -> Printed:
    """One sync of all streams that the configuration offers, incrementally."""
    valid = source_config({**CONFIG, "page_size": 100, **config})
    names = streams or (WITHOUT_USER if valid.ph_user_id is None else WITH_USER)
    selections = [Selection(name, True, (states or {}).get(name)) for name in names]
    printed, lines = Printed(), _Lines()
    logger = logging.getLogger("airbyte.phenom")
    logger.addHandler(lines)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        with tenant.served(), Gateway(valid) as gateway:
            for event in read_streams(valid, selections, gateway=gateway, now=lambda: now):
                match event:
                    case Records(stream, data):
                        printed.records[stream] += map(orjson.loads, data)
                    case State(stream, blob):
                        printed.states[stream] = json.loads(json.dumps(blob))
                    case StreamProgress(stream, status):
                        printed.statuses[stream].append(status)
                    case Failure(_, message):
                        printed.failures.append(message)
    finally:
        logger.removeHandler(lines)
        logger.setLevel(level)
    printed.log = [line for line in lines.lines if " requests, " not in line]
    return printed
