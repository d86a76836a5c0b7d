"""Where applications stand: a candidate's own applications, and the applicants of a job.

The first knows everything about an application, and which one it is; the second knows who applied
for a job and the text of the status. Its dates are the candidate's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from source_phenom.models.ids import second_of
from source_phenom.models.timestamps import parse_rfc3339, written_time
from source_phenom.models.values import Mismatches, as_object, key_text, mail_address, text


class ApplicationKeys(NamedTuple):
    """An application as the application listing has it: its key, and the job's, if it names one."""

    key: str
    job_id: str | None


class HiringStatus(NamedTuple):
    """Where one application stands.

    :param stage: its hiring status, in the tenant's words.
    :param rejected_at, rejection_reason: what there is to say in case that it was declined.
    :param odd: columns whose payload value had an unexpected type.
    """

    stage: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    rejected_at: str | None = None
    rejection_reason: str | None = None
    mismatches: tuple[str, ...] = ()


class OwnApplication(NamedTuple):
    """One row of ``GET …/candidates/{candidateId}/applications``."""

    application_ids: frozenset[str]
    job_id: str | None
    standing: HiringStatus


class Applicant(NamedTuple):
    """One row of ``GET …/jobs/{jobId}/applicants``; e-mail addresses in lower case.

    :param candidate_id: as Phenom has it, for the candidate's own applications are asked for by it.
    """

    candidate_id: str | None
    addresses: tuple[str, ...]
    stage: str | None
    mismatches: tuple[str, ...] = ()


def application_ids(row: Mapping[str, Any]) -> frozenset[str]:
    """The ids by which a row of the Candidates API names an application."""
    ids = (key_text(row.get(name), "", []) for name in ("phApplicationId", "applicationId"))
    return frozenset(filter(None, ids))


def own_application(row: Mapping[str, Any]) -> OwnApplication:
    """An ``ApplicationKeys`` of the Candidates API."""
    mismatches: Mismatches = []
    status = as_object(row.get("hiringStatus"), "outcome", mismatches)
    job_id = key_text(row.get("jobId"), "outcome", mismatches)
    # Who withdrew was declined, too, but not rejected.
    rejected_at = status.get("updatedDate") if status.get("isRejected") is not False else None
    return OwnApplication(
        application_ids(row),
        job_id,
        HiringStatus(
            _stage(status.get("value"), mismatches),
            written_time(row.get("createdDate"), "remote_created_at", mismatches),
            written_time(row.get("updatedDate"), "remote_updated_at", mismatches),
            written_time(rejected_at, "rejected_at", mismatches),
            text(status.get("rejectionReason"), "rejection_reason_name", mismatches),
            tuple(mismatches),
        ),
    )


def applicant(row: Mapping[str, Any]) -> Applicant:
    """An ``ApplicantsDataCandidates``."""
    mismatches: Mismatches = []
    listed = row.get("emails")
    addresses = [
        mail_address(each, "outcome", []) for each in (listed if type(listed) is list else ())
    ]
    return Applicant(
        text(row.get("userId"), "outcome", mismatches),
        tuple(address.lower() for address in addresses if address is not None),
        _stage(row.get("hiringStatus"), mismatches),
        tuple(mismatches),
    )


def among_own(
    applications: Iterable[OwnApplication],
    key: str,
    job_id: str | None,
    left_out: Collection[ApplicationKeys] = (),
) -> HiringStatus | None:
    """That of application ``key`` among those of its candidate: by its id, else by its job.

    Of several for the job it is the one created next to when ``key`` says.

    :param left_out: applications of the candidate that are no records; theirs is never returned.
    """
    everyone = list(applications)
    found = [each.standing for each in everyone if key in each.application_ids]
    if not found and job_id is not None:
        of_job = [each for each in everyone if each.job_id == job_id]
        found = [each.standing for each in _without(left_out, of_job, key)]
    if len(found) < 2:
        return found[0] if found else None
    latest_first = sorted(found, key=lambda each: each.updated_at or "", reverse=True)
    return min(latest_first, key=lambda each: _seconds_between(key, each.created_at))


def _without(
    left_out: Collection[ApplicationKeys], of_job: list[OwnApplication], key: str
) -> list[OwnApplication]:
    """Those of a job that cannot be one of ``left_out``: by id, or created next to ``key``."""
    keys = {each.key for each in left_out}
    named = frozenset[str]().union(*(each.application_ids for each in of_job))
    jobs = {each.job_id for each in of_job}
    unnamed = [each.key for each in left_out if each.job_id in jobs and each.key not in named]
    return [
        each
        for each in of_job
        if keys.isdisjoint(each.application_ids)
        and all(
            _seconds_between(key, each.standing.created_at)
            < _seconds_between(other, each.standing.created_at)
            for other in unnamed
        )
    ]


class Applicants:
    """The applicants of one job, to find applications among."""

    def __init__(self, applicants: Iterable[Applicant]) -> None:
        self._by_candidate: dict[str, list[Applicant]] = {}
        self._by_address: dict[str | None, list[Applicant]] = {}
        for each in applicants:
            if each.candidate_id is not None:
                self._by_candidate.setdefault(each.candidate_id.strip(), []).append(each)
            for address in each.addresses or (None,):
                self._by_address.setdefault(address, []).append(each)

    def standing(
        self, candidate_id: str | None, address: str | None, others: Collection[str] = ()
    ) -> HiringStatus | None:
        """Where somebody stands: by candidate id, else by e-mail address in lower case.

        None for who applied more than once and stands here and there.

        :param others: ids of candidates who are not meant, whatever address they have.
        """
        found = self._by_candidate.get(candidate_id or "")
        if found is None and address is not None:
            found = [
                each
                for each in self._by_address.get(address, ())
                if each.candidate_id is None or each.candidate_id.strip() not in others
            ]
        if not found or len({each.stage for each in found}) > 1:
            return None
        return HiringStatus(found[0].stage, mismatches=found[0].mismatches)

    def candidates(self, address: str | None) -> list[str]:
        """The ids of those with an e-mail address; without one, of those who have none."""
        found = (each.candidate_id for each in self._by_address.get(address, ()))
        return sorted({candidate_id for candidate_id in found if candidate_id is not None})


def _seconds_between(key: str, moment: str | None) -> float:
    """Between a moment and the second that an id of 24 hexadecimal digits begins with."""
    created = second_of(key)
    if moment is None or created is None:
        return float("inf")
    return abs(parse_rfc3339(moment).timestamp() - created)


def _stage(value: Any, mismatches: Mismatches) -> str | None:
    written = text(value, "current_stage", mismatches)
    return written and written.strip()
