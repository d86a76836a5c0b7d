"""Hiring statuses from the two operations that have them, and the columns that they fill."""

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models import applications, candidates
from source_phenom.models.hiring_status import (
    Applicants,
    HiringStatus,
    OwnApplication,
    applicant,
    find_own_status,
    own_application,
)
from source_phenom.models.values import Mismatches

FIRST = 0x65F0C1D2
"""Ids of applications begin with this second."""


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
    def test_a_whole_row(self) -> None:
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
    def test_statuses_of_any_form(self, status: Any, expected: tuple[Any, ...]) -> None:
        found = own_application(own(hiringStatus=status)).status
        assert (found.stage, found.rejected_at, found.rejection_reason) == expected

    def test_unexpected_types_are_counted(self) -> None:
        found = own_application(own(hiringStatus="Hired", jobId=7)).status
        assert found.mismatches == ("outcome", "outcome")

    def test_times_that_are_not_certain_are_counted(self) -> None:
        row = own(
            createdDate="01/05/2026", updatedDate="soon", hiringStatus={"updatedDate": {1: 2}}
        )
        found = own_application(row).status
        assert (found.created_at, found.updated_at, found.rejected_at) == (None,) * 3
        assert found.mismatches == ("remote_created_at", "remote_updated_at", "rejected_at")


class TestFindOwnStatus:
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
        expected = None if found is None else parsed[found].status
        assert find_own_status(parsed, wanted, job) == expected
        assert find_own_status(list(reversed(parsed)), wanted, job) == expected


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
        assert applicants.find_status(candidate, address) == expected

    def test_candidate_ids_of_an_address(self) -> None:
        applicants = Applicants(applicant(row) for row in self.ROWS)
        assert applicants.candidate_ids(None) == ["c2", "c3"]
        assert applicants.candidate_ids("twice@example.com") == ["c4"]
        assert applicants.candidate_ids("nobody@example.com") == []


class TestColumns:
    REJECTED = HiringStatus("Rejected", "2024-01-01T00:00:00.000Z", "2024-01-02T00:00:00.000Z",
                        "2024-01-03T00:00:00.000Z", "Salary")  # fmt: skip

    def test_of_a_declined_application(self) -> None:
        assert applications.enriched_columns(self.REJECTED, "DECLINED") == {
            "outcome": "DECLINED",
            "current_stage": "Rejected",
            "rejected_at": "2024-01-03T00:00:00.000Z",
            "rejection_reason_name": "Salary",
            "remote_created_at": "2024-01-01T00:00:00.000Z",
            "remote_updated_at": "2024-01-02T00:00:00.000Z",
        }

    def test_a_rejection_counts_only_for_a_declined_application(self) -> None:
        columns = applications.enriched_columns(self.REJECTED, "PENDING")
        assert columns["rejected_at"] is None
        assert columns["rejection_reason_name"] is None

    def test_all_columns_are_null_without_a_status(self) -> None:
        columns = applications.enriched_columns(None, None)
        assert columns == dict.fromkeys(("outcome", *applications.ENRICHED_COLUMNS))

    @pytest.mark.parametrize(
        ("job", "expected"), [("JR-1", "JR-1"), ("JOBID", None), (" ", None), (None, None)]
    )
    def test_the_job_whose_applicants_are_read(self, job: Any, expected: str | None) -> None:
        assert applications.applied_for({"jobApplicationData": {"jobId": job}}) == expected

    def test_of_a_candidate(self) -> None:
        mismatches: Mismatches = []
        tags = [{"tag": "vip"}, {"tag": "Ada"}, {"tag": "vip"}, {"tag": " "}, None, {}]
        assert candidates.enriched_columns(1_710_300_000_000, "2024-03-14", tags, mismatches) == {
            "remote_created_at": "2024-03-13T03:20:00.000Z",
            "remote_updated_at": "2024-03-14T00:00:00.000Z",
            "tags": ["Ada", "vip"],
        }
        assert mismatches == []
        assert set(candidates.enriched_columns(None, "soon", [], mismatches).values()) == {None}
        assert mismatches == ["remote_updated_at"]

    def test_a_child_key_names_its_candidate(self) -> None:
        assert candidates.child_key("c1", "a:b") == "c1:a:b"
        for candidate in ("c1", "a:b"):
            key = candidates.child_key(candidate, "1:2")
            assert key.partition(":")[0] == candidates.child_key_prefix(candidate)
            assert candidates.candidate_of_child(key) == candidate
        assert candidates.candidate_of_child("c1") is None
        assert candidates.candidate_id("email:ada@example.com") is None
        assert candidates.candidate_id("c1") == "c1"
