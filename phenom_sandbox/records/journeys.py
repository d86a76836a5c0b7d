"""What becomes of each generated application: the hiring statuses that it goes through.

Its source follows from that too, so that some sources lead to more hires than others.
"""

from __future__ import annotations

from phenom_sandbox.records.draw import LAST_SECOND, Draw, created_second

Journey = tuple[str, ...]
"""Statuses in their order; empty if the application has none."""

_SCREENED = ("New", "In Review")
_INTERVIEWED = (*_SCREENED, "Phone Screen", "Interview")
_OFFERED = (*_INTERVIEWED, "Offer Extended")

# (how many of 100 applications, the statuses that they went through)
_JOURNEYS: tuple[tuple[int, Journey], ...] = (
    (2, ()),
    (26, ("New",)),
    (15, _SCREENED),
    (3, (*_SCREENED, "On Hold")),
    (8, (*_SCREENED, "Phone Screen")),
    (9, _INTERVIEWED),
    (4, _OFFERED),
    (2, (*_OFFERED, "Offer Accepted")),
    (4, (*_OFFERED, "Offer Accepted", "Hired")),
    (1, (*_OFFERED, "Hired", "Onboarded")),
    (1, (*_OFFERED, "Hired", "Joined")),
    (16, (*_SCREENED, "Rejected")),
    (4, (*_INTERVIEWED, "Not Selected")),
    (2, (*_SCREENED, "Withdrawn")),
    (1, (*_INTERVIEWED, "Withdrawn")),
    (2, (*_OFFERED, "Declined")),
)
_BY_PERCENT = tuple(journey for weight, journey in _JOURNEYS for _ in range(weight))
_HIRES = ("Offer Accepted", "Hired", "Onboarded", "Joined")
_PENDING = (*_OFFERED, "On Hold")
# An application that has waited for so long is seldom still undecided.
_FORGOTTEN = 100 * 86_400  # seconds
_DECIDED_PERCENT = 80


def journey(seed: int, application_id: str) -> Journey:
    draw = Draw(f"{seed}/journey/{application_id}".encode())
    statuses = draw.pick(_BY_PERCENT)
    is_old = created_second(application_id) < LAST_SECOND - _FORGOTTEN
    if statuses and statuses[-1] in _PENDING and is_old and draw.chance(_DECIDED_PERCENT):
        return (*statuses, "Not Selected" if "Interview" in statuses else "Rejected")
    return statuses


def is_hire(statuses: Journey) -> bool:
    return bool(statuses) and statuses[-1] in _HIRES


def is_interviewed(statuses: Journey) -> bool:
    return "Interview" in statuses
