"""User management: the tenant's users and groups, as SCIM (RFC 7644) lists them.

The operations are described without parameters for paging. A gateway may page all the same, or
answer with everything, or with the same first rows whatever it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from phenom_api.errors import RequestRefused
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import page_of
from phenom_api.paging import Outcome, Page, Scan

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


class _NotPaged(Exception):
    """The gateway passes over ``startIndex``, or refuses it."""


class Resources:
    """A whole listing: iterate it for the rows, page by page, then ask ``outcome``.

    Like :class:`phenom_api.paging.Scan`, by which it reads, for gateways that may not page: what
    their first answer leaves out is asked for in one request. Rows can come again.

    :param identity: what makes a row itself (not its content).
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
        self._first: Page | None = None
        self._is_paged: bool | None = None
        self._at_once: Page | None = None

    @property
    def outcome(self) -> Outcome:
        """How far absence from the listing can be trusted."""
        whole = self._at_once
        if whole is None:
            return self._scan.outcome
        # Without a count nothing tells whether the one answer had everything.
        return Outcome(len(whole.rows), whole.total, open_seams=int(whole.total is None))

    def __iter__(self) -> Iterator[list[Any]]:
        try:
            yield from self._scan
        except _NotPaged:
            self._at_once = self._everything()
            yield self._at_once.rows

    def _everything(self) -> Page:
        first = self._first
        if first is None:
            return _page(self._gateway, self._operation, {})
        if first.total is None or first.total <= len(first.rows):
            return first
        return _page(self._gateway, self._operation, {"count": first.total})

    def _fetch(self, offset: int, limit: int) -> Page:
        try:
            page = resources_page(self._gateway, self._operation, offset, limit)
        except RequestRefused as error:
            if self._first is None and error.status in _PARAMETERS_REFUSED:
                raise _NotPaged from None
            raise
        if offset == 0:
            if self._first is None and page.rows:
                self._first = page
        elif self._first is not None and page.rows:
            if self._is_paged is None:
                self._is_paged = not self._is_first_again(self._first, page)
            if not self._is_paged:
                raise _NotPaged
        return page

    def _is_first_again(self, first: Page, later: Page) -> bool:
        """Whether a later page is the listing's beginning, in whatever order."""
        beginning = [self._identity(row) for row in first.rows]
        rows = [self._identity(row) for row in later.rows]
        return rows[0] == beginning[0] or set(rows) == set(beginning)
