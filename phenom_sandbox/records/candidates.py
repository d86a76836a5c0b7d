"""Generated candidates: their applications and their personal data."""

from __future__ import annotations

from dataclasses import dataclass

from phenom_sandbox.records.draw import Draw, ObjectIds, Scatter, base36
from phenom_sandbox.records.pools import LocalePool, pools

_DOMAINS = ("example.com", "example.org", "mail.example.net", "post.example.com")
# Applications per candidate, as a repeating pattern: 10 applications by 6 candidates.
_GROUPS = (1, 1, 2, 1, 3, 2)
_PERIOD = sum(_GROUPS)
_FIRST_SECOND = 0x5F000000
_SECONDS_APART = 40
_FIRST = tuple(sum(_GROUPS[:group]) for group in range(len(_GROUPS)))
_GROUP_OF = tuple(group for group, size in enumerate(_GROUPS) for _ in range(size))


@dataclass(frozen=True)
class Profile:
    """The data that a candidate's applications share.

    `email` is lower-case, or None. `has_id` says whether the Apply API shows `candidateData.id`;
    the Candidates API always shows `candidate_id`.
    """

    number: int
    candidate_id: str
    has_id: bool
    pool: LocalePool
    first_name: str
    last_name: str
    email: str | None
    phone: str


class GeneratedCandidates:
    """Computes the candidate of each generated application, and a candidate's applications."""

    def __init__(self, seed: int, applications: int) -> None:
        self._seed = seed
        self._applications = applications
        self._ids = ObjectIds(Draw(f"{seed}/candidate ids".encode()))
        self._scatter = Scatter(applications, Draw(f"{seed}/candidates".encode()))
        periods, rest = divmod(applications, _PERIOD)
        self.size = periods * len(_GROUPS) + (_GROUP_OF[rest - 1] + 1 if rest else 0)

    def number_of(self, application: int) -> int:
        """The number of the candidate of an application, from the application's number."""
        period, place = divmod(self._scatter.place(application), _PERIOD)
        return period * len(_GROUPS) + _GROUP_OF[place]

    def applications(self, number: int) -> list[int]:
        """The candidate's generated applications, oldest first."""
        period, group = divmod(number, len(_GROUPS))
        first = period * _PERIOD + _FIRST[group]
        last = min(first + _GROUPS[group], self._applications)
        return sorted(self._scatter.number(place) for place in range(first, last))

    def candidate_id(self, number: int) -> str:
        """24 hexadecimal digits."""
        return self._ids.of(number, _FIRST_SECOND + number * _SECONDS_APART)

    def profile(self, number: int) -> Profile:
        draw = Draw(f"{self._seed}/candidate/{number}".encode())
        pool = draw.pick(pools())
        email: str | None = f"{draw.pick(pool.login_names)}.{base36(number)}@{draw.pick(_DOMAINS)}"
        kind = draw.below(200)
        if kind < 2 or 20 <= kind < 24:
            email = None
        return Profile(
            number=number,
            candidate_id=self.candidate_id(number),
            has_id=kind >= 20,
            pool=pool,
            first_name=draw.pick(pool.first_names),
            last_name=draw.pick(pool.last_names),
            email=email,
            phone=phone_number(pool, draw),
        )


def phone_number(pool: LocalePool, draw: Draw) -> str:
    pattern = draw.pick(pool.phone_patterns)
    digits = str(draw.below(10**9)).rjust(9, "4")
    taken = iter(digits * 2)
    return "".join(next(taken) if character == "#" else character for character in pattern)
