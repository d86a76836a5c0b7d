"""Candidates as the Candidates API knows them: everyone who applied or was created there."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from phenom_sandbox.hiring import created_second
from phenom_sandbox.records.pools import SOURCES
from phenom_sandbox.tenant import Payload, Tenant


class People:
    """The candidates of a tenant: generated ones by number, then those who came later.

    A candidate record here is `{candidateId, firstName, middleName, lastName, emails, phone,
    countryCode, location, company, title, created, updated, sources, atsId, ...}` with `created`
    and `updated` in epoch milliseconds; the operations shape it as they need.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._created: dict[str, Payload] = {}
        self._dates: tuple[array[int], array[int]] | None = None

    def find(self, candidate_id: str) -> Payload | None:
        created = self._created.get(candidate_id)
        if created is not None:
            return created
        applications = self.tenant.applications_by_candidate(candidate_id)
        return self._from_applications(candidate_id, applications) if applications else None

    def find_by_email(self, email: str) -> Payload | None:
        wanted = email.strip().lower()
        applications = self.tenant.applications_by_email(wanted)
        if applications:
            return self.find(self.tenant.candidate_id_of(applications[-1]))
        for candidate in self._created.values():
            if wanted in (address.lower() for address in candidate["emails"]):
                return candidate
        return None

    def find_by(self, field: str, value: str) -> Payload | None:
        """Among the candidates created here; applicants have none of the fields asked for."""
        for candidate in self._created.values():
            if candidate.get(field) == value:
                return candidate
        return None

    def create(self, candidate: Payload) -> str:
        tenant = self.tenant
        with tenant.lock:
            candidate_id = tenant.new_id()
            now = tenant.second * 1000
            self._created[candidate_id] = {
                "created": now,
                "updated": now,
                **candidate,
                "candidateId": candidate_id,
            }
        return candidate_id

    def all(self) -> Iterator[Payload]:
        """Generated candidates by number, those who applied since, those created here."""
        book = self.tenant.candidate_book
        for number in range(book.size):
            candidate = self.find(book.candidate_id(number))
            if candidate is not None:
                yield candidate
        yield from self.later()

    def later(self) -> Iterator[Payload]:
        """Those who are not generated ones."""
        book = self.tenant.candidate_book
        with self.tenant.lock:
            known = {
                self.tenant.candidate_id_of(self.tenant.applied.payload(record))
                for record in self.tenant.applied.listing.exceptions()
            }
        for candidate_id in sorted(known):
            if book.number_by_id(candidate_id) is None:
                candidate = self.find(candidate_id)
                if candidate is not None:
                    yield candidate
        yield from tuple(self._created.values())

    def generated_dates(self) -> tuple[array[int], array[int]]:
        """`created` and `updated` of the generated candidates, in milliseconds, by number.

        Made at the first search for dates; one pass over all applications.
        """
        if self._dates is None:
            tenant, book = self.tenant, self.tenant.candidate_book
            created, updated = array("q"), array("q")
            second = tenant.application_book.second
            for number in range(book.size):
                applications = book.applications(number)
                created.append(second(applications[0]) * 1000)
                updated.append(second(applications[-1]) * 1000)
            self._dates = created, updated
        return self._dates

    def _from_applications(self, candidate_id: str, applications: list[Payload]) -> Payload:
        newest = applications[-1]
        data = _object(newest.get("candidateData"))
        contact, address = _object(data.get("contactData")), _object(data.get("addressData"))
        history = data.get("experienceData") or []
        current = _object(history[0]) if isinstance(history, list) and history else {}
        email = contact.get("email")
        source = _object(applications[0].get("jobApplicationData")).get("applicantSource")
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
            "created": created_second(str(applications[0]["id"])) * 1000,
            "updated": created_second(str(newest["id"])) * 1000,
            "sources": [source if isinstance(source, str) else SOURCES[0]],
        }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
