"""Sends the requests of a read, with the configured page size and concurrency."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from typing import Any, TypeVar

from phenom_api.delta_scan import DeltaScan
from phenom_api.gateway import Gateway, Operation
from phenom_api.listing_order import Order
from phenom_api.paging import Page, Scan
from phenom_api.scim import Resources
from source_phenom.config import SourceConfig
from source_phenom.listings.ordered_prefetch import OrderedPrefetch
from source_phenom.models.values import canonical, is_empty

Subject = TypeVar("Subject")
Response = TypeVar("Response")

_ROWS_AHEAD = 20_000
"""Rows that may be fetched before they are taken, so that large pages do not fill the memory."""


class GatewayReader:
    """The gateway and the threads that call it. All listings of a read share one reader."""

    def __init__(self, config: SourceConfig, gateway: Gateway, executor: Executor) -> None:
        self.gateway = gateway
        self.page_size = config.page_size
        self._executor = executor
        self._requests_ahead = 2 * config.num_workers
        self._pages_ahead = max(2, min(self._requests_ahead, _ROWS_AHEAD // config.page_size))

    def scan(
        self,
        fetch: Callable[[int, int], Page],
        identity: Callable[[Any], Hashable],
        *,
        start: int = 0,
        until: Callable[[list[Any]], bool] | None = None,
    ) -> Scan:
        """A listing, page by page; ``fetch`` reads rows from an offset up to a limit.

        :param start: the position to begin at. :param until: ends the scan with a page of rows.
        """
        return Scan(
            fetch,
            page_size=self.page_size,
            identity=identity,
            executor=self._executor,
            ahead=self._pages_ahead,
            start=start,
            until=until,
        )

    def delta(
        self,
        fetch: Callable[[int, int], Page],
        identity: Callable[[Any], Hashable],
        *,
        order: Order,
        rows: int,
        page_length: int,
    ) -> DeltaScan:
        """The end of a listing where new rows appear, page by page, the newest page first.

        :param order: of the listing. :param rows, page_length: as an earlier scan found them.
        """
        return DeltaScan(
            fetch,
            page_size=self.page_size,
            identity=identity,
            executor=self._executor,
            ahead=self._pages_ahead,
            order=order,
            expected_rows=rows,
            page_length=page_length,
        )

    def resources(self, operation: Operation) -> Resources:
        """A SCIM listing, page by page."""
        return Resources(
            self.gateway,
            operation,
            page_size=self.page_size,
            identity=_resource_identity,
            executor=self._executor,
            ahead=self._pages_ahead,
        )

    def prefetch(self, ask: Callable[[Subject], Response]) -> OrderedPrefetch[Subject, Response]:
        """Sends one request for each of many subjects, several at a time."""
        return OrderedPrefetch(ask, self._executor, self._requests_ahead)


def _resource_identity(row: Any) -> Any:
    """The identity of a row: the SCIM id, or the row itself if it has no id."""
    for member in ("id", "value") if type(row) is dict else ():
        key = row.get(member)
        if type(key) is int or (type(key) is str and not is_empty(key)):
            return key
    return canonical(row)
