"""Each switch, as a plain HTTP client sees it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

import phenom_sandbox
from phenom_sandbox import SWITCHES, Access, Fault, Faults, LocalTenant
from unit_tests.sandbox.clock import Clock

APPLICATIONS = "/apply/v2/applications"
JOBS = "/jobs-api/v1/jobs"


@pytest.fixture(scope="module")
def served(clock: Clock) -> Iterator[LocalTenant]:
    with phenom_sandbox.running(jobs=30, applications=250, clock=clock) as local:
        yield local


@pytest.fixture
def local(served: LocalTenant) -> Iterator[LocalTenant]:
    served.requests.clear()
    yield served
    served.faults.clear()
    served.before_request(None)


Get = Callable[..., requests.Response]


@pytest.fixture
def get(local: LocalTenant) -> Get:
    headers = local.authorization()

    def send(path: str, **parameters: Any) -> requests.Response:
        return requests.get(
            local.url + path, params=parameters, headers=headers, timeout=10, allow_redirects=False
        )

    return send


def token(local: LocalTenant, secret: str | None = None) -> requests.Response:
    config = local.config
    form = {
        "clientId": config["client_id"],
        "clientSecret": secret or config["client_secret"],
    }
    return requests.post(config["token_url"], data=form, timeout=10)


def ids(response: requests.Response) -> list[str]:
    return [application["id"] for application in response.json()["data"]]


def test_unknown_switches_are_refused(local: LocalTenant) -> None:
    with pytest.raises(AttributeError, match="no fault 'typo'"):
        local.faults.typo = True
    with pytest.raises(TypeError):
        local.faults.latency = {"value": 1, "typo": 2}
    assert all(getattr(local.faults, name) == [] for name in SWITCHES)


def test_limits_of_a_fault() -> None:
    faults = Faults()
    faults.server_error = [
        Fault(500, path="/apply", after=1, every=2, count=2),
        Fault(502, method="POST"),
    ]
    hits = [faults.hit("server_error", "GET", "/apply/x") is not None for _ in range(8)]
    assert hits == [False, False, True, False, True, False, False, False]
    assert faults.hit("server_error", "GET", "/jobs-api") is None
    fault = faults.hit("server_error", "POST", "/jobs-api")
    assert fault is not None
    assert fault.value == 502
    faults.server_error = None
    assert not faults.armed


@pytest.mark.parametrize(
    ("pattern", "path", "begins"),
    [
        ("/a/*/c", "/a/b/c", True),
        ("/a/*/c", "/a/b/cd/e", True),
        ("/a/*", "/a/b/c", True),
        ("/*/b", "/a/c", False),
        ("/a/*/c", "/a/b", False),
        ("/a/*/c", "/a/b/d", False),
        ("/a/b", "/a/bc", True),
    ],
)
def test_paths_of_a_fault(pattern: str, path: str, begins: bool) -> None:
    faults = Faults()
    faults.deny = Fault(path=pattern)
    assert (faults.hit("deny", "GET", path) is not None) == begins


def test_probability_is_seeded() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.reset = Fault(probability=0.4)
        return [faults.hit("reset", "GET", "/") is not None for _ in range(60)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert 5 < sum(hits(1)) < 50


def test_page_limits(local: LocalTenant, get: Get) -> None:
    local.faults.page_limit = 30
    page = get(APPLICATIONS, limit=100)
    assert len(ids(page)) == 30
    assert page.json()["pagination"] == {"offset": 0, "limit": 30, "total": 250}
    local.faults.page_limit = None
    local.faults.silent_page_limit = 20
    page = get(APPLICATIONS, limit=100)
    assert len(ids(page)) == 20
    assert page.json()["pagination"]["limit"] == 100
    assert len(get(JOBS, limit=100).json()["data"]) == 20


def test_short_and_empty_pages(local: LocalTenant, get: Get) -> None:
    local.faults.short_page = Fault(7, count=1)
    assert len(ids(get(APPLICATIONS, limit=100))) == 7
    assert len(ids(get(APPLICATIONS, limit=100))) == 100
    local.faults.empty_page = Fault(150, count=1)
    assert len(ids(get(APPLICATIONS, offset=0, limit=100))) == 100
    assert ids(get(APPLICATIONS, offset=100, limit=100)) == []
    assert len(ids(get(APPLICATIONS, offset=100, limit=100))) == 100


@pytest.mark.parametrize(
    ("setting", "expected"), [("null", None), ("string", "250"), (-3, 247), (10, 260)]
)
def test_totals(local: LocalTenant, get: Get, setting: Any, expected: Any) -> None:
    local.faults.total = setting
    assert get(APPLICATIONS).json()["pagination"]["total"] == expected


def test_missing_totals_texts_and_null_data(local: LocalTenant, get: Get) -> None:
    local.faults.total = "missing"
    local.faults.paging_as_text = True
    page = get(JOBS, offset=5, limit=5).json()
    assert "totalRecordsCount" not in page
    assert (page["offset"], page["limit"]) == ("5", "5")
    local.faults.data_null = True
    assert get(JOBS).json()["data"] is None


LISTS = {
    "applicants": ("GET", "/candidates-api/applications/v1/jobs/{job}/applicants?from=0&size=50"),
    "search": ("POST", "/candidates-api/v1/candidates/search/"),
    "activities": (
        "GET",
        "/candidates-api/applications/v1/candidates/{candidate}/hiring-status-activities?size=50",
    ),
    "tags": ("GET", "/tags-api/v1/tags?size=50"),
    "jobs": ("POST", "/hiringmanager/v3/jobs/search"),
    "people": ("GET", "/user-management/scim/v2/Users?count=50"),
    "users": ("POST", "/user-management/v1/users/search"),
}
BODIES: dict[str, Any] = {
    "search": {"size": 50},
    "jobs": {"status": "OPEN", "size": 50},
    "users": {"size": "50"},
}


@pytest.mark.parametrize("name", LISTS)
def test_faults_of_pages_by_from_and_size(local: LocalTenant, name: str) -> None:
    tenant = local.tenant
    candidate = max(tenant.people.ids(), key=lambda each: len(tenant.application_ids_of(each)))
    method, path = LISTS[name]
    url = local.url + path.format(job=tenant.generated_jobs.ids[0], candidate=candidate)
    headers = {**local.authorization(), "x-ph-userId": "u"}

    def members() -> dict[str, Any]:
        answer = requests.request(
            method, url, json=BODIES.get(name), headers=headers, timeout=10
        ).json()
        nested = answer.get("data")
        inner = nested if isinstance(nested, dict) else {}
        return {**answer, **inner, **answer.get("pagination", {})}

    def rows() -> Any:
        told = members()
        lists = [value for value in told.values() if isinstance(value, list) and value]
        return next((value for value in lists if isinstance(value[0], dict)), [])

    total = {"applicants": "total", "tags": "total", "users": "total", "people": "totalResults"}
    whole, counted = rows(), total.get(name, "totalCount")
    assert len(whole) > 2
    local.faults.page_limit = 2
    assert rows() == whole[:2]
    assert members().get("size", 2) in (2, "2")
    local.faults.clear()
    local.faults.silent_page_limit = 1
    assert rows() == whole[:1]
    local.faults.clear()
    local.faults.empty_page = 0
    assert rows() == []
    local.faults.clear()
    local.faults.data_null = True
    assert rows() == []
    local.faults.clear()
    if name == "search":
        assert not {"total", "totalCount"} & set(members())
        return
    real = members()[counted]
    local.faults.total = -1
    assert members()[counted] == real - 1
    local.faults.total = "missing"
    assert counted not in members()


def test_latency_delays_and_shows_what_is_in_flight(local: LocalTenant, get: Get) -> None:
    local.faults.latency = Fault(300, count=4)
    threads = [threading.Thread(target=get, args=(JOBS,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert local.requests.max_in_flight > 1
    assert get(JOBS).elapsed.total_seconds() < 0.3


def test_throttling(local: LocalTenant, get: Get) -> None:
    local.faults.throttle = Fault(429, every=3, retry_after=2)
    statuses = [get(APPLICATIONS) for _ in range(6)]
    assert [each.status_code for each in statuses] == [200, 200, 429, 200, 200, 429]
    assert statuses[2].headers["Retry-After"] == "2"
    assert statuses[2].json()["title"] == "Too Many Requests"
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    local.faults.throttle = Fault(503, retry_after=date, in_flight=0)
    busy = get(JOBS)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, date)
    local.faults.throttle = Fault(503, in_flight=1)
    assert get(JOBS).status_code == 200, "one request alone is not too many"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_come_in_bursts(local: LocalTenant, get: Get, status: int) -> None:
    local.faults.server_error = Fault(status, path="/apply", count=3)
    assert [get(APPLICATIONS).status_code for _ in range(4)] == [status] * 3 + [200]
    assert get(JOBS).status_code == 200


def test_broken_connections(local: LocalTenant, get: Get) -> None:
    local.faults.reset = Fault(count=1)
    with pytest.raises(requests.ConnectionError):
        get(APPLICATIONS)
    local.faults.reset_after_headers = Fault(count=1)
    headers = local.authorization()
    with requests.get(
        f"{local.url}{APPLICATIONS}?limit=100", headers=headers, stream=True, timeout=10
    ) as response:
        assert response.status_code == 200
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            response.content  # noqa: B018
    local.faults.truncate = Fault(0.3, count=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(APPLICATIONS, limit=100)
    assert get(APPLICATIONS, limit=100).status_code == 200


def test_bodies_that_are_not_json(local: LocalTenant, get: Get) -> None:
    local.faults.html = Fault(count=1)
    page = get(APPLICATIONS)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
    with pytest.raises(requests.JSONDecodeError):
        page.json()
    local.faults.html = Fault(502, count=1)
    assert get(APPLICATIONS).status_code == 502
    local.faults.empty_body = Fault(500, count=1)
    assert get(APPLICATIONS).content == b""
    assert get(APPLICATIONS).json()["status"] == "success"


def test_gzip_and_redirects(local: LocalTenant, get: Get) -> None:
    local.faults.gzip = True
    page = get(APPLICATIONS, limit=100)
    assert page.headers["Content-Encoding"] == "gzip"
    assert int(page.headers["Content-Length"]) < len(page.content)
    assert len(ids(page)) == 100
    local.faults.redirect = Fault(307, count=1)
    redirect = get(APPLICATIONS, limit=5)
    assert redirect.status_code == 307
    followed = requests.get(
        local.url + redirect.headers["Location"], headers=local.authorization(), timeout=10
    )
    assert len(ids(followed)) == 5


def test_denied_apis(local: LocalTenant, get: Get) -> None:
    local.faults.deny = Fault(path="/jobs-api")
    assert get(JOBS).status_code == 403
    assert get(JOBS).json()["message"] == "The client has no permission for this API"
    assert get(APPLICATIONS).status_code == 200


def test_tokens_expire(local: LocalTenant, clock: Clock) -> None:
    local.faults.token_lifetime = 30
    answer = token(local)
    members = answer.json()
    assert list(members)[:2] == ["access_token", "expires_in"]
    assert members["expires_in"] == 30
    assert b" " not in answer.content
    headers = {"Authorization": f"Bearer {members['access_token']}"}

    def status() -> int:
        return requests.get(local.url + JOBS, headers=headers, timeout=10).status_code

    assert status() == 200
    clock.now += 31
    assert status() == 401
    headers = local.authorization()
    assert status() == 200
    local.expire_tokens()
    assert status() == 401
    headers = local.authorization()
    local.faults.unauthorized = Fault(count=1)
    assert [status(), status()] == [401, 200]


@pytest.mark.parametrize("form", ["jwt", "bare"])
def test_tokens_without_expires_in(local: LocalTenant, form: str) -> None:
    local.faults.token_format = form
    members = token(local).json()
    assert len(members) == 2
    assert "expires_in" not in members
    issued = next(iter(members.values()))
    assert (issued.count(".") == 2) == (form == "jwt")


def test_wrong_secrets(local: LocalTenant) -> None:
    assert token(local, "something else").status_code == 401
    local.faults.wrong_secret = True
    assert token(local).status_code == 401


def test_changes_while_a_listing_is_read(local: LocalTenant, get: Get) -> None:
    before = ids(get(APPLICATIONS, limit=3))
    local.faults.churn = Fault("delete", path="/apply", position=0, every=2)
    assert ids(get(APPLICATIONS, limit=3)) == before
    after = get(APPLICATIONS, limit=3)
    assert ids(after)[:2] == before[1:]
    assert after.json()["pagination"]["total"] == 249
    local.faults.churn = Fault("insert", position=0, count=1)
    page = get(APPLICATIONS, limit=3)
    assert ids(page)[1:] == ids(after)[:2]
    assert page.json()["pagination"]["total"] == 250
    local.faults.churn = Fault("edit", position=1, count=1)
    edited = get(APPLICATIONS, limit=3)
    assert ids(edited) == ids(page)
    assert edited.json()["data"][1] != page.json()["data"][1]
    local.faults.churn = Fault("mixed")
    for _ in range(30):
        assert get(JOBS).status_code == get("/jobs-api/v1/closedJobs").status_code == 200


def test_a_hook_is_called_before_every_request(local: LocalTenant, get: Get) -> None:
    seen: list[tuple[str, str, str]] = []
    local.before_request(lambda *request: seen.append(request))
    get(JOBS, offset="3")
    assert seen == [("GET", JOBS, "offset=3")]


@pytest.mark.parametrize("loss", ["reset", "timeout", 502, 504])
def test_a_write_is_carried_out_although_its_answer_is_lost(local: LocalTenant, loss: Any) -> None:
    job = next(row["jobId"] for row in local.tenant.open_jobs())
    email = f"lost.{loss}@example.com"
    body = {
        "candidateData": {
            "firstName": "Lost",
            "lastName": "Answer",
            "contactData": {"email": email},
        },
        "jobApplicationData": {"jobId": job, "applicantSource": "test"},
    }
    headers = {**local.authorization(), "locale": "en_US"}
    local.faults.lost_answer = Fault(loss, count=1)

    def submit() -> requests.Response:
        return requests.post(local.url + APPLICATIONS, json=body, headers=headers, timeout=0.5)

    if isinstance(loss, int):
        assert submit().status_code == loss
    else:
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            submit()
    assert len(local.tenant.applications_by_email(email)) == 1
    assert submit().json()["data"]["alreadyApplied"] is True
    assert len(local.tenant.applications_by_email(email)) == 1


def test_the_journal_counts_and_remembers(local: LocalTenant, get: Get) -> None:
    get(APPLICATIONS, limit=1)
    get(f"{APPLICATIONS}/0123")
    get("/nowhere")
    local.faults.reset = Fault(count=1)
    with pytest.raises(requests.ConnectionError):
        get(JOBS)
    journal = local.requests
    assert journal.count("GET /apply/v2/applications") == 1
    assert journal.count("GET /apply/v2/applications/{id}") == 1
    assert journal.total == 4
    assert [request.status for request in journal.recent] == [200, 404, 404, 0]
    assert journal.recent[0].query == "limit=1"


def test_faults_over_http(local: LocalTenant, get: Get) -> None:
    admin = local.url + "/_admin"
    settings = {"server_error": {"value": 500, "count": 1, "path": "/apply"}, "page_limit": 4}
    assert requests.put(f"{admin}/faults", json=settings, timeout=10).status_code == 200
    assert get(APPLICATIONS).status_code == 500
    assert len(ids(get(APPLICATIONS))) == 4
    state = requests.get(f"{admin}/faults", timeout=10).json()
    assert state["faults"]["server_error"][0]["count"] == 0
    wrong = requests.put(f"{admin}/faults", json={"typo": 1}, timeout=10)
    assert wrong.status_code == 400
    assert len(local.faults.page_limit) == 1, "a refused change changes nothing"
    assert requests.put(f"{admin}/faults", json={}, timeout=10).json()["faults"] == {}

    added = requests.post(f"{admin}/applications", params={"position": 0}, json={}, timeout=10)
    new_id = added.json()["id"]
    assert ids(get(APPLICATIONS))[0] == new_id
    change = {"candidateData": {"firstName": "Neu"}}
    requests.post(f"{admin}/applications/{new_id}", json=change, timeout=10)
    assert local.tenant.application(new_id)["candidateData"]["firstName"] == "Neu"
    status = {"value": "Hired", "step": "Hired"}
    requests.post(f"{admin}/applications/{new_id}/hiring-status", json=status, timeout=10)
    assert requests.get(f"{admin}/hiring", timeout=10).json()[new_id] == "Hired"
    assert requests.delete(f"{admin}/applications/{new_id}", timeout=10).status_code == 200
    assert requests.delete(f"{admin}/applications/{new_id}", timeout=10).status_code == 404

    job_id = requests.post(f"{admin}/jobs", json={"title": "Neu"}, timeout=10).json()["jobId"]
    requests.post(f"{admin}/jobs/{job_id}", json={"title": "Neuer"}, timeout=10)
    assert local.tenant.job_rows(job_id)[0]["title"] == "Neuer"
    requests.post(f"{admin}/jobs/{job_id}/close", timeout=10)
    assert local.tenant.job_rows(job_id, closed=True)[0]["title"] == "Neuer"
    assert requests.delete(f"{admin}/jobs/{job_id}?closed=true", timeout=10).status_code == 200

    requests.post(f"{admin}/tokens/expire", timeout=10)
    assert get(APPLICATIONS).status_code == 401
    log = requests.get(f"{admin}/requests", timeout=10).json()
    assert log["counts"]["GET /apply/v2/applications"] == 4
    assert requests.get(f"{admin}/tenant", timeout=10).json()["listed"]["applications"]


def test_candidates_and_users_over_http(local: LocalTenant) -> None:
    admin, tenant = local.url + "/_admin", local.tenant
    candidate_id = tenant.people.ids()[0]
    candidate = f"{admin}/candidates/{candidate_id}"

    def post(url: str, **body: Any) -> requests.Response:
        return requests.post(url, json=body, timeout=10)

    post(f"{candidate}/tags", add=["a", "b"])
    assert post(f"{candidate}/tags", remove=["a"]).json()["tags"][-1] == "b"
    made = post(f"{candidate}/files", fileName="a.txt", fileContent="YQ==").json()
    assert tenant.files.find(candidate_id, made["attachment_id"]).content == b"a"
    one = f"{candidate}/files/{made['attachment_id']}"
    assert requests.delete(one, timeout=10).status_code == 200
    assert requests.delete(one, timeout=10).status_code == 404
    assert requests.delete(candidate, timeout=10).status_code == 200
    assert candidate_id not in tenant.people
    assert post(f"{candidate}/restore").status_code == 200
    assert candidate_id in tenant.people

    names = {"given_name": "Anna", "family_name": "Schmidt"}
    added = post(f"{admin}/users", email="Anna@example.com", **names)
    assert added.json()["user_name"] == "anna@example.com"
    user = f"{admin}/users/anna@example.com"
    assert post(user, family_name="Berg", active=False).status_code == 200
    account = tenant.directory.account("anna@example.com")
    assert (account.family_name, account.active) == ("Berg", False)
    assert post(user, shoe_size=44).status_code == 400
    assert requests.delete(user, timeout=10).status_code == 200
    assert requests.delete(user, timeout=10).status_code == 404


def test_nothing_is_logged_when_clients_leave_early(caplog: pytest.LogCaptureFixture) -> None:
    with phenom_sandbox.running(jobs=5, applications=20) as local:
        local.faults.reset_after_headers = Fault(path="/apply")
        local.faults.latency = Fault(60_000, path="/jobs-api")
        headers = local.authorization()
        for _ in range(5):
            url = f"{local.url}{APPLICATIONS}"
            requests.get(url, headers=headers, stream=True, timeout=10).close()
        for _ in range(3):
            with pytest.raises(requests.Timeout):
                requests.get(local.url + JOBS, headers=headers, timeout=0.05)
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name != "urllib3"] == []


def test_a_prefix_an_api_key_and_known_users() -> None:
    access = Access(prefix="/gw", api_key="k", users=frozenset({"known"}), token_path="/oauth/t")
    with phenom_sandbox.running(jobs=5, applications=5, access=access) as local:
        config = local.config
        assert config["gateway_url"].endswith("/gw")
        assert config["token_url"].endswith("/oauth/t")
        assert token(local).status_code == 200
        headers = local.authorization()

        def status(path: str, **more: str) -> int:
            return requests.get(
                config["gateway_url"] + path, headers={**headers, **more}, timeout=10
            ).status_code

        assert status(JOBS) == 200
        assert status(JOBS, **{"api-key": "wrong"}) == 403
        search = "/candidates-api/v2/candidates?email=x@example.com"
        assert status(search, **{"x-ph-userId": "stranger"}) == 403
        assert status(search, **{"x-ph-userId": "known"}) == 404
        assert requests.get(local.url + JOBS, headers=headers, timeout=10).status_code == 404
