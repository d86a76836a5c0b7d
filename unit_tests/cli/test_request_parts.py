"""The arguments of `phenom passthrough`, and the messages for wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from phenom_cli.request_parts import body, full_url, header_fields, path_and_params

GATEWAY = "https://gateway.test/prefix"


@pytest.mark.parametrize(
    ("written", "pairs", "path", "params"),
    [
        ("/jobs-api/v1/jobs", [], "/jobs-api/v1/jobs", {}),
        ("/a?b=1&c=", ["b=2", "d=x=y"], "/a", {"b": ["1", "2"], "c": [""], "d": ["x=y"]}),
        (f"{GATEWAY}/a/b%2Fc#top", [], "/a/b%2Fc", {}),
    ],
)
def test_path_and_params(
    written: str, pairs: list[str], path: str, params: dict[str, list[str]]
) -> None:
    assert path_and_params(written, GATEWAY, pairs) == (path, params)


@pytest.mark.parametrize("written", ["jobs", "@evil.test/x", "https://evil.test/x", ""])
def test_a_path_must_be_below_the_gateway_url(written: str) -> None:
    with pytest.raises(click.BadParameter, match="must begin with a slash"):
        path_and_params(written, GATEWAY, [])


@pytest.mark.parametrize(
    "written",
    [
        "/jobs-api/v1/../../token",
        "/..",
        "/./x",
        "/x/..?a=b",
        "/x/%2e%2E/y",
        "/x/.%2e/y",
        "/x/..%2fy",
        "/x%2F..%2Fy",
        "/x/%252e%252e/y",
        "/x/..;a=b/y",
        "/x/\\..\\y",
        "/x%5c..%5cy",
        "//evil.test/x",
        "/%2fevil.test/x",
        "/\\evil.test/x",
        "/x\r\nHost: evil.test",
        "/x%0d%0aHost:%20evil.test",
        "/x%00",
        f"{GATEWAY}/../token",
        f"{GATEWAY}//evil.test/x",
    ],
)
def test_a_path_cannot_leave_the_gateway_url(written: str) -> None:
    with pytest.raises(click.BadParameter, match="must be below https"):
        path_and_params(written, GATEWAY, [])


@pytest.mark.parametrize("path", ["/a..b/...", "/.well-known", "/a/b.c;v=1", "/a//b", "/ü/%20/ "])
def test_harmless_dots_and_signs(path: str) -> None:
    assert path_and_params(path, GATEWAY, []) == (path, {})


def test_a_parameter_without_a_value() -> None:
    with pytest.raises(click.BadParameter, match="looks like name=value") as refused:
        path_and_params("/a", GATEWAY, ["ada@example.com"])
    assert "ada" not in str(refused.value)


def test_headers() -> None:
    assert header_fields(["jobId: JR-1", "email:a@example.com", "X-Empty:"]) == {
        "jobId": "JR-1",
        "email": "a@example.com",
        "X-Empty": "",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no colon", "looks like 'Name: value'"),
        ("two words: x", "looks like 'Name: value'"),
        ("X: a\r\nY: b", "printable ASCII"),
        ("X: ü", "printable ASCII"),
        ("authorization: Bearer x", "comes from the configuration"),
        ("Api-Key: x", "comes from the configuration"),
    ],
)
def test_headers_that_cannot_be_sent(line: str, message: str) -> None:
    with pytest.raises(click.BadParameter, match=message):
        header_fields([line])


def test_json_body_as_it_was_written(tmp_path: Path) -> None:
    assert body('{"a": 1.10}', None, []).data == b'{"a": 1.10}'
    file = tmp_path / "body.json"
    file.write_text('{"ü": 1}', encoding="utf-8")
    sent = body(f"@{file}", None, [])
    assert sent.data is not None
    assert json.loads(sent.data) == {"ü": 1}
    assert sent.headers == {"Content-Type": "application/json"}


def test_raw_body_and_its_type(tmp_path: Path) -> None:
    file = tmp_path / "cv.pdf"
    file.write_bytes(b"%PDF\x00\xff")
    sent = body(None, str(file), [])
    assert (sent.data, sent.headers) == (b"%PDF\x00\xff", {"Content-Type": "application/pdf"})


def test_multipart_body(tmp_path: Path) -> None:
    file = tmp_path / "cv.pdf"
    file.write_bytes(b"%PDF")
    sent = body(None, None, ["isParsableResume=true", f"attachment=@{file}"])
    assert sent.data is not None
    assert b'name="isParsableResume"\r\n\r\ntrue\r\n' in sent.data
    assert b'filename="cv.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n' in sent.data
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("data", "raw", "forms", "message"),
    [
        ("{", None, [], "not valid JSON"),
        ("@/nope.json", None, [], "cannot be read: No such file"),
        (None, "/nope.bin", [], "cannot be read: No such file"),
        ("@", None, [], "names no file"),
        (None, "", [], "names no file"),
        (None, None, ["cv=@"], "names no file"),
        ('{"from": NaN}', None, [], "holds NaN, which is no number"),
        (None, None, ["part"], "name=value or name=@file"),
        ("{}", "/nope.bin", [], "Only one of -d, --raw and -F"),
    ],
)
def test_bodies_that_cannot_be_sent(
    data: str | None, raw: str | None, forms: list[str], message: str
) -> None:
    with pytest.raises(click.UsageError, match=message):
        body(data, raw, forms)


def test_the_url_as_it_was_sent() -> None:
    params = {"email": ["a+b@example.com"], "x": ["1", "2"]}
    assert (
        full_url("https://g.test/a", params) == "https://g.test/a?email=a%2Bb%40example.com&x=1&x=2"
    )
    assert full_url("https://g.test/a", {}) == "https://g.test/a"
    assert full_url("https://g.test/a?cursor=1", params) == "https://g.test/a?cursor=1"
