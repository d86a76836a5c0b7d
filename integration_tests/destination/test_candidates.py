"""Candidates without a job are created by the Candidates API, once, with their attachments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration_tests.destination.writing import (
    Row,
    Writing,
    application,
    file,
    record,
    write,
    written,
)
from phenom_sandbox import Fault, LocalTenant

FILES = "/candidates-api/files"
CREATE = "POST /candidates-api/v2/candidates"
UPLOAD = "PATCH /candidates-api/files/v1/candidates/{candidateId}/attachments"


def candidate(email: str = "ada@example.com", *files: Row, **more: Any) -> str:
    row: Row = {"candidate": application(email, "")["candidate"]}
    if files:
        row["attachments"] = list(files)
    return record({**row, **more}, "create_candidate")


def run(local: LocalTenant, folder: Path, *lines: str, **config: Any) -> Writing:
    return write(local, folder, lines, config={"ph_user_id": "recruiter", **config})


def names(local: LocalTenant, candidate_id: str) -> list[str]:
    return sorted(each.name for each in local.tenant.files.of_candidate(candidate_id))


def test_a_candidate_is_created_once(local: LocalTenant, tmp_path: Path) -> None:
    person = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email_address": "ada@example.com",
        "phone_number": "+49 30 1234567",
    }
    lines = [candidate(candidate=person, source={"id": 12})] * 2
    first = run(local, tmp_path, *lines)
    assert first.statuses("create_candidate") == ["created", "already_exists"]
    again = run(local, tmp_path, *lines)
    assert again.statuses("create_candidate") == ["already_exists"] * 2
    assert len({each["candidate_id"] for each in (*first.results, *again.results)}) == 1
    assert local.requests.count(CREATE) == 1
    made = local.tenant.people.find(first.results[0]["candidate_id"])
    assert made is not None
    assert (made["firstName"], made["lastName"]) == ("Ada", "Lovelace")
    assert (made["countryCode"], made["phone"]) == ("+49", "301234567")
    assert (made["emails"], made["sources"]) == (["ada@example.com"], ["12"])


def test_an_applicant_is_an_existing_candidate(local: LocalTenant, tmp_path: Path) -> None:
    known = next(
        each
        for each in local.tenant.applications()
        if each["candidateData"].get("id") and each["candidateData"]["contactData"]["email"]
    )["candidateData"]
    done = run(local, tmp_path, candidate(known["contactData"]["email"]))
    (result,) = done.results
    assert (result["status"], result["candidate_id"]) == ("already_exists", known["id"])


def test_a_candidate_requires_an_acting_user(local: LocalTenant, tmp_path: Path) -> None:
    done = run(local, tmp_path, candidate(), ph_user_id=None)
    assert done.exit_code == 1
    assert "ph_user_id" in done.results[0]["error"]
    assert local.requests.total == 0


def test_a_candidate_who_applies_later_is_the_same_person(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    lines = [
        candidate("ada@example.com", file("cv.pdf", "CV")),
        record(application("ADA@example.com", job)),
        candidate("Ada@example.com", file("cv.pdf", "CV")),
    ]
    done = run(local, tmp_path, *lines)
    assert done.statuses("create_candidate") == ["created", "already_exists"]
    assert done.statuses() == ["created"]
    (candidate_id,) = {each["candidate_id"] for each in done.results}
    assert names(local, candidate_id) == ["cv.pdf"]


# -- files -------------------------------------------------------------------------------------


def test_files_arrive_as_they_are(local: LocalTenant, tmp_path: Path) -> None:
    contents = {
        "cv.pdf": "%PDF \x00 résumé",
        'Zeugnis "Ärztin" (2).docx': "--boundary\r\n",
        "履歴書.txt": "x" * 70_000,
        "second cv.pdf": "again",
    }
    kinds = ("CV", "OTHER", "COVER_LETTER", "CV")
    files = [
        file(name, kind, content)
        for (name, content), kind in zip(contents.items(), kinds, strict=True)
    ]
    (result,) = run(local, tmp_path, candidate("ada@example.com", *files)).results
    assert (result["status"], result["error"]) == ("created", None)
    found = local.tenant.files.of_candidate(result["candidate_id"])
    assert {each.name: each.content.decode() for each in found} == contents
    kept = {each.name: each.attachment_type for each in found}
    assert kept.pop("cv.pdf") == "Resume", "the first CV is the one to be parsed"
    assert set(kept.values()) == {"Other"}


def test_a_second_run_adds_missing_attachments_by_name(local: LocalTenant, tmp_path: Path) -> None:
    some = (file("cv.pdf", "CV"), file("a.pdf"))
    (first,) = run(local, tmp_path, candidate("ada@example.com", *some)).results
    more = (*some, file("b.pdf"), file("b.pdf"))
    for uploads in (4, 4):
        (again,) = run(local, tmp_path, candidate("ada@example.com", *more)).results
        assert (again["status"], again["error"]) == ("already_exists", None)
        assert again["candidate_id"] == first["candidate_id"]
        assert names(local, first["candidate_id"]) == ["a.pdf", "b.pdf", "b.pdf", "cv.pdf"]
        assert local.requests.count(UPLOAD) == uploads


def test_attachments_of_an_application_count_as_existing(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    lines = [
        record(application("ada@example.com", job, attachments=[file("cv.pdf", "CV")])),
        candidate("ada@example.com", file("cv.pdf", "CV"), file("a.pdf")),
    ]
    done = run(local, tmp_path, *lines)
    assert done.statuses("create_candidate") == ["already_exists"]
    assert names(local, done.results[0]["candidate_id"]) == ["a.pdf", "cv.pdf"]


def test_attachments_that_an_earlier_run_did_not_upload(local: LocalTenant, tmp_path: Path) -> None:
    line = candidate("ada@example.com", file("cv.pdf", "CV"), file("a.pdf"), file("b.pdf"))
    local.faults.server_error = Fault(500, method="PATCH", path=FILES, after=1)
    first = run(local, tmp_path, line)
    assert first.exit_code == 1
    assert first.errors[0]["failure_type"] == "transient_error"
    assert first.statuses("create_candidate") == ["unsettled"]
    candidate_id = first.results[0]["candidate_id"]
    assert names(local, candidate_id) == ["cv.pdf"]

    local.faults.clear()
    again = run(local, tmp_path, line)
    assert again.statuses("create_candidate") == ["already_exists"]
    assert names(local, candidate_id) == ["a.pdf", "b.pdf", "cv.pdf"]
    assert local.requests.count(CREATE) == 1


@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_file_that_is_refused_for_good(local: LocalTenant, tmp_path: Path, status: int) -> None:
    local.faults.deny = Fault(status, method="PATCH", path=FILES, count=1)
    done = run(local, tmp_path, candidate("ada@example.com", file("a.pdf"), file("b.pdf")))
    (result,) = done.results
    assert (done.exit_code, result["status"]) == (0, "created")
    assert result["problems"][0]["field"] == "attachments[0]"
    assert names(local, result["candidate_id"]) == ["b.pdf"]
    assert any("1 of them lack an attachment" in line for line in done.log)


def test_files_that_may_not_be_read(local: LocalTenant, tmp_path: Path) -> None:
    """They cannot be compared, so none is added, because it might be added twice."""
    line = candidate("ada@example.com", file("a.pdf"))
    candidate_id = run(local, tmp_path, line).results[0]["candidate_id"]
    local.faults.deny = Fault(method="GET", path=FILES)
    (again,) = run(local, tmp_path, line).results
    assert again["status"] == "already_exists"
    assert "could not be compared" in again["error"]
    assert names(local, candidate_id) == ["a.pdf"]


# -- answers that get lost ---------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["reset", "timeout", 500, 502, 503, 504])
@pytest.mark.parametrize("path", ["/candidates-api/v2", FILES])
def test_answers_that_get_lost_after_the_gateway_acted(
    local: LocalTenant, tmp_path: Path, lost: Any, path: str
) -> None:
    local.faults.lost_answer = Fault(lost, path=path, count=2)
    done = run(
        local, tmp_path, candidate("ada@example.com", file("cv.pdf", "CV"), *[file("a.pdf")] * 2)
    )
    assert done.exit_code == 0, done.errors
    (result,) = done.results
    assert (result["status"], result["error"]) == ("created", None)
    assert names(local, result["candidate_id"]) == ["a.pdf", "a.pdf", "cv.pdf"]
    assert len([each for each in local.tenant.people.ids() if _is_ada(local, each)]) == 1


def _is_ada(local: LocalTenant, candidate_id: str) -> bool:
    found = local.tenant.people.find(candidate_id)
    return found is not None and "ada@example.com" in found["emails"]


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": Fault(path=FILES, count=2)},
        {"throttle": Fault(429, path=FILES, count=5, retry_after=0)},
        {"truncate": Fault(path="/candidates-api", every=2, count=4)},
        {"html": Fault(path=FILES, count=2)},
        {"unauthorized": Fault(path="/candidates-api", every=2)},
    ],
    ids=lambda fault: " ".join(fault),
)
def test_faults_that_pass(local: LocalTenant, tmp_path: Path, fault: dict[str, Any]) -> None:
    local.faults.update(fault)
    done = run(local, tmp_path, candidate("ada@example.com", file("a.pdf"), file("b.pdf")))
    assert done.exit_code == 0, done.errors
    (result,) = done.results
    assert (result["status"], result["error"]) == ("created", None)
    assert names(local, result["candidate_id"]) == ["a.pdf", "b.pdf"]


def test_a_candidate_with_a_job_goes_to_the_apply_api(
    local: LocalTenant, job: str, tmp_path: Path
) -> None:
    line = candidate("ada@example.com", file("cv.pdf", "CV"), application={"job_id": job})
    (result,) = run(local, tmp_path, line).results
    (made,) = written(local)
    assert result["application_id"] == made["id"]
    assert local.requests.count(CREATE) == 0
