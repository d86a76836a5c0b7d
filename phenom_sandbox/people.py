"""Candidates as the Candidates API knows them: everyone who applied or was created there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from phenom_sandbox.applications import Applications, as_object
from phenom_sandbox.clock import Clock
from phenom_sandbox.hiring import Hiring
from phenom_sandbox.listing import Payload
from phenom_sandbox.records.draw import created_second
from phenom_sandbox.records.pools import SOURCES

Known = TypeVar("Known")

Dates = tuple[int, int]
"""`created` and `updated`, in epoch milliseconds."""


class People:
    """The candidates of a tenant: generated ones by number, then those who came later.

    A candidate record here is `{candidateId, firstName, middleName, lastName, emails, phone,
    countryCode, location, company, title, created, updated, sources, atsId, ...}` with `created`
    and `updated` in epoch milliseconds; the operations shape it as they need. `gone` are the ids of
    those who were deleted, although they are still in the Apply API's listing.
    """

    def __init__(self, applied: Applications, hiring: Hiring, clock: Clock) -> None:
        self._applied = applied
        self._hiring = hiring
        self.clock = clock
        self._created: dict[str, Payload] = {}
        self.gone: set[str] = set()
        # What was put together, and when the candidate had been touched by then.
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
        """The candidate's record, to be read: parts of it are shared."""
        with self.clock.lock:
            if candidate_id not in self:
                return None
            record: Payload = self._remembered(self._found, candidate_id, self._record)
            return {**record}

    def _record(self, candidate_id: str) -> Payload:
        created, updated = self._moments(candidate_id)
        facts = self._created.get(candidate_id) or self._as_applied(candidate_id)
        return {**facts, "created": created, "updated": updated}

    def _remembered(
        self,
        memory: dict[str, tuple[int, Known]],
        candidate_id: str,
        put_together: Callable[[str], Known],
    ) -> Known:
        """What is remembered of a candidate who was not touched since."""
        touched = self._applied.touched(candidate_id)
        known = memory.get(candidate_id)
        if known is None or known[0] != touched:
            known = memory[candidate_id] = touched, put_together(candidate_id)
        return known[1]

    def find_by_email(self, email: str) -> Payload | None:
        wanted = email.strip().lower()
        applications = self._applied.by_email(wanted)
        if applications:
            return self.find(self._applied.candidate_of(applications[-1]))
        return self._created_with(lambda each: wanted in map(str.lower, each["emails"]))

    def find_by(self, field: str, value: str) -> Payload | None:
        """Among the candidates created here; applicants have none of the fields asked for."""
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
        """Takes the candidate out of the Candidates API; the Apply API goes on listing what they
        sent. Raises KeyError when there is no such candidate."""
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
        """Notes that something of the candidate changed, and returns when."""
        with self.clock.lock:
            return self._applied.touch_candidate(candidate_id)

    # -- all of them -------------------------------------------------------------------------

    def ids(self, wanted: Callable[[Dates], bool] | None = None) -> list[str]:
        """The ids of all, or of those whose dates are wanted: generated candidates by number, those
        who applied since, those created here."""
        with self.clock.lock:
            return [
                each
                for each in dict.fromkeys([*self._applied.candidates(), *self._created])
                if each in self and (wanted is None or wanted(self._moments(each)))
            ]

    def is_generated(self, candidate_id: str) -> bool:
        """Whether the candidate came with the tenant."""
        return self._applied.has_generated_candidate(candidate_id)

    def _moments(self, candidate_id: str) -> Dates:
        return self._remembered(self._dates, candidate_id, self._put_together_dates)

    def _put_together_dates(self, candidate_id: str) -> Dates:
        applications = self._applied.by_candidate(candidate_id)
        if candidate_id in self._created:
            created = [created_second(candidate_id) * 1000]
        else:
            created = [self._applied.created(each) for each in applications]
        updated = [self._hiring.updated(each) for each in applications]
        return min(created), max(*created, *updated, self._applied.touched(candidate_id))

    def _as_applied(self, candidate_id: str) -> Payload:
        """As the newest application describes the person; the oldest one gives the source."""
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
