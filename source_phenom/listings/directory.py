"""The tenant's SCIM users and their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phenom_api.errors import PhenomError
from phenom_api.gateway import Operation
from phenom_api.paging import ScanOutcome
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.models import employees
from source_phenom.models.employees import Name

_Claim = tuple[bool, int, str]
"""Of several users with one address, the smallest claim counts: inactive, position, SCIM id."""


class Directory:
    """The tenant's SCIM users, read at most once for all streams of a run."""

    def __init__(self, reader: GatewayReader, users: Operation) -> None:
        self._reader = reader
        self._operation = users
        self._names: dict[str, Name] | None = None
        self._error: PhenomError | None = None
        self.outcome: ScanOutcome | None = None

    def users(self) -> Iterator[list[Any]]:
        """Read all users, page by page; ``outcome`` is set afterwards."""
        claims: dict[str, tuple[_Claim, Name]] = {}
        scan = self._reader.resources(self._operation)
        try:
            for rows in scan:
                for row in rows:
                    _claim_addresses(row, claims)
                yield rows
        except PhenomError as error:
            self._error = error
            raise
        self._names = {address: name for address, (_, name) in claims.items()}
        self.outcome = scan.outcome

    def names(self) -> Mapping[str, Name]:
        """First and last names by lower-cased e-mail address; reads the users if none are read yet.

        :raises PhenomError: the users cannot be read, now or at an earlier call.
        """
        if self._names is None and self._error is None:
            for _ in self.users():
                pass
        if self._names is None:
            assert self._error is not None
            raise self._error
        return self._names


def _claim_addresses(row: Any, claims: dict[str, tuple[_Claim, Name]]) -> None:
    """Note the user's name for each of its addresses, unless another user's claim is smaller."""
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
