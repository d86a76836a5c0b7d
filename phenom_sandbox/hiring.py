"""Hiring statuses of applications and their histories, which only the Candidates API shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from phenom_sandbox.applications import Applications
from phenom_sandbox.clock import Clock
from phenom_sandbox.records.draw import LAST_SECOND, Draw, created_second
from phenom_sandbox.records.journeys import Journey
from phenom_sandbox.records.journeys import journey as generated_journey
from phenom_sandbox.records.staff import Staff

STEPS = {
    "New": "Application Received",
    "In Review": "Screening",
    "Phone Screen": "Screening",
    "Interview": "Interview",
    "Offer Extended": "Offer",
    "Offer Accepted": "Offer",
    "Hired": "Hired",
    "Joined": "Hired",
    "Onboarded": "Hired",
    "Rejected": "Screening",
    "Not Selected": "Interview",
    "Declined": "Offer",
    "Withdrawn": "Closed",
    "On Hold": "Screening",
}
"""The tenant's workflow: its statuses, each with its step."""

_REJECTIONS = ("rejected", "notselected")
_TURNED_DOWN = {"declined": "Declined", "withdrawn": "Withdrawn"}
_REASONS = ("Missing qualification", "Position filled", "No work permit", "Salary expectations")
# Milliseconds from the application to its current status, for each change of the status.
_LONGEST_CHANGE = 9 * 86_400_000
_WEIGHTS = {"New": 3, "In Review": 4, "Phone Screen": 3, "Interview": 5, "Offer Extended": 2}
"""How long applications stay in a status, compared with the others (1)."""

_CAREER_SITE = "CAREER_SITE"
_NO_JOBS = (None, "", "JOBID")


@dataclass(frozen=True)
class HiringStatus:
    """`updated` is in epoch milliseconds; `value` is the text in the lists of applicants."""

    value: str
    step: str = ""
    rejected: bool = False
    rejection_reason: str | None = None
    updated: int = 0

    @property
    def disposition(self) -> str | None:
        return "Rejected" if self.rejected else _TURNED_DOWN.get(_plain(self.value))


@dataclass(frozen=True)
class Transition:
    """A change of an application to `status`; without a `recruiter_id` it was automatic."""

    status: HiringStatus
    recruiter_id: str | None = None
    recruiter_name: str | None = None
    source: str = "CRM"


History = tuple[Transition, ...]
"""Oldest first; the last one is the current status. Empty if an application has none."""


class Hiring:
    """The histories of a tenant's applications; generated on demand until `move` changes them."""

    def __init__(self, applied: Applications, staff: Staff, seed: int, clock: Clock) -> None:
        self._applied = applied
        self._staff = staff
        self._seed = seed
        self._lock = clock.lock
        self._moved: dict[str, History] = {}

    def history(self, application_id: str) -> History:
        """Raises KeyError when no such application is listed."""
        with self._lock:
            job_id = self._applied.job_of(application_id)
            if application_id in self._moved:
                return self._moved[application_id]
            if not takes_part(job_id):
                return ()
            if not self._applied.is_generated(application_id):
                created = self._applied.created(application_id)
                received = HiringStatus("New", STEPS["New"], updated=created)
                return (Transition(received, source=_CAREER_SITE),)
            return generated_history(application_id, self._seed, self._staff)

    def status(self, application_id: str) -> HiringStatus | None:
        """The current status of an application. Raises KeyError when it is not listed."""
        with self._lock:
            is_generated = self._applied.is_generated(application_id)
            if is_generated and application_id not in self._moved:
                # Without the history, because the status is needed much more often.
                part = takes_part(self._applied.job_of(application_id))
                return generated_status(application_id, self._seed) if part else None
            history = self.history(application_id)
            return history[-1].status if history else None

    def updated(self, application_id: str) -> int:
        """The last change of the application or its status, in epoch milliseconds.

        Raises KeyError when it is not listed.
        """
        status, applied = self.status(application_id), self._applied
        moved = status.updated if status else 0
        return max(applied.created(application_id), moved, applied.changed(application_id))

    def move(
        self,
        application_id: str,
        status: HiringStatus | str,
        *,
        recruiter_id: str | None = None,
        recruiter_name: str | None = None,
        source: str = "CRM",
    ) -> HiringStatus:
        """Adds a status to the history. A missing step is filled in from the workflow.

        `updated` 0 means the tenant's time. Returns the whole status; raises KeyError when the
        application is not listed.
        """
        with self._lock:
            history = self.history(application_id)
            now = self._applied.touch(application_id)
            if isinstance(status, str):
                status = HiringStatus(status, rejected=_plain(status) in _REJECTIONS)
            step = status.step or STEPS.get(status.value)
            if step is None:
                step = history[-1].status.step if history else STEPS["New"]
            status = replace(status, step=step, updated=status.updated or now)
            transition = Transition(status, recruiter_id, recruiter_name, source)
            self._moved[application_id] = (*history, transition)
            return status

    def statuses(self) -> list[tuple[str, HiringStatus | None]]:
        """The id and current status of every listed application, in listing order."""
        with self._lock:
            return [(each, self.status(each)) for each in self._applied]


def takes_part(job_id: str | None) -> bool:
    """Whether this is a real job id; an application without one never has a hiring status."""
    return job_id not in _NO_JOBS


def generated_status(application_id: str, seed: int) -> HiringStatus | None:
    """The status of a generated application until `move`; earlier than the tenant's clock."""
    _, journey, status = _beginning(application_id, seed)
    return status if journey else None


def generated_history(application_id: str, seed: int, staff: Staff) -> History:
    """The history up to the generated status."""
    draw, journey, last = _beginning(application_id, seed)
    if not journey:
        return ()
    created = created_second(application_id) * 1000
    weights = [_WEIGHTS.get(value, 1) for value in journey[:-1]]
    whole = sum(weights)
    statuses = [
        HiringStatus(
            value,
            STEPS[value],
            updated=created + (last.updated - created) * passed // max(1, whole),
        )
        for value, passed in zip(journey[:-1], accumulate(weights, initial=0), strict=False)
    ]
    first, *others = [*statuses, last]
    people = [staff.recruiter(draw) for _ in others]
    return (
        Transition(first, source=_CAREER_SITE),
        *(
            Transition(status, person.user_id, person.full_name)
            for status, person in zip(others, people, strict=True)
        ),
    )


def _beginning(application_id: str, seed: int) -> tuple[Draw, Journey, HiringStatus]:
    """The draw for the rest of the history, the history's status texts, and its last status."""
    draw = Draw(f"{seed}/status/{application_id}".encode())
    journey = generated_journey(seed, application_id)
    created = created_second(application_id) * 1000
    longest = _LONGEST_CHANGE * max(1, len(journey) - 1)
    span = 1000 + draw.below(min(longest, max(1, LAST_SECOND * 1000 - created - 1000)))
    value = journey[-1] if journey else ""
    rejected = _plain(value) in _REJECTIONS
    status = HiringStatus(
        value=_spelt(value, draw),
        step=STEPS.get(value, ""),
        rejected=rejected,
        rejection_reason=draw.pick(_REASONS) if rejected else None,
        updated=created + span if len(journey) > 1 else created,
    )
    return draw, journey, status


def _spelt(value: str, draw: Draw) -> str:
    """The spelling of a status, which differs between the systems that statuses come from."""
    style = draw.below(30)
    if style == 0:
        return value.upper().replace(" ", "_")
    if style == 1:
        return value.lower().replace(" ", "-")
    return value


@lru_cache(maxsize=1024)
def _plain(value: str) -> str:
    return "".join(letter for letter in value.lower() if letter.isalnum())
