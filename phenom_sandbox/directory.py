"""The user accounts of the tenant, with their groups and roles."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from phenom_sandbox.records.draw import Draw
from phenom_sandbox.records.pools import pools
from phenom_sandbox.records.staff import HIRING_MANAGER, OTHER, RECRUITER, Employee, Staff

ROLES = ("Recruiter", "Hiring Manager", "Recruiting Coordinator", "CRM Administrator")
_EMEA, _AMERICAS, _MANAGERS, _ADMINISTRATORS = "0001", "0002", "0003", "0004"
_GROUPS = {
    _EMEA: "Recruiting EMEA",
    _AMERICAS: "Recruiting Americas",
    _MANAGERS: "Hiring Managers",
    _ADMINISTRATORS: "Administrators",
}
_TEAMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    RECRUITER: (("Recruiter",), (_EMEA,)),
    HIRING_MANAGER: (("Hiring Manager",), (_MANAGERS,)),
    OTHER: ((), ()),
}
_FIRST_DAY = 1_640_995_200_000  # 2022-01-01T00:00:00Z, in milliseconds
_DAY = 86_400_000


@dataclass(frozen=True)
class Account:
    """A user account. `created` is in epoch milliseconds, `groups` are group ids.

    `email` may be in any case; it is None for a service account.
    """

    user_id: str
    user_name: str
    given_name: str | None
    family_name: str | None
    email: str | None
    title: str | None = None
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    active: bool = True
    created: int = _FIRST_DAY

    @property
    def display_name(self) -> str:
        known = [name for name in (self.given_name, self.family_name) if name]
        return " ".join(known) or self.user_name


_SERVICE = Account("f" * 16, "svc.integration", None, None, None)


class UserDirectory:
    """The accounts of all employees, with the e-mail addresses that hiring teams show.

    The key of an account is `user_name` (an e-mail address in lower case), that of a group its id.
    Changes raise KeyError for an unknown key.
    """

    def __init__(self, staff: Staff, seed: int, lock: threading.RLock) -> None:
        self._lock = lock
        self._groups = dict(_GROUPS)
        employees = (staff.person(number) for number in range(staff.headcount))
        generated = [*(_account(employee, seed) for employee in employees), _SERVICE]
        self._accounts = {account.user_name: account for account in generated}

    def accounts(self) -> list[Account]:
        with self._lock:
            return list(self._accounts.values())

    def account(self, user_name: str) -> Account:
        return self._accounts[user_name.lower()]

    def groups(self) -> dict[str, str]:
        """The names of the groups by their ids."""
        with self._lock:
            return dict(self._groups)

    # -- changes -----------------------------------------------------------------------------

    def rename(self, user_name: str, given_name: str | None, family_name: str | None) -> Account:
        return self.change(user_name, given_name=given_name, family_name=family_name)

    def change(self, user_name: str, **changes: Any) -> Account:
        """Takes the fields of `Account`, except `user_name`."""
        with self._lock:
            account = replace(self.account(user_name), **changes, user_name=user_name.lower())
            self._accounts[user_name.lower()] = account
            return account

    def add(self, email: str, given_name: str, family_name: str, **more: Any) -> Account:
        with self._lock:
            user_id = Draw(f"account/{email}".encode()).hex(16)
            account = Account(user_id, email.lower(), given_name, family_name, email, **more)
            self._accounts[account.user_name] = account
            return account

    def remove(self, user_name: str) -> None:
        with self._lock:
            del self._accounts[user_name.lower()]

    def set_group(self, group_id: str, name: str) -> None:
        """Adds or renames a group."""
        with self._lock:
            self._groups[group_id] = name

    def remove_group(self, group_id: str) -> None:
        """Removes a group, also from its members."""
        with self._lock:
            del self._groups[group_id]
            for account in self.accounts():
                if group_id in account.groups:
                    left = tuple(each for each in account.groups if each != group_id)
                    self.change(account.user_name, groups=left)


def _account(person: Employee, seed: int) -> Account:
    """Some names differ from those on jobs: a second given name, a double family name."""
    draw = Draw(f"{seed}/account/{person.number}".encode())
    pool = draw.pick(pools())
    given, family, email = person.first_name, person.last_name, person.email
    style = person.number % 7
    if style == 3:
        family = f"{family}-{draw.pick(pool.last_names)}"
    elif style == 5:
        given = f"{given} {draw.pick(pool.first_names)}"
    elif style == 6:
        email = email.title()
    roles, groups = _TEAMS[person.team]
    if draw.chance(10):
        roles, groups = (*roles, "CRM Administrator"), (*groups, _ADMINISTRATORS)
    if draw.chance(30):
        groups = (*groups, _AMERICAS)
    return Account(
        user_id=person.user_id,
        user_name=person.email,
        given_name=given,
        family_name=family,
        email=email,
        title=person.title,
        roles=roles,
        groups=tuple(dict.fromkeys(groups)),
        active=person.number % 23 != 22,
        created=_FIRST_DAY + draw.below(1000) * _DAY,
    )
