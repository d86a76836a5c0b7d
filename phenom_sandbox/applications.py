"""The applications of a tenant, and what they are looked up by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from phenom_sandbox.clock import Clock
from phenom_sandbox.listing import Listing, Payload
from phenom_sandbox.records.applications import ApplicationBook
from phenom_sandbox.records.draw import created_second


class Applications(Listing[str]):
    """The listing of `GET /apply/v2/applications`, and whom and what its rows are about.

    An application is named by the id that it was added with. `touch` notes when it and its
    candidate changed; whoever changes something calls it, as the order of these moments counts.
    """

    def __init__(self, book: ApplicationBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self.added = 0
        self._applicants = {
            book.id(number): book.candidates.candidate_id(book.candidates.number_of(number))
            for number in range(book.size)
        }
        self._generated_candidates = dict.fromkeys(
            map(book.candidates.candidate_id, range(book.candidates.size))
        )
        # Of every listed application: e-mail, job and candidate.
        self._about: dict[str, tuple[str, str, str]] = {}
        self._by_email: dict[str, list[str]] = defaultdict(list)
        self._by_candidate: dict[str, list[str]] = defaultdict(list)
        self._by_job: dict[str, list[str]] = defaultdict(list)
        self._numbers = {key: number for number, key in enumerate(self._applicants)}
        self._changed: dict[str, int] = {}
        self._touched: dict[str, int] = {}
        super().__init__(self._generated())

    def _generated(self) -> Iterator[tuple[str, Payload]]:
        for application_id, number in self._numbers.items():
            payload = self._book.compose(number)
            self._index(application_id, payload)
            yield application_id, payload

    # -- what is listed ----------------------------------------------------------------------

    def edit(self, key: str, payload: Payload) -> None:
        self._unindex(key)
        super().edit(key, payload)
        self._index(key, payload)

    def delete(self, key: str) -> None:
        self._unindex(key)
        super().delete(key)

    def add(self, key: str, payload: Payload, position: int | None = None) -> None:
        super().add(key, payload, position)
        self._index(key, payload)
        self.added += 1

    def restore(self, key: str) -> None:
        """Lists a deleted generated application as it was, before the next generated one.

        Raises KeyError for any other application, and where it is listed.
        """
        number = self._numbers[key]
        if key in self:
            raise KeyError(key)
        behind = (at for at, each in enumerate(self._order) if self._numbers.get(each, -1) > number)
        payload = self._book.compose(number)
        super().add(key, payload, next(behind, None))
        self._index(key, payload)

    # -- looking up --------------------------------------------------------------------------

    def is_generated(self, key: str) -> bool:
        """Whether the application came with the tenant."""
        return key in self._applicants

    def by_email(self, email: str) -> list[str]:
        """Oldest first. The address is compared trimmed and without regard to case."""
        return sorted(self._by_email.get(email.strip().lower(), ()))

    def by_candidate(self, candidate_id: str) -> list[str]:
        """Oldest first."""
        return sorted(self._by_candidate.get(candidate_id, ()))

    def by_job(self, job_id: str) -> list[str]:
        """Oldest first."""
        return sorted(self._by_job.get(job_id, ()))

    def candidates(self) -> list[str]:
        """The ids of those who applied: generated ones in their order, then the others by id."""
        others = (
            each
            for each, applications in self._by_candidate.items()
            if applications and each not in self._generated_candidates
        )
        return [*self._generated_candidates, *sorted(others)]

    def has_generated_candidate(self, candidate_id: str) -> bool:
        """Whether the candidate came with the tenant."""
        return candidate_id in self._generated_candidates

    def job_of(self, key: str) -> str:
        """The job that the application is for, empty where it names none. Raises KeyError."""
        return self._about[key][1]

    def candidate_of(self, key: str) -> str:
        """The candidate's id in the Candidates API. Raises KeyError."""
        return self._about[key][2]

    def candidate_in(self, key: str, payload: Payload) -> str:
        """The same of an application as `payload` describes it, also where that has no id."""
        shown = as_object(payload.get("candidateData")).get("id")
        return str(shown) if shown else self._applicants.get(key, key)

    def _index(self, key: str, payload: Payload) -> None:
        contact = as_object(as_object(payload.get("candidateData")).get("contactData"))
        email = str(contact.get("email") or "").strip().lower()
        job_id = str(as_object(payload.get("jobApplicationData")).get("jobId") or "")
        self._about[key] = email, job_id, self.candidate_in(key, payload)
        for index, value in self._lookups(key):
            index[value].append(key)

    def _unindex(self, key: str) -> None:
        for index, value in self._lookups(key):
            index[value].remove(key)
        del self._about[key]

    def _lookups(self, key: str) -> Iterator[tuple[dict[str, list[str]], str]]:
        return zip(
            (self._by_email, self._by_job, self._by_candidate), self._about[key], strict=True
        )

    # -- when it changed ---------------------------------------------------------------------

    def touch(self, key: str) -> int:
        """Notes that it and its candidate changed, and returns when. Raises KeyError."""
        self._changed[key] = now = self.touch_candidate(self.candidate_of(key))
        return now

    def touch_candidate(self, candidate_id: str) -> int:
        """Notes that something of the candidate changed, and returns when."""
        self._touched[candidate_id] = self._clock.tick()
        return self._touched[candidate_id]

    def changed(self, key: str) -> int:
        """When the application was touched last, in epoch milliseconds; 0 for never."""
        return self._changed.get(key, 0)

    def touched(self, candidate_id: str) -> int:
        """When the candidate was touched last, in epoch milliseconds; 0 for never."""
        return self._touched.get(candidate_id, 0)

    def created(self, key: str) -> int:
        """When somebody applied, in epoch milliseconds; ids that tell no time began at 0."""
        return created_second(key) * 1000


def as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
