"""Requests, answers, and the gateway's three formats of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from phenom_sandbox.faults import Fault, Faults
from phenom_sandbox.records.draw import instant
from phenom_sandbox.tenant import Tenant

DEFAULT_SIZE = 10


@dataclass
class SandboxAnswer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True)
class Call:
    """A request for an operation; `path` is without the gateway prefix.

    Header names are lower-case, `parameters` are the decoded variable parts of the path.
    """

    tenant: Tenant
    faults: Faults
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def hit(self, name: str, applies: Callable[[Fault], bool] | None = None) -> Fault | None:
        if not self.faults.armed:
            return None
        return self.faults.hit(name, self.method, self.path, applies=applies)

    def json(self) -> Any:
        """The body; raises `Refusal` 400 when it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Refusal(400, "Request body is not valid JSON") from None

    def json_object(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise Refusal(400, "Request body must be a JSON object")
        return body


Handler = Callable[[Call], SandboxAnswer]


class Refusal(Exception):
    """An error answer; `details` list what is wrong, `data` is only in the generic format."""

    def __init__(
        self,
        status: int,
        message: str,
        details: list[str] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []
        self.data = data


def json_answer(content: Any, status: int = 200) -> SandboxAnswer:
    return SandboxAnswer(orjson.dumps(content), status)


def error_answer(refusal: Refusal, path: str, second: int) -> SandboxAnswer:
    """The error in the format of the API of `path`."""
    title = HTTPStatus(refusal.status).phrase
    content: dict[str, Any]
    if path.startswith("/apply"):
        content = {
            "status": refusal.status,
            "title": title,
            "type": f"https://errors.example.com/{title.lower().replace(' ', '-')}",
            "error": refusal.message,
            "details": refusal.details,
            "instance": path.partition("?")[0],
            "timestamp": instant(second),
        }
    elif path.startswith("/jobs-api") and refusal.status == 401:
        content = {
            "timestamp": instant(second),
            "status": 401,
            "error": refusal.message,
            "path": path,
        }
    else:
        content = {"status": refusal.status, "message": refusal.message}
        if refusal.data is not None:
            content["data"] = dict(refusal.data)
    return json_answer(content, refusal.status)


def whole_number(text: str | None, name: str, default: int, least: int = 0) -> int:
    """A number from a query string; raises `Refusal` 400 for anything else."""
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < least:
        raise Refusal(400, f"{name} must be a whole number from {least} up")
    return int(text)


def from_and_size(call: Call) -> tuple[int, int]:
    """`from` and `size` of the query; raises `Refusal` 400."""
    start = whole_number(call.query.get("from"), "from", 0)
    return start, whole_number(call.query.get("size"), "size", DEFAULT_SIZE, least=1)


def text_problems(values: Mapping[str, Any], where: str, *names: str) -> list[str]:
    """The problems of members that must be text and not blank."""
    return [
        f"{where}{name} is required"
        for name in names
        if not isinstance(values.get(name), str) or not values[name].strip()
    ]


def optional_text_problems(values: Mapping[str, Any], where: str, *names: str) -> list[str]:
    """The problems of members that must be text or null."""
    return [
        f"{where}{name} must be text"
        for name in names
        if not isinstance(values.get(name), (str, type(None)))
    ]
