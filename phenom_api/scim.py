"""User management: the tenant's users and groups, as SCIM (RFC 7644) lists them.

The operations are described without paging parameters. A gateway may page, or return everything,
or return the same first rows for every offset.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from phenom_api.errors import RequestRefused
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import page_of
from phenom_api.paging import Page, Scan, ScanOutcome

USERS = Operation("GET", "/user-management/scim/v2/Users", "User management (SCIM), reading users")
GROUPS = Operation(
    "GET", "/user-management/scim/v2/Groups", "User management (SCIM), reading groups"
)

_PARAMETERS_REFUSED = (400, 422)


def resources_page(gateway: Gateway, operation: Operation, offset: int, limit: int) -> Page:
    """Rows ``offset`` … (from 0; SCIM itself counts from 1) of the users or groups.

    Answer: ``{schemas, Resources: [row], startIndex, itemsPerPage, totalResults}``.
    """
    return _page(gateway, operation, {"startIndex": offset + 1, "count": limit})


def _page(gateway: Gateway, operation: Operation, params: Mapping[str, int]) -> Page:
    def read(body: Mapping[str, Any]) -> Page:
        return page_of(body, "Resources", body.get("totalResults"))

    return gateway.fetch(operation, read, params=params)


class _Refused(Exception):
    """The gateway refuses ``startIndex`` and ``count``."""


class Resources:
    """A whole listing: iterate it for the rows, page by page, then read ``outcome``.

    It reads with :class:`phenom_api.paging.Scan`. If the gateway does not page, the missing rows
    are asked for in one request. Rows can come more than once.

    :param identity: what makes a row the same row when its content changes.
    :param executor, ahead: as in ``Scan``.
    """

    def __init__(
        self,
        gateway: Gateway,
        operation: Operation,
        *,
        page_size: int,
        identity: Callable[[Any], Hashable],
        executor: Executor,
        ahead: int,
    ) -> None:
        self._gateway = gateway
        self._operation = operation
        self._identity = identity
        self._scan = Scan(
            self._fetch, page_size=page_size, identity=identity, executor=executor, ahead=ahead
        )
        self._is_answered = False
        self._outcome: ScanOutcome | None = None

    @property
    def outcome(self) -> ScanOutcome:
        """How far the scan can be trusted."""
        return self._outcome or self._scan.outcome

    def __iter__(self) -> Iterator[list[Any]]:
        try:
            yield from self._scan
        except _Refused:
            yield from self._at_once({}, None)
            return
        scanned = self._scan.outcome
        if scanned.repeats and scanned.total is not None and scanned.total > scanned.rows:
            yield from self._at_once({"count": scanned.total}, scanned)
        elif scanned.ignores_offset:
            self._outcome = self._of_one_answer(scanned.rows, scanned.total, scanned)

    def _at_once(
        self, params: Mapping[str, int], scanned: ScanOutcome | None
    ) -> Iterator[list[Any]]:
        page = _page(self._gateway, self._operation, params)
        different = {self._identity(row) for row in page.rows}
        self._outcome = self._of_one_answer(len(different), page.total, scanned)
        yield page.rows

    @staticmethod
    def _of_one_answer(rows: int, total: int | None, scanned: ScanOutcome | None) -> ScanOutcome:
        return ScanOutcome(
            rows,
            total,
            # Without a total, one answer does not show whether it has all rows.
            open_seams=int(total is None),
            repeats=scanned is not None,
            ignores_offset=scanned is not None and scanned.ignores_offset,
        )

    def _fetch(self, offset: int, limit: int) -> Page:
        try:
            page = resources_page(self._gateway, self._operation, offset, limit)
        except RequestRefused as error:
            if not self._is_answered and error.status in _PARAMETERS_REFUSED:
                raise _Refused from None
            raise
        self._is_answered = True
        return page
