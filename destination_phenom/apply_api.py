"""The Apply API: asks whether somebody has applied, submits applications, adds attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from destination_phenom.payloads import Body
from destination_phenom.write_requests import write
from phenom_api.errors import RequestRefused
from phenom_api.gateway import Gateway, Operation

_APPLICATIONS = "/apply/v2/applications"
STATUS = Operation(
    "GET", f"{_APPLICATIONS}/status", "Apply API, asking whether somebody has already applied"
)
SUBMIT = Operation("POST", _APPLICATIONS, "Apply API, submitting applications")
APPLICATION = Operation("GET", f"{_APPLICATIONS}/{{id}}", "Apply API, reading applications")
ATTACHMENTS = Operation(
    "GET", f"{_APPLICATIONS}/{{id}}/attachments", "Apply API, reading attachments"
)
UPLOAD = Operation("POST", ATTACHMENTS.path, "Apply API, adding attachments")


@dataclass(frozen=True)
class ApplicationStatus:
    """Whether there is an application, and its ids if the gateway gives them."""

    applied: bool
    candidate_id: str | None = None
    application_id: str | None = None


NOT_APPLIED = ApplicationStatus(False)


class ApplyApi:
    """One tenant's Apply API, with the locale and site type of the configuration."""

    def __init__(self, gateway: Gateway, locale: str, site_type: str) -> None:
        self._gateway = gateway
        self._headers = {"locale": locale, "siteType": site_type}

    def status(self, email: str, job_id: str) -> ApplicationStatus:
        """Whether this address has applied for this job. All four parameters are headers."""
        try:
            return self._gateway.fetch(
                STATUS,
                _application_status,
                headers={**self._headers, "email": email, "jobId": job_id},
            )
        except RequestRefused as error:
            # The gateway may answer "not found" for an unknown person. If the job or gateway_url
            # is wrong instead, the submit fails.
            if error.status == 404:
                return NOT_APPLIED
            raise

    def submit(self, application: Body) -> ApplicationStatus:
        """Submit an application. A request whose answer is lost is not repeated.

        ``applied`` of the result says whether there was an application before.
        """
        return write(self._gateway, SUBMIT, _submit_status, headers=self._headers, json=application)

    def attachment_names(self, application_id: str) -> list[str]:
        """File names of an application's attachments; a name that occurs twice is listed twice."""
        return self._gateway.fetch(ATTACHMENTS.at(id=application_id), _file_names)

    def resume_name(self, application_id: str) -> str | None:
        """File name of the résumé that an application was submitted with."""
        return self._gateway.fetch(APPLICATION.at(id=application_id), _resume_name)

    def upload(self, application_id: str, attachment: Body) -> None:
        """Add one attachment. A request whose answer is lost is not repeated."""
        write(self._gateway, UPLOAD.at(id=application_id), lambda _: None, json=[attachment])


def _application_status(body: Mapping[str, Any]) -> ApplicationStatus:
    data = body.get("data")
    applied = data.get("alreadyApplied") if isinstance(data, Mapping) else None
    if isinstance(applied, str):
        applied = {"true": True, "false": False}.get(applied.strip().lower())
    if not isinstance(applied, bool) or not isinstance(data, Mapping):
        raise ValueError("alreadyApplied is missing")
    return ApplicationStatus(applied, _id(data.get("candidateId")), _id(data.get("applicationId")))


def _submit_status(body: Mapping[str, Any]) -> ApplicationStatus:
    """The answer to a submit; an application id without ``alreadyApplied`` is a success, too."""
    data = body.get("data")
    if isinstance(data, Mapping) and data.get("alreadyApplied") is None:
        application_id = _id(data.get("applicationId"))
        if application_id is not None:
            return ApplicationStatus(False, _id(data.get("candidateId")), application_id)
    return _application_status(body)


def _id(value: Any) -> str | None:
    is_id = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value) if is_id and str(value).strip() else None


def _file_names(body: Mapping[str, Any]) -> list[str]:
    data = body.get("data") or []
    if not isinstance(data, list):
        raise ValueError("data is not a list")
    return [
        str(file["fileName"]) for file in data if isinstance(file, Mapping) and "fileName" in file
    ]


def _resume_name(body: Mapping[str, Any]) -> str | None:
    data = body.get("data")
    resume = data.get("resumeData") if isinstance(data, Mapping) else None
    name = resume.get("fileName") if isinstance(resume, Mapping) else None
    return name if isinstance(name, str) else None
