"""Parses the arguments of ``phenom passthrough``: path, parameters, headers, body."""

from __future__ import annotations

import codecs
import mimetypes
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import click
from requests import PreparedRequest
from urllib3.filepost import encode_multipart_formdata

from phenom_protocol.json_file import UnreadableFile, json_of

CONFIGURED_HEADERS = frozenset({"authorization", "api-key"})
"""Headers that only the configuration can set."""

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Body:
    """The bytes to send, and the headers that describe them."""

    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def path_and_params(
    written: str, gateway_url: str, pairs: Sequence[str]
) -> tuple[str, dict[str, list[str]]]:
    """The path below the gateway URL, and all query parameters; a name can have several values.

    A whole URL is accepted if it begins with the gateway URL. A path that a server might read as
    another path, encoded or not, is refused with click.BadParameter.
    """
    if written.startswith(f"{gateway_url}/"):
        written = written[len(gateway_url) :]
    if not written.startswith("/"):
        raise click.BadParameter(
            f"must begin with a slash (like /jobs-api/v1/jobs): it is appended to {gateway_url}.",
            param_hint="PATH",
        )
    path, _, query = written.partition("#")[0].partition("?")
    if not _is_below_gateway(path):
        raise click.BadParameter(
            f"must be below {gateway_url}: it cannot begin with //, or have . or .. between"
            " slashes, a backslash or a control character.",
            param_hint="PATH",
        )
    params: dict[str, list[str]] = {}
    for name, value in [*parse_qsl(query, keep_blank_values=True), *map(_pair, pairs)]:
        params.setdefault(name, []).append(value)
    return path, params


def _is_below_gateway(path: str) -> bool:
    while (decoded := unquote(path)) != path:
        path = decoded
    # Some servers remove parameters ("..;x") before they resolve the dots.
    segments = {segment.partition(";")[0].strip() for segment in path.split("/")}
    is_plain = path.isprintable() and "\\" not in path
    return is_plain and not path.startswith("//") and segments.isdisjoint((".", ".."))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter("a parameter looks like name=value.", param_hint="-p")
    return name, value


def header_fields(lines: Sequence[str]) -> dict[str, str]:
    """Headers out of ``Name: value``; error messages never show a value."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise click.BadParameter("a header looks like 'Name: value'.", param_hint="-H")
        if not value.isascii() or not value.isprintable():
            raise click.BadParameter(
                f"the value of {name} must be printable ASCII.", param_hint="-H"
            )
        if name.lower() in CONFIGURED_HEADERS:
            raise click.BadParameter(
                f"{name} comes from the configuration and cannot be given here.", param_hint="-H"
            )
        headers[name] = value
    return headers


def body(data: str | None, raw: str | None, forms: Sequence[str]) -> Body:
    """The request's body from ``-d``, ``--raw`` or ``-F``; only one of them can be given."""
    if sum((data is not None, raw is not None, bool(forms))) > 1:
        raise click.UsageError("Only one of -d, --raw and -F can be given.")
    if data is not None:
        return Body(_json_text(data), {"Content-Type": "application/json"})
    if raw is not None:
        return Body(_content(raw, "--raw"), {"Content-Type": _media_type(raw)})
    return _multipart(forms) if forms else Body()


def _json_text(written: str) -> bytes:
    if written.startswith("@"):
        content, where = _content(written[1:], "-d"), written[1:]
    else:
        content, where = written.encode("utf-8", "surrogateescape"), "The body"
    try:
        json_of(content, where)
    except UnreadableFile as error:
        raise click.BadParameter(
            f"{error.message} (--raw FILE sends a file as it is.)", param_hint="-d"
        ) from None
    return content.removeprefix(codecs.BOM_UTF8)


def _multipart(forms: Sequence[str]) -> Body:
    fields: list[tuple[str, Any]] = []
    for form in forms:
        name, equals, value = form.partition("=")
        if not name or not equals:
            raise click.BadParameter("a part looks like name=value or name=@file.", param_hint="-F")
        if value.startswith("@"):
            file = value[1:]
            fields.append((name, (Path(file).name, _content(file, "-F"), _media_type(file))))
        else:
            fields.append((name, value))
    data, content_type = encode_multipart_formdata(fields)
    return Body(data, {"Content-Type": content_type})


def _content(file: str, option: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    if not file:
        raise click.BadParameter("names no file.", param_hint=option)
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise click.BadParameter(
            f"{file} cannot be read: {error.strerror}.", param_hint=option
        ) from None


def _media_type(file: str) -> str:
    return mimetypes.guess_type(file)[0] or _UNKNOWN_TYPE


def full_url(url: str, params: Mapping[str, Sequence[str]]) -> str:
    """``url`` with the query as it was sent; a URL that has a query (of a redirect) as it is."""
    if urlsplit(url).query:
        return url
    prepared = PreparedRequest()
    prepared.prepare_url(url, dict(params))
    return prepared.url or url
