"""Shows the requests that a record would cause, with personal data masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_phenom import apply_api, candidates_api, payloads
from destination_phenom.actions import validated
from destination_phenom.columns import unflatten
from destination_phenom.config import DestinationConfig
from destination_phenom.jobs import JobIds
from destination_phenom.payloads import AttachmentFile, Body
from destination_phenom.records import OPERATIONS, Attachment, Record
from destination_phenom.rejections import Rejected, unexpected
from destination_phenom.unused_columns import UnusedColumns
from phenom_api.errors import PhenomError
from phenom_api.gateway import Gateway

_PERSONAL = frozenset(
    {"firstName", "lastName", "email", "phoneNumber", "addressLine1", "city", "countryCode"}
)
_NOT_FETCHED = b""


class Preview:
    """Validates records and shows their requests; sends no request that writes.

    Only a unified job id needs the gateway: the job listings are read to resolve it. A
    ``data_url`` is not fetched.
    """

    def __init__(self, config: DestinationConfig, gateway: Gateway) -> None:
        self._config = config
        self._jobs = JobIds(gateway, config.site_type)
        self._unused = UnusedColumns()

    def requests(self, operation: str, row: Mapping[str, Any]) -> list[Body]:
        """The writing requests for a row; raises :class:`Rejected` as the writer does."""
        try:
            return self._requests(operation, row)
        except (Rejected, PhenomError):
            raise
        except Exception as error:
            raise unexpected(error) from None

    def _requests(self, operation: str, row: Mapping[str, Any]) -> list[Body]:
        fields, unused = unflatten(row, OPERATIONS[operation])
        self._unused.warn(operation, unused, OPERATIONS[operation])
        record = validated(operation, fields, self._config)
        if record.application is None:
            body = payloads.candidate(record, self._config.default_source)
            return [_shown(str(candidates_api.CREATE), {}, body), *_candidate_files(record)]
        job_id = self._jobs.resolve(record.application.job_id)
        resume = payloads.resume_index(record.attachments)
        file = None if resume is None else _file(record.attachments[resume])
        body = payloads.application(record, job_id, file, self._config.default_source)
        headers = {"locale": self._config.locale, "siteType": self._config.site_type}
        asked = {**headers, "email": record.candidate.email_address, "jobId": job_id}
        return [
            _shown(str(apply_api.STATUS), asked, None),
            _shown(str(apply_api.SUBMIT), headers, body),
            *_application_files(record, resume),
        ]


def _application_files(record: Record, resume: int | None) -> list[Body]:
    """The requests for the attachments other than the résumé, one each."""
    return [
        _shown(str(apply_api.UPLOAD), {}, [payloads.attachment(_file(attachment))])
        for index, attachment in enumerate(record.attachments)
        if index != resume
    ]


def _candidate_files(record: Record) -> list[Body]:
    """The requests for a candidate's attachments; the parts of each form are shown as members."""
    resume = payloads.resume_index(record.attachments)
    return [
        _shown(
            str(candidates_api.UPLOAD),
            {},
            {
                "attachment": payloads.attachment(_file(attachment)),
                "isParsableResume": candidates_api.form_flag(index == resume),
            },
        )
        for index, attachment in enumerate(record.attachments)
    ]


def _file(attachment: Attachment) -> AttachmentFile:
    content = _NOT_FETCHED if attachment.data is None else attachment.data
    return AttachmentFile(attachment.name, payloads.media_type(attachment), content)


def _shown(request: str, headers: Mapping[str, str], body: Any) -> Body:
    shown: Body = {"request": request}
    if headers:
        shown["headers"] = masked(dict(headers))
    if body is not None:
        shown["body"] = masked(body)
    return shown


def masked(value: Any, name: str = "") -> Any:
    """``value`` without personal texts and file contents; ``name`` is the member that holds it."""
    if isinstance(value, dict):
        return {key: masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    if not isinstance(value, str):
        return value
    if name == "fileContent":
        size = len(value) * 3 // 4 - value.count("=")
        return f"<{size} bytes>" if size else "<fetched from data_url>"
    if name == "fileName":
        stem, dot, extension = value.rpartition(".")
        return f"***.{extension}" if dot and stem and len(extension) <= 5 else "***"
    return "***" if name in _PERSONAL else value
