"""`phenom passthrough` over mocked HTTP: the request, and what is printed of the answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock

from unit_tests.cli.running import CommandResult, config_file, run, shorten_retries
from unit_tests.phenom_api.repeating_listing import (
    Serve,
    begins_again,
    goes_round,
    ignores_offset,
)
from unit_tests.reading.protocol import CONFIG, GATEWAY, TOKEN_URL

TOKEN = "t0ken-of-the-hour"
JOBS = "/jobs-api/v1/jobs"


@pytest.fixture
def http() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json={"access_token": TOKEN, "expires_in": 3600})
        yield mocker


class Tool:
    """`phenom passthrough` with one configuration."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder
        self.config: dict[str, Any] = {**CONFIG, "api_key": "the-api-key"}

    def __call__(self, *arguments: str) -> CommandResult:
        file = config_file(self._folder, self.config)
        return run(self._capsys, "passthrough", "--config", file, *arguments)


@pytest.fixture
def tool(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Tool:
    shorten_retries(monkeypatch, attempts=3)
    return Tool(capsys, tmp_path)


def last(http: requests_mock.Mocker) -> Any:
    """The last request that was sent."""
    assert http.last_request is not None
    return http.last_request


@pytest.mark.parametrize("levels", [240, 300, 1010, 5_000])
def test_a_deeply_nested_answer(http: requests_mock.Mocker, tool: Tool, levels: int) -> None:
    """JSON that is too deep for JSON libraries is printed as text."""
    deep = '{"a":' * levels + "1" + "}" * levels
    http.get(GATEWAY + JOBS, text=deep)
    done = tool("get", JOBS)
    assert done.code == 0
    data = done.json["data"]
    assert (data == deep) if levels > 240 else (isinstance(data, dict))


@pytest.mark.parametrize("levels", [240, 300, 1010, 5_000])
def test_deeply_nested_rows(http: requests_mock.Mocker, tool: Tool, levels: int) -> None:
    deep = '{"a":' * levels + "1" + "}" * levels
    page = f'{{"data": [{{"id": 1, "deep": {deep}}}, {{"id": 2}}], "totalRecordsCount": 2}}'

    def answer(request: Any, _: Any) -> str:
        return page if request.qs["offset"] == ["0"] else '{"data": [], "totalRecordsCount": 2}'

    http.get(GATEWAY + JOBS, text=answer)
    done = tool("get", JOBS, "--paginate")
    assert done.code == 0
    assert [row["id"] for row in done.rows] == [1, 2]


@pytest.mark.parametrize("total", ["9" * 5_000, -1, 1e400, {}])
def test_an_unusable_total(http: requests_mock.Mocker, tool: Tool, total: Any) -> None:
    def answer(request: Any, _: Any) -> dict[str, Any]:
        rows = [{"id": 1}, {"id": 2}][int(request.qs["offset"][0]) :]
        return {"data": rows, "totalRecordsCount": total}

    http.get(GATEWAY + JOBS, json=answer)
    done = tool("get", JOBS, "--paginate")
    assert done.code == 0
    assert [row["id"] for row in done.rows] == [1, 2]


def test_a_very_long_content_type(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, content=b"\xff\x00", headers={"Content-Type": "x" * 60_000})
    done = tool("get", JOBS)
    assert done.code == 1
    assert len(done.err) < 400


def test_an_answer(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json={"data": ["ü"]}, headers={"X-Trace": "7"})
    done = tool("get", JOBS, "-p", "limit=1", "-p", "a=b c", "-H", "locale: de_DE")
    assert done.code == 0
    assert done.err == ""
    assert done.json == {
        "url": f"{GATEWAY}{JOBS}?limit=1&a=b+c",
        "status": 200,
        "headers": {"X-Trace": "7"},
        "data": {"data": ["ü"]},
    }
    sent = last(http)
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.headers["api-key"] == "the-api-key"
    assert sent.headers["locale"] == "de_DE"
    assert sent.qs == {"limit": ["1"], "a": ["b c"]}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_every_method(http: requests_mock.Mocker, tool: Tool, method: str) -> None:
    http.register_uri(method, GATEWAY + "/x", status_code=204)
    done = tool(method, "/x")
    assert (done.code, done.json["status"], done.json["data"]) == (0, 204, None)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 501])
def test_an_error_status_is_data(http: requests_mock.Mocker, tool: Tool, status: int) -> None:
    http.get(GATEWAY + "/x", status_code=status, json={"message": "no"})
    done = tool("GET", "/x")
    assert (done.code, done.json["status"]) == (0, status)
    assert done.json["data"] == {"message": "no"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_status_after_all_retries_is_data(
    http: requests_mock.Mocker, tool: Tool, status: int
) -> None:
    http.get(GATEWAY + "/x", status_code=status, text="down", headers={"X-Trace": "7"})
    done = tool("GET", "/x")
    assert done.code == 0
    assert done.json["status"] == status
    assert done.json["headers"] == {"X-Trace": "7"}
    assert done.json["data"] == "down"
    assert f"keeps answering {status}" in done.err


def test_a_transient_fault_is_retried(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + "/x", [{"status_code": 500}, {"json": 1}])
    assert tool("GET", "/x").json["data"] == 1


def test_a_post_that_may_have_acted_is_not_retried(http: requests_mock.Mocker, tool: Tool) -> None:
    once = http.post(GATEWAY + "/x", [{"status_code": 500}, {"json": 1}])
    assert tool("POST", "/x", "-d", "{}").json["status"] == 500
    assert once.call_count == 1


def test_a_refused_token(http: requests_mock.Mocker, tool: Tool) -> None:
    tokens = [{"json": {"access_token": name, "expires_in": 60}} for name in ("first", "second")]
    http.post(TOKEN_URL, tokens)
    http.get(GATEWAY + "/x", status_code=401, json={"error": "Unauthorized"})
    done = tool("GET", "/x")
    assert (done.code, done.json["status"]) == (0, 401)


def test_credentials_are_never_printed(http: requests_mock.Mocker, tool: Tool) -> None:
    def echo(request: Any, context: Any) -> str:
        context.headers.update(request.headers)
        context.headers["Set-Cookie"] = "session=1"
        context.headers["X-Echo"] = f"key the-api-key, token {TOKEN}"
        return json.dumps({"headers": dict(request.headers), "secret": CONFIG["client_secret"]})

    http.get(GATEWAY + "/echo", text=echo)
    done = tool("GET", "/echo", "-p", "key=the-api-key")
    assert done.code == 0
    for secret in (TOKEN, "the-api-key", CONFIG["client_secret"], "session=1"):
        assert secret not in done.out + done.err
    assert done.json["headers"]["Authorization"] == "****"
    assert done.json["headers"]["X-Echo"] == "key ****, token ****"


def test_text_and_binary(http: requests_mock.Mocker, tool: Tool, tmp_path: Path) -> None:
    http.get(GATEWAY + "/text", text="<h1>ü</h1>")
    assert tool("GET", "/text").json["data"] == "<h1>ü</h1>"
    content = b"%PDF-1.7\x00\xff\xfe"
    http.get(GATEWAY + "/cv", content=content, headers={"Content-Type": "application/pdf"})
    refused = tool("GET", "/cv")
    assert (refused.code, refused.out) == (1, "")
    assert "binary (application/pdf, 11 bytes)" in refused.err
    assert "--output FILE" in refused.err
    target = tmp_path / "cv.pdf"
    done = tool("GET", "/cv", "--output", str(target))
    assert done.json["data"] == {"file": str(target), "bytes": 11}
    assert target.read_bytes() == content
    assert last(http).headers["Accept"] == "*/*"


def test_an_error_does_not_go_into_the_output_file(
    http: requests_mock.Mocker, tool: Tool, tmp_path: Path
) -> None:
    http.get(GATEWAY + "/cv", status_code=404, json={"message": "gone"})
    done = tool("GET", "/cv", "--output", str(tmp_path / "cv.pdf"))
    assert done.json["data"] == {"message": "gone"}
    assert not (tmp_path / "cv.pdf").exists()


def test_only_the_owner_can_read_a_new_output_file(
    http: requests_mock.Mocker, tool: Tool, tmp_path: Path, umask: None
) -> None:
    http.get(GATEWAY + "/cv", content=b"x")
    new, old = tmp_path / "new.pdf", tmp_path / "old.pdf"
    old.write_bytes(b"longer")
    old.chmod(0o644)
    for file, mode in ((new, 0o600), (old, 0o644)):
        assert tool("GET", "/cv", "--output", str(file)).code == 0
        assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"x", mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_nothing_is_sent_if_the_output_file_cannot_be_written(
    http: requests_mock.Mocker, tool: Tool, tmp_path: Path
) -> None:
    for output in ("", str(tmp_path), str(tmp_path / "none" / "x")):
        done = tool("POST", "/x", "-d", "{}", "--output", output)
        assert done.code == 2
        assert "--output" in done.err
    assert not http.called


@pytest.mark.parametrize("depth", [150, 400, 900, 5000])
def test_deep_json(http: requests_mock.Mocker, tool: Tool, depth: int) -> None:
    body = "[" * depth + '"the-api-key"' + "]" * depth
    http.get(GATEWAY + "/x", text=body)
    shown = tool("GET", "/x").json["data"]
    hidden = body.replace("the-api-key", "****")
    assert shown == (json.loads(hidden) if depth == 150 else hidden)


def test_messages_name_no_person(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(requests_mock.ANY, status_code=503)
    for path in ("/people/ada@example.com", "/people/ada%40example.com"):
        for more in ((), ("--paginate",)):
            done = tool("GET", path, *more)
            assert "GET /people/<e-mail>" in done.err
            assert "ada" not in done.err
        assert last(http).path.startswith("/prefix/people/ada")
    kind = "application/pdf; name=Lovelace.pdf"
    http.get(GATEWAY + "/cv", content=b"\xff", headers={"Content-Type": kind})
    done = tool("GET", "/cv")
    assert "(application/pdf, 1 bytes)" in done.err


def test_bodies(http: requests_mock.Mocker, tool: Tool, tmp_path: Path) -> None:
    http.post(GATEWAY + "/x", json={})
    tool("POST", "/x", "-d", '{"a":1}')
    assert last(http).json() == {"a": 1}
    assert last(http).headers["Content-Type"] == "application/json"
    (tmp_path / "rows.csv").write_bytes(b"a,b\n\xff")
    tool("POST", "/x", "--raw", str(tmp_path / "rows.csv"), "-H", "content-type: text/x-own")
    assert last(http).body == b"a,b\n\xff"
    assert last(http).headers["Content-Type"] == "text/x-own"
    tool("POST", "/x", "-F", f"file=@{tmp_path / 'rows.csv'}", "-F", "kind=OTHER")
    assert b'filename="rows.csv"' in last(http).body


def _listing(size: int, total: Any = ...) -> Any:
    def answer(request: Any, _: Any) -> dict[str, Any]:
        offset, limit = int(request.qs["offset"][0]), int(request.qs["limit"][0])
        rows = [{"id": number} for number in range(size)][offset : offset + limit]
        return {"data": rows, "totalRecordsCount": size if total is ... else total}

    return answer


def test_all_rows_as_json_lines(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json=_listing(25))
    done = tool("GET", JOBS, "-p", "limit=4", "-p", "siteType=internal", "--paginate")
    assert done.code == 0
    assert done.rows == [{"id": number} for number in range(25)]
    assert done.err == "25 rows.\n"
    assert all(request.qs["sitetype"] == ["internal"] for request in http.request_history[1:])


def test_the_configured_page_size_is_asked_for(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json=_listing(60))
    tool.config["page_size"] = 50
    assert len(tool("GET", JOBS, "--paginate").rows) == 60
    assert http.request_history[1].qs["limit"] == ["50"]
    tool.config["page_size"] = "many"
    done = tool("GET", JOBS, "--paginate")
    assert (done.code, done.out) == (1, "")
    assert "'page_size'" in done.err


def test_all_rows_from_an_offset(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json=_listing(25))
    done = tool("GET", f"{JOBS}?offset=20", "--paginate")
    assert [row["id"] for row in done.rows] == [20, 21, 22, 23, 24]


def test_a_wrong_total_gives_a_warning(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json=_listing(5, total=9))
    done = tool("GET", JOBS, "--paginate")
    assert (done.code, len(done.rows)) == (0, 5)
    assert "counts 9 rows but lists 5" in done.err


@pytest.mark.parametrize("total", [198, None, 10**12])
@pytest.mark.parametrize(
    ("serve", "count", "says"),
    [
        (begins_again, 198, "after these rows the gateway lists them again"),
        (goes_round, 198, "after these rows the gateway lists them again"),
        (ignores_offset, 21, "the gateway ignores offset"),
    ],
)
def test_a_listing_that_repeats_itself(
    http: requests_mock.Mocker, tool: Tool, serve: Serve, count: int, says: str, total: int | None
) -> None:
    rows = [{"jobId": f"JR-{number}", "views": 0} for number in range(198)]
    asked = 0

    def answer(request: Any, _: Any) -> Any:
        nonlocal asked
        asked += 1
        page = serve(rows, int(request.qs["offset"][0]), int(request.qs["limit"][0]))
        return {"data": [{**row, "views": asked} for row in page], "totalRecordsCount": total}

    http.get(GATEWAY + JOBS, json=answer)
    done = tool("GET", JOBS, "-p", "limit=20", "--paginate")
    assert done.code == 0
    assert [row["jobId"] for row in done.rows] == [f"JR-{number}" for number in range(count)]
    assert says in done.err
    assert asked < 30


def test_an_empty_listing_without_a_total(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + JOBS, json={"data": []})
    done = tool("GET", JOBS, "--paginate")
    assert (done.code, done.out) == (0, "")


def test_an_answer_that_cannot_be_paginated(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + "/users", json={"Resources": []})
    done = tool("GET", "/users", "--paginate")
    assert (done.code, done.out) == (1, "")
    assert "answers whose data is a list" in done.err
    http.get(GATEWAY + JOBS, status_code=403)
    assert "may not call GET /jobs-api/v1/jobs (403)" in tool("GET", JOBS, "--paginate").err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("GET", "jobs"), 2, "must begin with a slash"),
        (("GET", "/x/../token"), 2, "must be below"),
        (("FETCH", "/x"), 2, "'FETCH' is not one of"),
        (("GET", "/x", "-d", "nope"), 2, "not valid JSON"),
        (("GET", "/x", "--output", "/nope/file"), 2, "does not exist"),
        (("POST", "/x", "--paginate"), 2, "--paginate goes with GET"),
        (("GET", "/x", "-p", "limit=none", "--paginate"), 2, "limit must be a whole number"),
    ],
)
def test_errors_of_use(tool: Tool, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = tool(*arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["fields", "scopes", "sync"])
@pytest.mark.parametrize("config", ['{"client_secret": "hunter2"}', "", " "])
def test_config_takes_a_file_not_json(
    capsys: pytest.CaptureFixture[str], command: str, config: str
) -> None:
    done = run(capsys, command, "--config", config)
    assert (done.code, done.out) == (2, "")
    assert "names no file" in done.err or "not the JSON itself" in done.err
    assert "hunter2" not in done.err


def test_no_answer(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + "/x", exc=requests.exceptions.ConnectTimeout)
    done = tool("GET", "/x")
    assert (done.code, done.out) == (1, "")
    assert "no answer in time" in done.err.lower()


def test_refused_credentials(http: requests_mock.Mocker, tool: Tool) -> None:
    http.post(TOKEN_URL, status_code=401)
    done = tool("GET", "/x")
    assert (done.code, done.out) == (1, "")
    assert "check client_id and client_secret" in done.err


def test_configurations(http: requests_mock.Mocker, tool: Tool) -> None:
    http.get(GATEWAY + "/x", json=1)
    tool.config["default_source"] = "a key of the destination"
    assert tool("GET", "/x").code == 0
    tool.config["gatewayurl"] = "a typing error"
    done = tool("GET", "/x")
    assert done.code == 1
    assert "'gatewayurl' is not a known key (did you mean 'gateway_url'?)" in done.err
    del tool.config["gatewayurl"]
    tool.config["default_sauce"] = "a key of the destination"
    assert "did you mean 'default_source'?" in tool("GET", "/x").err
