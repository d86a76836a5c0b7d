"""The bodies of requests."""

from __future__ import annotations

import pytest

from destination_phenom import payloads
from destination_phenom.payloads import AttachmentFile
from destination_phenom.preview import masked
from destination_phenom.records import Attachment, CreateCandidate

OFFICE = "application/vnd.openxmlformats-officedocument"
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "email_address": "ada@example.com"}


def record(**more: object) -> CreateCandidate:
    return CreateCandidate.model_validate({"candidate": PERSON, **more})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "Airbyte"),
        ({"name": "n", "unified_key": "k", "id": "i"}, "n"),
        ({"unified_key": "k", "id": "i"}, "k"),
        ({"id": "i"}, "i"),
    ],
)
def test_sources(source: object, expected: str) -> None:
    body = payloads.application(record(source=source), "JR-1", None, "Airbyte")
    assert body["jobApplicationData"] == {"jobId": "JR-1", "applicantSource": expected}


@pytest.mark.parametrize(
    ("location", "address"),
    [
        (
            {"city": "Ulm", "country": "DE"},
            {"addressLine1": "Ulm", "city": "Ulm", "country": "DE"},
        ),
        ({"country": "DE"}, {"addressLine1": "DE", "country": "DE"}),
    ],
)
def test_addresses(location: object, address: object) -> None:
    made = record(candidate={**PERSON, "location": location})
    body = payloads.application(made, "JR-1", None, "Airbyte")
    assert body["candidateData"]["addressData"] == address


def test_missing_fields_are_not_sent() -> None:
    assert payloads.application(record(), "JR-1", None, "Airbyte") == {
        "candidateData": {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "contactData": {"email": "ada@example.com"},
        },
        "jobApplicationData": {"jobId": "JR-1", "applicantSource": "Airbyte"},
    }


@pytest.mark.parametrize(
    ("phone", "code", "number"),
    [
        ("+4930123456", "+49", "30123456"),
        ("+12025550123", "+1", "2025550123"),
        ("+79161234567", "+7", "9161234567"),
        ("+35312345678", "+353", "12345678"),
        ("+971501234567", "+971", "501234567"),
        ("+919812345678", "+91", "9812345678"),
    ],
)
def test_calling_codes(phone: str, code: str, number: str) -> None:
    made = record(candidate={**PERSON, "phone_number": phone})
    assert payloads.candidate(made, "Airbyte")["contacts"] == [
        {"type": "Mobile", "phoneNumber": number, "status": "Primary", "countryCode": code}
    ]


@pytest.mark.parametrize(
    ("name", "given", "served", "expected"),
    [
        ("cv.pdf", None, "", "application/pdf"),
        ("cv.pdf", "text/plain", "image/png", "text/plain"),
        ("cv", None, "image/png", "image/png"),
        ("cv", None, "", "application/octet-stream"),
        ("doc", None, "image/png", "image/png"),
        ("cv.", None, "image/png", "image/png"),
        ("cv.unheard-of", None, "image/png", "image/png"),
        ("CV.PDF", None, "", "application/pdf"),
        ("Ann's c.v. 2.0.doc", None, "", "application/msword"),
        (
            "cv.docx",
            None,
            "",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("cv.odt", None, "", "application/vnd.oasis.opendocument.text"),
        ("cv.rtf", None, "", "application/rtf"),
        ("cv.pdf.gz", None, "application/pdf", "application/gzip"),
        ("cv.pdf.gz", "application/pdf", "", "application/pdf"),
        ("CV.PDF.GZ", None, "application/pdf", "application/gzip"),
        ("slides.pptx", None, "", f"{OFFICE}.presentationml.presentation"),
        ("table.XLSX", None, "", f"{OFFICE}.spreadsheetml.sheet"),
        ("photo.webp", None, "", "image/webp"),
        ("files.tar.gz", None, "", "application/gzip"),
        ("files.tgz", None, "", "application/gzip"),
        ("picture.svgz", None, "", "application/gzip"),
        ("cv.pdf.bz2", None, "", "application/x-bzip2"),
        ("cv.pdf.xz", None, "", "application/x-xz"),
        ("files.zip", None, "", "application/zip"),
        ("data:text/html,x", None, "image/png", "image/png"),
        ("//[cv.pdf", None, "", "application/pdf"),
        pytest.param("." * 400_000, None, "", "application/octet-stream", id="dots"),
    ],
)
def test_media_types(name: str, given: str | None, served: str, expected: str) -> None:
    made = Attachment.model_validate(
        {"name": name, "type": "CV", "data": "eA==", "content_type": given}
    )
    assert payloads.media_type(made, served) == expected


def test_the_first_cv_is_the_resume() -> None:
    kinds = ["OTHER", "CV", "CV"]
    made = [
        Attachment.model_validate({"name": kind, "type": kind, "data": "eA=="}) for kind in kinds
    ]
    assert payloads.resume_index(made) == 1
    assert payloads.resume_index(made[:1]) is None


def test_a_preview_shows_nothing_personal() -> None:
    person = {**PERSON, "phone_number": "+4930123456", "location": {"city": "Ulm", "country": "DE"}}
    made = record(candidate=person)
    file = AttachmentFile("Ada Lovelace.pdf", "application/pdf", b"private")
    shown = str(masked(payloads.application(made, "JR-1", file, "Airbyte")))
    shown += str(masked(payloads.candidate(made, "Airbyte")))
    for private in ("Ada", "Lovelace", "example.com", "30123456", "Ulm", "cHJpdmF0ZQ"):
        assert private not in shown
    for plain in ("JR-1", "Airbyte", "DE", "***.pdf", "<7 bytes>"):
        assert plain in shown
