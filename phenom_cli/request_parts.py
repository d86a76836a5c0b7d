"""What a person writes behind ``phenom passthrough``: path, parameters, headers, bodies."""

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

OURS = frozenset({"authorization", "api-key"})
"""Headers that come from the configuration alone."""

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Body:
    """What to send and the Content-Type that goes with it."""

    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def path_and_params(
    written: str, gateway_url: str, pairs: Sequence[str]
) -> tuple[str, dict[str, list[str]]]:
    """The path below the gateway URL, and all query parameters; a name may come repeatedly.

    A whole URL is taken too if it is one of this gateway's. What a server on the way could take
    for another path, whether it is encoded or not, is refused.
    """
    if written.startswith(f"{gateway_url}/"):
        written = written[len(gateway_url) :]
    if not written.startswith("/"):
        raise click.BadParameter(
            f"must begin with a slash (like /jobs-api/v1/jobs): it is sent to {gateway_url}.",
            param_hint="PATH",
        )
    path, _, query = written.partition("#")[0].partition("?")
    if not _stays_below(path):
        raise click.BadParameter(
            f"must be below {gateway_url} as it stands: no // at its beginning, no . or .. between"
            " slashes, no backslash and no control character.",
            param_hint="PATH",
        )
    params: dict[str, list[str]] = {}
    for name, value in [*parse_qsl(query, keep_blank_values=True), *map(_pair, pairs)]:
        params.setdefault(name, []).append(value)
    return path, params


def _stays_below(path: str) -> bool:
    while (decoded := unquote(path)) != path:
        path = decoded
    # Some servers cut parameters ("..;x") off before they look at the dots.
    segments = {segment.partition(";")[0].strip() for segment in path.split("/")}
    is_plain = path.isprintable() and "\\" not in path
    return is_plain and not path.startswith("//") and segments.isdisjoint((".", ".."))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter("a parameter looks like name=value.", param_hint="-p")
    return name, value


def header_fields(lines: Sequence[str]) -> dict[str, str]:
    """Headers out of ``Name: value``; their values are never repeated in an error."""
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
        if name.lower() in OURS:
            raise click.BadParameter(
                f"{name} comes from the configuration and cannot be given here.", param_hint="-H"
            )
        headers[name] = value
    return headers


def body(data: str | None, raw: str | None, forms: Sequence[str]) -> Body:
    """The request's body out of ``-d``, ``--raw`` or ``-F``, of which only one may be given."""
    if sum((data is not None, raw is not None, bool(forms))) > 1:
        raise click.UsageError("Only one of -d, --raw and -F can be given.")
    if data is not None:
        return Body(_json_text(data), {"Content-Type": "application/json"})
    if raw is not None:
        return Body(_content(raw, "--raw"), {"Content-Type": _media_type(raw)})
    return _multipart(forms) if forms else Body()


def _json_text(written: str) -> bytes:
    from phenom_protocol.json_file import UnreadableFile, json_of

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
    from urllib3.filepost import encode_multipart_formdata

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
    """``url`` with its query as it is sent, unless it has one (that of a redirect)."""
    from requests import PreparedRequest

    if urlsplit(url).query:
        return url
    prepared = PreparedRequest()
    prepared.prepare_url(url, dict(params))
    return prepared.url or url
