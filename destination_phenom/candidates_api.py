"""The Candidates API: creates candidates without a job. It requires ``x-ph-userId``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from destination_phenom.payloads import AttachmentFile, Body
from destination_phenom.write_requests import refusal, write
from phenom_api.candidates import ATTACHMENTS, CANDIDATE, attachments
from phenom_api.errors import MalformedAnswer, RequestRefused
from phenom_api.gateway import Gateway, Operation, read_object

CREATE = Operation("POST", CANDIDATE.path, "Candidates API, creating candidates")
UPLOAD = Operation("PATCH", ATTACHMENTS.path, "Candidates API, adding attachments")


class CandidateExists(Exception):
    """The candidate exists already."""

    def __init__(self, candidate_id: str) -> None:
        super().__init__(candidate_id)
        self.candidate_id = candidate_id


class CandidatesApi:
    """One tenant's Candidates API."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        # urllib3's warnings quote URLs, and the URL of `find` contains an e-mail address.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def find(self, email: str) -> str | None:
        """The candidate with this address, or None."""

        def read(body: Mapping[str, Any]) -> str | None:
            return _candidate_id(body.get("data"))

        try:
            return self._gateway.fetch(CANDIDATE, read, params={"email": email})
        except RequestRefused as error:
            if error.status == 404:
                return None
            raise

    def create(self, candidate: Body) -> str:
        """Create a candidate and return its id. A request whose answer is lost is not repeated.

        :raises CandidateExists: if the gateway's error names a candidate who exists already.
        """
        answer = self._gateway.send(CREATE, json=candidate, retry_lost=False)
        if 200 <= answer.status < 300:
            return read_object(CREATE, answer, _created)
        if answer.status != 403:
            with suppress(MalformedAnswer):
                raise CandidateExists(read_object(CREATE, answer, _created))
        raise refusal(CREATE, answer, self._gateway.secrets)

    def attachment_names(self, candidate_id: str) -> list[str]:
        """File names of a candidate's attachments; a name that occurs twice is listed twice."""
        found = [
            entry.get("attachmentName")
            for entry in attachments(self._gateway, candidate_id)
            if isinstance(entry, Mapping)
        ]
        return [name for name in found if isinstance(name, str)]

    def upload(self, candidate_id: str, file: AttachmentFile, *, is_resume: bool) -> None:
        """Add one attachment. A request whose answer is lost is not repeated."""
        data, content_type = encode_multipart_formdata(
            {
                "attachment": (file.name, file.content, file.media_type),
                "isParsableResume": form_flag(is_resume),
            }
        )
        write(
            self._gateway,
            UPLOAD.at(candidateId=candidate_id),
            lambda _: None,
            data=data,
            headers={"Content-Type": content_type},
        )


def form_flag(value: bool) -> str:
    """A boolean as a form field."""
    return "true" if value else "false"


def _candidate_id(data: Any) -> str | None:
    """``candidateId`` (existing candidate) or ``cId`` (new one) of an object or a list of them."""
    entries = data if isinstance(data, list) else [data]
    for entry in entries:
        if isinstance(entry, Mapping):
            candidate_id = entry.get("candidateId") or entry.get("cId")
            if isinstance(candidate_id, (str, int)) and str(candidate_id).strip():
                return str(candidate_id)
    return None


def _created(body: Mapping[str, Any]) -> str:
    candidate_id = _candidate_id(body.get("data"))
    if candidate_id is None:
        raise ValueError("no candidate is named")
    return candidate_id
