"""The hiring status of applications, from the two operations of the Candidates API that have it.

A candidate's own applications have all columns of the status, and ids of the application. The
applicants of a job have the text of the status only; their dates are the candidate's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from source_phenom.models.ids import creation_second
from source_phenom.models.timestamps import parse_rfc3339, written_time
from source_phenom.models.values import Mismatches, as_object, key_text, mail_address, text


class ApplicationKeys(NamedTuple):
    """An application of the application listing: its key, and the key of its job if it has one."""

    key: str
    job_id: str | None


class HiringStatus(NamedTuple):
    """The hiring status of one application.

    :param stage: the status, in the tenant's words.
    :param rejected_at, rejection_reason: they count only if the outcome is DECLINED.
    :param mismatches: columns whose payload value had an unexpected type.
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
    status: HiringStatus


class Applicant(NamedTuple):
    """One row of ``GET …/jobs/{jobId}/applicants``; e-mail addresses in lower case.

    :param candidate_id: not trimmed, because requests for the candidate's own applications need it
        as Phenom has it.
    """

    candidate_id: str | None
    addresses: tuple[str, ...]
    stage: str | None
    mismatches: tuple[str, ...] = ()


def application_ids(row: Mapping[str, Any]) -> frozenset[str]:
    """The ids of an application in a row of the Candidates API."""
    ids = (key_text(row.get(name), "", []) for name in ("phApplicationId", "applicationId"))
    return frozenset(filter(None, ids))


def own_application(row: Mapping[str, Any]) -> OwnApplication:
    """Map a row of a candidate's own applications."""
    mismatches: Mismatches = []
    status = as_object(row.get("hiringStatus"), "outcome", mismatches)
    job_id = key_text(row.get("jobId"), "outcome", mismatches)
    # A candidate who withdrew is DECLINED but was not rejected.
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
    """Map a row of a job's applicants (``ApplicantsDataCandidates``)."""
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


def find_own_status(
    applications: Iterable[OwnApplication],
    key: str,
    job_id: str | None,
    excluded: Collection[ApplicationKeys] = (),
) -> HiringStatus | None:
    """The status of application ``key`` among its candidate's own: by its id, else by its job.

    Of several applications for the job, the one that was created closest to ``key`` counts.

    :param excluded: the candidate's applications that are not records. Their status is never
        returned.
    """
    own = list(applications)
    statuses = [each.status for each in own if key in each.application_ids]
    if not statuses and job_id is not None:
        of_job = [each for each in own if each.job_id == job_id]
        statuses = [each.status for each in _without_excluded(excluded, of_job, key)]
    if len(statuses) < 2:
        return statuses[0] if statuses else None
    latest_first = sorted(statuses, key=lambda each: each.updated_at or "", reverse=True)
    return min(latest_first, key=lambda each: _seconds_between(key, each.created_at))


def _without_excluded(
    excluded: Collection[ApplicationKeys], of_job: list[OwnApplication], key: str
) -> list[OwnApplication]:
    """The applications for a job that cannot be one of ``excluded``.

    They name none of its ids, and were created closer to ``key`` than to any excluded application
    that no row names.
    """
    keys = {each.key for each in excluded}
    named = frozenset[str]().union(*(each.application_ids for each in of_job))
    jobs = {each.job_id for each in of_job}
    unnamed = [each.key for each in excluded if each.job_id in jobs and each.key not in named]
    return [
        each
        for each in of_job
        if keys.isdisjoint(each.application_ids)
        and all(
            _seconds_between(key, each.status.created_at)
            < _seconds_between(other, each.status.created_at)
            for other in unnamed
        )
    ]


class Applicants:
    """The applicants of one job, by candidate id and by e-mail address.

    :param key: makes the key of a candidate's record of the id.
    """

    def __init__(self, applicants: Iterable[Applicant], key: Callable[[str], str] = str) -> None:
        self._key = key
        self._by_candidate: dict[str, list[Applicant]] = {}
        self._by_address: dict[str | None, list[Applicant]] = {}
        for each in applicants:
            if each.candidate_id is not None:
                self._by_candidate.setdefault(key(each.candidate_id.strip()), []).append(each)
            for address in each.addresses or (None,):
                self._by_address.setdefault(address, []).append(each)

    def find_status(
        self, candidate_id: str | None, address: str | None, others: Collection[str] = ()
    ) -> HiringStatus | None:
        """The status of a candidate's application: by candidate id, else by e-mail address.

        None if the candidate applied more than once and the statuses differ.

        :param address: in lower case.
        :param others: ids of other candidates, who may have the same address.
        """
        matching = self._by_candidate.get(candidate_id or "")
        if matching is None and address is not None:
            matching = [
                each
                for each in self._by_address.get(address, ())
                if each.candidate_id is None or self._key(each.candidate_id.strip()) not in others
            ]
        if not matching or len({each.stage for each in matching}) > 1:
            return None
        return HiringStatus(matching[0].stage, mismatches=matching[0].mismatches)

    def candidate_ids(self, address: str | None) -> list[str]:
        """The ids of applicants with an address; with None, of applicants without an address."""
        ids = (each.candidate_id for each in self._by_address.get(address, ()))
        return sorted({candidate_id for candidate_id in ids if candidate_id is not None})


def _seconds_between(key: str, moment: str | None) -> float:
    """Seconds between a moment and the second that an application's id begins with."""
    created = creation_second(key)
    if moment is None or created is None:
        return float("inf")
    return abs(parse_rfc3339(moment).timestamp() - created)


def _stage(value: Any, mismatches: Mismatches) -> str | None:
    written = text(value, "current_stage", mismatches)
    return written and written.strip()
