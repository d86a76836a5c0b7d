"""Finding the files of candidates, and getting them."""

from __future__ import annotations

import errno
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from phenom_api.candidates import attachments, none_if_not_found, of_any, pre_signed_url
from phenom_api.connection import is_loopback
from phenom_api.errors import AuthenticationFailed, GatewayClosed, PermissionDenied, PhenomError
from phenom_api.gateway import Gateway
from phenom_api.listings import APPLICATIONS
from phenom_api.retries import Retrier, RetryLog, RetryPolicy
from phenom_api.storage import FileUnavailable, Storage
from phenom_cli.file_names import file_name, id_name, ignores_case
from phenom_cli.rows import Rows
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates
from source_phenom.models.values import padded, text

AT_A_TIME = 4
"""Files that are downloaded side by side."""
MOST_IN_A_ROW = 10
"""Failures of the gateway behind each other after which no further one is asked for."""
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
"""What is wrong with every file, not with one."""
RETRY_POLICY = RetryPolicy(attempts=3)
"""For one file; each try asks for a fresh address."""

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Document:
    """A file as the gateway lists it; both ids are Phenom's.

    :param padded_id: the candidate's, where it has white space around it.
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


class Failures:
    """Failures that cost one candidate or one document each, until nothing else comes."""

    def __init__(self) -> None:
        self._something_works = False
        self._in_a_row = 0

    def success(self) -> None:
        self._something_works = True
        self._in_a_row = 0

    def failure(self, error: PhenomError) -> None:
        """Raises the error where it seems to be about all of them."""
        self._in_a_row += 1
        is_common = isinstance(error, (AuthenticationFailed, GatewayClosed)) or (
            isinstance(error, PermissionDenied) and not self._something_works
        )
        if is_common or self._in_a_row >= MOST_IN_A_ROW:
            raise error


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
        owners = [candidates.candidate_of_child(document_id) for document_id in document_ids]
        if not candidate_ids and None not in owners:
            candidate_ids = [owner for owner in owners if owner is not None]
        self._candidates = dict.fromkeys(candidate_ids)
        self.unread: dict[str, str] = {}
        """Candidates whose files could not be listed, and why."""
        self._failures = Failures()
        self._wanted = set(document_ids)
        self._unfound = dict.fromkeys(document_ids)
        self._unknown: list[str] = []

    def __iter__(self) -> Iterator[Document]:
        whose: Iterable[str] = self._candidates or self._applicants()
        workers = self._config.num_workers
        for candidate_id, rows in side_by_side(self._files_of, whose, workers):
            if isinstance(rows, PhenomError):
                self.unread[candidate_id] = rows.message
                self._failures.failure(rows)
                continue
            self._failures.success()
            if rows is None and candidate_id in self._candidates:
                self._unknown.append(candidate_id)
            for row in rows or ():
                document = _document(candidate_id, row)
                if document is not None and self._is_wanted(document):
                    yield document
            if self._wanted and not self._unfound:
                return

    def _is_wanted(self, document: Document) -> bool:
        names = {document.document_id, document.attachment_id.strip()}
        for name in names:
            self._unfound.pop(name, None)
        return not self._wanted or not names.isdisjoint(self._wanted)

    def missing(self) -> Iterator[tuple[Literal["candidate", "document"], str]]:
        """What was named but is not there."""
        for candidate_id in self._unknown:
            yield "candidate", candidate_id
        # What could not be read may be there.
        for document_id in () if self.unread else self._unfound:
            yield "document", document_id

    def _files_of(self, candidate_id: str) -> list[Any] | PhenomError | None:
        read = partial(attachments, self._gateway)
        try:
            return none_if_not_found(lambda: of_any(read, _ids(candidate_id.strip(), candidate_id)))
        except PhenomError as error:
            return error

    def _applicants(self) -> Iterator[str]:
        """The ids of everybody who has an application that is read, once each."""
        seen: set[str] = set()
        page_size = self._config.page_size
        for page in Rows(self._gateway, APPLICATIONS, {}, {}, page_size=page_size):
            for row in page:
                if not applications.is_kept(row, self._config.created_sources):
                    continue
                key = candidates.candidate_key(row, []) if isinstance(row, dict) else None
                whose = candidates.candidate_id(key) if key is not None else None
                if whose is not None and whose not in seen:
                    seen.add(whose)
                    yield candidates.padded_id(row) or whose


def _ids(candidate_id: str, padded_id: str | None) -> list[str]:
    """What to ask about a candidate by: the id without the white space around it, and with it."""
    return list(dict.fromkeys([candidate_id, padded_id or candidate_id]))


def _document(whose: str, row: Any) -> Document | None:
    if not isinstance(row, dict):
        return None
    attachment_id = text(row.get("attachmentId"), "", [])
    if attachment_id is None:
        return None
    name = text(row.get("attachmentName"), "", []) or ""
    kind = text(row.get("attachmentType"), "", [])
    return Document(whose.strip(), attachment_id, name, kind, padded(whose))


@dataclass(frozen=True)
class Done:
    """What became of a document. ``size`` in bytes, of the file that is there."""

    document: Document
    status: Literal["downloaded", "kept", "failed"]
    file: Path | None = None
    size: int = 0
    error: str | None = None
    cause: PhenomError | None = None
    """What the gateway said, where the failure is its."""

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
        self._ignores_case = False
        self._failures = Failures()
        host = urlsplit(gateway.connection.gateway_url).hostname or ""
        self._storage = Storage(loopback=is_loopback(host))
        self._patiently = Retrier(
            RETRY_POLICY,
            clock=time.monotonic,
            sleep=sleep,
            rng=random.Random(),
            before_retry=lambda: None,
            retry_log=RetryLog(time.monotonic),
        )

    def __iter__(self) -> Iterator[Done]:
        """Raises OSError where the folder cannot be written, PhenomError where the gateway fails.

        What fails for one document costs that one only.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ignores_case = ignores_case(self._folder)
        try:
            for _, done in side_by_side(self._download, self._documents, AT_A_TIME):
                yield done
                if done.cause is not None:
                    self._failures.failure(done.cause)
                elif done.status == "downloaded":
                    self._failures.success()
        finally:
            self._storage.close()

    def _download(self, document: Document) -> Done:
        owner = id_name(document.candidate_id, ignores_case=self._ignores_case)
        key = id_name(document.attachment_id, ignores_case=self._ignores_case)
        target = self._folder / owner / f"{key}-{file_name(document.name)}"

        def once() -> int:
            def address(candidate_id: str) -> list[str]:
                return [pre_signed_url(self._gateway, candidate_id, document.attachment_id)]

            ids = _ids(document.candidate_id, document.padded_id)
            urls = none_if_not_found(lambda: of_any(address, ids))
            if not urls:
                raise FileUnavailable("Phenom has it no more.")
            return self._storage.save(urls[0], target)

        try:
            if target.is_file() and not self._overwrite:
                return Done(document, "kept", target, target.stat().st_size)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            return Done(document, "downloaded", target, self._patiently(once))
        except FileUnavailable as error:
            return Done(document, "failed", error=error.message)
        except PhenomError as error:
            return Done(document, "failed", error=error.message, cause=error)
        except OSError as error:
            if error.errno in _OF_THE_DISK:
                raise
            what = f"The file cannot be written: {error.strerror or type(error).__name__}."
            return Done(document, "failed", error=what)


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
