"""All rows of a listing with offset paging, whatever it lists (contract section 1)."""

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
from phenom_cli.answer_shown import MOST_LEVELS

_LONGEST_COUNT = 18
"""Characters of a total that can be one."""


@dataclass
class Rows:
    """Iterate for the rows from ``offset`` on, page by page; then ``outcome`` tells how it went.

    Understands ``{data: [row], totalRecordsCount}`` (jobs) and ``{data: [row], pagination:
    {total}}`` (applications).

    :param params: the query but for offset and limit.
    """

    gateway: Gateway
    operation: Operation
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    offset: int = 0
    page_size: int = 100
    outcome: ScanOutcome | None = field(default=None, init=False)
    expected: int | None = field(default=None, init=False)

    def __iter__(self) -> Iterator[list[Any]]:
        """Raises click.ClickException for a listing of another shape, PhenomError for a no."""
        workers = self.gateway.connection.num_workers
        is_of_jobs = self.operation.path in (OPEN_JOBS.path, CLOSED_JOBS.path)
        executor = ThreadPoolExecutor(workers)
        try:
            scan = Scan(
                self._page,
                page_size=self.page_size,
                identity=job_identity if is_of_jobs else application_identity,
                executor=executor,
                ahead=max(2, 2 * workers),
            )
            for rows in scan:
                self.expected = scan.expected
                yield rows
        finally:
            # Not waited for: after an interrupt, a page that is tried again ends with its gateway.
            executor.shutdown(wait=False, cancel_futures=True)
        self.outcome = scan.outcome

    def _page(self, offset: int, limit: int) -> Page:
        position = {"offset": self.offset + offset, "limit": limit}
        page = self.gateway.fetch(
            self.operation, _page, params={**self.params, **position}, headers=self.headers
        )
        if page is None:
            raise click.ClickException(
                "--paginate follows offset and limit through answers whose data is a list, as"
                f" jobs and applications have it; the answer of {self.operation} is another."
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
    return Page([_printable(row) for row in rows], _count(total))


def _printable(row: Any) -> Any:
    """A row with null in place of what is nested too deeply for a line of JSON."""
    return shallow(row, MOST_LEVELS) if is_deeper(row, MOST_LEVELS) else row


def _count(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= _LONGEST_COUNT and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
