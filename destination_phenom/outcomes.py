"""What happened to a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from destination_phenom.rejections import Problem
from phenom_api.errors import PhenomError

WriteStatus = Literal["created", "already_applied", "already_exists", "rejected", "unsettled"]
"""``unsettled``: the run ended before the result was known. The record must be sent again."""


@dataclass(frozen=True)
class WriteOutcome:
    """The result of a record. If it was not rejected, ``problems`` name missing attachments."""

    status: WriteStatus
    candidate_id: str | None = None
    application_id: str | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def error(self) -> str | None:
        return "; ".join(map(str, self.problems)) or None


class AttachmentsInterrupted(Exception):
    """Phenom has the application or candidate, but attachments may be missing.

    ``cause`` is the gateway's failure that ended the uploads.
    """

    def __init__(self, outcome: WriteOutcome, cause: PhenomError) -> None:
        super().__init__(cause.message)
        self.outcome = outcome
        self.cause = cause
