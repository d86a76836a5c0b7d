"""Records as the gateway wants them: pure functions, one per request body."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from destination_phenom.phone_numbers import calling_code
from destination_phenom.records import Attachment, Record
from destination_phenom.rejections import rejected

Body = dict[str, Any]

_UNKNOWN_TYPE = "application/octet-stream"
_DOCUMENTS = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rtf": "application/rtf",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Usual endings of documents that Python does not know everywhere."""
_ENDINGS = mimetypes.MimeTypes()
for _ending, _type in _DOCUMENTS.items():
    _ENDINGS.add_type(_type, _ending)
_COMPRESSED = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip2",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}
"""What a compressed file is, whatever is in it: ``cv.pdf.gz`` is no PDF."""


@dataclass(frozen=True)
class File:
    """An attachment whose content is at hand."""

    name: str
    media_type: str
    content: bytes


def application(record: Record, job_id: str, resume: File | None, default_source: str) -> Body:
    """``ApplicationWithResume``, the body of ``POST /apply/v2/applications``."""
    person = record.candidate
    contact = {"email": person.email_address}
    if person.phone_number is not None:
        contact["phoneNumber"] = person.phone_number
    candidate: Body = {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "contactData": contact,
    }
    if person.location is not None:
        city, country = person.location.city, person.location.country
        # The gateway wants a first address line, and a record has none.
        address = {"addressLine1": city or country, "country": country}
        candidate["addressData"] = {**address, "city": city} if city else address
    body: Body = {
        "candidateData": candidate,
        "jobApplicationData": {"jobId": job_id, "applicantSource": source(record, default_source)},
    }
    if resume is not None:
        body["resumeData"] = attachment(resume)
    return body


def attachment(file: File) -> Body:
    """``Resume``: the résumé of an application, or one of the list that follows it."""
    return {
        "fileContent": base64.b64encode(file.content).decode(),
        "fileName": file.name,
        "contentTypeId": file.media_type,
    }


def candidate(record: Record, default_source: str) -> Body:
    """``CreateCandidateRequest``, the body of ``POST /candidates-api/v2/candidates``.

    It has no place for a location.

    :raises Rejected: for a phone number without the calling code that this operation requires.
    """
    person = record.candidate
    body: Body = {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "profileSources": [source(record, default_source)],
        "emailList": [{"email": person.email_address, "type": "Personal", "status": "Primary"}],
    }
    if person.phone_number is not None:
        code, number = _split(person.phone_number)
        body["contacts"] = [
            {"type": "Mobile", "phoneNumber": number, "status": "Primary", "countryCode": code}
        ]
    return body


def source(record: Record, default_source: str) -> str:
    """``applicantSource``: the source's name, else its key, else its id, else the default."""
    return (record.source.label if record.source else None) or default_source


def resume_of(attachments: Sequence[Attachment]) -> int | None:
    """Which attachment is the résumé: the first CV."""
    return next((place for place, each in enumerate(attachments) if each.type == "CV"), None)


def media_type(file: Attachment, served_as: str = "") -> str:
    """What a file is: as the record says, else by its name, else as its server said."""
    return file.content_type or _by_name(file.name) or served_as or _UNKNOWN_TYPE


def _by_name(name: str) -> str | None:
    # The ending alone: a whole name may look like a URL, of which something else would be read.
    guessed, compression = _ENDINGS.guess_type(f"file.{name.rpartition('.')[2].lower()}")
    return _COMPRESSED.get(compression) if compression is not None else guessed


def _split(phone_number: str) -> tuple[str, str]:
    """Calling code (``+49``) and the rest of an international number."""
    digits = phone_number.removeprefix("+")
    if digits == phone_number:
        raise rejected(
            "candidate.phone_number",
            "must begin with + and the country's calling code when there is no job to apply for",
        )
    code = calling_code(digits)
    return f"+{code}", digits.removeprefix(code)
