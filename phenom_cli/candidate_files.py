"""Finds the files of candidates, and downloads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from phenom_api.attachment_files import AttachmentFetcher, CircuitBreaker, concerns_all_files
from phenom_api.candidates import attachments, none_if_not_found, of_any
from phenom_api.errors import PhenomError
from phenom_api.file_names import file_name, id_name, ignores_case
from phenom_api.gateway import Gateway
from phenom_api.listings import APPLICATIONS
from phenom_api.retries import RetryPolicy
from phenom_api.storage import FileUnavailable
from phenom_cli.listing_reader import ListingReader
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates
from source_phenom.models.values import padded, text

CONCURRENT_DOWNLOADS = 4
MAX_FAILURES_IN_A_ROW = 10
RETRY_POLICY = RetryPolicy(attempts=3)
"""For one file; each attempt asks for a new address."""

Item = TypeVar("Item")
Output = TypeVar("Output")


@dataclass(frozen=True)
class Document:
    """A file as the gateway lists it; both ids are Phenom's.

    :param padded_id: the candidate's id with the white space around it, if it has any.
    """

    candidate_id: str
    attachment_id: str
    name: str
    type: str | None
    padded_id: str | None = None

    @property
    def document_id(self) -> str:
        """``candidate_documents.remote_id``."""
        return candidates.child_key(self.candidate_id, self.attachment_id.strip())

    def as_json(self) -> dict[str, Any]:
        return {
            "candidate_id": self.candidate_id,
            "document_id": self.document_id,
            "name": self.name,
            "type": self.type,
        }


class DocumentSearch:
    """Iterate for documents; afterwards ``unread`` and :meth:`missing` say what was not found.

    :param candidate_ids: of these candidates; if empty, of everybody who has an application.
    :param document_ids: ``document_id`` or the attachment's own id; if empty, all documents.
    """

    def __init__(
        self,
        config: SourceConfig,
        gateway: Gateway,
        candidate_ids: Sequence[str],
        document_ids: Sequence[str],
    ) -> None:
        self._config = config
        self._gateway = gateway
        owners = [candidates.candidate_of_child(document_id) for document_id in document_ids]
        if not candidate_ids and None not in owners:
            candidate_ids = [owner for owner in owners if owner is not None]
        self._candidates = dict.fromkeys(candidate_ids)
        self.unread: dict[str, str] = {}
        """Candidates whose files could not be listed, with the error."""
        self._breaker = CircuitBreaker(MAX_FAILURES_IN_A_ROW)
        self._wanted = set(document_ids)
        self._not_found_yet = dict.fromkeys(document_ids)
        self._unknown_candidates: list[str] = []

    def __iter__(self) -> Iterator[Document]:
        candidate_ids: Iterable[str] = self._candidates or self._applicants()
        workers = self._config.num_workers
        for candidate_id, rows in map_concurrently(self._files_of, candidate_ids, workers):
            if isinstance(rows, PhenomError):
                self.unread[candidate_id] = rows.message
                self._breaker.failure(rows)
                continue
            self._breaker.success()
            if rows is None and candidate_id in self._candidates:
                self._unknown_candidates.append(candidate_id)
            for row in rows or ():
                document = _document(candidate_id, row)
                if document is not None and self._is_wanted(document):
                    yield document
            if self._wanted and not self._not_found_yet:
                return

    def _is_wanted(self, document: Document) -> bool:
        names = {document.document_id, document.attachment_id.strip()}
        for name in names:
            self._not_found_yet.pop(name, None)
        return not self._wanted or not names.isdisjoint(self._wanted)

    def missing(self) -> Iterator[tuple[Literal["candidate", "document"], str]]:
        """The requested candidates and documents that do not exist."""
        for candidate_id in self._unknown_candidates:
            yield "candidate", candidate_id
        # A document may belong to a candidate whose files could not be listed.
        for document_id in () if self.unread else self._not_found_yet:
            yield "document", document_id

    def _files_of(self, candidate_id: str) -> list[Any] | PhenomError | None:
        read = partial(attachments, self._gateway)
        try:
            return none_if_not_found(
                lambda: of_any(read, _id_variants(candidate_id.strip(), candidate_id))
            )
        except PhenomError as error:
            return error

    def _applicants(self) -> Iterator[str]:
        """The ids of all candidates whose applications are read, once each."""
        seen: set[str] = set()
        reader = ListingReader(
            self._gateway, APPLICATIONS, {}, {}, page_size=self._config.page_size
        )
        for page in reader:
            for row in page:
                if not applications.is_kept(row, self._config.created_sources):
                    continue
                key = candidates.candidate_key(row, []) if isinstance(row, dict) else None
                candidate_id = candidates.candidate_id(key) if key is not None else None
                if candidate_id is not None and candidate_id not in seen:
                    seen.add(candidate_id)
                    yield candidates.padded_id(row) or candidate_id


def _id_variants(candidate_id: str, padded_id: str | None) -> list[str]:
    """The ids to request: without the white space around it, then with it."""
    return list(dict.fromkeys([candidate_id, padded_id or candidate_id]))


def _document(candidate_id: str, row: Any) -> Document | None:
    if not isinstance(row, dict):
        return None
    attachment_id = text(row.get("attachmentId"), "", [])
    if attachment_id is None:
        return None
    name = text(row.get("attachmentName"), "", []) or ""
    kind = text(row.get("attachmentType"), "", [])
    return Document(candidate_id.strip(), attachment_id, name, kind, padded(candidate_id))


@dataclass(frozen=True)
class DownloadResult:
    """:param size: bytes of the file, if there is one.
    :param cause: the gateway's error, if that is the reason.
    """

    document: Document
    status: Literal["downloaded", "kept", "failed"]
    file: Path | None = None
    size: int = 0
    error: str | None = None
    cause: PhenomError | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            **self.document.as_json(),
            "status": self.status,
            "file": str(self.file) if self.file is not None else None,
            "bytes": self.size if self.file is not None else None,
            "error": self.error,
        }


class Downloader:
    """Iterate to download documents, several at a time; results come in the documents' order."""

    def __init__(
        self,
        gateway: Gateway,
        documents: Iterable[Document],
        folder: Path,
        *,
        overwrite: bool,
    ) -> None:
        self._documents = documents
        self._folder = folder
        self._overwrite = overwrite
        self._breaker = CircuitBreaker(MAX_FAILURES_IN_A_ROW)
        self._fetcher = AttachmentFetcher(gateway, RETRY_POLICY)

    def __iter__(self) -> Iterator[DownloadResult]:
        """Raises OSError if the folder cannot be written, PhenomError if the gateway fails.

        An error that concerns one document is that document's result.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        download = partial(self._download, ignores_case(self._folder))
        try:
            for _, result in map_concurrently(download, self._documents, CONCURRENT_DOWNLOADS):
                yield result
                if result.cause is not None:
                    self._breaker.failure(result.cause)
                elif result.status == "downloaded":
                    self._breaker.success()
        finally:
            self._fetcher.close()

    def _download(self, ignores_case: bool, document: Document) -> DownloadResult:
        owner = id_name(document.candidate_id, ignores_case=ignores_case)
        key = id_name(document.attachment_id, ignores_case=ignores_case)
        target = self._folder / owner / f"{key}-{file_name(document.name)}"

        try:
            if target.is_file() and not self._overwrite:
                return DownloadResult(document, "kept", target, target.stat().st_size)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            ids = _id_variants(document.candidate_id, document.padded_id)
            size = self._fetcher.fetch(ids, document.attachment_id, target)
            return DownloadResult(document, "downloaded", target, size)
        except FileUnavailable as error:
            return DownloadResult(document, "failed", error=error.message)
        except PhenomError as error:
            return DownloadResult(document, "failed", error=error.message, cause=error)
        except OSError as error:
            if concerns_all_files(error):
                raise
            what = f"The file cannot be written: {error.strerror or type(error).__name__}."
            return DownloadResult(document, "failed", error=what)


def map_concurrently(
    function: Callable[[Item], Output], items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Output]]:
    """Each item with its output, in the order of the items.

    Takes only a few items ahead of its reader, because there may be very many.
    """
    executor = ThreadPoolExecutor(workers)
    pending: deque[tuple[Item, Future[Output]]] = deque()
    try:
        for item in items:
            pending.append((item, executor.submit(function, item)))
            if len(pending) > 2 * workers:
                first, output = pending.popleft()
                yield first, output.result()
        while pending:
            first, output = pending.popleft()
            yield first, output.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
