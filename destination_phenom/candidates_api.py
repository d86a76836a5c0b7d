"""The Candidates API, for a candidate who does not apply for a job. Needs ``x-ph-userId``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from destination_phenom.payloads import Body, File
from destination_phenom.write_requests import refusal, write
from phenom_api.candidates import ATTACHMENTS, CANDIDATE, attachments
from phenom_api.errors import MalformedAnswer, RequestRefused
from phenom_api.gateway import Gateway, Operation, read_object

CREATE = Operation("POST", CANDIDATE.path, "Candidates API, creating candidates")
UPLOAD = Operation("PATCH", ATTACHMENTS.path, "Candidates API, adding attachments")


class Exists(Exception):
    """The gateway knows the candidate already."""

    def __init__(self, candidate_id: str) -> None:
        super().__init__(candidate_id)
        self.candidate_id = candidate_id


class CandidatesApi:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        # Its warnings quote URLs, and the one of a look-up holds an e-mail address.
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
        """Create, once; returns the candidate's id. What may have acted is not repeated here.

        :raises Exists: where the error's data names the candidate who is there already.
        """
        answer = self._gateway.send(CREATE, json=candidate, retry_lost=False)
        if 200 <= answer.status < 300:
            return read_object(CREATE, answer, _created)
        if answer.status != 403:
            with suppress(MalformedAnswer):
                raise Exists(read_object(CREATE, answer, _created))
        raise refusal(CREATE, answer, self._gateway.secrets)

    def attachment_names(self, candidate_id: str) -> list[str]:
        """File names of a candidate's attachments, as often as they occur."""
        found = [
            entry.get("attachmentName")
            for entry in attachments(self._gateway, candidate_id)
            if isinstance(entry, Mapping)
        ]
        return [name for name in found if isinstance(name, str)]

    def upload(self, candidate_id: str, file: File, *, is_resume: bool) -> None:
        """Add one attachment, once: what may have acted is not repeated here."""
        data, content_type = encode_multipart_formdata(
            {
                "attachment": (file.name, file.content, file.media_type),
                "isParsableResume": flag(is_resume),
            }
        )
        write(
            self._gateway,
            UPLOAD.at(candidateId=candidate_id),
            lambda _: None,
            data=data,
            headers={"Content-Type": content_type},
        )


def flag(value: bool) -> str:
    """Yes or no in a form."""
    return "true" if value else "false"


def _candidate_id(data: Any) -> str | None:
    """``candidateId`` (of an existing candidate) or ``cId`` (of a new one), in data or its list."""
    entries = data if isinstance(data, list) else [data]
    for entry in entries:
        if isinstance(entry, Mapping):
            found = entry.get("candidateId") or entry.get("cId")
            if isinstance(found, (str, int)) and str(found).strip():
                return str(found)
    return None


def _created(body: Mapping[str, Any]) -> str:
    found = _candidate_id(body.get("data"))
    if found is None:
        raise ValueError("no candidate is named")
    return found
