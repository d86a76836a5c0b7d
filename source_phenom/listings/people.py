"""The tenant's own people: employees and groups, and the names of those on hiring teams."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from phenom_api.errors import PhenomError
from phenom_api.gateway import Gateway, Operation
from phenom_api.paging import ScanOutcome
from phenom_api.scim import GROUPS, USERS, Resources
from source_phenom.config import SourceConfig
from source_phenom.listings.listing import Listing, Pass, RecordBuffer, is_complete, pages_ahead
from source_phenom.models import employees, groups
from source_phenom.models.employees import Name
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.values import Mismatches, canonical, is_empty, record_json
from source_phenom.reading.events import Event

logger = logging.getLogger("airbyte.phenom")

_Claim = tuple[bool, int, str]
"""How good somebody's claim to an e-mail address is: inactive, its place, the SCIM id."""


class Directory:
    """The tenant's SCIM users: read at most once for all streams of a run."""

    def __init__(self, config: SourceConfig, gateway: Gateway, executor: Executor) -> None:
        self._config = config
        self._gateway = gateway
        self._executor = executor
        self._names: dict[str, Name] | None = None
        self._error: PhenomError | None = None
        self.outcome: ScanOutcome | None = None

    def users(self) -> Iterator[list[Any]]:
        """Read all users, page by page; then ``outcome`` tells how it went."""
        claims: dict[str, tuple[_Claim, Name]] = {}
        scanned = resources(self._config, self._gateway, self._executor, USERS)
        try:
            for rows in scanned:
                for row in rows:
                    _claim_addresses(row, claims)
                yield rows
        except PhenomError as error:
            self._error = error
            raise
        self._names = {address: name for address, (_, name) in claims.items()}
        self.outcome = scanned.outcome

    def names(self) -> Mapping[str, Name]:
        """First and last names by lower-cased e-mail address; reads the users if nobody has.

        :raises PhenomError: as that reading does or did.
        """
        if self._names is None and self._error is None:
            for _ in self.users():
                pass
        if self._names is None:
            assert self._error is not None
            raise self._error
        return self._names


def _claim_addresses(row: Any, claims: dict[str, tuple[_Claim, Name]]) -> None:
    """Of several who go by one address the active one counts, whatever the order of arrival."""
    if type(row) is not dict:
        return
    name = employees.real_name(row)
    if name is None:
        return
    key = employees.employee_key(row, []) or ""
    for place, address in enumerate(employees.addresses(row, [])):
        claim = ((row.get("active") is False, place, key), name)
        if address not in claims or claim[0] < claims[address][0]:
            claims[address] = claim


def resources(
    config: SourceConfig, gateway: Gateway, executor: Executor, operation: Operation
) -> Resources:
    """A SCIM listing with the connection's page size and concurrency."""
    return Resources(
        gateway,
        operation,
        page_size=config.page_size,
        identity=_identity,
        executor=executor,
        ahead=pages_ahead(config),
    )


def _identity(row: Any) -> Any:
    """What makes a SCIM resource itself: its id, or for want of one its content."""
    for member in ("id", "value") if type(row) is dict else ():
        key = row.get(member)
        if type(key) is int or (type(key) is str and not is_empty(key)):
            return key
    return canonical(row)


class ResourceListing(Listing):
    """One kind of SCIM resource, which is one stream."""

    def admit_all(
        self,
        pages: Iterable[list[Any]],
        key_of: Callable[[Mapping[str, Any], Mismatches], str | None],
        record_of: Callable[[Mapping[str, Any], str, UnifiedIds, Mismatches], dict[str, Any]],
    ) -> Iterator[Event]:
        (name,) = self.stream_names
        admission = RecordBuffer(self.streams[name])
        for rows in pages:
            for row in rows:
                mismatches: Mismatches = []
                key = key_of(row, mismatches) if type(row) is dict else None
                if key is None:
                    self.streams[name].counts["without_key"] += 1
                    continue
                record = record_of(row, key, self.ids, mismatches)
                yield from admission.add(key, record_json(record, mismatches), mismatches)
        yield from admission.flush()


class EmployeeListing(ResourceListing):
    """``GET /user-management/scim/v2/Users``."""

    stream_names = (employees.MODEL,)

    def scan_once(self) -> Pass:
        users = self.directory.users()
        yield from self.admit_all(users, employees.employee_key, employees.employee)
        assert self.directory.outcome is not None
        return _is_complete(self.directory.outcome, "SCIM users")


class GroupListing(ResourceListing):
    """``GET /user-management/scim/v2/Groups``."""

    stream_names = (groups.MODEL,)

    def scan_once(self) -> Pass:
        scanned = resources(self.config, self.gateway, self._executor, GROUPS)
        yield from self.admit_all(scanned, groups.group_key, groups.group)
        return _is_complete(scanned.outcome, "SCIM groups")


def _is_complete(outcome: ScanOutcome, what: str) -> bool:
    """SCIM owes a count (``totalResults``), as nobody has promised that it pages."""
    if outcome.total is None and not outcome.repeats:
        logger.warning(
            f"The gateway does not count the {what}; deletions are left to a sync in which it does."
        )
        return False
    return is_complete(outcome, what)
