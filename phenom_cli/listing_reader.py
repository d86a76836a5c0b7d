"""Reads all rows of any listing that is paged by offset (specification, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import click

from phenom_api.answers import is_deeper, shallow
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, application_identity, job_identity
from phenom_api.paging import Page, Scan, ScanOutcome
from phenom_cli.answer_output import MAX_LEVELS

_LONGEST_TOTAL = 18
"""Characters of text that are read as a total."""


@dataclass
class ListingReader:
    """Iterate for pages of rows, from ``offset`` on; ``outcome`` is set after the last one.

    Understands ``{data: [row], totalRecordsCount}`` (jobs) and ``{data: [row], pagination:
    {total}}`` (applications).

    :param params: the query without offset and limit.
    """

    gateway: Gateway
    operation: Operation
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    offset: int = 0
    page_size: int = 100
    outcome: ScanOutcome | None = field(default=None, init=False)
    expected: int | None = field(default=None, init=False)
    """How many rows there will be, as far as is known so far."""

    def __iter__(self) -> Iterator[list[Any]]:
        """Raises click.ClickException for a listing of another form, PhenomError for a refusal."""
        workers = self.gateway.connection.num_workers
        lists_jobs = self.operation.path in (OPEN_JOBS.path, CLOSED_JOBS.path)
        executor = ThreadPoolExecutor(workers)
        try:
            scan = Scan(
                self._page,
                page_size=self.page_size,
                identity=job_identity if lists_jobs else application_identity,
                executor=executor,
                ahead=max(2, 2 * workers),
            )
            for rows in scan:
                self.expected = scan.expected
                yield rows
        finally:
            # No wait: after an interrupt, a request that is being retried would delay the end.
            executor.shutdown(wait=False, cancel_futures=True)
        self.outcome = scan.outcome

    def _page(self, offset: int, limit: int) -> Page:
        position = {"offset": self.offset + offset, "limit": limit}
        page = self.gateway.fetch(
            self.operation, _page, params={**self.params, **position}, headers=self.headers
        )
        if page is None:
            raise click.ClickException(
                "--paginate works with answers whose data is a list, as those of jobs and"
                f" applications. The answer of {self.operation} is different."
            )
        total = page.total if page.total is None else max(0, page.total - self.offset)
        return Page(page.rows, total)


def _page(body: Mapping[str, Any]) -> Page | None:
    rows = body.get("data", ())
    if rows is None:
        rows = []
    if not isinstance(rows, list):
        return None
    pagination = body.get("pagination")
    total = body.get("totalRecordsCount")
    if total is None and isinstance(pagination, Mapping):
        total = pagination.get("total")
    return Page([_printable(row) for row in rows], _total(total))


def _printable(row: Any) -> Any:
    """A row in which null replaces what is nested too deeply to be printed."""
    return shallow(row, MAX_LEVELS) if is_deeper(row, MAX_LEVELS) else row


def _total(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= _LONGEST_TOTAL and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
