"""Where applications stand: a candidate's own applications, and the applicants of a job.

The first knows everything about an application, and which one it is; the second knows who applied
for a job and the text of the status. Its dates are the candidate's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from source_phenom.models.timestamps import written_time
from source_phenom.models.values import Odd, mail_address, obj, text

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")


class Standing(NamedTuple):
    """Where one application stands.

    :param stage: its hiring status, in the tenant's words.
    :param rejected_at, rejection_reason: what there is to say in case that it was declined.
    """

    stage: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    rejected_at: str | None = None
    rejection_reason: str | None = None


class OwnApplication(NamedTuple):
    """One row of ``GET …/candidates/{candidateId}/applications``."""

    application_ids: frozenset[str]
    job_id: str | None
    standing: Standing


class Applicant(NamedTuple):
    """One row of ``GET …/jobs/{jobId}/applicants``; e-mail addresses in lower case."""

    candidate_id: str | None
    addresses: tuple[str, ...]
    stage: str | None


def own_application(row: Mapping[str, Any], odd: Odd) -> OwnApplication:
    """An ``Application`` of the Candidates API."""
    status = obj(row.get("hiringStatus"), "outcome", odd)
    ids = (text(row.get(name), "outcome", []) for name in ("phApplicationId", "applicationId"))
    # Who withdrew was declined, too, but not rejected.
    rejected_at = status.get("updatedDate") if status.get("isRejected") is not False else None
    return OwnApplication(
        frozenset(filter(None, ids)),
        text(row.get("jobId"), "outcome", odd),
        Standing(
            _stage(status.get("value"), odd),
            written_time(row.get("createdDate"), "remote_created_at", odd),
            written_time(row.get("updatedDate"), "remote_updated_at", odd),
            written_time(rejected_at, "rejected_at", odd),
            text(status.get("rejectionReason"), "rejection_reason_name", odd),
        ),
    )


def applicant(row: Mapping[str, Any], odd: Odd) -> Applicant:
    """An ``ApplicantsDataCandidates``."""
    listed = row.get("emails")
    addresses = [
        mail_address(each, "outcome", []) for each in (listed if type(listed) is list else ())
    ]
    return Applicant(
        text(row.get("userId"), "outcome", odd),
        tuple(address.lower() for address in addresses if address is not None),
        _stage(row.get("hiringStatus"), odd),
    )


def among_own(
    applications: Iterable[OwnApplication], key: str, job_id: str | None
) -> Standing | None:
    """That of application ``key`` among those of its candidate: by its id, else by its job.

    Of several for the job it is the one created next to when ``key`` says.
    """
    everyone = list(applications)
    found = [each.standing for each in everyone if key in each.application_ids]
    if not found and job_id is not None:
        found = [each.standing for each in everyone if each.job_id == job_id]
    if len(found) < 2:
        return found[0] if found else None
    latest_first = sorted(found, key=lambda each: each.updated_at or "", reverse=True)
    return min(latest_first, key=lambda each: _seconds_between(key, each.created_at))


class Applicants:
    """The applicants of one job, to find applications among."""

    def __init__(self, applicants: Iterable[Applicant]) -> None:
        self._by_candidate: dict[str, set[str | None]] = {}
        self._by_address: dict[str | None, set[Applicant]] = {}
        for each in applicants:
            if each.candidate_id is not None:
                self._by_candidate.setdefault(each.candidate_id, set()).add(each.stage)
            for address in each.addresses or (None,):
                self._by_address.setdefault(address, set()).add(each)

    def standing(self, candidate_id: str | None, address: str | None) -> Standing | None:
        """Where somebody stands: by candidate id, else by e-mail address in lower case.

        None for who applied more than once and stands here and there.
        """
        stages = self._by_candidate.get(candidate_id or "")
        if stages is None and address is not None:
            stages = {each.stage for each in self._by_address.get(address, ())}
        return Standing(*stages) if stages is not None and len(stages) == 1 else None

    def candidates(self, address: str | None) -> list[str]:
        """The ids of those with an e-mail address; without one, of those who have none."""
        found = (each.candidate_id for each in self._by_address.get(address, ()))
        return sorted({candidate_id for candidate_id in found if candidate_id is not None})


def _seconds_between(key: str, moment: str | None) -> float:
    """Between a moment and the second that an id of 24 hexadecimal digits begins with."""
    if moment is None or not _OBJECT_ID.fullmatch(key):
        return float("inf")
    second = datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    return abs(second - int(key[:8], 16))


def _stage(value: Any, odd: Odd) -> str | None:
    written = text(value, "current_stage", odd)
    return written and written.strip()
