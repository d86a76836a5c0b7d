"""A parser for `multipart/form-data`, for uploads (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import unquote_to_bytes

from phenom_sandbox.gateway.answers import Refusal


@dataclass(frozen=True)
class FormPart:
    """`filename` is None for a plain field."""

    name: str
    filename: str | None
    content: bytes


def parts(content_type: str | None, body: bytes) -> list[FormPart]:
    """The parts of a form in their order; raises `Refusal` 400 and 415."""
    header = Message()
    header["Content-Type"] = content_type or ""
    if header.get_content_type() != "multipart/form-data":
        raise Refusal(415, "Request body must be multipart/form-data")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        raise Refusal(400, "multipart/form-data without a boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Refusal(400, "Request body is not a complete form")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> FormPart:
    head, found, content = piece.partition(b"\r\n\r\n")
    header = HeaderParser().parsestr(head.decode("utf-8", "replace").strip())
    name = header.get_param("name", header="Content-Disposition")
    if not found or not isinstance(name, str):
        raise Refusal(400, "A part of the form has no name")
    return FormPart(name, _filename(header), content)


def _filename(header: Message) -> str | None:
    """The file name: plain, percent-encoded as in browsers, or `filename*` (RFC 5987)."""
    given = header.get_param("filename", header="Content-Disposition")
    if isinstance(given, tuple):
        charset, _, text = given
        return unquote_to_bytes(text).decode(charset or "utf-8", "replace")
    return None if given is None else given.replace("%22", '"')
