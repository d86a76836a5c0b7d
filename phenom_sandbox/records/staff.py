"""The tenant's own people: hiring managers and recruiters."""

from __future__ import annotations

from dataclasses import dataclass

from phenom_sandbox.records.draw import Draw, base36, mix
from phenom_sandbox.records.pools import pools


@dataclass(frozen=True)
class Person:
    """`number` counts the tenant's staff from 0; `email` is lower-case."""

    number: int
    user_id: str
    first_name: str
    last_name: str
    email: str
    title: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Staff:
    """Recruiters come first, then hiring managers."""

    def __init__(self, seed: int, jobs: int) -> None:
        self._seed = seed
        self.recruiters = max(4, jobs // 15)
        self.size = self.recruiters + max(6, jobs // 8)

    def person(self, number: int) -> Person:
        draw = Draw(f"{self._seed}/staff/{number}".encode())
        pool = draw.pick(pools())
        login = f"{draw.pick(pool.login_names)}.{base36(number)}"
        return Person(
            number=number,
            user_id=f"{mix(number, self._seed):016x}",
            first_name=draw.pick(pool.first_names),
            last_name=draw.pick(pool.last_names),
            email=f"{login}@staff.example.com",
            title="Recruiter" if number < self.recruiters else draw.pick(pool.job_titles),
        )

    def recruiter(self, draw: Draw) -> Person:
        return self.person(draw.below(self.recruiters))

    def hiring_manager(self, draw: Draw) -> Person:
        return self.person(self.recruiters + draw.below(self.size - self.recruiters))
