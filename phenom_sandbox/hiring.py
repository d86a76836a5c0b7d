"""Where an application stands: known to the Candidates API only."""

from __future__ import annotations

from dataclasses import dataclass

from phenom_sandbox.records.draw import Draw

# (value, step, rejected, how many of 100 applications)
_WORKFLOW: tuple[tuple[str, str, bool, int], ...] = (
    ("New", "Application Received", False, 30),
    ("In Review", "Screening", False, 18),
    ("Phone Screen", "Screening", False, 8),
    ("Interview", "Interview", False, 10),
    ("Offer Extended", "Offer", False, 4),
    ("Hired", "Hired", False, 6),
    ("Rejected", "Screening", True, 18),
    ("Not Selected", "Interview", True, 4),
    ("Withdrawn", "Closed", False, 2),
)
_BY_PERCENT = tuple(
    (value, step, rejected) for value, step, rejected, weight in _WORKFLOW for _ in range(weight)
)
_REASONS = ("Missing qualification", "Position filled", "No work permit", "Salary expectations")


@dataclass(frozen=True)
class HiringStatus:
    """`updated` is in epoch milliseconds; `value` is the text that the applicant lists show."""

    value: str
    step: str = ""
    rejected: bool = False
    rejection_reason: str | None = None
    updated: int = 0


def generated_status(application_id: str, seed: int) -> HiringStatus:
    """The status that an application has until someone sets another one."""
    draw = Draw(f"{seed}/status/{application_id}".encode())
    value, step, rejected = draw.pick(_BY_PERCENT)
    return HiringStatus(
        value=value,
        step=step,
        rejected=rejected,
        rejection_reason=draw.pick(_REASONS) if rejected else None,
        updated=created_second(application_id) * 1000 + draw.below(40 * 86_400_000),
    )


def created_second(object_id: str) -> int:
    """The creation time that a 24-digit hexadecimal id begins with; 0 for another kind of id."""
    try:
        return int(object_id[:8], 16) if len(object_id) == 24 else 0
    except ValueError:
        return 0
