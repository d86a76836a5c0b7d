"""The files of candidates: generated with their applications, or uploaded later."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, md5

from phenom_sandbox.applications import Applications
from phenom_sandbox.clock import Clock
from phenom_sandbox.people import People
from phenom_sandbox.records.applications import attachments
from phenom_sandbox.records.draw import created_second

RESUME, COVER_LETTER, OTHER = "Resume", "Cover Letter", "Other"
_TYPES = {"RESUME": RESUME, "CV": RESUME, "COVER_LETTER": COVER_LETTER}


@dataclass(frozen=True)
class CandidateFile:
    """A file as the Candidates API knows it.

    `encoded` is the content in base64, `created` in epoch milliseconds; `application_id` is None
    for a file that was uploaded to the candidate and not to an application.
    """

    attachment_id: str
    name: str
    attachment_type: str
    encoded: str
    created: int
    application_id: str | None = None
    content_type_id: str | None = None

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.encoded)

    @property
    def md5sum(self) -> str:
        return md5(self.content, usedforsecurity=False).hexdigest()

    @property
    def field_id(self) -> str:
        return f"att_{self.attachment_id[8:]}"

    def as_attachment(self) -> dict[str, str]:
        """The file as the Apply API shows it (Attachment)."""
        shown = {"fileContent": self.encoded, "fileName": self.name}
        if self.content_type_id is not None:
            shown["contentTypeId"] = self.content_type_id
        return shown


class Files:
    """The files of a tenant's candidates; those that were not uploaded are generated on demand."""

    def __init__(self, applied: Applications, people: People, seed: int, clock: Clock) -> None:
        self._applied = applied
        self._people = people
        self._seed = seed
        self._clock = clock
        self._uploaded: dict[str, list[CandidateFile]] = defaultdict(list)
        self._removed: set[str] = set()

    def of_candidate(self, candidate_id: str) -> list[CandidateFile]:
        """The files of the applications, oldest first, then those of the candidate alone."""
        with self._clock.lock:
            owners = self._applied.by_candidate(candidate_id)
            found = [file for owner in owners for file in self.of_application(owner)]
            return found + self._kept(self._uploaded.get(candidate_id, ()))

    def of_application(self, application_id: str) -> list[CandidateFile]:
        """The résumé first, then in the order of the uploads."""
        with self._clock.lock:
            generated: list[CandidateFile] = []
            if self._applied.is_generated(application_id):
                generated = _generated(application_id, self._seed)
            return self._kept([*generated, *self._uploaded.get(application_id, ())])

    def find(self, candidate_id: str, attachment_id: str) -> CandidateFile:
        """Raises KeyError when the candidate has no such file."""
        for file in self.of_candidate(candidate_id):
            if file.attachment_id == attachment_id:
                return file
        raise KeyError(attachment_id)

    def add(
        self, candidate_id: str, name: str, content: bytes, attachment_type: str = OTHER
    ) -> CandidateFile:
        """Raises KeyError when there is no such candidate."""
        with self._clock.lock:
            self._people.demand(candidate_id)
            file = CandidateFile(
                attachment_id=self._clock.new_id(),
                name=name,
                attachment_type=attachment_type,
                encoded=base64.b64encode(content).decode(),
                created=self._clock.now,
            )
            self._uploaded[candidate_id].append(file)
            self._people.touch(candidate_id)
            return file

    def attach(
        self, application_id: str, shown: Sequence[Mapping[str, str]], *, resume: bool = False
    ) -> None:
        """Adds files in the format of the Apply API; with `resume`, the first one is a résumé."""
        with self._clock.lock:
            for place, each in enumerate(shown):
                content_type = each.get("contentTypeId")
                known = _TYPES.get((content_type or "").upper(), OTHER)
                file = CandidateFile(
                    attachment_id=self._clock.new_id(),
                    name=each["fileName"],
                    attachment_type=RESUME if resume and place == 0 else known,
                    encoded=each["fileContent"],
                    created=self._clock.now,
                    application_id=application_id,
                    content_type_id=content_type,
                )
                self._uploaded[application_id].append(file)
            self._applied.touch(application_id)

    def remove(self, candidate_id: str, attachment_id: str) -> None:
        """Removes a file, also from its application. Raises KeyError."""
        with self._clock.lock:
            self._removed.add(self.find(candidate_id, attachment_id).attachment_id)
            self._people.touch(candidate_id)

    def _kept(self, files: Sequence[CandidateFile]) -> list[CandidateFile]:
        return [file for file in files if file.attachment_id not in self._removed]


def _generated(application_id: str, seed: int) -> list[CandidateFile]:
    return [
        CandidateFile(
            attachment_id=application_id[:8] + _digits(f"{seed}/{application_id}/{place}"),
            name=each["fileName"],
            attachment_type=_TYPES.get(each["contentTypeId"], OTHER),
            encoded=each["fileContent"],
            created=created_second(application_id) * 1000,
            application_id=application_id,
            content_type_id=each["contentTypeId"],
        )
        for place, each in enumerate(attachments(application_id, seed))
    ]


def _digits(key: str) -> str:
    return blake2b(f"file/{key}".encode(), digest_size=8).hexdigest()
