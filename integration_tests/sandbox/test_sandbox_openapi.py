"""Property-based: `phenom_api/openapi.yaml` and the sandbox describe the same gateway.

Every operation is called with generated input, valid and invalid. The status, the content type and
the shape of every answer have to be described.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.utils import many
from schemathesis import DataGenerationMethod, checks
from schemathesis.internal.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import phenom_sandbox
from phenom_sandbox import LocalTenant, Tenant

pytestmark = pytest.mark.slow

if not hasattr(many, "more"):
    raise RuntimeError(
        "hypothesis-jsonschema 0.23 cannot work with this hypothesis: install hypothesis<6.170.8"
    )

DESCRIPTION = files("phenom_api").joinpath("openapi.yaml")
CHECKS = (
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 10  # per operation and kind of input
READ_PER_EXAMPLE = 25  # known records to choose from


@pytest.fixture(scope="module")
def local() -> Iterator[LocalTenant]:
    tenant = Tenant(seed=11, jobs=60, applications=300, accepts_unknown_jobs=True)
    with phenom_sandbox.running(tenant) as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


schema = schemathesis.from_path(
    str(DESCRIPTION),
    base_url="http://127.0.0.1",
    data_generation_methods=[DataGenerationMethod.positive],
)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
json_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


def known_ids(tenant: Tenant, choice: int) -> dict[str, str]:
    """Path parameters of existing records, so that not every answer is a 404."""
    application = applied_to_open_jobs(tenant)[choice]
    candidate_id = tenant.candidate_id_of(application)
    accounts = tenant.directory.accounts()
    return {
        "id": application["id"],
        "candidateId": candidate_id,
        "attachmentId": tenant.files.of_candidate(candidate_id)[0].attachment_id,
        "jobId": _job(application),
        "referenceId": _job(application),
        "tag": tenant.tags.names()[choice % len(tenant.tags.names())],
        "userId": accounts[choice % len(accounts)].user_id,
    }


@cache
def applied_to_open_jobs(tenant: Tenant) -> list[dict[str, Any]]:
    opened = {row["jobId"] for row in tenant.open_jobs()}
    return [each for each in tenant.applications() if _job(each) in opened]


def _job(application: dict[str, Any]) -> Any:
    return application["jobApplicationData"]["jobId"]


def is_valid_header(name: str, value: Any) -> bool:
    """Whether HTTP allows the header; a client cannot send any other."""
    text = f"{name}{value}"
    return text.isascii() and text.isprintable() and str(value) == str(value).strip()


def validated_call(case: Any, local: LocalTenant, http: requests.Session) -> requests.Response:
    case.headers = {
        name: value for name, value in (case.headers or {}).items() if is_valid_header(name, value)
    }
    response: requests.Response = case.call(
        base_url=local.url, session=http, headers=local.authorization()
    )
    case.validate_response(response, checks=CHECKS)
    return response


@schema.given(choice=st.integers(0, 2 * READ_PER_EXAMPLE))
@schema.parametrize()
@bounded
def test_valid_requests(case: Any, choice: int, local: LocalTenant, http: requests.Session) -> None:
    known = choice < READ_PER_EXAMPLE and bool(case.path_parameters)
    if known:
        names = known_ids(local.tenant, choice)
        case.path_parameters = {name: names[name] for name in case.path_parameters}
    response = validated_call(case, local, http)
    if known:
        fine = (200, 400, 404) if case.method == "DELETE" else (200, 400)
        assert response.status_code in fine, "an existing record is found; no file by its body"


@schema.given(junk=json_values, place=st.integers(0, 1000))
@schema.parametrize()
@bounded
def test_invalid_requests(
    case: Any, junk: Any, place: int, local: LocalTenant, http: requests.Session
) -> None:
    """One value of the body or the query string is replaced by a value of any type."""
    if isinstance(case.body, (dict, list)):
        case.body = with_junk(case.body, junk, place)
    elif case.query:
        name = sorted(case.query)[place % len(case.query)]
        case.query = {**case.query, name: str(junk)}
    assert validated_call(case, local, http).status_code < 500


def with_junk(value: Any, junk: Any, place: int) -> Any:
    """`value` with one of its parts, or all of it, replaced by `junk`."""
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    chosen, rest = place % (len(members) + 1), place // (len(members) + 1)
    if chosen == len(members):
        return junk
    key, member = members[chosen]
    copy = value.copy()
    deeper = isinstance(member, (dict, list)) and rest > 0
    copy[key] = with_junk(member, junk, rest) if deeper else junk
    return copy


def test_every_operation_answers_200(local: LocalTenant, http: requests.Session) -> None:
    """Generated bodies seldom pass all rules. These do, so that successes are tested too."""
    tenant = local.tenant
    names = known_ids(tenant, 0)
    attachment = {"fileName": "cv.txt", "fileContent": "aGVsbG8="}
    candidate_id = names["candidateId"]
    file = tenant.files.add(candidate_id, "old.txt", b"old")
    upload = {"attachment": b"content", "isParsableResume": "true"}
    tagged = {"candidateIds": [candidate_id], "tags": ["new"]}
    bodies: dict[str, Any] = {
        "get_token": {
            "clientId": local.config["client_id"],
            "clientSecret": local.config["client_secret"],
        },
        "submit_application": {
            "candidateData": {
                "firstName": "Ada",
                "lastName": "Lovelace",
                "contactData": {"email": "ada@example.com"},
            },
            "jobApplicationData": {"jobId": names["jobId"], "applicantSource": "test"},
            "resumeData": attachment,
        },
        "upload_attachments": [attachment],
        "candidates_filter": {"from": 0, "size": 1000},
        "create_candidate_v2": {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "profileSources": ["test"],
        },
        "update_hiring_status": {"hiringStatus": "Interview"},
        "update_candidate_attachments": upload,
        "update_candidate_attachments_0": upload,
        "delete_candidate_attachments": {
            "attachments": [
                {
                    "attachmentType": file.attachment_type,
                    "attachmentName": file.name,
                    "md5sum": file.md5sum,
                }
            ]
        },
        "add_tags_to_candidates": tagged,
        "remove_tags_frm_candidates": tagged,
        "get_all_jobs": {"status": "PAST", "size": 1000},
        "search_user": {"size": "100"},
    }
    media_types = {
        "get_token": "application/x-www-form-urlencoded",
        "update_candidate_attachments": "multipart/form-data",
        "update_candidate_attachments_0": "multipart/form-data",
    }
    queries: dict[str, dict[str, Any]] = {
        "get_jobs": {"limit": "500"},
        "get_closed_jobs": {"limit": "500"},
        "get_applications": {"limit": 500},
        "get_candidate_v2": {"candidateId": names["candidateId"]},
        "get_applicants_for_job": {"from": 0, "size": 1000},
    }
    answered = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        headers = {"locale": "en_US", "x-ph-userId": "recruiter-1"}
        if name == "check_if_already_applied":
            headers |= {"email": "ada@example.com", "jobId": names["jobId"]}
        case = operation.make_case(
            path_parameters={
                parameter.name: names[parameter.name] for parameter in operation.path_parameters
            },
            headers=headers,
            query=queries.get(name, {}),
            body=bodies.get(name, schemathesis.types.NotSet()),
            media_type=media_types.get(name, "application/json"),
        )
        assert validated_call(case, local, http).status_code == 200, name
        answered += 1
    assert answered == 38
