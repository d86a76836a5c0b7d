"""The vendor's SDK as a judge of the sandbox: what its classes can do with a gateway."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

import phenom_sandbox
from phenom_sandbox import Access, LocalTenant

get_token = pytest.importorskip(
    "phenom.commons.get_token",
    reason="the vendor's SDK is not installed: pip install --no-deps -r "
    "requirements/vendor-sdk.txt, and six and PyJWT",
)

from phenom.api.applicants.applicants_api import ApplicantsApi  # noqa: E402
from phenom.api.apply.applications_api import ApplicationsApi  # noqa: E402
from phenom.api.apply.attachments_api import AttachmentsApi  # noqa: E402
from phenom.api.candidates.candidates_api import CandidatesApi  # noqa: E402
from phenom.api.candidatesSearchApi.filter_api import FilterApi  # noqa: E402
from phenom.api.jobsync.jobs_api import JobsApi  # noqa: E402
from phenom.api.servicehubscim.scim_api import SCIMApi  # noqa: E402
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
    """The SDK speaks https with the login host only; here it has to make do with http."""
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
        and each["jobApplicationData"]["jobId"] in local.tenant.job_book.numbers
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
    for job_id in local.tenant.job_book.ids[:3]:
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
    assert users["totalResults"] == local.tenant.job_book.staff.size
    user = users["Resources"][0]
    assert scim.get_user_by_id(user["id"]) == user
    by_name = scim.get_all_users(filter=f'userName eq "{user["userName"]}"')
    assert by_name["Resources"] == [user]
    assert scim.get_all_roles(count=2)["itemsPerPage"] == 2
    assert scim.get_all_groups()["totalResults"] > 0
