"""One operation of the gateway: the request, the retries, and the errors."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import requests

from phenom_api.errors import (
    AuthenticationFailed,
    GatewayClosed,
    MalformedAnswer,
    PermissionDenied,
    PhenomError,
    RequestRefused,
    Unavailable,
    Unreachable,
)
from phenom_api.gateway import Answer, Operation
from phenom_api.retries import CHECK_POLICY, RetryPolicy
from unit_tests.phenom_api.wire import (
    API_KEY,
    GATEWAY,
    LISTING,
    SECRET,
    SUBMIT,
    TOKEN_URL,
    URL,
    wire,
)

FAULTS = [408, 425, 429, 500, 502, 503, 504, 520, 599]


def texts(error: PhenomError) -> str:
    return " ".join((error.message, error.detail, str(error), repr(error)))


# -- what is sent --------------------------------------------------------------------------------


def test_credentials_and_acting_user_are_headers() -> None:
    with wire({"ph_user_id": "u-1"}) as made:
        made.fetch(params={"offset": 0, "limit": 5}, headers={"locale": "de_DE"})
        token, request = made.mocker.request_history
    assert token.text == "clientId=client&clientSecret=s3cret%2Fof%2Bthe+tenant"
    assert "Authorization" not in token.headers
    assert "api-key" not in token.headers
    assert request.url == URL + "?offset=0&limit=5"
    assert request.headers["Authorization"] == "Bearer t0ken-1"
    assert request.headers["api-key"] == API_KEY
    assert request.headers["x-ph-userId"] == "u-1"
    assert request.headers["locale"] == "de_DE"
    assert request.headers["User-Agent"].startswith("airbyte-phenom/")


def test_every_request_has_its_own_query_and_headers() -> None:
    """What is prepared once for many requests does not outlive its headers or its address."""
    asked: list[dict[str, Any]] = [
        {"params": {"offset": 0, "limit": 5}},
        {"params": {"offset": 5, "limit": 5}},
        {"params": {"name": "Zoë & Søn #1/2?", "empty": ""}, "headers": {"locale": "de_DE"}},
        {"params": {"name": ["b c", "d"], "limit": ["1"], "none": []}},
        {"params": {"none": []}},
        {},
        {"params": {"offset": 10}},
    ]
    with wire() as made:
        made.mocker.get(f"{URL}/1", json={})
        for parts in asked:
            made.fetch(**parts)
        made.fetch(Operation("GET", f"{LISTING.path}/1", ""), params={"limit": 1})
        requests_made = made.requests()
    *listed, other = requests_made
    for parts, request in zip(asked, listed, strict=True):
        plain = requests.Request("GET", URL, params=parts.get("params")).prepare()
        assert request.url == plain.url
        assert request.headers.get("locale") == parts.get("headers", {}).get("locale")
        assert request.headers["Authorization"] == "Bearer t0ken-1"
    assert other.url == f"{URL}/1?limit=1"


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_an_id_that_would_change_the_path_counts_as_not_found(key: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        Operation("GET", "/people/{id}/files", "").at(id=key)
    assert refused.value.status == 404


def test_any_other_id_is_one_segment_of_the_path() -> None:
    operation = Operation("GET", "/people/{id}/files", "").at(id="../a b\udcff")
    assert operation.address == "/people/..%2Fa%20b%3F/files"


def test_headers_that_are_not_configured_are_not_sent() -> None:
    with wire({"api_key": None}) as made:
        made.fetch()
        request = made.mocker.last_request
    assert request is not None
    assert not {"api-key", "x-ph-userid"} & {name.lower() for name in request.headers}


def test_a_header_beyond_ascii_is_sent_as_utf8() -> None:
    with wire() as made:
        made.fetch(headers={"email": "jürgen@example.org"})
        request = made.mocker.last_request
    assert request is not None
    assert request.headers["email"] == "jürgen@example.org".encode()


def test_cookies_are_not_kept() -> None:
    with wire() as made:
        made.mocker.get(URL, json={}, headers={"Set-Cookie": "session=1; Path=/"})
        made.fetch()
        made.fetch()
        assert all("Cookie" not in request.headers for request in made.mocker.request_history)


def test_a_netrc_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine gateway.test login me password mine\nmachine login.test login me")
    monkeypatch.setenv("NETRC", str(netrc))
    with wire() as made:
        made.fetch()
        token, request = made.mocker.request_history
    assert "Authorization" not in token.headers
    assert request.headers["Authorization"] == "Bearer t0ken-1"


# -- tokens --------------------------------------------------------------------------------------


def test_a_401_renews_the_token_once() -> None:
    with wire() as made:
        made.mocker.get(URL, [{"status_code": 401}, {"json": {"data": [1]}}])
        assert made.fetch(params={"offset": 0}) == {"data": [1]}
        sent = [request.headers["Authorization"] for request in made.requests()]
        assert made.gateway.tokens.fetched == 2
    assert sent == ["Bearer t0ken-1", "Bearer t0ken-2"]


@pytest.mark.parametrize("way", ["fetch", "send"])
def test_a_second_401_is_final(way: str) -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=401, json={"error": "Unauthorized", "path": "/x"})
        with pytest.raises(AuthenticationFailed) as caught:
            made.fetch() if way == "fetch" else made.gateway.send(LISTING)
        assert len(made.requests()) == 2
        assert made.clock.slept == []
    assert "token_url and gateway_url" in caught.value.message
    assert "Unauthorized" in caught.value.detail
    assert caught.value.answer is not None
    assert caught.value.answer.status == 401
    assert "t0ken" not in texts(caught.value)


def test_a_token_is_renewed_ahead_of_its_expiry() -> None:
    with wire() as made:
        made.fetch()
        made.clock.now += 3541
        made.fetch()
        assert made.gateway.tokens.fetched == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials(status: int) -> None:
    with wire() as made:
        said = {"message": f"client_secret '{SECRET}' is wrong for ann@example.org"}
        made.mocker.post(TOKEN_URL, status_code=status, json=said)
        for _ in range(3):
            with pytest.raises(AuthenticationFailed, match="client_id and client_secret") as caught:
                made.fetch()
        assert len(made.requests(TOKEN_URL)) == 1
    assert SECRET not in texts(caught.value)
    assert "ann@" not in texts(caught.value)


def test_a_wrong_token_url() -> None:
    with wire() as made:
        made.mocker.post(TOKEN_URL, status_code=404, text="<html>not here</html>")
        with pytest.raises(AuthenticationFailed, match="404: check token_url"):
            made.fetch()


GATEWAY_ERRORS: list[dict[str, Any]] = [
    {"timestamp": 5, "status": 401, "error": "Unauthorized", "path": "/prefix/jobs-api/v1/jobs"},
    {"status": 404, "title": "Not Found", "instance": "/prefix/jobs-api/v1/jobs"},
    {"status": 401, "message": "Unauthorized"},
]


@pytest.mark.parametrize("body", GATEWAY_ERRORS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_token_url_that_belongs_to_the_gateway(body: dict[str, Any], status: int) -> None:
    address = GATEWAY + "/jobs-api/v1/jobs"
    with wire({"token_url": address}) as made:
        made.mocker.post(address, status_code=status, json=body)
        with pytest.raises(AuthenticationFailed, match="as the gateway does") as caught:
            made.fetch()
    assert f"answered {status}" in caught.value.message
    assert "check token_url" in caught.value.message


def test_a_token_url_of_another_gateway() -> None:
    address = "https://api.elsewhere.test/jobs-api/v1/jobs"
    body = {"timestamp": 5, "status": 401, "error": "Unauthorized", "path": "/jobs-api/v1/jobs"}
    with wire({"token_url": address}) as made:
        made.mocker.post(address, status_code=401, json=body)
        with pytest.raises(AuthenticationFailed, match="as the gateway does"):
            made.fetch()


@pytest.mark.parametrize("address", [TOKEN_URL, GATEWAY + "/token", GATEWAY + "/oauth/token"])
def test_wrong_credentials_are_reported_on_any_host(address: str) -> None:
    path = "/" + address.split("/", 3)[3]
    with wire({"token_url": address}) as made:
        body = {"status": 401, "error": "Unauthorized", "path": path}
        made.mocker.post(address, status_code=401, json=body)
        with pytest.raises(AuthenticationFailed, match="refused the credentials"):
            made.fetch()


@pytest.mark.parametrize(
    "first",
    [
        {"status_code": 503},
        {"status_code": 500, "text": "<html>"},
        {"text": '{"access_token": "t0k'},
        {"text": "<html>starting up</html>"},
        {"exc": requests.exceptions.ConnectTimeout},
    ],
)
def test_the_token_request_is_repeated_like_any_other(first: dict[str, Any]) -> None:
    with wire() as made:
        made.mocker.post(TOKEN_URL, [first, {"json": {"access_token": "abc"}}])
        made.fetch()
        assert made.gateway.retried == 1


# -- repeating -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", FAULTS)
def test_a_transient_status_is_retried(status: int) -> None:
    with wire() as made:
        made.mocker.get(URL, [{"status_code": status}] * 3 + [{"json": {"ok": 1}}])
        assert made.fetch() == {"ok": 1}
        assert made.gateway.retried == len(made.clock.slept) == 3
        assert made.gateway.sent == 5
        assert made.gateway.concurrency.throttled == (3 if status in (429, 503) else 0)


@pytest.mark.parametrize("status", FAULTS)
def test_a_permanent_status_is_raised(status: int) -> None:
    with wire(policy=RetryPolicy(attempts=3, throttled=5.0)) as made:
        made.mocker.get(URL, status_code=status, json={"message": f"as {SECRET} is asleep"})
        for way in (made.fetch, lambda: made.gateway.send(LISTING)):
            with pytest.raises(Unavailable) as caught:
                way()
            assert caught.value.answer is not None
            assert caught.value.answer.status == status
    assert f"{status} to GET /apply/v2/applications" in caught.value.message
    assert "as **** is asleep" in caught.value.detail


@pytest.mark.parametrize(
    ("status", "header"), [(429, "7"), (503, "7"), (503, "Tue, 14 Nov 2023 22:30:07 GMT")]
)
def test_retry_after_delays_all_requests(status: int, header: str) -> None:
    with wire() as made:
        made.mocker.get(
            URL, [{"status_code": status, "headers": {"Retry-After": header}}, {"json": {}}]
        )
        made.fetch()
        assert made.clock.slept == [7.0]
        assert made.gateway.concurrency.throttled_seconds == 7.0


def test_a_retry_after_longer_than_the_policy_is_reported_at_once() -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=429, headers={"Retry-After": "86400"})
        with pytest.raises(Unavailable, match="asks to wait for 86400 seconds"):
            made.fetch()
        assert made.clock.slept == []
        assert made.gateway.concurrency.throttled_seconds == 0


@pytest.mark.parametrize("status", [429, 503, 500, 502, 408])
@pytest.mark.parametrize("header", ["9" * 5000, "1e400", "Fri, 31 Dec 9999 23:59:59 GMT", "-1"])
def test_an_absurd_retry_after(status: int, header: str) -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=status, headers={"Retry-After": header})
        with pytest.raises(Unavailable) as caught:
            made.fetch()
        assert sum(made.clock.slept) <= 900
    assert "inf" not in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "answer",
    [
        {"text": '{"data": [{"id": "1"}, {"i'},
        {"text": "<html>back soon</html>"},
        {"text": ""},
        {"text": "[]"},
        {"text": "null"},
        {"exc": requests.exceptions.ConnectionError},
        {"exc": requests.exceptions.ReadTimeout},
        {"exc": requests.exceptions.ConnectTimeout},
        {"exc": requests.exceptions.ChunkedEncodingError},
        {"exc": requests.exceptions.ContentDecodingError},
        {"exc": requests.exceptions.SSLError},
    ],
)
def test_a_request_with_a_broken_answer_is_retried(answer: dict[str, Any]) -> None:
    with wire() as made:
        made.mocker.get(URL, [answer, answer, {"json": {"ok": 1}}])
        assert made.fetch() == {"ok": 1}
    with wire(policy=RetryPolicy(attempts=2)) as made:
        made.mocker.get(URL, [answer])
        with pytest.raises((Unreachable, MalformedAnswer)):
            made.fetch()


def test_a_request_with_an_unexpected_body_is_retried() -> None:
    def read(body: Any) -> Any:
        if not isinstance(body.get("data"), list):
            raise ValueError
        return body["data"]

    with wire() as made:
        made.mocker.get(URL, [{"json": {"data": 5}}, {"json": {"data": [1]}}])
        assert made.gateway.fetch(LISTING, read) == [1]


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 500},
        {"status_code": 503, "headers": {"Retry-After": "1"}},
        {"exc": requests.exceptions.ConnectionError},
        {"exc": requests.exceptions.ReadTimeout},
    ],
)
def test_a_request_that_may_have_had_an_effect_is_not_retried(answer: dict[str, Any]) -> None:
    with wire() as made:
        made.mocker.post(URL, [answer])
        with pytest.raises((Unavailable, Unreachable)):
            made.gateway.send(SUBMIT, json={}, retry_lost=False)
        assert len(made.requests()) == 1
        assert made.clock.slept == []


def test_a_throttled_or_unauthorised_write_is_retried() -> None:
    with wire() as made:
        made.mocker.post(URL, [{"status_code": 429}, {"status_code": 401}, {"json": {}}])
        assert made.gateway.send(SUBMIT, json={}, retry_lost=False).status == 200


def test_a_request_of_check_ends_in_time() -> None:
    with wire(policy=CHECK_POLICY) as made:
        started = made.clock.now
        made.mocker.get(URL, status_code=429, headers={"Retry-After": "2"})
        with pytest.raises(Unavailable):
            made.fetch()
        assert made.clock.now - started <= 8


# -- refusals ------------------------------------------------------------------------------------


def test_403_names_the_permission() -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=403, text="<html>no</html>")
        with pytest.raises(PermissionDenied) as caught:
            made.fetch()
        assert len(made.requests()) == 1
    assert "GET /apply/v2/applications (403)" in caught.value.message
    assert "Apply API, reading applications" in caught.value.message


@pytest.mark.parametrize("status", [400, 402, 404, 405, 409, 410, 422, 451, 501, 505])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"json": {"status": "failure", "message": "limit is too large"}}, "limit is too large"),
        ({"json": {"status": 400, "title": "Bad", "details": ["limit"]}}, "limit"),
        ({"json": {"timestamp": 5, "error": "Bad Request", "path": "/p"}}, "Bad Request"),
        ({"text": "<html><body>ann@example.org</body></html>"}, ""),
        ({"text": ""}, ""),
        ({"json": {"message": f"{SECRET} {API_KEY} ann@example.org +49 30 1234567"}}, "****"),
    ],
)
def test_a_final_status(status: int, body: dict[str, Any], said: str) -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=status, **body)
        with pytest.raises(RequestRefused) as caught:
            made.fetch()
        assert len(made.requests()) == 1
        answer = made.gateway.send(LISTING)
        assert answer.status == status
    error = caught.value
    assert error.status == status
    assert str(status) in error.message
    assert said in error.message
    for hidden in (SECRET, API_KEY, "ann@", "1234567", "html", "t0ken"):
        assert hidden not in texts(error)


# -- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed(status: int) -> None:
    with wire() as made:
        target = "https://gateway.test/elsewhere?offset=9"
        made.mocker.get(
            URL,
            status_code=status,
            headers={"Location": "/elsewhere?offset=9"},
        )
        made.mocker.get(target, json={"ok": 1})
        assert made.fetch(params={"offset": 9}) == {"ok": 1}
        request = made.mocker.last_request
    assert request is not None
    assert request.url == target
    assert request.headers["Authorization"] == "Bearer t0ken-1"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/apply/v2/applications",
        "http://gateway.test/apply/v2/applications",
        "https://gateway.test:8443/x",
        "//evil.test/x",
        "https://gateway.test@evil.test/",
        "https://[broken",
        "https://gateway.test:port/",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("of", ["gateway", "token"])
def test_credentials_are_sent_to_no_other_origin(target: str, of: str) -> None:
    with wire() as made:
        if of == "gateway":
            made.mocker.get(URL, status_code=302, headers={"Location": target})
        else:
            made.mocker.post(TOKEN_URL, status_code=307, headers={"Location": target})
        with pytest.raises((RequestRefused, Unreachable)) as caught:
            made.fetch()
        hosts = {request.hostname for request in made.mocker.request_history}
    assert hosts <= {"gateway.test", "login.test"}
    assert ("gateway_url" if of == "gateway" else "token_url") in caught.value.message
    assert "evil" not in texts(caught.value)


def test_a_redirect_loop_ends() -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=302, headers={"Location": URL})
        with pytest.raises(RequestRefused, match="cannot be followed") as caught:
            made.fetch()
        assert len(made.requests()) == 6
    assert caught.value.status == 302


def test_a_write_is_not_turned_into_a_read() -> None:
    with wire() as made:
        made.mocker.post(URL, status_code=302, headers={"Location": "/x"})
        with pytest.raises(RequestRefused):
            made.gateway.send(SUBMIT, json={})
        made.mocker.post(URL, status_code=308, headers={"Location": "/x"})
        made.mocker.post("https://gateway.test/x", json={})
        assert made.gateway.send(SUBMIT, json={"a": 1}).status == 200
        assert made.mocker.last_request is not None
        assert made.mocker.last_request.json() == {"a": 1}


def test_a_redirect_without_a_target_is_an_answer() -> None:
    with wire() as made:
        made.mocker.get(URL, status_code=304)
        with pytest.raises(RequestRefused):
            made.fetch()


# -- the network ---------------------------------------------------------------------------------


def test_an_untrusted_certificate_is_not_retried() -> None:
    untrusted = requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))
    with wire() as made:
        made.mocker.get(URL, exc=untrusted)
        with pytest.raises(Unreachable, match="certificates that this machine trusts"):
            made.fetch()
        assert len(made.requests()) == 1


def test_an_error_of_the_network_holds_no_address() -> None:
    told = requests.exceptions.ConnectionError(f"https://gateway.test/?email=ann@x.org {SECRET}")
    with wire(policy=RetryPolicy(attempts=1)) as made:
        made.mocker.get(URL, exc=told)
        with pytest.raises(Unreachable) as caught:
            made.fetch()
    assert "ann@" not in texts(caught.value)
    assert SECRET not in texts(caught.value)
    assert "gateway_url" in caught.value.message


@pytest.mark.parametrize(
    "broken", [requests.exceptions.InvalidURL, UnicodeError("label too long"), ValueError("x")]
)
def test_a_request_that_cannot_be_made(broken: Any) -> None:
    with wire() as made:
        made.mocker.get(URL, exc=broken)
        with pytest.raises(Unreachable, match="could not be made"):
            made.fetch()


# -- the end -------------------------------------------------------------------------------------


def test_a_closed_gateway_sends_nothing() -> None:
    with wire() as made:
        made.fetch()
        made.gateway.close()
        with pytest.raises(GatewayClosed):
            made.fetch()
        assert len(made.requests()) == 1


def test_an_answer_shows_no_content() -> None:
    answer = Answer("https://gateway.test/x", 200, {}, b"ann@example.org")
    assert "ann@" not in repr(answer)


def test_an_operation_is_named_by_method_and_path() -> None:
    assert str(Operation("GET", "/x", "X API")) == "GET /x"
