"""The data of a tenant: the same for a seed, and as irregular as real data."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_sandbox import HiringStatus, Tenant
from phenom_sandbox.records.draw import Draw, ObjectIds, Scatter
from phenom_sandbox.records.pools import NAME_LENGTH, pools


@pytest.fixture(scope="module")
def shared() -> Tenant:
    """A tenant that tests must not change."""
    return Tenant(seed=7, jobs=300, applications=3000)


@pytest.fixture(scope="module")
def listed(shared: Tenant) -> list[dict[str, Any]]:
    return list(shared.applications())


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(seed=3, jobs=40, applications=120)


def test_the_same_seed_gives_the_same_tenant() -> None:
    one, other, different = (Tenant(seed, jobs=30, applications=80) for seed in (5, 5, 6))
    for listing in ("applications", "open_jobs", "closed_jobs"):
        rows = list(getattr(one, listing)())
        assert rows == list(getattr(other, listing)())
        assert rows != list(getattr(different, listing)())


def test_ids_ascend_and_begin_with_the_creation_second(listed: list[dict[str, Any]]) -> None:
    ids = [application["id"] for application in listed]
    assert ids == sorted(set(ids))
    assert all(len(each) == 24 and int(each, 16) for each in ids)
    seconds = [int(each[:8], 16) for each in ids]
    assert min(seconds) >= 1_704_067_200
    assert max(seconds) < 1_767_225_600


def test_applications_are_as_large_and_irregular_as_real_ones(
    listed: list[dict[str, Any]], shared: Tenant
) -> None:
    sizes = [len(orjson.dumps(application)) for application in listed]
    assert 1900 < sum(sizes) / len(sizes) < 2600
    candidates = [application["candidateData"] for application in listed]
    names = [name for each in candidates for name in (each["firstName"], each["lastName"])]
    assert max(map(len, names)) <= NAME_LENGTH
    assert any(not name.isascii() for name in names)
    emails = [each["contactData"]["email"] for each in candidates]
    assert any(email and email != email.lower() for email in emails)
    without_id = [each for each in candidates if "id" not in each]
    assert without_id
    assert any(each["contactData"]["email"] is None for each in without_id)
    assert any(each["contactData"]["email"] is None for each in candidates if "id" in each)
    per_candidate = Counter(each["id"] for each in candidates if "id" in each)
    assert max(per_candidate.values()) == 3
    open_ids = {job["jobId"] for job in shared.open_jobs()}
    external = {job["jobId"] for job in shared.open_jobs() if job["siteType"] == "external"}
    closed_ids = {job["jobId"] for job in shared.closed_jobs()}
    wanted = {application["jobApplicationData"]["jobId"] for application in listed}
    assert {"JOBID", "", None} <= wanted
    assert wanted & external
    assert wanted & (open_ids - external)
    assert wanted & (closed_ids - open_ids)
    assert wanted - open_ids - closed_ids - {"JOBID", "", None}


def test_jobs_come_in_all_their_variants(shared: Tenant) -> None:
    rows = list(shared.open_jobs())
    assert len({row["jobId"] for row in rows}) == 300
    keys = [(row["jobId"], row["locale"], row["siteType"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["siteType"] for row in rows} == {"external", "internal", "campus"}
    by_job: dict[str, set[tuple[str, str]]] = {}
    for job_id, locale, site_type in keys:
        by_job.setdefault(job_id, set()).add((locale, site_type))
    assert any(len({locale for locale, _ in variants}) > 1 for variants in by_job.values())
    assert any(len({site for _, site in variants}) > 1 for variants in by_job.values())
    assert {row["jobId"] for row in shared.closed_jobs()} & set(by_job), "open and closed at once"
    assert {False, True} == {row["displayCareerSite"] for row in rows}
    managers = [row["hiringManagerName"] or "" for row in rows]
    assert any("," in name for name in managers)
    assert any(name and " " not in name.strip() for name in managers)
    assert {"", None} & {row["hiringManagerEmail"] for row in rows}
    recruiters = [
        [entry["recruiterEmail"].strip().lower() for entry in row["multiRecruiter"] or []]
        for row in rows
    ]
    assert any("" in emails for emails in recruiters)
    assert any(len(set(emails)) < len(emails) for emails in recruiters)
    assert any(
        (row["hiringManagerEmail"] or "-").strip().lower() in emails
        for row, emails in zip(rows, recruiters, strict=True)
    )
    assert all("<" in row["description"] for row in rows)
    assert len({row["country"] for row in rows}) > 20
    assert len({row["employmentType"] for row in rows}) > 15


def test_the_parts_of_a_job_agree_between_its_rows(shared: Tenant) -> None:
    for job_id in list(shared.generated_jobs.numbers)[:60]:
        rows = shared.job_rows(job_id)
        for field in ("additionalFields", "hiringManagerEmail", "multiRecruiter", "category"):
            assert all(row[field] == rows[0][field] for row in rows)


def test_look_ups_agree_with_the_listing(listed: list[dict[str, Any]], shared: Tenant) -> None:
    by_job: dict[str, list[str]] = {}
    by_candidate: dict[str, list[str]] = {}
    for application in listed:
        job_id = application["jobApplicationData"]["jobId"]
        by_job.setdefault(job_id, []).append(application["id"])
        by_candidate.setdefault(shared.candidate_id_of(application), []).append(application["id"])
    for job_id in list(shared.generated_jobs.ids)[::7]:
        found = [application["id"] for application in shared.applications_by_job(job_id)]
        assert found == by_job.get(job_id, [])
    for candidate_id, ids in list(by_candidate.items())[::25]:
        found = shared.applications_by_candidate(candidate_id)
        assert [application["id"] for application in found] == ids
    for application in listed[::50]:
        assert shared.application(application["id"]) == application
        email = application["candidateData"]["contactData"]["email"]
        if email:
            assert application in shared.applications_by_email(f" {email.upper()} ")


def test_edits_are_merged_and_seen_everywhere(tenant: Tenant) -> None:
    before = tenant.application_at(5)
    changes = {
        "candidateData": {"firstName": "Zoë", "contactData": {"email": "Zoe@Example.org"}},
        "jobApplicationData": {"jobId": "JR-1"},
    }
    after = tenant.set_application(before["id"], changes)
    assert after["candidateData"]["lastName"] == before["candidateData"]["lastName"]
    assert tenant.application_at(5) == after == tenant.application(before["id"])
    assert tenant.applications_by_email("zoe@example.org") == [after]
    assert tenant.applications_by_job("JR-1") == [after]
    assert after in tenant.applications_by_candidate(tenant.candidate_id_of(before))
    old_job = before["jobApplicationData"]["jobId"]
    assert before["id"] not in [each["id"] for each in tenant.applications_by_job(old_job)]
    tenant.delete_application(before["id"])
    assert tenant.applications_by_email("zoe@example.org") == []
    tenant.restore_application(before["id"])
    assert tenant.application_at(5) == before


def test_payloads_are_copies(tenant: Tenant) -> None:
    payload = tenant.application_at(0)
    payload["candidateData"]["experienceData"] = "with_junk"
    assert tenant.application_at(0) != payload


def test_added_applications_continue_the_listing(tenant: Tenant) -> None:
    last = tenant.application_at(119)
    added = tenant.add_application()
    assert added["id"] > last["id"]
    assert list(tenant.applications())[-1] == added
    first = tenant.add_application({"candidateData": {"id": "c1", "firstName": "A"}}, position=0)
    assert tenant.application_at(0) == first
    assert first["id"] > added["id"]
    assert tenant.applications_by_candidate("c1") == [first]
    with pytest.raises(ValueError, match="listed already"):
        tenant.add_application({"id": added["id"]})
    tenant.delete_application(added["id"])
    with pytest.raises(KeyError):
        tenant.application(added["id"])
    assert tenant.add_application({"id": added["id"]})["id"] == added["id"]


def test_an_empty_tenant_can_be_filled() -> None:
    tenant = Tenant(jobs=0, applications=0)
    assert list(tenant.applications()) == list(tenant.open_jobs()) == []
    application, job = tenant.add_application(), tenant.add_job()
    assert list(tenant.applications()) == [application]
    assert list(tenant.open_jobs()) == [job]


def test_jobs_are_edited_closed_and_deleted_by_their_rows(tenant: Tenant) -> None:
    ids = [row["jobId"] for row in tenant.open_jobs()]
    job_id = next(each for each in ids if ids.count(each) > 1)
    rows = tenant.job_rows(job_id)
    tenant.set_job(job_id, {"additionalFields": {"orgUnit": "OU-new"}})
    assert {row["additionalFields"]["orgUnit"] for row in tenant.job_rows(job_id)} == {"OU-new"}
    one = rows[0]
    tenant.delete_job(job_id, locale=one["locale"], site_type=one["siteType"])
    assert len(tenant.job_rows(job_id)) == len(rows) - 1
    closed = len(tenant.job_rows(job_id, closed=True))
    tenant.close_job(job_id)
    assert tenant.job_rows(job_id) == []
    assert len(tenant.job_rows(job_id, closed=True)) == closed + len(rows) - 1
    with pytest.raises(KeyError):
        tenant.set_job("no such job", {})


def test_hiring_status_can_be_set(tenant: Tenant) -> None:
    application_id = tenant.application_at(0)["id"]
    assert tenant.hiring_status(application_id) == tenant.hiring_status(application_id)
    tenant.set_hiring_status(application_id, HiringStatus("Hired", updated=1_800_000_000_000))
    expected = HiringStatus("Hired", "Hired", updated=1_800_000_000_000)
    assert tenant.hiring_status(application_id) == expected
    tenant.set_hiring_status(application_id, "not selected")
    status = tenant.hiring_status(application_id)
    assert status is not None
    assert (status.rejected, status.disposition) == (True, "Rejected")
    tenant.delete_application(application_id)
    for ask in (tenant.hiring_status, tenant.hiring.history):
        with pytest.raises(KeyError):
            ask(application_id)


def test_attachments_and_statuses_depend_only_on_the_seed() -> None:
    one, other, different = (Tenant(seed, jobs=30, applications=80) for seed in (5, 5, 6))
    assert one.hiring.statuses() == other.hiring.statuses()
    assert one.people.ids() == other.people.ids() != different.people.ids()
    assert one.directory.accounts() == other.directory.accounts() != different.directory.accounts()
    for candidate_id in one.people.ids():
        assert one.people.find(candidate_id) == other.people.find(candidate_id)
        assert one.files.of_candidate(candidate_id) == other.files.of_candidate(candidate_id)
        assert one.tags.of(candidate_id) == other.tags.of(candidate_id)
        for application_id in one.application_ids_of(candidate_id):
            assert one.hiring.history(application_id) == other.hiring.history(application_id)
    for job_id in one.generated_jobs.ids:
        assert one.job_dates(job_id) == other.job_dates(job_id)


@pytest.mark.parametrize("seed", [1, 2, 7, 11])
def test_nobody_applied_for_the_same_job_twice(seed: int) -> None:
    tenant = Tenant(seed, jobs=60, applications=600)
    for candidate_id in tenant.people.ids():
        jobs = [tenant.job_id_of(each) for each in tenant.application_ids_of(candidate_id)]
        jobs = [job_id for job_id in jobs if job_id not in ("", "JOBID")]
        assert len(set(jobs)) == len(jobs)


def test_edits_made_without_a_server_are_deterministic() -> None:
    def edited() -> Tenant:
        tenant = Tenant(4, jobs=20, applications=50)
        first, second = tenant.people.ids()[:2]
        tenant.hiring.move(tenant.application_ids_of(first)[0], "Hired", recruiter_name="Ann")
        tenant.files.add(first, "a.txt", b"a")
        tenant.tags.add(second, "x")
        tenant.people.delete(second)
        tenant.close_job(next(tenant.open_jobs())["jobId"])
        return tenant

    one, other = edited(), edited()
    assert one.second == other.second
    assert one.hiring.statuses() == other.hiring.statuses()
    first = one.people.ids()[0]
    assert one.files.of_candidate(first) == other.files.of_candidate(first)
    assert one.people.find(first) == other.people.find(first)


@given(st.integers(1, 5000), st.integers(0, 10**6))
def test_scatter_is_a_permutation_and_goes_back(size: int, number: int) -> None:
    scatter = Scatter(size, Draw(b"key"))
    assert scatter.number(scatter.place(number % size)) == number % size
    if size <= 500:
        assert sorted(map(scatter.place, range(size))) == list(range(size))


@given(st.integers(0, 10**7), st.integers(0, 2**32 - 1))
def test_ids_begin_with_their_second(number: int, second: int) -> None:
    made = ObjectIds(Draw(b"key")).of(number, second)
    assert len(made) == 24
    assert int(made[:8], 16) == second


def test_names_and_scripts() -> None:
    scripts: Iterator[str] = (name for pool in pools() for name in pool.first_names)
    assert {"LATIN", "CJK", "ARABIC", "DEVANAGARI"} <= {_script(name[0]) for name in scripts}


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split()[0]
