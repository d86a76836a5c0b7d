"""Finding the files of candidates, and getting them."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from phenom_api.candidates import attachments, pre_signed_url, unless_gone
from phenom_api.connection import is_loopback
from phenom_api.gateway import Gateway
from phenom_api.listings import APPLICATIONS
from phenom_api.patience import Notices, Patience, Persistence
from phenom_api.storage import NotHad, Storage
from phenom_cli.file_names import file_name, id_name
from phenom_cli.rows import Rows
from source_phenom.config import SourceConfig
from source_phenom.models import candidates
from source_phenom.models.values import text

AT_A_TIME = 4
"""Files that are downloaded side by side."""
PATIENCE = Patience(attempts=3)
"""For one file; each try asks for a fresh address."""

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Document:
    """A file as the gateway lists it; both ids are Phenom's."""

    candidate_id: str
    attachment_id: str
    name: str
    type: str | None

    @property
    def document_id(self) -> str:
        """``candidate_documents.remote_id``."""
        return candidates.owned_key(self.candidate_id, self.attachment_id)

    def as_json(self) -> dict[str, Any]:
        return {
            "candidate_id": self.candidate_id,
            "document_id": self.document_id,
            "name": self.name,
            "type": self.type,
        }


class Search:
    """The documents of candidates, as they are found; afterwards, what was not.

    :param candidate_ids: whose; none means everybody who has an application.
    :param document_ids: which, as ``document_id`` or as the attachment's own id; none means all.
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
        owners = [candidates.owner_of(document_id) for document_id in document_ids]
        if not candidate_ids and None not in owners:
            candidate_ids = [owner for owner in owners if owner is not None]
        self._candidates = dict.fromkeys(candidate_ids)
        self._wanted = set(document_ids)
        self._unfound = dict.fromkeys(document_ids)
        self._unknown: list[str] = []

    def __iter__(self) -> Iterator[Document]:
        whose: Iterable[str] = self._candidates or self._applicants()
        workers = self._config.num_workers
        for candidate_id, rows in side_by_side(self._files_of, whose, workers):
            if rows is None and candidate_id in self._candidates:
                self._unknown.append(candidate_id)
            for row in rows or ():
                document = _document(candidate_id, row)
                if document is not None and self._is_wanted(document):
                    yield document
            if self._wanted and not self._unfound:
                return

    def _is_wanted(self, document: Document) -> bool:
        names = {document.document_id, document.attachment_id}
        for name in names:
            self._unfound.pop(name, None)
        return not self._wanted or not names.isdisjoint(self._wanted)

    def missing(self) -> Iterator[tuple[Literal["candidate", "document"], str]]:
        """What was named but is not there."""
        for candidate_id in self._unknown:
            yield "candidate", candidate_id
        for document_id in self._unfound:
            yield "document", document_id

    def _files_of(self, candidate_id: str) -> list[Any] | None:
        return unless_gone(lambda: attachments(self._gateway, candidate_id))

    def _applicants(self) -> Iterator[str]:
        """The ids of everybody who has an application, once each."""
        seen: set[str] = set()
        page_size = self._config.page_size
        for page in Rows(self._gateway, APPLICATIONS, {}, {}, page_size=page_size):
            for row in page:
                key = candidates.candidate_key(row, []) if isinstance(row, dict) else None
                whose = candidates.candidate_id(key) if key is not None else None
                if whose is not None and whose not in seen:
                    seen.add(whose)
                    yield whose


def _document(whose: str, row: Any) -> Document | None:
    if not isinstance(row, dict):
        return None
    attachment_id = text(row.get("attachmentId"), "", [])
    if attachment_id is None:
        return None
    name = text(row.get("attachmentName"), "", []) or ""
    return Document(whose, attachment_id, name, text(row.get("attachmentType"), "", []))


@dataclass(frozen=True)
class Done:
    """What became of a document. ``size`` in bytes, of the file that is there."""

    document: Document
    status: Literal["downloaded", "kept", "failed"]
    file: Path | None = None
    size: int = 0
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            **self.document.as_json(),
            "status": self.status,
            "file": str(self.file) if self.file is not None else None,
            "bytes": self.size if self.file is not None else None,
            "error": self.error,
        }


class Downloads:
    """Downloads documents as it is iterated, in their order, some side by side.

    :param sleep: waits for seconds, between two tries of the same file.
    """

    def __init__(
        self,
        gateway: Gateway,
        documents: Iterable[Document],
        folder: Path,
        *,
        overwrite: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gateway = gateway
        self._documents = documents
        self._folder = folder
        self._overwrite = overwrite
        host = urlsplit(gateway.connection.gateway_url).hostname or ""
        self._storage = Storage(loopback=is_loopback(host))
        self._patiently = Persistence(
            PATIENCE,
            clock=time.monotonic,
            sleep=sleep,
            rng=random.Random(),
            before_retry=lambda: None,
            notices=Notices(time.monotonic),
        )

    def __iter__(self) -> Iterator[Done]:
        """Raises OSError where the folder cannot be written, PhenomError for a no of the gateway.

        What the storage refuses costs the one document only.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            for _, done in side_by_side(self._download, self._documents, AT_A_TIME):
                yield done
        finally:
            self._storage.close()

    def _download(self, document: Document) -> Done:
        folder = self._folder / id_name(document.candidate_id)
        target = folder / f"{id_name(document.attachment_id)}-{file_name(document.name)}"
        if target.exists() and not self._overwrite:
            return Done(document, "kept", target, target.stat().st_size)
        folder.mkdir(mode=0o700, exist_ok=True)

        def once() -> int:
            url = unless_gone(
                lambda: pre_signed_url(self._gateway, document.candidate_id, document.attachment_id)
            )
            if url is None:
                raise NotHad("Phenom has it no more.")
            return self._storage.save(url, target)

        try:
            return Done(document, "downloaded", target, self._patiently(once))
        except NotHad as error:
            return Done(document, "failed", error=error.message)


def side_by_side(
    make: Callable[[Item], Made], items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Made]]:
    """Each item with what is made of it, in their order; takes few items ahead of its reader."""
    executor = ThreadPoolExecutor(workers)
    pending: deque[tuple[Item, Future[Made]]] = deque()
    try:
        for item in items:
            pending.append((item, executor.submit(make, item)))
            if len(pending) > 2 * workers:
                first, made = pending.popleft()
                yield first, made.result()
        while pending:
            first, made = pending.popleft()
            yield first, made.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
