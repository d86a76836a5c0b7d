"""``candidates``: one record per person, from the person's newest application."""

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
"""Columns that only the Candidates API and the Tags API fill."""

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
"""Remote paths and the columns that they feed. A name after a list is a member of its elements."""

_OTHERS = IntegrationFields(carried_in(FEEDS), "candidateData.")
_INTERNATIONAL = re.compile(r"[\W_]*\+")
_PUNCTUATION = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_NO_DIGITS = re.compile(r"\D+")
_YES = frozenset({"true", "yes", "y", "1"})
BY_ADDRESS = "email:"
"""How the key of a candidate without an id begins; then comes the e-mail address."""


def candidate_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """``candidateData.id``; without one ``email:`` + the lower-cased address; else null."""
    data = as_object(payload.get("candidateData"), "remote_id", mismatches)
    key = key_text(data.get("id"), "remote_id", mismatches)
    if key is not None:
        return key
    mail = address(payload)
    return mail and f"{BY_ADDRESS}{mail}"


def padded_id(payload: Mapping[str, Any]) -> str | None:
    """``candidateData.id`` if it has white space around it; else None."""
    data = as_object(payload.get("candidateData"), "", [])
    return padded(text(data.get("id"), "", []))


def candidate_id(key: str) -> str | None:
    """The candidate's id for the Candidates API, from the key; None if there is no id."""
    return None if key.startswith(BY_ADDRESS) else key


def address(payload: Mapping[str, Any]) -> str | None:
    """The candidate's e-mail address in lower case."""
    data = as_object(payload.get("candidateData"), "", [])
    contact = as_object(data.get("contactData"), "", [])
    mail = mail_address(contact.get("email"), "", [])
    return mail and mail.lower()


def child_key(candidate: str, part: str) -> str:
    """The key of a candidate's document or activity: the candidate's key, a colon, its own part."""
    return f"{child_key_prefix(candidate)}:{part}"


def child_key_prefix(candidate: str) -> str:
    """The beginning of a candidate's child keys, up to their first colon."""
    return candidate.replace(":", "%3A")


def candidate_of_child(key: str) -> str | None:
    """The candidate's key, from a child key; None if the text is not a child key."""
    prefix, colon, _ = key.partition(":")
    return prefix.replace("%3A", ":") if colon else None


def applicant_source(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """The source of an application. A candidate's ``source`` is that of the oldest application."""
    application_data = as_object(payload.get("jobApplicationData"), "source", mismatches)
    return text(application_data.get("applicantSource"), "source", mismatches)


def candidate(
    payload: Mapping[str, Any],
    key: str,
    ids: UnifiedIds,
    mismatches: Mismatches,
    *,
    has_others: bool = True,
) -> dict[str, Any]:
    """The record of one candidate without ``source``.

    :func:`with_source` adds that column, which comes from the candidate's oldest application.

    :param payload: the candidate's newest application (``ApplicationWithId``).
    :param has_others: whether ``integration_fields`` are collected; else they are null.
    """
    data = as_object(payload.get("candidateData"), "remote_id", mismatches)
    contact = as_object(data.get("contactData"), "email_addresses", mismatches)
    address = as_object(data.get("addressData"), "location", mismatches)
    company, title = current_position(data.get("experienceData"), mismatches)
    mails = email_addresses(contact, mismatches)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "first_name": text(data.get("firstName"), "first_name", mismatches),
        "last_name": text(data.get("lastName"), "last_name", mismatches),
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
        "integration_fields": _OTHERS.collect(data) if has_others else None,
    }


def with_source(columns: bytes, source: str | None) -> bytes:
    """A candidate's columns as a JSON object, completed with ``source``."""
    return joined(columns, orjson.dumps({"source": source}))


def enriched_columns(
    created: Any, updated: Any, tags: Iterable[Any], mismatches: Mismatches
) -> dict[str, str | list[str] | None]:
    """The :data:`ENRICHED_COLUMNS`. ``tags`` are sorted, each once; null without any.

    :param created, updated: the candidate's dates as the Candidates API writes them.
    :param tags: ``[{tag}]`` of the Tags API.
    """
    named = (text(tag.get("tag"), "tags", mismatches) for tag in tags if type(tag) is dict)
    return {
        "remote_created_at": written_time(created, "remote_created_at", mismatches),
        "remote_updated_at": written_time(updated, "remote_updated_at", mismatches),
        "tags": sorted({tag for tag in named if tag is not None}) or None,
    }


def current_position(experiences: Any, mismatches: Mismatches) -> tuple[str | None, str | None]:
    """Company and title of the current position: one that is marked as current, else one without an
    end date."""
    marked = without_end = None
    for position in objects(experiences, "company", mismatches):
        dates = as_object(position.get("fromTo"), "company", mismatches)
        if marked is None and _is_marked_current(dates):
            marked = position
        elif without_end is None and _has_no_end(dates):
            without_end = position
    current = without_end if marked is None else marked
    if current is None:
        return None, None
    company = text(current.get("companyName"), "company", mismatches)
    return company, text(current.get("title"), "title", mismatches)


def _is_marked_current(dates: Mapping[str, Any]) -> bool:
    marked = text(dates.get("currentlyWorkHere"), "company", [])
    return marked is not None and marked.strip().casefold() in _YES


def _has_no_end(dates: Mapping[str, Any]) -> bool:
    end = dates.get("endDate")
    return end is None or (isinstance(end, str) and not end.strip())


def phone_numbers(
    contact: Mapping[str, Any], mismatches: Mismatches
) -> list[dict[str, str | None]]:
    """``[{phone_number, type}]``: the country code first, no spaces or punctuation."""
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
    """A candidate's ``email``: the first of the ``email_addresses``."""
    return mails[0]["email_address"] if mails else None


def email_addresses(
    contact: Mapping[str, Any], mismatches: Mismatches
) -> list[dict[str, str | None]]:
    """``[{email_address, type}]``, trimmed; empty if the text is not an address."""
    address = mail_address(contact.get("email"), "email_addresses", mismatches)
    return [] if address is None else [{"email_address": address, "type": None}]
