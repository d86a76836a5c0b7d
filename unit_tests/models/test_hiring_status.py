"""Where applications stand, out of the two operations that tell it, and the columns of it."""

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models import applications, candidates
from source_phenom.models.hiring_status import (
    Applicants,
    HiringStatus,
    OwnApplication,
    among_own,
    applicant,
    own_application,
)
from source_phenom.models.values import Mismatches

FIRST = 0x65F0C1D2
"""A second, as ids of applications begin with it."""


def key(seconds_later: int = 0) -> str:
    return f"{FIRST + seconds_later:08x}a1b2c3d4e5000001"


def own(number: int = 0, **changes: Any) -> dict[str, Any]:
    status = {
        "value": " Not Selected ",
        "step": "Interview",
        "isRejected": True,
        "rejectionReason": "Salary",
        "updatedDate": 1_710_300_000_000,
    }
    return {
        "applicationId": f"ats-{number}",
        "phApplicationId": key(number),
        "jobId": "JR-1",
        "hiringStatus": status,
        "createdDate": (FIRST + number) * 1000,
        "updatedDate": 1_710_400_000_500,
        **changes,
    }


class TestOwnApplication:
    def test_everything(self) -> None:
        assert own_application(own()) == OwnApplication(
            frozenset({"ats-0", key()}),
            "JR-1",
            HiringStatus(
                "Not Selected",
                "2024-03-12T20:57:54.000Z",
                "2024-03-14T07:06:40.500Z",
                "2024-03-13T03:20:00.000Z",
                "Salary",
                mismatches=(),
            ),
        )

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (None, (None, None, None)),
            ({}, (None, None, None)),
            ("Hired", (None, None, None)),
            ({"value": "Withdrawn", "isRejected": False, "updatedDate": 1_710_300_000_000},
             ("Withdrawn", None, None)),
            ({"value": "Rejected", "updatedDate": "2024-03-13T03:20:00Z"},
             ("Rejected", "2024-03-13T03:20:00.000Z", None)),
            ({"value": "", "rejectionReason": " "}, (None, None, None)),
            ({"value": 7, "updatedDate": "soon"}, ("7", None, None)),
        ],
    )  # fmt: skip
    def test_statuses_of_all_kinds(self, status: Any, expected: tuple[Any, ...]) -> None:
        standing = own_application(own(hiringStatus=status)).standing
        assert (standing.stage, standing.rejected_at, standing.rejection_reason) == expected

    def test_oddities_are_counted(self) -> None:
        standing = own_application(own(hiringStatus="Hired", jobId=7)).standing
        assert standing.mismatches == ("outcome", "outcome")

    def test_times_that_are_not_certain_are_counted(self) -> None:
        row = own(
            createdDate="01/05/2026", updatedDate="soon", hiringStatus={"updatedDate": {1: 2}}
        )
        standing = own_application(row).standing
        assert (standing.created_at, standing.updated_at, standing.rejected_at) == (None,) * 3
        assert standing.mismatches == ("remote_created_at", "remote_updated_at", "rejected_at")


class TestAmongOwn:
    @pytest.mark.parametrize(
        ("wanted", "job", "found"),
        [
            (key(5), "JR-1", 1),
            ("ats-0", None, 0),
            (key(5), "JR-2", 1),
            ("no-such-id", "JR-2", 2),
            (key(8), "JR-1", 1),
            (key(1), "JR-1", 0),
            ("no-such-id", "JR-9", None),
            ("no-such-id", None, None),
        ],
    )
    def test_by_id_else_by_job_and_time(
        self, wanted: str, job: str | None, found: int | None
    ) -> None:
        rows = [own(0), own(5), own(9, jobId="JR-2")]
        parsed = [own_application(row) for row in rows]
        expected = None if found is None else parsed[found].standing
        assert among_own(parsed, wanted, job) == expected
        assert among_own(list(reversed(parsed)), wanted, job) == expected


class TestApplicants:
    ROWS = (
        {"userId": "c1", "emails": ["Ada@Example.com", None, "no address"], "hiringStatus": "New"},
        {"userId": "c2", "emails": [], "hiringStatus": "Hired"},
        {"userId": "c3", "emails": None, "hiringStatus": None},
        {"userId": "c4", "emails": ["twice@example.com"], "hiringStatus": "New"},
        {"userId": "c4", "emails": ["twice@example.com"], "hiringStatus": "Rejected"},
        {"userId": None, "emails": ["bob@example.com"], "hiringStatus": " In Review "},
    )

    @pytest.mark.parametrize(
        ("candidate", "address", "expected"),
        [
            ("c1", None, HiringStatus("New")),
            (None, "ada@example.com", HiringStatus("New")),
            ("c2", "ada@example.com", HiringStatus("Hired")),
            ("c9", "ada@example.com", HiringStatus("New")),
            ("c3", None, HiringStatus(None)),
            ("c4", None, None),
            (None, "twice@example.com", None),
            (None, "bob@example.com", HiringStatus("In Review")),
            (None, None, None),
            ("c9", "nobody@example.com", None),
        ],
    )
    def test_by_id_else_by_address(
        self, candidate: str | None, address: str | None, expected: HiringStatus | None
    ) -> None:
        applicants = Applicants(applicant(row) for row in self.ROWS)
        assert applicants.standing(candidate, address) == expected

    def test_who_it_may_be(self) -> None:
        applicants = Applicants(applicant(row) for row in self.ROWS)
        assert applicants.candidates(None) == ["c2", "c3"]
        assert applicants.candidates("twice@example.com") == ["c4"]
        assert applicants.candidates("nobody@example.com") == []


class TestColumns:
    STANDING = HiringStatus("Rejected", "2024-01-01T00:00:00.000Z", "2024-01-02T00:00:00.000Z",
                        "2024-01-03T00:00:00.000Z", "Salary")  # fmt: skip

    def test_of_a_declined_application(self) -> None:
        assert applications.details(self.STANDING, "DECLINED") == {
            "outcome": "DECLINED",
            "current_stage": "Rejected",
            "rejected_at": "2024-01-03T00:00:00.000Z",
            "rejection_reason_name": "Salary",
            "remote_created_at": "2024-01-01T00:00:00.000Z",
            "remote_updated_at": "2024-01-02T00:00:00.000Z",
        }

    def test_a_rejection_counts_only_while_it_lasts(self) -> None:
        columns = applications.details(self.STANDING, "PENDING")
        assert columns["rejected_at"] is None
        assert columns["rejection_reason_name"] is None

    def test_nothing_is_known_of_who_is_not_found(self) -> None:
        assert set(applications.details(None, None).values()) == {None}
        assert set(applications.details(None, None)) == {"outcome", *applications.ENRICHED_COLUMNS}

    @pytest.mark.parametrize(
        ("job", "expected"), [("JR-1", "JR-1"), ("JOBID", None), (" ", None), (None, None)]
    )
    def test_jobs_that_applicants_are_asked_of(self, job: Any, expected: str | None) -> None:
        assert applications.applied_for({"jobApplicationData": {"jobId": job}}) == expected

    def test_of_a_candidate(self) -> None:
        mismatches: Mismatches = []
        tags = [{"tag": "vip"}, {"tag": "Ada"}, {"tag": "vip"}, {"tag": " "}, None, {}]
        assert candidates.details(1_710_300_000_000, "2024-03-14", tags, mismatches) == {
            "remote_created_at": "2024-03-13T03:20:00.000Z",
            "remote_updated_at": "2024-03-14T00:00:00.000Z",
            "tags": ["Ada", "vip"],
        }
        assert mismatches == []
        assert set(candidates.details(None, "soon", [], mismatches).values()) == {None}
        assert mismatches == ["remote_updated_at"]

    def test_whose_something_is_shows_in_its_key(self) -> None:
        assert candidates.owned_key("c1", "a:b") == "c1:a:b"
        assert candidates.owned_key("a:b", "1").partition(":")[0] == candidates.as_owner("a:b")
        assert candidates.candidate_id("email:ada@example.com") is None
        assert candidates.candidate_id("c1") == "c1"
