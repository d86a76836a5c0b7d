"""Request bodies: pure functions that turn a record into what the gateway expects."""

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
_DOCUMENT_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rtf": "application/rtf",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""File extensions of common documents that Python does not know on every system."""
_MEDIA_TYPES = mimetypes.MimeTypes()
for _extension, _type in _DOCUMENT_TYPES.items():
    _MEDIA_TYPES.add_type(_type, _extension)
_COMPRESSED_TYPES = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip2",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}
"""Media types of compressed files, whatever they contain: ``cv.pdf.gz`` is not a PDF."""


@dataclass(frozen=True)
class AttachmentFile:
    """An attachment with its content."""

    name: str
    media_type: str
    content: bytes


def application(
    record: Record, job_id: str, resume: AttachmentFile | None, default_source: str
) -> Body:
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
        # The gateway requires a first address line, and a record has none.
        address = {"addressLine1": city or country, "country": country}
        candidate["addressData"] = {**address, "city": city} if city else address
    body: Body = {
        "candidateData": candidate,
        "jobApplicationData": {"jobId": job_id, "applicantSource": source(record, default_source)},
    }
    if resume is not None:
        body["resumeData"] = attachment(resume)
    return body


def attachment(file: AttachmentFile) -> Body:
    """``Resume``: the résumé in an application's body, or a file that is uploaded after it."""
    return {
        "fileContent": base64.b64encode(file.content).decode(),
        "fileName": file.name,
        "contentTypeId": file.media_type,
    }


def candidate(record: Record, default_source: str) -> Body:
    """``CreateCandidateRequest``, the body of ``POST /candidates-api/v2/candidates``.

    It has no field for a location.

    :raises Rejected: for a phone number without a calling code, which this operation requires.
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
    """``applicantSource``: the source's name, key or id, in this order, else the default."""
    return (record.source.label if record.source else None) or default_source


def resume_index(attachments: Sequence[Attachment]) -> int | None:
    """The index of the résumé, which is the first CV; None without a CV."""
    return next((index for index, each in enumerate(attachments) if each.type == "CV"), None)


def media_type(file: Attachment, server_type: str = "") -> str:
    """The media type that the record gives, else that of the file name, else the server's."""
    return file.content_type or _type_by_name(file.name) or server_type or _UNKNOWN_TYPE


def _type_by_name(name: str) -> str | None:
    # Only the extension: guess_type would parse a name that looks like a URL as one.
    _, dot, extension = name.rpartition(".")
    if not dot:
        return None
    guessed, compression = _MEDIA_TYPES.guess_type(f"file.{extension.lower()}")
    return _COMPRESSED_TYPES.get(compression) if compression is not None else guessed


def _split(phone_number: str) -> tuple[str, str]:
    """The calling code (``+49``) and the rest of an international number."""
    digits = phone_number.removeprefix("+")
    if digits == phone_number:
        raise rejected(
            "candidate.phone_number",
            "must begin with + and the country's calling code when there is no job to apply for",
        )
    code = calling_code(digits)
    return f"+{code}", digits.removeprefix(code)
