"""Runs the source in this process over mocked HTTP: arguments in, protocol messages out."""

from __future__ import annotations

import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import requests_mock

from integration_tests.source.reading import STREAMS, ConnectorOutput, catalog
from source_phenom import run
from unit_tests.phenom_api.repeating_listing import Serve, ends

GATEWAY = "https://gateway.test/prefix"
TOKEN_URL = "https://login.test/token"
CONFIG: dict[str, Any] = {
    "client_id": "client",
    "client_secret": "a-secret-of-the-tenant",
    "token_url": "https://login.test",
    "gateway_url": GATEWAY,
    "num_workers": 2,
    "page_size": 3,
}


@dataclass
class Tenant:
    """Payload lists behind the gateway's listings. Change them between reads.

    :param managed: jobs of the hiring manager's view, by OPEN and PAST.
    :param is_counted: whether SCIM listings have totals.
    :param denied: paths that are answered with 403. :param serve: the rows of a page.
    """

    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    closed_jobs: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    applications: list[dict[str, Any]] = field(default_factory=list)
    employees: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    managed: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    total_off_by: int = 0
    is_counted: bool = True
    denied: tuple[str, ...] = ()
    serve: Serve = ends

    @contextmanager
    def served(self) -> Iterator[requests_mock.Mocker]:
        with requests_mock.Mocker() as mocker:
            mocker.post(TOKEN_URL, text='{"access_token":"t0ken","expires_in":3600}')
            for method, path, answer in (
                ("GET", "/jobs-api/v1/jobs", self._jobs(self.jobs)),
                ("GET", "/jobs-api/v1/closedJobs", self._jobs(self.closed_jobs)),
                ("GET", "/apply/v2/applications", self.answer_applications),
                ("GET", "/user-management/scim/v2/Users", self._resources(self.employees)),
                ("GET", "/user-management/scim/v2/Groups", self._resources(self.groups)),
                ("POST", "/hiringmanager/v3/jobs/search", self._managed),
            ):
                if path in self.denied:
                    refused: dict[str, Any] = {"status_code": 403, "json": {"message": "no access"}}
                    mocker.request(method, GATEWAY + path, **refused)
                else:
                    mocker.request(method, GATEWAY + path, json=answer)
            yield mocker

    def _jobs(self, listed: dict[str, list[dict[str, Any]]]) -> Any:
        def answer(request: Any, _: Any) -> dict[str, Any]:
            rows = listed[request.qs["sitetype"][0]]
            page = self._page(rows, request)
            total = len(rows) + self.total_off_by
            return {"status": "success", "totalRecordsCount": total, "data": page}

        return answer

    def answer_applications(self, request: Any, _: Any) -> dict[str, Any]:
        total = len(self.applications) + self.total_off_by
        return {"data": self._page(self.applications, request), "pagination": {"total": total}}

    def _resources(self, listed: list[dict[str, Any]]) -> Any:
        def answer(request: Any, _: Any) -> dict[str, Any]:
            start = int(request.qs.get("startindex", ["1"])[0])
            count = int(request.qs["count"][0])
            rows = list(self.serve(listed, start - 1, count)) if listed else []
            total = len(listed) + self.total_off_by
            body = {"Resources": rows, "startIndex": start}
            return {**body, "totalResults": total} if self.is_counted else body

        return answer

    def _managed(self, request: Any, _: Any) -> dict[str, Any]:
        asked = request.json()
        rows = self.managed[asked["status"]]
        page = list(self.serve(rows, asked["from"], asked["size"])) if rows else []
        return {"status": "success", "data": {"jobs": page, "totalCount": len(rows)}}

    def _page(self, rows: list[dict[str, Any]], request: Any) -> list[dict[str, Any]]:
        offset, limit = int(request.qs["offset"][0]), int(request.qs["limit"][0])
        return list(self.serve(rows, offset, limit)) if rows else []


def run_source(command: str, folder: Path, *flags: str, **files: Any) -> ConnectorOutput:
    """``source-phenom COMMAND`` with flags, and with each of ``files`` given by name."""
    arguments = [command, *flags]
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        arguments += [f"--{name}", str(path)]
    out = io.TextIOWrapper(io.BytesIO())
    with mock.patch.object(sys, "stdout", out):
        try:
            run.main(arguments)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
    lines = out.buffer.getvalue().splitlines()
    return ConnectorOutput(code, [json.loads(line) for line in lines])


def read(
    folder: Path,
    config: dict[str, Any] | None = None,
    state: Sequence[Any] | str | None = None,
    *,
    streams: Sequence[str] = STREAMS,
    mode: str = "incremental",
    files: bool | None = None,
    debug: bool = False,
) -> ConnectorOutput:
    """``source-phenom read`` of the given streams."""
    given: dict[str, Any] = {"config": {**CONFIG, **(config or {})}}
    given["catalog"] = catalog(streams, mode, files=files)
    if state is not None:
        given["state"] = state
    return run_source("read", folder, *["--debug"] * debug, **given)
