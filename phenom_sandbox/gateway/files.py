"""Candidate files: `/candidates-api/files`, and signed URLs, which need no token."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from phenom_sandbox.files import OTHER, RESUME, CandidateFile
from phenom_sandbox.gateway.answers import (
    Call,
    Refusal,
    SandboxAnswer,
    json_answer,
    optional_text_problems,
    text_problems,
)
from phenom_sandbox.gateway.multipart import parts
from phenom_sandbox.gateway.signed import SignedAddresses

_BYTES_PER_UNIT = 1024  # `fileSize` is in KB (vendor's SDK, PreSignedUrl)


class FilesApi:
    def __init__(self, signed: SignedAddresses) -> None:
        self._signed = signed

    def get_candidate_attachments(self, call: Call) -> SandboxAnswer:
        files = _files(call)
        shown = [
            {
                "attachmentId": file.attachment_id,
                "attachmentName": file.name,
                "attachmentType": file.attachment_type,
                "fieldID": file.field_id,
            }
            for file in files
        ]
        return json_answer({"status": 200, "message": "success", "attachments": shown})

    def update_candidate_attachments(self, call: Call) -> SandboxAnswer:
        """Adds the files in the parts `attachment`; the same file twice is two files."""
        form = parts(call.headers.get("content-type"), call.body)
        uploads = [part for part in form if part.name == "attachment"]
        if not uploads or any(not part.filename for part in uploads):
            raise Refusal(400, "attachment is required and must be a file with a name")
        flags = [part.content for part in form if part.name == "isParsableResume"]
        flag = flags[-1].strip().lower() if flags else b"false"
        if flag not in (b"true", b"false"):
            raise Refusal(400, "isParsableResume must be true or false")
        tenant, candidate_id = call.tenant, call.parameters["candidateId"]
        with tenant.lock:
            _files(call)
            for part in uploads:
                kind = RESUME if flag == b"true" else OTHER
                tenant.files.add(candidate_id, part.filename or "", part.content, kind)
        return _updated("Attachments updated")

    def delete_candidate_attachments(self, call: Call) -> SandboxAnswer:
        """Deletes all files in the body, or none; type, checksum and name identify a file."""
        entries = call.json_object().get("attachments")
        if not isinstance(entries, list) or not entries:
            raise Refusal(400, "attachments must be a list of at least one file")
        tenant, candidate_id = call.tenant, call.parameters["candidateId"]
        with tenant.lock:
            left, found = _files(call), []
            for place, entry in enumerate(entries):
                file = _named(entry, f"attachments[{place}]", left)
                left.remove(file)
                found.append(file)
            for file in found:
                tenant.files.remove(candidate_id, file.attachment_id)
        return _updated("Attachments deleted")

    def download_attachment(self, call: Call) -> SandboxAnswer:
        """The content in base64, as a JSON string, as the description says."""
        return json_answer(_file(call).encoded)

    def get_pre_signed_url(self, call: Call) -> SandboxAnswer:
        file = _file(call)
        address = self._signed.address(
            call.headers.get("host", "127.0.0.1"),
            call.parameters["candidateId"],
            file.attachment_id,
            file.name,
        )
        return json_answer(
            {
                "statusCode": 200,
                "message": "success",
                "fileUrl": address,
                "fileName": file.name,
                "fileSize": -(-len(file.content) // _BYTES_PER_UNIT),
            }
        )

    def get_signed_file(self, call: Call) -> SandboxAnswer:
        """Needs no token, and refuses a request with one, as object stores do."""
        if "authorization" in call.headers:
            raise Refusal(400, "Only one way of authentication is allowed")
        expires, signature = call.query.get("expires", ""), call.query.get("signature", "")
        candidate_id, attachment_id = (
            call.parameters[name] for name in ("candidateId", "attachmentId")
        )
        if not (expires.isascii() and expires.isdigit()) or not self._signed.valid(
            candidate_id, attachment_id, expires, signature
        ):
            raise Refusal(403, "The address has expired or was not given out here")
        file = _file(call)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return SandboxAnswer(file.content, 200, {"Content-Disposition": disposition}, kind)


def _files(call: Call) -> list[CandidateFile]:
    """The candidate's files; raises `Refusal` 404 for an unknown candidate."""
    tenant, candidate_id = call.tenant, call.parameters["candidateId"]
    with tenant.lock:
        if candidate_id not in tenant.people:
            raise Refusal(404, "Candidate not found")
        return tenant.files.of_candidate(candidate_id)


def _file(call: Call) -> CandidateFile:
    for file in _files(call):
        if file.attachment_id == call.parameters["attachmentId"]:
            return file
    raise Refusal(404, "Attachment not found")


def _named(entry: Any, where: str, files: list[CandidateFile]) -> CandidateFile:
    if not isinstance(entry, dict):
        raise Refusal(400, f"{where} must be an object")
    problems = text_problems(entry, f"{where}.", "attachmentType", "md5sum", "attachmentName")
    problems += optional_text_problems(entry, f"{where}.", "fieldId")
    if problems:
        raise Refusal(400, "; ".join(problems))
    for file in files:
        file_key = (file.attachment_type, file.md5sum, file.name)
        wanted = (entry["attachmentType"], entry["md5sum"].lower(), entry["attachmentName"])
        if file_key == wanted and entry.get("fieldId") in (None, file.field_id):
            return file
    raise Refusal(404, f"{where}: attachment not found")


def _updated(message: str) -> SandboxAnswer:
    return json_answer({"status": 200, "message": message, "data": {}})
