"""Candidates as the Candidates API knows them: everyone who applied or was created there."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from phenom_sandbox.hiring import generated_status, takes_part
from phenom_sandbox.records.draw import created_second
from phenom_sandbox.records.pools import SOURCES
from phenom_sandbox.shelf import Payload

if TYPE_CHECKING:
    from phenom_sandbox.tenant import Tenant

_REMEMBERED = 50_000  # candidates, about a kilobyte each

Dates = tuple[int, int]
"""`created` and `updated`, in epoch milliseconds."""


class People:
    """The candidates of a tenant: generated ones by number, then those who came later.

    A candidate record here is `{candidateId, firstName, middleName, lastName, emails, phone,
    countryCode, location, company, title, created, updated, sources, atsId, ...}` with `created`
    and `updated` in epoch milliseconds; the operations shape it as they need. `gone` are the ids of
    those who were deleted, although they are still in the Apply API's listing.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._created: dict[str, Payload] = {}
        self.gone: set[str] = set()
        # When candidates were changed, in epoch milliseconds.
        self._touched: dict[str, int] = {}
        # What was put together, and what `_touched` said at that time.
        self._found: dict[str, tuple[int, Payload]] = {}
        self._generated: tuple[array[int], array[int]] | None = None

    def __contains__(self, candidate_id: object) -> bool:
        if candidate_id in self.gone or not isinstance(candidate_id, str):
            return False
        with self.tenant.lock:
            known = candidate_id in self._created
            return known or bool(self.tenant.records_of_candidate(candidate_id))

    def demand(self, candidate_id: str) -> None:
        """Raises KeyError when there is no such candidate."""
        if candidate_id not in self:
            raise KeyError(candidate_id)

    def find(self, candidate_id: str) -> Payload | None:
        """The candidate's record, to be read: parts of it are shared."""
        with self.tenant.lock:
            if candidate_id not in self:
                return None
            touched = self._touched.get(candidate_id, 0)
            known = self._found.get(candidate_id)
            if known is None or known[0] != touched:
                created, updated = self._dates(candidate_id)
                facts = self._created.get(candidate_id) or self._as_applied(candidate_id)
                known = touched, {**facts, "created": created, "updated": updated}
                if len(self._found) >= _REMEMBERED:
                    self._found.clear()
                self._found[candidate_id] = known
            return dict(known[1])

    def find_by_email(self, email: str) -> Payload | None:
        wanted = email.strip().lower()
        applications = self.tenant.applications_by_email(wanted)
        if applications:
            return self.find(self.tenant.candidate_id_of(applications[-1]))
        return self._created_with(lambda each: wanted in map(str.lower, each["emails"]))

    def find_by(self, field: str, value: str) -> Payload | None:
        """Among the candidates created here; applicants have none of the fields asked for."""
        return self._created_with(lambda each: each.get(field) == value)

    def _created_with(self, wanted: Callable[[Payload], bool]) -> Payload | None:
        with self.tenant.lock:
            for candidate_id, candidate in self._created.items():
                if candidate_id not in self.gone and wanted(candidate):
                    return self.find(candidate_id)
        return None

    # -- changes -----------------------------------------------------------------------------

    def create(self, candidate: Payload) -> str:
        tenant = self.tenant
        with tenant.lock:
            candidate_id = tenant.new_id()
            self._created[candidate_id] = {**candidate, "candidateId": candidate_id}
            return candidate_id

    def delete(self, candidate_id: str) -> None:
        """Takes the candidate out of the Candidates API; the Apply API goes on listing what they
        sent. Raises KeyError when there is no such candidate."""
        with self.tenant.lock:
            self.demand(candidate_id)
            self.gone.add(candidate_id)
            self.touch(candidate_id)

    def restore(self, candidate_id: str) -> None:
        """Brings back a deleted candidate. Raises KeyError."""
        with self.tenant.lock:
            self.gone.remove(candidate_id)
            self.touch(candidate_id)

    def touch(self, candidate_id: str) -> int:
        """Notes that something of the candidate changed, and returns when."""
        with self.tenant.lock:
            self._touched[candidate_id] = self.tenant.tick()
            return self._touched[candidate_id]

    # -- all of them -------------------------------------------------------------------------

    def ids(self, wanted: Callable[[Dates], bool] | None = None) -> list[str]:
        """The ids of all, or of those whose dates are wanted: generated candidates by number, those
        who applied since, those created here.

        No candidate is put together for it: the dates of a generated candidate that nobody touched
        are looked up, and the first search for dates makes them, in one pass over everything.
        """
        with self.tenant.lock:
            return [*self._generated_ids(wanted), *self._later_ids(wanted)]

    def _generated_ids(self, wanted: Callable[[Dates], bool] | None) -> Iterator[str]:
        book = self.tenant.candidate_book
        touched = {book.number_by_id(candidate_id) for candidate_id in self._touched}
        created, updated = self._generated_dates() if wanted else ((), ())
        for number in range(book.size):
            if number in touched:
                candidate_id = book.candidate_id(number)
                if candidate_id in self and (not wanted or wanted(self._dates(candidate_id))):
                    yield candidate_id
            elif not wanted or wanted((created[number], updated[number])):
                yield book.candidate_id(number)

    def _later_ids(self, wanted: Callable[[Dates], bool] | None) -> Iterator[str]:
        for candidate_id in dict.fromkeys([*self.tenant.other_candidates(), *self._created]):
            if candidate_id in self and (not wanted or wanted(self._dates(candidate_id))):
                yield candidate_id

    def _dates(self, candidate_id: str) -> Dates:
        tenant = self.tenant
        applications = tenant.application_ids_of(candidate_id)
        if candidate_id in self._created:
            created = [created_second(candidate_id) * 1000]
        else:
            created = [tenant.created(each) for each in applications]
        updated = [tenant.updated(each) for each in applications]
        return min(created), max(*created, *updated, self._touched.get(candidate_id, 0))

    def _generated_dates(self) -> tuple[Sequence[int], Sequence[int]]:
        """By number, as they are until the candidate is touched."""
        if self._generated is None:
            tenant, book = self.tenant, self.tenant.candidate_book
            created, updated = array("q"), array("q")
            for number in range(book.size):
                moments = [_moments(tenant, each) for each in book.applications(number)]
                created.append(min(moment for moment, _ in moments))
                updated.append(max(moment for _, moment in moments))
            self._generated = created, updated
        return self._generated

    def _as_applied(self, candidate_id: str) -> Payload:
        """As the newest application describes the person; the oldest one gives the source."""
        tenant = self.tenant
        records = tenant.records_of_candidate(candidate_id)
        newest = tenant.applied.peek(records[-1])
        oldest = tenant.applied.peek(records[0]) if len(records) > 1 else newest
        data = _object(newest.get("candidateData"))
        contact, address = _object(data.get("contactData")), _object(data.get("addressData"))
        history = data.get("experienceData") or []
        current = _object(history[0]) if isinstance(history, list) and history else {}
        email = contact.get("email")
        source = _object(oldest.get("jobApplicationData")).get("applicantSource")
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


def _moments(tenant: Tenant, number: int) -> Dates:
    """When a generated application was made, and when its status changed last."""
    created = tenant.application_book.second(number) * 1000
    if not takes_part(tenant.application_book.job_id(number)):
        return created, created
    status = generated_status(tenant.application_book.id(number), tenant.seed)
    return created, status.updated if status else created


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
