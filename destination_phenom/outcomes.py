"""What became of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from destination_phenom.rejections import Problem
from phenom_api.errors import PhenomError

WriteStatus = Literal["created", "already_applied", "already_exists", "rejected", "unsettled"]
"""The last one: the run ended before it could be decided. The record has to be sent again."""


@dataclass(frozen=True)
class WriteOutcome:
    """``problems`` of a record that was not rejected are about attachments that it lacks."""

    status: WriteStatus
    candidate_id: str | None = None
    application_id: str | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def error(self) -> str | None:
        return "; ".join(map(str, self.problems)) or None


class Unsettled(Exception):
    """The application or candidate is there, its attachments perhaps not; ``cause`` tells why."""

    def __init__(self, outcome: WriteOutcome, cause: PhenomError) -> None:
        super().__init__(cause.message)
        self.outcome = outcome
        self.cause = cause
