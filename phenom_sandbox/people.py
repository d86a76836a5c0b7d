"""The candidates of the Candidates API: all who applied or were created there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from phenom_sandbox.applications import Applications, as_object
from phenom_sandbox.clock import Clock
from phenom_sandbox.hiring import Hiring
from phenom_sandbox.listing import Payload
from phenom_sandbox.records.draw import created_second
from phenom_sandbox.records.pools import SOURCES

Value = TypeVar("Value")

Dates = tuple[int, int]
"""`created` and `updated`, in epoch milliseconds."""


class People:
    """The candidates of a tenant: first the generated ones, then those who were added later.

    A candidate record here is `{candidateId, firstName, middleName, lastName, emails, phone,
    countryCode, location, company, title, created, updated, sources, atsId, ...}` with `created`
    and `updated` in epoch milliseconds. `gone` are the ids of deleted candidates; the Apply API
    still lists their applications.
    """

    def __init__(self, applied: Applications, hiring: Hiring, clock: Clock) -> None:
        self._applied = applied
        self._hiring = hiring
        self.clock = clock
        self._created: dict[str, Payload] = {}
        self.gone: set[str] = set()
        # Caches; each value is stored with the candidate's last change at that time.
        self._dates: dict[str, tuple[int, Dates]] = {}
        self._found: dict[str, tuple[int, Payload]] = {}

    def __contains__(self, candidate_id: object) -> bool:
        if candidate_id in self.gone or not isinstance(candidate_id, str):
            return False
        with self.clock.lock:
            return candidate_id in self._created or bool(self._applied.by_candidate(candidate_id))

    def demand(self, candidate_id: str) -> None:
        """Raises KeyError when there is no such candidate."""
        if candidate_id not in self:
            raise KeyError(candidate_id)

    def find(self, candidate_id: str) -> Payload | None:
        """The candidate's record, which must not be changed because parts of it are shared."""
        with self.clock.lock:
            if candidate_id not in self:
                return None
            record: Payload = self._cached(self._found, candidate_id, self._record)
            return {**record}

    def _record(self, candidate_id: str) -> Payload:
        created, updated = self._candidate_dates(candidate_id)
        facts = self._created.get(candidate_id) or self._as_applied(candidate_id)
        return {**facts, "created": created, "updated": updated}

    def _cached(
        self,
        cache: dict[str, tuple[int, Value]],
        candidate_id: str,
        compute: Callable[[str], Value],
    ) -> Value:
        """The cached value, computed again if the candidate has changed since."""
        touched = self._applied.touched(candidate_id)
        cached = cache.get(candidate_id)
        if cached is None or cached[0] != touched:
            cached = cache[candidate_id] = touched, compute(candidate_id)
        return cached[1]

    def find_by_email(self, email: str) -> Payload | None:
        wanted = email.strip().lower()
        applications = self._applied.by_email(wanted)
        if applications:
            return self.find(self._applied.candidate_of(applications[-1]))
        return self._created_with(lambda each: wanted in map(str.lower, each["emails"]))

    def find_by(self, field: str, value: str) -> Payload | None:
        """Searches only candidates created here, because applicants do not have these fields."""
        return self._created_with(lambda each: each.get(field) == value)

    def _created_with(self, wanted: Callable[[Payload], bool]) -> Payload | None:
        with self.clock.lock:
            for candidate_id, candidate in self._created.items():
                if candidate_id not in self.gone and wanted(candidate):
                    return self.find(candidate_id)
        return None

    # -- changes -----------------------------------------------------------------------------

    def create(self, candidate: Payload) -> str:
        with self.clock.lock:
            candidate_id = self.clock.new_id()
            self._created[candidate_id] = {**candidate, "candidateId": candidate_id}
            return candidate_id

    def delete(self, candidate_id: str) -> None:
        """Removes the candidate from the Candidates API, not from the Apply API's listing.

        Raises KeyError when there is no such candidate.
        """
        with self.clock.lock:
            self.demand(candidate_id)
            self.gone.add(candidate_id)
            self.touch(candidate_id)

    def restore(self, candidate_id: str) -> None:
        """Brings back a deleted candidate. Raises KeyError."""
        with self.clock.lock:
            self.gone.remove(candidate_id)
            self.touch(candidate_id)

    def touch(self, candidate_id: str) -> int:
        """Records a change of the candidate; returns the time."""
        with self.clock.lock:
            return self._applied.touch_candidate(candidate_id)

    # -- all of them -------------------------------------------------------------------------

    def ids(self, wanted: Callable[[Dates], bool] | None = None) -> list[str]:
        """The ids of all candidates, or of those whose dates pass `wanted`.

        The order is: generated candidates by number, later applicants, candidates created here.
        """
        with self.clock.lock:
            return [
                each
                for each in dict.fromkeys([*self._applied.candidates(), *self._created])
                if each in self and (wanted is None or wanted(self._candidate_dates(each)))
            ]

    def is_generated(self, candidate_id: str) -> bool:
        """Whether the candidate was generated with the tenant."""
        return self._applied.has_generated_candidate(candidate_id)

    def _candidate_dates(self, candidate_id: str) -> Dates:
        return self._cached(self._dates, candidate_id, self._compute_dates)

    def _compute_dates(self, candidate_id: str) -> Dates:
        applications = self._applied.by_candidate(candidate_id)
        if candidate_id in self._created:
            created = [created_second(candidate_id) * 1000]
        else:
            created = [self._applied.created(each) for each in applications]
        updated = [self._hiring.updated(each) for each in applications]
        return min(created), max(*created, *updated, self._applied.touched(candidate_id))

    def _as_applied(self, candidate_id: str) -> Payload:
        """The record from the newest application, with the source of the oldest one."""
        applications = self._applied.by_candidate(candidate_id)
        newest = self._applied.payload(applications[-1])
        oldest = self._applied.payload(applications[0])
        data = as_object(newest.get("candidateData"))
        contact, address = as_object(data.get("contactData")), as_object(data.get("addressData"))
        history = data.get("experienceData") or []
        current = as_object(history[0]) if isinstance(history, list) and history else {}
        email = contact.get("email")
        source = as_object(oldest.get("jobApplicationData")).get("applicantSource")
        return {
            "candidateId": candidate_id,
            "firstName": data.get("firstName"),
            "middleName": data.get("middleName"),
            "lastName": data.get("lastName"),
            "emails": [email.strip()] if isinstance(email, str) and email.strip() else [],
            "phone": contact.get("phoneNumber"),
            "countryCode": contact.get("countryPhoneCode"),
            "location": {
                "city": address.get("city"),
                "state": address.get("region"),
                "country": address.get("country"),
                "zipCode": None,
            },
            "company": current.get("companyName"),
            "title": current.get("title"),
            "sources": [source if isinstance(source, str) else SOURCES[0]],
        }
