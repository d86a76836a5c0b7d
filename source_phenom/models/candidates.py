"""``candidates``: people, as their newest application describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    IntegrationFields,
    carried_in,
)
from source_phenom.models.location import location
from source_phenom.models.timestamps import written_time
from source_phenom.models.values import (
    Mismatches,
    as_object,
    custom_object,
    joined,
    key_text,
    mail_address,
    objects,
    padded,
    text,
)

MODEL = "candidates"

ENRICHED_COLUMNS = ("remote_created_at", "remote_updated_at", "tags")
"""Columns that only the Candidates API and the Tags API can fill."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "candidateData.addressData.addressLine1": ("location",),
    "candidateData.addressData.addressLine2": ("location",),
    "candidateData.addressData.city": ("location",),
    "candidateData.addressData.country": ("location",),
    "candidateData.addressData.region": ("location",),
    "candidateData.contactData.countryPhoneCode": ("phone_numbers",),
    "candidateData.contactData.deviceType": ("phone_numbers",),
    "candidateData.contactData.email": ("email", "email_addresses"),
    "candidateData.contactData.phoneNumber": ("phone_numbers",),
    "candidateData.experienceData": (INTEGRATION_FIELDS,),
    "candidateData.experienceData.companyName": ("company", INTEGRATION_FIELDS),
    "candidateData.experienceData.title": ("title", INTEGRATION_FIELDS),
    "candidateData.firstName": ("first_name",),
    "candidateData.id": ("remote_id",),
    "candidateData.lastName": ("last_name",),
    "customFieldData": ("custom_fields",),
    "jobApplicationData.applicantSource": ("source",),
}
"""Remote paths and the columns made of them; a name after a list stands for its elements'."""

_OTHERS = IntegrationFields(carried_in(FEEDS), "candidateData.")
_INTERNATIONAL = re.compile(r"[\W_]*\+")
_PUNCTUATION = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_NO_DIGITS = re.compile(r"\D+")
_YES = frozenset({"true", "yes", "y", "1"})
_BY_ADDRESS = "email:"


def candidate_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """``candidateData.id``; without one ``email:`` + the lower-cased address; else null."""
    person = as_object(payload.get("candidateData"), "remote_id", mismatches)
    key = key_text(person.get("id"), "remote_id", mismatches)
    if key is not None:
        return key
    mail = address(payload)
    return mail and f"{_BY_ADDRESS}{mail}"


def padded_id(payload: Mapping[str, Any]) -> str | None:
    """``candidateData.id`` as Phenom has it, where white space is around it; else null."""
    person = as_object(payload.get("candidateData"), "", [])
    return padded(text(person.get("id"), "", []))


def candidate_id(key: str) -> str | None:
    """The id by which the Candidates API knows the candidate of a key; null where there is none."""
    return None if key.startswith(_BY_ADDRESS) else key


def address(payload: Mapping[str, Any]) -> str | None:
    """The candidate's e-mail address in lower case."""
    person = as_object(payload.get("candidateData"), "", [])
    contact = as_object(person.get("contactData"), "", [])
    found = mail_address(contact.get("email"), "", [])
    return found and found.lower()


def owned_key(candidate: str, part: str) -> str:
    """The key of something that is a candidate's: the candidate's key, a colon, its own part."""
    return f"{as_owner(candidate)}:{part}"


def as_owner(candidate: str) -> str:
    """How the keys of what is a candidate's begin, up to their first colon."""
    return candidate.replace(":", "%3A")


def owner_of(key: str) -> str | None:
    """The candidate's key out of the key of something that is theirs; null where there is none."""
    owner, colon, _ = key.partition(":")
    return owner.replace("%3A", ":") if colon else None


def applicant_source(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """Where an application came from; a candidate's ``source`` is that of the oldest one."""
    placed = as_object(payload.get("jobApplicationData"), "source", mismatches)
    return text(placed.get("applicantSource"), "source", mismatches)


def candidate(
    payload: Mapping[str, Any], key: str, ids: UnifiedIds, mismatches: Mismatches
) -> dict[str, Any]:
    """The record of one candidate out of one application, but for ``source``.

    That column comes from another application, the candidate's oldest: see :func:`with_source`.

    :param payload: an ``ApplicationWithId``, the candidate's newest.
    """
    person = as_object(payload.get("candidateData"), "remote_id", mismatches)
    contact = as_object(person.get("contactData"), "email_addresses", mismatches)
    address = as_object(person.get("addressData"), "location", mismatches)
    company, title = current_position(person.get("experienceData"), mismatches)
    mails = email_addresses(contact, mismatches)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "first_name": text(person.get("firstName"), "first_name", mismatches),
        "last_name": text(person.get("lastName"), "last_name", mismatches),
        "company": company,
        "title": title,
        "phone_numbers": phone_numbers(contact, mismatches),
        "email": first_address(mails),
        "email_addresses": mails,
        "location": location(
            mismatches,
            street_1=address.get("addressLine1"),
            street_2=address.get("addressLine2"),
            city=address.get("city"),
            state=address.get("region"),
            country=address.get("country"),
        ),
        "custom_fields": custom_object(payload.get("customFieldData"), "custom_fields", mismatches),
        "integration_fields": _OTHERS.of(person),
    }


def with_source(columns: bytes, source: str | None) -> bytes:
    """A candidate's columns as a JSON object, completed with ``source``."""
    return joined(columns, orjson.dumps({"source": source}))


def details(
    created: Any, updated: Any, tags: Iterable[Any], mismatches: Mismatches
) -> dict[str, str | list[str] | None]:
    """The columns of :data:`ENRICHED_COLUMNS`; ``tags`` sorted, each once; null without any.

    :param created, updated: dates of the candidate as the Candidates API gives them.
    :param tags: ``[{tag}]`` of the Tags API.
    """
    named = (text(tag.get("tag"), "tags", mismatches) for tag in tags if type(tag) is dict)
    return {
        "remote_created_at": written_time(created, "remote_created_at", mismatches),
        "remote_updated_at": written_time(updated, "remote_updated_at", mismatches),
        "tags": sorted({tag for tag in named if tag is not None}) or None,
    }


def current_position(experiences: Any, mismatches: Mismatches) -> tuple[str | None, str | None]:
    """Company and title of the position held now: marked as such, else without an end."""
    current = unended = None
    for position in objects(experiences, "company", mismatches):
        dates = as_object(position.get("fromTo"), "company", mismatches)
        if current is None and _is_current(dates):
            current = position
        elif unended is None and _is_unended(dates):
            unended = position
    now = unended if current is None else current
    if now is None:
        return None, None
    return text(now.get("companyName"), "company", mismatches), text(
        now.get("title"), "title", mismatches
    )


def _is_current(dates: Mapping[str, Any]) -> bool:
    marked = text(dates.get("currentlyWorkHere"), "company", [])
    return marked is not None and marked.strip().casefold() in _YES


def _is_unended(dates: Mapping[str, Any]) -> bool:
    end = dates.get("endDate")
    return end is None or (isinstance(end, str) and not end.strip())


def phone_numbers(
    contact: Mapping[str, Any], mismatches: Mismatches
) -> list[dict[str, str | None]]:
    """``[{phone_number, type}]``: no spaces or punctuation, the country's code in front."""
    written = text(contact.get("phoneNumber"), "phone_numbers", mismatches)
    code = text(contact.get("countryPhoneCode"), "phone_numbers", mismatches)
    device = text(contact.get("deviceType"), "phone_numbers", mismatches)
    if written is None:
        return []
    number = _PUNCTUATION.sub("", written)
    if not _DIGIT.search(number):
        return []
    if _INTERNATIONAL.match(written):
        number = "+" + number
    elif code is not None:
        digits = _NO_DIGITS.sub("", code)
        number = f"+{digits}{number}" if digits else number
    return [{"phone_number": number, "type": device}]


def first_address(mails: Sequence[Mapping[str, str | None]] | None) -> str | None:
    """A candidate's ``email``, out of the ``email_addresses``."""
    return mails[0]["email_address"] if mails else None


def email_addresses(
    contact: Mapping[str, Any], mismatches: Mismatches
) -> list[dict[str, str | None]]:
    """``[{email_address, type}]``: trimmed; what is no address is dropped."""
    address = mail_address(contact.get("email"), "email_addresses", mismatches)
    return [] if address is None else [{"email_address": address, "type": None}]
