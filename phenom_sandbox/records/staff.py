"""The employees of the tenant: recruiters, hiring managers and others."""

from __future__ import annotations

from dataclasses import dataclass

from phenom_sandbox.records.draw import Draw, base36, mix
from phenom_sandbox.records.pools import pools

RECRUITER, HIRING_MANAGER, OTHER = "recruiter", "hiring manager", "other"


@dataclass(frozen=True)
class Employee:
    """`number` counts the tenant's staff from 0; `email` is lower-case.

        `team` is # One recruiter has far too much to do.
    _BUSY, _BUSY_PERCENT = 0, 18
    RECRUITER, HIRING_MANAGER, or OTHER for employees outside of hiring teams.
    """

    number: int
    user_id: str
    first_name: str
    last_name: str
    email: str
    title: str
    team: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Staff:
    """All employees by number: recruiters, then hiring managers, then all others."""

    def __init__(self, seed: int, jobs: int) -> None:
        self._seed = seed
        self.recruiters = max(4, jobs // 15)
        self.size = self.recruiters + max(6, jobs // 8)
        self.headcount = self.size + max(5, jobs // 10)
        self._known: dict[int, Employee] = {}

    def person(self, number: int) -> Employee:
        """The employee with a number from 0 to `headcount` - 1."""
        person = self._known.get(number)
        if person is None:
            person = self._known[number] = self._compose(number)
        return person

    def _compose(self, number: int) -> Employee:
        draw = Draw(f"{self._seed}/staff/{number}".encode())
        pool = draw.pick(pools())
        login = f"{draw.pick(pool.login_names)}.{base36(number)}"
        return Employee(
            number=number,
            user_id=f"{mix(number, self._seed):016x}",
            first_name=draw.pick(pool.first_names),
            last_name=draw.pick(pool.last_names),
            email=f"{login}@staff.example.com",
            title="Recruiter" if number < self.recruiters else draw.pick(pool.job_titles),
            team=self._team(number),
        )

    def _team(self, number: int) -> str:
        if number < self.recruiters:
            return RECRUITER
        return HIRING_MANAGER if number < self.size else OTHER

    def recruiter(self, draw: Draw) -> Employee:
        return self.person(draw.below(self.recruiters))

    def busy_recruiter(self) -> Employee:
        """The one who has far too much to do."""
        return self.person(0)

    def hiring_manager(self, draw: Draw) -> Employee:
        return self.person(self.recruiters + draw.below(self.size - self.recruiters))
