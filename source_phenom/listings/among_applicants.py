"""Where applications stand of which no candidate's own list tells: among a job's applicants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from phenom_api import candidates as api
from phenom_api.gateway import Gateway
from source_phenom.listings.persons import Waiting
from source_phenom.listings.spool import Spool
from source_phenom.models.hiring_status import Applicants, OwnApplication, Standing, applicant
from source_phenom.models.values import Odd


class Job(NamedTuple):
    """Applications for one job, each with the id of its candidate, if that is known."""

    id: str
    rows: list[tuple[str | None, Waiting]]


class AmongApplicants:
    """Collects applications by job, and finds out about a job's with one question.

    :param spool: groups them, out of memory. :param page_size: applicants asked for at a time.
    :param own: the applications of a candidate.
    """

    def __init__(
        self,
        gateway: Gateway,
        spool: Spool,
        page_size: int,
        own: Callable[[str], list[OwnApplication]],
    ) -> None:
        self._gateway = gateway
        self._spool = spool
        self._page_size = page_size
        self._own = own

    def add(self, job_id: str, row: Waiting, candidate: str | None) -> None:
        self._spool.add(job_id, (candidate, *row))

    def jobs(self) -> Iterator[Job]:
        for job_id, rows in self._spool.groups():
            yield Job(job_id, [(candidate, Waiting(*row)) for candidate, *row in rows])

    def of(self, job_id: str, odd: Odd) -> Applicants:
        """The applicants of a job; none where the gateway does not know it."""
        rows = api.unless_gone(partial(api.applicants, self._gateway, job_id, self._page_size))
        return Applicants(applicant(row, odd) for row in rows or () if type(row) is dict)

    def ask(self, job: Job) -> tuple[list[tuple[Waiting, Standing | None]], Odd]:
        """Where a job's applications stand. Called in other threads."""
        odd: Odd = []
        applicants = self.of(job.id, odd)
        own: dict[str, list[OwnApplication]] = {}
        found: list[tuple[Waiting, Standing | None]] = []
        for candidate, row in job.rows:
            standing = applicants.standing(candidate, row.address)
            if standing is None and candidate is None:
                standing = self._by_id_alone(row, applicants.candidates(row.address), own)
            found.append((row, standing))
        return found, odd

    def _by_id_alone(
        self, row: Waiting, candidates: list[str], own: dict[str, list[OwnApplication]]
    ) -> Standing | None:
        """The stage of an application that nothing but its id tells from others.

        :param candidates: those who may have made it. :param own: what was read of them so far.
        """
        for candidate in candidates:
            if candidate not in own:
                own[candidate] = self._own(candidate)
            for application in own[candidate]:
                if row.key in application.application_ids:
                    return Standing(application.standing.stage)
        return None
