"""``candidates``: people, as their newest application describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import (
    INTEGRATION_FIELDS,
    carried_in,
    integration_fields,
)
from source_phenom.models.location import location
from source_phenom.models.values import Odd, custom_object, mail_address, obj, objects, text

MODEL = "candidates"

FEEDS: Mapping[str, tuple[str, ...]] = {
    "candidateData.addressData.addressLine1": ("location",),
    "candidateData.addressData.addressLine2": ("location",),
    "candidateData.addressData.city": ("location",),
    "candidateData.addressData.country": ("location",),
    "candidateData.addressData.region": ("location",),
    "candidateData.contactData.countryPhoneCode": ("phone_numbers",),
    "candidateData.contactData.deviceType": ("phone_numbers",),
    "candidateData.contactData.email": ("email_addresses",),
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

_CARRIED = carried_in(FEEDS)
_INTERNATIONAL = re.compile(r"[\W_]*\+")
_PUNCTUATION = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_NO_DIGITS = re.compile(r"\D+")
_YES = frozenset({"true", "yes", "y", "1"})


def candidate_key(payload: Mapping[str, Any], odd: Odd) -> str | None:
    """``candidateData.id``; without one ``email:`` + the lower-cased address; else null."""
    person = obj(payload.get("candidateData"), "remote_id", odd)
    key = text(person.get("id"), "remote_id", odd)
    if key is not None:
        return key
    contact = obj(person.get("contactData"), "email_addresses", [])
    address = mail_address(contact.get("email"), "email_addresses", [])
    return address and f"email:{address.lower()}"


def applicant_source(payload: Mapping[str, Any], odd: Odd) -> str | None:
    """Where an application came from; a candidate's ``source`` is that of the oldest one."""
    placed = obj(payload.get("jobApplicationData"), "source", odd)
    return text(placed.get("applicantSource"), "source", odd)


def candidate(payload: Mapping[str, Any], key: str, ids: UnifiedIds, odd: Odd) -> dict[str, Any]:
    """The record of one candidate out of one application, but for ``source``.

    That column comes from another application, the candidate's oldest: see :func:`with_source`.

    :param payload: an ``ApplicationWithId``, the candidate's newest.
    """
    person = obj(payload.get("candidateData"), "remote_id", odd)
    contact = obj(person.get("contactData"), "email_addresses", odd)
    address = obj(person.get("addressData"), "location", odd)
    company, title = current_position(person.get("experienceData"), odd)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "first_name": text(person.get("firstName"), "first_name", odd),
        "last_name": text(person.get("lastName"), "last_name", odd),
        "company": company,
        "title": title,
        "phone_numbers": phone_numbers(contact, odd),
        "email_addresses": email_addresses(contact, odd),
        "location": location(
            odd,
            street_1=address.get("addressLine1"),
            street_2=address.get("addressLine2"),
            city=address.get("city"),
            state=address.get("region"),
            country=address.get("country"),
        ),
        "custom_fields": custom_object(payload.get("customFieldData"), "custom_fields", odd),
        "integration_fields": integration_fields(person, _CARRIED, "candidateData."),
    }


def with_source(columns: bytes, source: str | None) -> bytes:
    """A candidate's columns as a JSON object, completed with ``source``."""
    return columns[:-1] + b',"source":' + orjson.dumps(source) + b"}"


def current_position(experiences: Any, odd: Odd) -> tuple[str | None, str | None]:
    """Company and title of the position held now: marked as such, else without an end."""
    positions = [
        (position, obj(position.get("fromTo"), "company", odd))
        for position in objects(experiences, "company", odd)
    ]
    now = next((position for position, dates in positions if _is_current(dates)), None)
    if now is None:
        now = next((position for position, dates in positions if _is_open(dates)), None)
    if now is None:
        return None, None
    return text(now.get("companyName"), "company", odd), text(now.get("title"), "title", odd)


def _is_current(dates: Mapping[str, Any]) -> bool:
    marked = text(dates.get("currentlyWorkHere"), "company", [])
    return marked is not None and marked.strip().casefold() in _YES


def _is_open(dates: Mapping[str, Any]) -> bool:
    end = dates.get("endDate")
    return end is None or (isinstance(end, str) and not end.strip())


def phone_numbers(contact: Mapping[str, Any], odd: Odd) -> list[dict[str, str | None]]:
    """``[{phone_number, type}]``: no spaces or punctuation, the country's code in front."""
    written = text(contact.get("phoneNumber"), "phone_numbers", odd)
    code = text(contact.get("countryPhoneCode"), "phone_numbers", odd)
    device = text(contact.get("deviceType"), "phone_numbers", odd)
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


def email_addresses(contact: Mapping[str, Any], odd: Odd) -> list[dict[str, str | None]]:
    """``[{email_address, type}]``: trimmed; what is no address is dropped."""
    address = mail_address(contact.get("email"), "email_addresses", odd)
    return [] if address is None else [{"email_address": address, "type": None}]
