"""``candidate_documents``: name and type of candidates' files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from source_phenom.models.candidates import child_key
from source_phenom.models.hiring_status import ApplicationKeys, application_ids
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import IntegrationFields
from source_phenom.models.values import Mismatches, key_text, normalized_label, text

MODEL = "candidate_documents"

_OTHERS = IntegrationFields({"attachmentId", "attachmentName", "attachmentType"})
_TYPES = {
    "resume": "RESUME",
    "résumé": "RESUME",
    "cv": "RESUME",
    "curriculumvitae": "RESUME",
    "coverletter": "COVER_LETTER",
    "motivationletter": "COVER_LETTER",
    "offerletter": "OFFER_LETTER",
    "other": "OTHER",
    "others": "OTHER",
}


def documents(
    rows: Iterable[Mapping[str, Any]],
    candidate: str,
    ids: UnifiedIds,
    mismatches: Mismatches,
    excluded: Collection[ApplicationKeys] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and record of each document of one candidate. A document without an id is left out.

    :param rows: ``AttachmentAttachments``. :param candidate: the candidate's key.
    :param excluded: applications that are not records. Documents that name one of them are left
        out.
    """
    excluded_keys = {each.key for each in excluded}
    for row in rows:
        if not excluded_keys.isdisjoint(application_ids(row)):
            continue
        attachment = key_text(row.get("attachmentId"), "remote_id", mismatches)
        if attachment is None:
            mismatches.append("remote_id")
            continue
        key = child_key(candidate, attachment)
        yield (
            key,
            {
                "id": ids.of(MODEL, key),
                "remote_id": key,
                "candidate_id": ids.of("candidates", candidate),
                "file_name": text(row.get("attachmentName"), "file_name", mismatches),
                "document_type": document_type(row.get("attachmentType"), mismatches),
                "integration_fields": _OTHERS.collect(row),
            },
        )


def document_type(value: Any, mismatches: Mismatches) -> str | None:
    """RESUME, COVER_LETTER, OFFER_LETTER, OTHER if it is recognised, else Phenom's text."""
    written = text(value, "document_type", mismatches)
    return written and _TYPES.get(normalized_label(written), written)
