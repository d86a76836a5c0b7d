"""The vendor's SDK works with the sandbox as with a real gateway."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import phenom_sandbox
from phenom_sandbox import Access, LocalTenant

get_token = pytest.importorskip(
    "phenom.commons.get_token",
    reason="the vendor's SDK is not installed: pip install --no-deps -r "
    "requirements/vendor-sdk.txt, and six and PyJWT",
)

from phenom.api.applicants.activity_api import ActivityApi  # noqa: E402
from phenom.api.applicants.applicants_api import ApplicantsApi  # noqa: E402
from phenom.api.applicants.candidate_attachments_api import (  # noqa: E402
    CandidateAttachmentsApi as ApplicationFilesApi,
)
from phenom.api.applicants.hiring_status_api import HiringStatusApi  # noqa: E402
from phenom.api.apply.applications_api import ApplicationsApi  # noqa: E402
from phenom.api.apply.attachments_api import AttachmentsApi  # noqa: E402
from phenom.api.candidates.candidates_api import CandidatesApi  # noqa: E402
from phenom.api.candidatesAttachmentsApi.candidate_attachments_api import (  # noqa: E402
    CandidateAttachmentsApi,
)
from phenom.api.candidatesSearchApi.filter_api import FilterApi  # noqa: E402
from phenom.api.hrm.jobs_api import JobsApi as ManagedJobsApi  # noqa: E402
from phenom.api.jobsync.jobs_api import JobsApi  # noqa: E402
from phenom.api.servicehubpublic.user_management_api import UserManagementApi  # noqa: E402
from phenom.api.servicehubscim.scim_api import SCIMApi  # noqa: E402
from phenom.api.tags.candidates_api import CandidatesApi as TaggedApi  # noqa: E402
from phenom.api.tags.tags_api import TagsApi  # noqa: E402
from phenom.commons.rest import ApiException  # noqa: E402

USER = "recruiter-1"
Api = Callable[[type[Any]], Any]


@pytest.fixture(scope="module")
def local() -> Iterator[LocalTenant]:
    access = Access(api_key="an api key")
    with phenom_sandbox.running(jobs=60, applications=330, access=access) as running:
        yield running


@pytest.fixture(scope="module")
def token(local: LocalTenant) -> Iterator[str]:
    """A token. The SDK calls the login host only by https, so the test replaces that by http."""
    config = local.config
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(get_token.http.client, "HTTPSConnection", http.client.HTTPConnection)
        host = urlsplit(config["token_url"]).netloc
        yield get_token.tokengeneration(host, config["client_id"], config["client_secret"])


@pytest.fixture
def api(local: LocalTenant, token: str) -> Api:
    config = local.config
    return lambda kind: kind(token, config["gateway_url"], config["api_key"])


@pytest.fixture
def application(local: LocalTenant) -> dict[str, Any]:
    return next(
        each
        for each in local.tenant.applications()
        if each["candidateData"].get("id")
        and each["candidateData"]["contactData"]["email"]
        and each["jobApplicationData"]["jobId"] in local.tenant.generated_jobs.numbers
    )


def to_the_end(read: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while page := read(len(rows))["data"]:
        rows += page
    return rows


def test_the_token_is_understood(token: str) -> None:
    assert token.startswith("Bearer ")
    assert len(token) > 20
    assert '"' not in token


def test_a_wrong_token_is_an_api_exception(local: LocalTenant) -> None:
    config = local.config
    with pytest.raises(ApiException) as refused:
        JobsApi("Bearer wrong", config["gateway_url"], config["api_key"]).get_jobs()
    assert refused.value.status == 401


def test_applications_to_the_end(local: LocalTenant, api: Api) -> None:
    applications = api(ApplicationsApi)
    rows = to_the_end(lambda offset: applications.get_applications(offset=offset, limit=100))
    assert rows == list(local.tenant.applications())


def test_jobs_to_the_end(local: LocalTenant, api: Api) -> None:
    jobs = api(JobsApi)
    rows = to_the_end(lambda offset: jobs.get_jobs(offset=str(offset), limit="25"))
    assert rows == list(local.tenant.open_jobs())
    rows = to_the_end(lambda offset: jobs.get_closed_jobs(offset=str(offset), limit="25"))
    assert rows == list(local.tenant.closed_jobs())
    internal = to_the_end(lambda offset: jobs.get_jobs(offset=str(offset), site_type="internal"))
    assert {row["siteType"] for row in internal} == {"internal"}


def test_a_job_by_its_id(local: LocalTenant, api: Api) -> None:
    for job_id in local.tenant.generated_jobs.ids[:3]:
        assert api(JobsApi).get_job_by_reference_id(job_id)["data"]["jobId"] == job_id


def test_an_application_by_its_id(api: Api, application: dict[str, Any]) -> None:
    answer = api(ApplicationsApi).get_application(application["id"])["data"]
    assert answer.pop("resumeData")["fileName"] == "resume.pdf"
    assert answer == application


def test_submit_status_and_attachments(local: LocalTenant, api: Api) -> None:
    applications, attachments = api(ApplicationsApi), api(AttachmentsApi)
    job_id = next(row["jobId"] for row in local.tenant.open_jobs())
    email = "sdk@example.com"
    body: dict[str, Any] = {
        "candidateData": {
            "firstName": "Sdk",
            "lastName": "Judge",
            "contactData": {"email": email, "phoneNumber": "+4930123456"},
        },
        "jobApplicationData": {"jobId": job_id, "applicantSource": "SDK"},
        "resumeData": {"fileName": "cv.txt", "fileContent": base64.b64encode(b"cv").decode()},
    }
    status = applications.check_if_already_applied(email, job_id, "en_US", site_type="external")
    assert status["data"]["alreadyApplied"] is False
    submitted = applications.submit_application(body, "en_US", site_type="external")["data"]
    assert submitted["alreadyApplied"] is False
    status = applications.check_if_already_applied(email, job_id, "en_US")
    assert status["data"] == {**submitted, "alreadyApplied": True}
    assert applications.submit_application(body, "en_US")["data"] == status["data"]

    letter = {"fileName": "letter.txt", "fileContent": base64.b64encode(b"letter").decode()}
    attachments.upload_attachments([letter], submitted["applicationId"])
    listed = attachments.download_attachments(submitted["applicationId"])["data"]
    assert listed == [body["resumeData"], letter]
    body["candidateData"]["firstName"] = "x" * 21
    with pytest.raises(ApiException) as refused:
        applications.submit_application(body, "en_US")
    assert refused.value.status == 400


def test_candidates_search(api: Api, application: dict[str, Any]) -> None:
    found = api(FilterApi).candidates_filter(
        {
            "from": 0,
            "size": 10,
            "filters": [
                {
                    "field": "dateCreated",
                    "operator": "Between",
                    "values": ["2024-01-01", "2026-01-01"],
                },
                {
                    "field": "emailList.email",
                    "operator": "Is",
                    "values": [application["candidateData"]["contactData"]["email"]],
                },
            ],
            "filtersOperator": "AND",
        },
        USER,
    )
    candidates = found["data"]["candidates"]
    assert [each["userId"] for each in candidates] == [application["candidateData"]["id"]]


def test_applicants_and_their_applications(api: Api, application: dict[str, Any]) -> None:
    applicants = api(ApplicantsApi)
    job_id, candidate = application["jobApplicationData"]["jobId"], application["candidateData"]
    answer = applicants.get_applicants_for_job(job_id, USER, 0, 1000)
    assert answer["pagination"]["total"] == len(answer["data"]["candidates"])
    assert candidate["id"] in [each["userId"] for each in answer["data"]["candidates"]]
    answer = applicants.get_candidate_applications(USER, candidate["id"])
    assert application["id"] in [each["applicationId"] for each in answer["data"]["applications"]]


def test_candidates(api: Api, application: dict[str, Any]) -> None:
    candidates = api(CandidatesApi)
    candidate_id = application["candidateData"]["id"]
    found = candidates.get_candidate_v2(USER, candidate_id=candidate_id)["data"]
    assert found["candidateId"] == candidate_id
    body = {"firstName": "Grace", "lastName": "Hopper", "profileSources": ["SDK"], "atsId": "a-1"}
    created = candidates.create_candidate_v2(body, USER)["data"]["cId"]
    with pytest.raises(ApiException) as refused:
        candidates.create_candidate_v2(body, USER)
    assert refused.value.status == 409
    assert created.encode() in refused.value.body


def test_scim(local: LocalTenant, api: Api) -> None:
    scim = api(SCIMApi)
    users = scim.get_all_users()
    assert users["totalResults"] == len(local.tenant.directory.accounts())
    user = users["Resources"][0]
    assert scim.get_user_by_id(user["id"]) == user
    by_name = scim.get_all_users(filter=f'userName eq "{user["userName"]}"')
    assert by_name["Resources"] == [user]
    assert scim.get_all_roles(count=2)["itemsPerPage"] == 2
    assert scim.get_all_groups()["totalResults"] > 0


def test_users(local: LocalTenant, api: Api) -> None:
    expected = [each for each in local.tenant.directory.accounts() if "Recruiter" in each.roles]
    body = {"product": {"roles": ["Recruiter"]}, "from": "0", "size": "100"}
    found = api(UserManagementApi).search_user(body)
    assert [(each["id"], each["lastName"]) for each in found["data"]] == [
        (each.user_id, each.family_name) for each in expected
    ]
    assert found["total"] == len(expected)


def test_hiring_statuses(local: LocalTenant, api: Api, application: dict[str, Any]) -> None:
    statuses, tenant = api(HiringStatusApi), local.tenant
    candidate, job = application["candidateData"]["id"], application["jobApplicationData"]["jobId"]
    body = {"hiringStatus": "Interview", "recruiterName": "Grace Hopper", "recruiterUserId": USER}
    statuses.update_hiring_status(body, USER, candidate, job)
    found = statuses.get_hiring_status(USER, candidate, job)["data"]["applications"]
    (mine,) = found["open"] + found["close"]
    assert (mine["hiringStatus"]["value"], mine["hiringStatus"]["step"]) == ("Interview",) * 2
    applied = api(ApplicantsApi).get_candidate_applications(USER, candidate)["data"]
    one = next(e for e in applied["applications"] if e["applicationId"] == application["id"])
    assert one["hiringStatus"] == mine["hiringStatus"]

    page = statuses.get_hiring_status_activities(USER, candidate)
    history = tenant.hiring.history(application["id"])
    about = [each for each in page["data"] if each["actionValue"] == job]
    assert page["pagination"]["totalCount"] == len(page["data"])
    assert [each["updatedValue"] for each in about] == [each.status.value for each in history]
    assert [each["createdDate"] for each in about] == [each.status.updated for each in history]
    assert about[-1]["recruiterName"] == "Grace Hopper"
    activities = api(ActivityApi).get_job_activities(candidate, USER, size=50)
    assert job in [each["jobId"] for each in activities["data"]]


def test_files(api: Api, application: dict[str, Any], tmp_path: Path) -> None:
    files, candidate = api(CandidateAttachmentsApi), application["candidateData"]["id"]
    for_job = api(ApplicationFilesApi).get_candidate_job_id_specific_attachments(
        candidate, application["jobApplicationData"]["jobId"], USER
    )
    before = files.get_candidate_attachments(candidate, USER)["attachments"]
    of_job = {each["attachmentId"] for each in for_job["data"]["attachments"]}
    assert of_job <= {each["attachmentId"] for each in before}
    path = tmp_path / "cv.pdf"
    path.write_bytes(bytes(range(256)))
    files.update_candidate_attachments(str(path), "true", USER, candidate)
    files.update_candidate_attachments_0(str(path), "false", USER, candidate)
    added = files.get_candidate_attachments(candidate, USER)["attachments"][len(before) :]
    assert [(each["attachmentName"], each["attachmentType"]) for each in added] == [
        ("cv.pdf", "Resume"),
        ("cv.pdf", "Other"),
    ]
    for each in added:
        content = files.download_attachment(candidate, each["attachmentId"], USER)
        assert base64.b64decode(content) == path.read_bytes()
    signed = files.get_pre_signed_url(candidate, added[0]["attachmentId"], USER)
    assert requests.get(signed["fileUrl"], timeout=10).content == path.read_bytes()
    named = [
        {
            "attachmentType": each["attachmentType"],
            "attachmentName": each["attachmentName"],
            "md5sum": md5(path.read_bytes()).hexdigest(),
        }
        for each in added
    ]
    files.delete_candidate_attachments({"attachments": named}, USER, candidate)
    assert files.get_candidate_attachments(candidate, USER)["attachments"] == before


def test_tags(local: LocalTenant, api: Api, application: dict[str, Any]) -> None:
    tagged, candidate = api(TaggedApi), application["candidateData"]["id"]

    def tags() -> list[str]:
        answer = tagged.get_associated_tags_for_candidates(USER, candidate, size=100)
        return [each["tag"] for each in answer["data"]]

    before = tags()
    assert before == local.tenant.tags.of(candidate)
    body = {"candidateIds": [candidate], "tags": ["Judge"]}
    tagged.add_tags_to_candidates(body, USER)
    assert tags() == [*before, "Judge"]
    assert {"tag": "Judge"} in api(TagsApi).get_tags(USER, size=100)["data"]
    holders = tagged.get_associated_candidate_ids(USER, "Judge")
    assert (holders["data"], holders["total"]) == ([{"candidateId": candidate}], 1)
    tagged.remove_tags_frm_candidates(body, USER)
    assert tags() == before


def test_managed_jobs(local: LocalTenant, api: Api) -> None:
    jobs, opened = api(ManagedJobsApi), {row["jobId"] for row in local.tenant.open_jobs()}
    for status, expected in (
        ("OPEN", opened),
        ("PAST", {row["jobId"] for row in local.tenant.closed_jobs()} - opened),
    ):
        page = jobs.get_all_jobs({"status": status, "from": 0, "size": 500}, USER)["data"]
        assert {job["jobId"] for job in page["jobs"]} == expected
        assert page["totalCount"] == len(page["jobs"]) == len(expected)
        job = page["jobs"][0]
        assert jobs.get_job_details(job["jobId"], USER)["data"]["job"] == job
