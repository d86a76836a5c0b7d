"""Pydantic models of the records of both streams (specification, section 6).

The JSON schemas that ``discover`` prints, the validation of records and the page ``RECORDS.md``
all come from these models. Texts are trimmed; a blank text counts as not given.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from typing import Annotated, Any, ClassVar, Literal

import pycountry
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from destination_phenom.fetching import MEDIA_TYPE, check_url
from destination_phenom.phone_numbers import dialled
from phenom_api.mail_addresses import is_mail_address

NAME_LENGTH = 20
"""The maximum length of a name in the Apply API, in characters."""
_REPLACEMENT = "\ufffd"
_OTHER_COUNTRIES = frozenset({"XK"})
"""Kosovo: in common use, but not in the standard."""


def _text(value: Any) -> Any:
    """Whole numbers become text: in warehouses, job ids and phone numbers may be numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def _printable(text: str) -> str:
    if any(
        character == _REPLACEMENT or unicodedata.category(character) in ("Cc", "Cs")
        for character in text
    ):
        raise ValueError(
            "must not contain control characters or damaged text (half a surrogate pair, U+FFFD)"
        )
    return text


def _name(text: str) -> str:
    if len(text) > NAME_LENGTH:
        raise ValueError(f"has {len(text)} characters; Phenom takes at most {NAME_LENGTH}")
    return text


def _email(text: str) -> str:
    if not is_mail_address(text):
        raise ValueError("must be an e-mail address")
    if not text.isascii():
        raise ValueError("must be in ASCII, as Phenom takes it in an HTTP header")
    return text


def _country(text: str) -> str:
    code = text.upper()
    known = len(code) == 2 and pycountry.countries.get(alpha_2=code) is not None
    if not known and code not in _OTHER_COUNTRIES:
        raise ValueError("must be an ISO 3166-1 alpha-2 code, such as DE")
    return code


def _job_id(text: str) -> str:
    if not text.isascii():
        raise ValueError("must be in ASCII, as Phenom takes it in an HTTP header")
    if not text.removeprefix("remote:").strip():
        raise ValueError("must name a job after remote:")
    return text


def _attachment_type(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.strip().upper().replace("-", "_").replace(" ", "_")


def _media_type(text: str) -> str:
    if not MEDIA_TYPE.fullmatch(text.partition(";")[0].rstrip()):
        raise ValueError("must be a media type, such as application/pdf")
    return text


def _content(value: Any) -> Any:
    """Decode base64, which may be broken into lines."""
    if not isinstance(value, str):
        return value
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None
    if not content:
        raise ValueError("must not be empty")
    return content


def _url(text: str) -> str:
    check_url(text)
    return text


_Base = Annotated[str, BeforeValidator(_text), AfterValidator(_printable)]
PersonName = Annotated[
    _Base, AfterValidator(_name), WithJsonSchema({"type": "string", "maxLength": NAME_LENGTH})
]
Email = Annotated[_Base, AfterValidator(_email)]
Phone = Annotated[_Base, AfterValidator(dialled)]
Country = Annotated[_Base, AfterValidator(_country)]
JobId = Annotated[_Base, AfterValidator(_job_id)]
MediaType = Annotated[_Base, AfterValidator(_media_type)]
DataUrl = Annotated[_Base, AfterValidator(_url)]
Content = Annotated[
    bytes,
    BeforeValidator(_content),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
AttachmentType = Annotated[
    Literal["CV", "COVER_LETTER", "OTHER"], BeforeValidator(_attachment_type)
]


class _RecordPart(BaseModel):
    """Base of all models here; validation errors do not contain the values."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Location(_RecordPart):
    """Where the candidate lives."""

    city: _Base | None = Field(None, description="City.")
    country: Country = Field(
        description="Country, as an ISO 3166-1 alpha-2 code. Required once location is given.",
        examples=["DE"],
    )


class Candidate(_RecordPart):
    """The candidate."""

    first_name: PersonName = Field(description=f"First name, at most {NAME_LENGTH} characters.")
    last_name: PersonName = Field(description=f"Last name, at most {NAME_LENGTH} characters.")
    email_address: Email = Field(
        description="E-mail address. With the job, it identifies an existing application.",
        examples=["ada@example.com"],
    )
    phone_number: Phone | None = Field(
        None,
        description="Phone number: 5 to 15 digits, optionally after a +. Spaces and punctuation "
        "are removed, and so is a zero that is not dialled after a calling code, as in "
        "+49 (0)30. A number with an extension is rejected. For a candidate without a job, it must "
        "begin with + and the country's calling code.",
        examples=["+49 30 1234567"],
    )
    location: Location | None = Field(None, description="Where the candidate lives.")


class JobApplication(_RecordPart):
    """The candidate's application for a job."""

    job_id: JobId = Field(
        description="The job: its unified id from the source, or remote: and Phenom's jobId, or "
        "Phenom's jobId alone.",
        examples=["remote:JR-1001"],
    )


class Attachment(_RecordPart):
    """A file: its content, or a URL to fetch it from."""

    name: _Base = Field(description="File name.", examples=["cv.pdf"])
    type: AttachmentType = Field(
        description="What the file is. The first CV becomes the résumé of the application."
    )
    data: Content | None = Field(None, description="The content, as base64.")
    data_url: DataUrl | None = Field(
        None,
        description="A URL to fetch the content from: https, on a public address, without "
        "credentials. Exactly one of data and data_url is given.",
    )
    content_type: MediaType | None = Field(
        None,
        description="Media type. Without it, the extension of the file name decides; if that is "
        "unknown, the Content-Type that the server of data_url sends.",
        examples=["application/pdf"],
    )

    @model_validator(mode="after")
    def _one_content(self) -> Attachment:
        if (self.data is None) == (self.data_url is None):
            raise ValueError("must have exactly one of data and data_url")
        return self


class Source(_RecordPart):
    """Where the candidate comes from. The first given field becomes Phenom's applicantSource."""

    name: _Base | None = Field(None, description="Name of the source.")
    unified_key: _Base | None = Field(
        None, description="Key of the source; used if there is no name."
    )
    id: _Base | None = Field(
        None, description="Id of the source; used if there is neither a name nor a key."
    )

    @property
    def label(self) -> str | None:
        return self.name or self.unified_key or self.id


class CreateCandidate(_RecordPart):
    """Create a candidate; with a job, submit an application too."""

    operation: ClassVar[str] = "create_candidate"

    candidate: Candidate = Field(description="The candidate.")
    application: JobApplication | None = Field(
        None,
        description="The job to apply for. Without it, the candidate is created by the Candidates "
        "API, which needs ph_user_id in the configuration and has no field for the location.",
    )
    attachments: tuple[Attachment, ...] = Field((), description="Files.")
    source: Source | None = Field(
        None,
        description="Where the candidate comes from. Without it, default_source of the "
        "configuration is used.",
    )

    @field_validator("attachments")
    @classmethod
    def _within_size(
        cls, attachments: tuple[Attachment, ...], info: ValidationInfo
    ) -> tuple[Attachment, ...]:
        limit = (info.context or {}).get("max_attachment_bytes")
        size = sum(len(attachment.data or b"") for attachment in attachments)
        if limit is not None and size > limit:
            raise ValueError(f"have {size} bytes in all; max_attachment_bytes is {limit}")
        return attachments

    def personal(self) -> tuple[str, ...]:
        """The texts of this record that must not appear in a log."""
        candidate = self.candidate
        city = candidate.location.city if candidate.location else None
        texts = (
            candidate.email_address,
            candidate.phone_number,
            candidate.first_name,
            candidate.last_name,
            city,
            *(attachment.name for attachment in self.attachments),
        )
        return tuple(text for text in texts if text)


class CreateApplication(CreateCandidate):
    """Submit an application; Phenom creates the candidate if it does not know them."""

    operation: ClassVar[str] = "create_application"

    application: JobApplication = Field(description="The job to apply for.")


Record = CreateCandidate
OPERATIONS: dict[str, type[CreateCandidate]] = {
    model.operation: model for model in (CreateCandidate, CreateApplication)
}
