"""The applications of a tenant, with indexes by e-mail address, candidate and job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from phenom_sandbox.clock import Clock
from phenom_sandbox.listing import Payload, RecordStore
from phenom_sandbox.records.applications import GeneratedApplications
from phenom_sandbox.records.draw import created_second, mix

ASCENDING, DESCENDING, UNORDERED = "ascending", "descending", "none"
ORDERS = (ASCENDING, DESCENDING, UNORDERED)
"""Orders of the listing by time of creation."""

_SHUFFLE = 0x5DEECE66D


class Applications(RecordStore[str]):
    """The listing of `GET /apply/v2/applications`, with indexes.

    The key of an application is the id that it was added with. Every change has to be followed by
    `touch`, which records the time of the change of the application and its candidate.

    `order` is one of `ORDERS`: the order of the listing by time of creation.
    """

    def __init__(
        self, generated: GeneratedApplications, clock: Clock, order: str = ASCENDING
    ) -> None:
        if order not in ORDERS:
            raise ValueError(f"there is no order {order!r}; there are: {', '.join(ORDERS)}")
        self.order = order
        self._generated_applications = generated
        self._clock = clock
        self.added = 0
        self._applicants = {
            generated.id(number): generated.candidates.candidate_id(
                generated.candidates.number_of(number)
            )
            for number in range(generated.size)
        }
        self._generated_candidates = dict.fromkeys(
            map(generated.candidates.candidate_id, range(generated.candidates.size))
        )
        # E-mail address, job and candidate of every listed application.
        self._values: dict[str, tuple[str, str, str]] = {}
        self._by_email: dict[str, list[str]] = defaultdict(list)
        self._by_candidate: dict[str, list[str]] = defaultdict(list)
        self._by_job: dict[str, list[str]] = defaultdict(list)
        self._numbers = {key: number for number, key in enumerate(self._applicants)}
        self._ranks = {key: self._rank(key) for key in sorted(self._numbers, key=self._rank)}
        self._changed: dict[str, int] = {}
        self._touched: dict[str, int] = {}
        super().__init__(self._compose_all())

    def _compose_all(self) -> Iterator[tuple[str, Payload]]:
        for application_id in self._ranks:
            number = self._numbers[application_id]
            payload = self._generated_applications.compose(number)
            self._index(application_id, payload)
            yield application_id, payload

    def _rank(self, key: str) -> int:
        """Generated applications are listed by this number, the smallest first."""
        number = self._numbers[key]
        if self.order == UNORDERED:
            return mix(number, _SHUFFLE)
        return -number if self.order == DESCENDING else number

    # -- what is listed ----------------------------------------------------------------------

    def edit(self, key: str, payload: Payload) -> None:
        self._unindex(key)
        super().edit(key, payload)
        self._index(key, payload)

    def delete(self, key: str) -> None:
        self._unindex(key)
        super().delete(key)

    def add(self, key: str, payload: Payload, position: int | None = None) -> None:
        """Inserts before `position`; for None, where the listing's order has new applications."""
        if position is None and self.order != ASCENDING:
            random_place = mix(self.added, _SHUFFLE) % (len(self) + 1)
            position = 0 if self.order == DESCENDING else random_place
        super().add(key, payload, position)
        self._index(key, payload)
        self.added += 1

    def restore(self, key: str) -> None:
        """Lists a deleted generated application again, where it was among the generated ones.

        Raises KeyError for any other application, and if it is listed.
        """
        number = self._numbers[key]
        if key in self:
            raise KeyError(key)
        rank, first = self._ranks[key], min(self._ranks.values())
        behind = (at for at, each in enumerate(self._order) if self._ranks.get(each, first) > rank)
        payload = self._generated_applications.compose(number)
        super().add(key, payload, next(behind, None))
        self._index(key, payload)

    # -- looking up --------------------------------------------------------------------------

    def is_generated(self, key: str) -> bool:
        """Whether the application was generated with the tenant."""
        return key in self._applicants

    def by_email(self, email: str) -> list[str]:
        """Oldest first. White space around the address and its case do not matter."""
        return sorted(self._by_email.get(email.strip().lower(), ()))

    def by_candidate(self, candidate_id: str) -> list[str]:
        """Oldest first."""
        return sorted(self._by_candidate.get(candidate_id, ()))

    def by_job(self, job_id: str) -> list[str]:
        """Oldest first."""
        return sorted(self._by_job.get(job_id, ()))

    def candidates(self) -> list[str]:
        """The ids of all applicants: generated ones in their order, then the others sorted."""
        others = (
            each
            for each, applications in self._by_candidate.items()
            if applications and each not in self._generated_candidates
        )
        return [*self._generated_candidates, *sorted(others)]

    def has_generated_candidate(self, candidate_id: str) -> bool:
        """Whether the candidate was generated with the tenant."""
        return candidate_id in self._generated_candidates

    def job_of(self, key: str) -> str:
        """The jobId of the application, empty if it has none. Raises KeyError."""
        return self._values[key][1]

    def candidate_of(self, key: str) -> str:
        """The candidate's id in the Candidates API. Raises KeyError."""
        return self._values[key][2]

    def candidate_in(self, key: str, payload: Payload) -> str:
        """The candidate's id in `payload`, else its id in the Candidates API."""
        shown = as_object(payload.get("candidateData")).get("id")
        return str(shown) if shown else self._applicants.get(key, key)

    def _index(self, key: str, payload: Payload) -> None:
        contact = as_object(as_object(payload.get("candidateData")).get("contactData"))
        email = str(contact.get("email") or "").strip().lower()
        job_id = str(as_object(payload.get("jobApplicationData")).get("jobId") or "")
        self._values[key] = email, job_id, self.candidate_in(key, payload)
        for index, value in self._index_entries(key):
            index[value].append(key)

    def _unindex(self, key: str) -> None:
        for index, value in self._index_entries(key):
            index[value].remove(key)
        del self._values[key]

    def _index_entries(self, key: str) -> Iterator[tuple[dict[str, list[str]], str]]:
        return zip(
            (self._by_email, self._by_job, self._by_candidate), self._values[key], strict=True
        )

    # -- when it changed ---------------------------------------------------------------------

    def touch(self, key: str) -> int:
        """Records a change of it and its candidate; returns the time. Raises KeyError."""
        self._changed[key] = now = self.touch_candidate(self.candidate_of(key))
        return now

    def touch_candidate(self, candidate_id: str) -> int:
        """Records a change of the candidate; returns the time."""
        self._touched[candidate_id] = self._clock.tick()
        return self._touched[candidate_id]

    def changed(self, key: str) -> int:
        """The application's last change, in epoch milliseconds; 0 without a change."""
        return self._changed.get(key, 0)

    def touched(self, candidate_id: str) -> int:
        """The candidate's last change, in epoch milliseconds; 0 without a change."""
        return self._touched.get(candidate_id, 0)

    def created(self, key: str) -> int:
        """The creation time in its id, in epoch milliseconds; 0 for an id without a time."""
        return created_second(key) * 1000


def as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
