"""The attachments of a record: their content, and which of them Phenom does not have yet."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from destination_phenom.fetching import Fetched, Fetcher, NotFetched
from destination_phenom.idempotent_write import IdempotentWrite
from destination_phenom.payloads import AttachmentFile, media_type
from destination_phenom.records import Attachment
from destination_phenom.rejections import Problem
from phenom_api.errors import PermissionDenied, RequestRefused

RETRY_PAUSE = 1.0
"""Seconds before the second attempt to fetch a URL; the third one comes after twice as long."""
_ATTEMPTS = 3


class AttachmentLoader:
    """Gets the content of attachments, from the record itself or from their URLs.

    :param max_bytes: per record, for all its attachments together.
    """

    def __init__(
        self,
        max_bytes: int,
        fetcher: Fetcher | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._max_bytes = max_bytes
        self._fetcher = fetcher or Fetcher()
        self._sleep = sleep

    def load(
        self, attachments: Sequence[Attachment], indexes: Iterable[int]
    ) -> tuple[dict[int, AttachmentFile], list[Problem]]:
        """The files at ``indexes`` of ``attachments``, and a problem for each that failed."""
        files: dict[int, AttachmentFile] = {}
        problems: list[Problem] = []
        left = self._max_bytes - sum(len(each.data or b"") for each in attachments)
        for index in indexes:
            attachment = attachments[index]
            if attachment.data is not None:
                files[index] = AttachmentFile(
                    attachment.name, media_type(attachment), attachment.data
                )
            elif attachment.data_url is not None:
                try:
                    fetched = self._fetch(attachment.data_url, left)
                except NotFetched as error:
                    problems.append(Problem(f"attachments[{index}].data_url", error.rule))
                else:
                    left -= len(fetched.content)
                    files[index] = AttachmentFile(
                        attachment.name,
                        media_type(attachment, fetched.media_type),
                        fetched.content,
                    )
        return files, problems

    def _fetch(self, url: str, max_bytes: int) -> Fetched:
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._fetcher.fetch(url, max_bytes)
            except NotFetched as error:
                if not error.retryable:
                    raise
            self._sleep(RETRY_PAUSE * attempt)
        return self._fetcher.fetch(url, max_bytes)


@dataclass(frozen=True)
class AttachmentTarget:
    """The application or candidate in Phenom that attachments are added to."""

    file_names: Callable[[], list[str]]
    """Names of the files that it has already; a name that occurs twice is listed twice."""
    upload: Callable[[AttachmentFile, bool], None]
    """Adds a file; True marks the résumé. A request whose answer is lost is not repeated."""


def upload(
    target: AttachmentTarget,
    files: dict[int, AttachmentFile],
    existing: Sequence[str],
    idempotent_write: IdempotentWrite,
    resume: int | None,
) -> list[Problem]:
    """Add ``files`` (by their index in the record), each exactly once.

    Returns a problem for each file that the gateway refused.

    :param existing: names of the files that the target has already.
    :raises Unavailable, Unreachable, MalformedAnswer: if the gateway does not answer any more.
    """
    expected = Counter(existing)
    problems = []
    for index, file in files.items():
        expected[file.name] += 1

        def send(file: AttachmentFile = file, is_resume: bool = index == resume) -> bool:
            target.upload(file, is_resume)
            return True

        def find(name: str = file.name, times: int = expected[file.name]) -> bool | None:
            return True if target.file_names().count(name) >= times else None

        try:
            idempotent_write(send, find)
        except (RequestRefused, PermissionDenied) as error:
            expected[file.name] -= 1
            problems.append(Problem(f"attachments[{index}]", f"is not in place: {error.message}"))
    return problems


def missing(attachments: Sequence[Attachment], existing: Sequence[str]) -> list[int]:
    """Indexes of the attachments whose names are not among ``existing`` file names.

    If several attachments have one name, the first ones count as existing.
    """
    left = Counter(existing)
    indexes = []
    for index, attachment in enumerate(attachments):
        if left[attachment.name] > 0:
            left[attachment.name] -= 1
        else:
            indexes.append(index)
    return indexes
