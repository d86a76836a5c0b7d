"""Tags of candidates."""

from __future__ import annotations

from collections.abc import Iterable

from phenom_sandbox.clock import Clock
from phenom_sandbox.people import People
from phenom_sandbox.records.draw import Draw

_NAMES = (
    "Top talent",
    "Silver medallist",
    "Relocation",
    "Alumni",
    "Referral",
    "Do not contact",
    "C++ / C#",
    "Führungskraft",
    "新卒",
    "Q1 pipeline",
)


class Tags:
    """Tags are compared by their exact text. A tag stays known after its last candidate lost it."""

    def __init__(self, people: People, seed: int, clock: Clock) -> None:
        self._people = people
        self._seed = seed
        self._clock = clock
        self._names = dict.fromkeys(_NAMES)
        self._changed: dict[str, tuple[str, ...]] = {}
        self._holders: tuple[int, dict[str, list[str]]] | None = None

    def names(self) -> list[str]:
        """All tags of the tenant."""
        with self._clock.lock:
            return list(self._names)

    def of(self, candidate_id: str) -> list[str]:
        """The candidate's tags, in the order in which they were added; empty for anybody else."""
        changed = self._changed.get(candidate_id)
        if changed is not None:
            return list(changed)
        is_generated = self._people.is_generated(candidate_id)
        return _generated(candidate_id, self._seed) if is_generated else []

    def add(self, candidate_id: str, *names: str) -> None:
        """Raises KeyError when there is no such candidate."""
        self._change(candidate_id, [*self.of(candidate_id), *names])

    def remove(self, candidate_id: str, *names: str) -> None:
        """Ignores tags that the candidate does not have. Raises KeyError like `add`."""
        self._change(candidate_id, [each for each in self.of(candidate_id) if each not in names])

    def holders(self, name: str) -> list[str]:
        """The ids of the candidates who have the tag. Raises KeyError for an unknown tag."""
        with self._clock.lock:
            if name not in self._names:
                raise KeyError(name)
            if self._holders is None or self._holders[0] != self._clock.second:
                holders: dict[str, list[str]] = {}
                for candidate_id in self._people.ids():
                    for each in self.of(candidate_id):
                        holders.setdefault(each, []).append(candidate_id)
                self._holders = self._clock.second, holders
            return self._holders[1].get(name, [])

    def _change(self, candidate_id: str, names: Iterable[str]) -> None:
        with self._clock.lock:
            self._people.demand(candidate_id)
            self._changed[candidate_id] = tuple(dict.fromkeys(names))
            self._names |= dict.fromkeys(self._changed[candidate_id])
            self._people.touch(candidate_id)


def _generated(candidate_id: str, seed: int) -> list[str]:
    draw = Draw(f"{seed}/tags/{candidate_id}".encode())
    count = draw.pick((0, 0, 0, 1, 1, 2, 3))
    return list(dict.fromkeys(draw.pick(_NAMES) for _ in range(count)))
