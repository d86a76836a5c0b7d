"""``candidate_documents`` with the files themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from phenom_api.attachment_files import CircuitBreaker
from phenom_api.errors import (
    AuthenticationFailed,
    DiskUnusable,
    GatewayClosed,
    PermissionDenied,
    PhenomError,
    Unavailable,
    Unreachable,
)
from phenom_api.storage import StorageUnavailable
from phenom_protocol.messages import FileReference
from source_phenom.listings.candidate_child_stream import CandidateDocuments, digest_with_file
from source_phenom.listings.candidate_groups import CandidateGroup
from source_phenom.listings.enrichment_state import FILES_TO_SEND, EnrichmentRun
from source_phenom.listings.stream_enricher import PassContext
from source_phenom.models.values import Mismatches, record_json, text
from source_phenom.snapshot import fingerprint
from source_phenom.streams.events import Event

_MOST_CANDIDATES = 1_000
"""So many are remembered. The others are asked about in the next full reconciliation."""
_MOST_FAILURES_IN_A_ROW = 50
"""So many failures of gateway or storage are an outage, which is not the fault of the files."""
_OUTAGES = (PermissionDenied, StorageUnavailable, Unavailable, Unreachable)


class _Document(NamedTuple):
    """A record, and its file if it is to be sent. :param error: why it cannot be sent."""

    key: str
    body: bytes
    digest: int
    file: FileReference | None = None
    error: PhenomError | None = None


class DocumentFiles(CandidateDocuments):
    """Fetches the file of each document that is new or changed, or whose file is still missing.

    A document whose file was sent has another digest than one whose file was not. So a file that
    could not be sent is tried again whenever its candidate is asked about, and the record is only
    emitted again if that succeeds.
    """

    def __init__(self, run: EnrichmentRun, context: PassContext) -> None:
        super().__init__(run, context)
        assert context.files is not None
        self._files = context.files
        self._breaker = CircuitBreaker(_MOST_FAILURES_IN_A_ROW)
        self._missing = set(self.stream.missing()) if context.is_second else None
        # A full run asks about everybody, so it makes the list anew.
        is_anew = run.is_full and not context.is_second
        self._to_send = set() if is_anew else _remembered(self.stream.memory)

    def prepare(self) -> None:
        self._files.prepare()

    def _must_ask(self, group: CandidateGroup) -> bool:
        is_to_send = group.key in self._to_send and not self.context.is_second
        return is_to_send or super()._must_ask(group)

    def ask(self, group: CandidateGroup) -> Any:
        """The candidate's documents, with their files, and the mismatches in the rows."""
        mismatches: Mismatches = []
        rows = [row for row in super().ask(group) if type(row) is dict]
        written = (text(row.get("attachmentId"), "", []) for row in rows)
        ids = {each.strip(): each for each in written if each is not None}
        documents: dict[str, _Document] = {}
        for key, record in self.records_of(rows, group, mismatches):
            if key not in documents:
                body = record_json(record, mismatches)
                attachment_id = ids[key.partition(":")[2]]
                documents[key] = self._with_file(
                    group, key, body, attachment_id, record["file_name"]
                )
        return list(documents.values()), mismatches

    def _with_file(
        self, group: CandidateGroup, key: str, body: bytes, attachment_id: str, name: str | None
    ) -> _Document:
        sent = digest_with_file(body)
        if self.is_remembered(key, sent):
            return _Document(key, body, sent)
        if self._missing is not None and key not in self._missing:
            # The first scan has emitted it.
            return _Document(key, body, fingerprint(body))
        try:
            file = self._files.stage(group.ids[0], group.ids, attachment_id, name)
        except (AuthenticationFailed, DiskUnusable, GatewayClosed):
            raise
        except PhenomError as error:
            return _Document(key, body, fingerprint(body), error=error)
        return _Document(key, body, sent, file)

    def complete(self, group: CandidateGroup, answer: Any) -> Iterator[Event]:
        documents, mismatches = answer
        for each in documents:
            self._judge(each)
        errors = [each.error for each in documents if each.error is not None]
        if errors:
            self._remember(group.key)
            self.stream.missing_files.update(error.message for error in errors)
        for each in documents:
            if each.file is not None:
                self._files.emitted(each.file)
            yield from self.stream.add(each.key, each.body, digest=each.digest, file=each.file)
        self.stream.count_mismatches(mismatches)
        if any(each.file is not None for each in documents):
            # Staged files take room until the destination has them.
            yield from self.stream.flush()
        if not errors and not self.context.is_second:
            self._forget(group.key)

    def finish(self) -> Iterator[Event]:
        yield from super().finish()
        self._store()

    def _judge(self, document: _Document) -> None:
        """Raises the error of a file if other files are going to fail too."""
        if document.file is not None:
            self._breaker.success()
        elif isinstance(document.error, _OUTAGES):
            self._breaker.failure(document.error)

    def _remember(self, candidate: str) -> None:
        if len(self._to_send) < _MOST_CANDIDATES:
            self._to_send.add(candidate)
            self._store()

    def _forget(self, candidate: str) -> None:
        if candidate in self._to_send:
            self._to_send.remove(candidate)
            self._store()

    def _store(self) -> None:
        if self._to_send:
            self.stream.memory[FILES_TO_SEND] = sorted(self._to_send)
        else:
            self.stream.memory.pop(FILES_TO_SEND, None)


def _remembered(memory: dict[str, Any]) -> set[str]:
    stored = memory.get(FILES_TO_SEND)
    return {each for each in stored if type(each) is str} if type(stored) is list else set()
