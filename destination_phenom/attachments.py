"""The files of a record: their content, and which of them still have to be sent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from destination_phenom.fetching import Fetched, Fetcher, NotFetched
from destination_phenom.idempotent_write import LOST, IdempotentWrite
from destination_phenom.payloads import File, media_type
from destination_phenom.records import Attachment
from destination_phenom.rejections import Problem
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused

_TRIES = 3
_WAIT = 1.0
"""Seconds before the second try; twice as long before the third."""


class Contents:
    """Gets hold of the content of attachments.

    :param most_bytes: per record, all attachments together.
    """

    def __init__(
        self,
        most_bytes: int,
        fetcher: Fetcher | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most_bytes = most_bytes
        self._fetcher = fetcher or Fetcher()
        self._sleep = sleep

    def get(
        self, attachments: Sequence[Attachment], places: Iterable[int]
    ) -> tuple[dict[int, File], list[Problem]]:
        """The files at ``places``, fetched where the record has a URL, and what went wrong."""
        files: dict[int, File] = {}
        problems: list[Problem] = []
        left = self._most_bytes - sum(len(each.data or b"") for each in attachments)
        for place in places:
            attachment = attachments[place]
            if attachment.data is not None:
                files[place] = File(attachment.name, media_type(attachment), attachment.data)
            elif attachment.data_url is not None:
                try:
                    fetched = self._fetched(attachment.data_url, left)
                except NotFetched as error:
                    problems.append(Problem(f"attachments[{place}].data_url", error.rule))
                else:
                    left -= len(fetched.content)
                    kind = media_type(attachment, fetched.media_type)
                    files[place] = File(attachment.name, kind, fetched.content)
        return files, problems

    def _fetched(self, url: str, most_bytes: int) -> Fetched:
        for attempt in range(1, _TRIES):
            try:
                return self._fetcher.fetch(url, most_bytes)
            except NotFetched as error:
                if not error.passing:
                    raise
            self._sleep(_WAIT * attempt)
        return self._fetcher.fetch(url, most_bytes)


@dataclass(frozen=True)
class Holder:
    """Where attachments go: an application or a candidate."""

    names: Callable[[], list[str]]
    """File names of the attachments that are there, as often as they occur."""
    upload: Callable[[File, bool], None]
    """Adds a file, and is told whether it is the résumé. Not repeated when its answer is lost."""


class Interrupted(Exception):
    """The attachments could not be brought to an end; ``cause`` is not the record's fault."""

    def __init__(self, cause: PhenomError) -> None:
        super().__init__(cause.message)
        self.cause = cause


def upload(
    holder: Holder,
    files: dict[int, File],
    there: Sequence[str],
    once: IdempotentWrite,
    resume: int | None,
) -> list[Problem]:
    """Add ``files`` (by their place in the record), each once; returns those that were refused.

    :param there: file names that the holder has already.
    :raises Interrupted: where the gateway does not answer any more.
    """
    held = Counter(there)
    problems = []
    for place, file in files.items():
        held[file.name] += 1

        def send(file: File = file, is_resume: bool = place == resume) -> bool:
            holder.upload(file, is_resume)
            return True

        def find(name: str = file.name, times: int = held[file.name]) -> bool | None:
            return True if holder.names().count(name) >= times else None

        try:
            once(send, find)
        except (RequestRefused, PermissionDenied) as error:
            held[file.name] -= 1
            problems.append(Problem(f"attachments[{place}]", f"is not in place: {error.message}"))
        except LOST as error:
            raise Interrupted(error) from None
    return problems


def missing(attachments: Sequence[Attachment], there: Sequence[str]) -> list[int]:
    """Places of the attachments that ``there`` (file names) does not hold.

    Of several attachments with one name, the first ones are taken to be there.
    """
    left = Counter(there)
    places = []
    for place, attachment in enumerate(attachments):
        if left[attachment.name] > 0:
            left[attachment.name] -= 1
        else:
            places.append(place)
    return places
