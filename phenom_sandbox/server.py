"""The HTTP server: authentication, faults and the call of operations."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from phenom_sandbox.faults import Fault, Faults
from phenom_sandbox.gateway.admin import AdminApi
from phenom_sandbox.gateway.answers import Call, Refusal, SandboxAnswer, error_answer
from phenom_sandbox.gateway.files import FilesApi
from phenom_sandbox.gateway.signed import SIGNED, SignedAddresses
from phenom_sandbox.gateway.tokens import Tokens
from phenom_sandbox.journal import Journal, RecordedRequest
from phenom_sandbox.routes import Routes, admin_routes, gateway_routes
from phenom_sandbox.tenant import Tenant

_HANG_SECONDS = 3600.0  # seconds; longer than any client waits
_FLUSH_SECONDS = 0.05  # lets a client read the headers before the connection is reset
_NEEDS_ACTING_USER = ("/candidates-api", "/tags-api", "/hiringmanager")
_HTML = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>%d</h1></body></html>"


@dataclass(frozen=True)
class Access:
    """What the sandbox requires from its clients.

    If `api_key` is set, the header `api-key` is required. `users` are the known acting users
    (`x-ph-userId`); with None, every user is known. `prefix` is a path in front of all gateway
    paths.
    """

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    token_path: str = "/token"
    prefix: str = ""
    api_key: str | None = None
    users: frozenset[str] | None = None


class SandboxServer:
    """Serves a tenant; an instance is the handler of an `aiohttp.web.Server`."""

    def __init__(
        self, tenant: Tenant, access: Access, clock: Callable[[], float] = time.time
    ) -> None:
        self.tenant = tenant
        self.access = access
        self.faults = Faults(tenant.seed)
        self.journal = Journal()
        self.tokens = Tokens(access.client_id, access.client_secret, self.faults, clock)
        self.before_request: Callable[[str, str, str], None] | None = None
        self._clock = clock
        admin = AdminApi(self.faults, self.journal, self.tokens)
        self._routes = Routes(gateway_routes(FilesApi(SignedAddresses(tenant.seed, clock))))
        self._admin_routes = Routes(admin_routes(admin))

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        # The path as sent, because in a decoded one "/" and "%2F" in a job id are the same.
        path, _, query = _printable(request.raw_path).partition("?")
        if path.startswith("/_admin/"):
            return _response(await self._admin(request, path, query))
        prefix = self.access.prefix
        if prefix and path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        elif prefix and path != self.access.token_path and not path.startswith(SIGNED):
            path = f"/outside{path}"
        endpoint, status = self._endpoint(request.method, path), 0
        self.journal.begin()
        try:
            if self.before_request is not None:
                self.before_request(request.method, path, query)
            if not self.faults.armed:
                answer = await self._answer(request, path, query)
                status = answer.status
                return _response(answer)
            early = await self._early_fault(request, path, query)
            if isinstance(early, web.StreamResponse):
                return early
            answer = early or await self._answer(request, path, query)
            status = answer.status
            return await self._with_answer_faults(request, path, answer)
        finally:
            self.journal.end(RecordedRequest(endpoint, request.method, path, query, status))

    def _endpoint(self, method: str, path: str) -> str:
        if path == self.access.token_path:
            return f"{method} {path}"
        try:
            return self._routes.find(method, path)[0].endpoint
        except Refusal:
            return f"{method} (unknown)"

    # -- operations --------------------------------------------------------------------------

    async def _answer(self, request: web.BaseRequest, path: str, query: str) -> SandboxAnswer:
        try:
            if path == self.access.token_path:
                if request.method != "POST":
                    raise Refusal(405, "Method not allowed")
                return self.tokens.answer("POST", path, await request.content.read())
            headers = {name.lower(): _printable(value) for name, value in request.headers.items()}
            if not path.startswith(SIGNED):
                self._authorize(request.method, path, headers)
            route, parameters = self._routes.find(request.method, path)
            body = await request.content.read() if request.body_exists else b""
            call = self._call(request.method, path, parameters, query, headers, body)
            return route.handler(call)
        except Refusal as refusal:
            return error_answer(refusal, path, int(self._clock()))

    def _authorize(self, method: str, path: str, headers: dict[str, str]) -> None:
        """Raises `Refusal` 400, 401 or 403 if the client is not authorized."""
        if not self.tokens.valid(headers.get("authorization")):
            raise Refusal(401, "Unauthorized")
        if self.faults.armed:
            if self.faults.hit("unauthorized", method, path):
                raise Refusal(401, "Unauthorized")
            if fault := self.faults.hit("deny", method, path):
                raise Refusal(_status(fault, 403), "The client has no permission for this API")
        if self.access.api_key is not None and headers.get("api-key") != self.access.api_key:
            raise Refusal(403, "Missing or wrong api-key")
        if path.startswith(_NEEDS_ACTING_USER):
            user = headers.get("x-ph-userid", "").strip()
            if not user:
                raise Refusal(400, "Missing request header x-ph-userId")
            if self.access.users is not None and user not in self.access.users:
                raise Refusal(403, "Unknown user in x-ph-userId")

    async def _admin(self, request: web.BaseRequest, path: str, query: str) -> SandboxAnswer:
        try:
            route, parameters = self._admin_routes.find(request.method, path)
            body = await request.content.read() if request.body_exists else b""
            return route.handler(self._call(request.method, path, parameters, query, {}, body))
        except Refusal as refusal:
            return error_answer(refusal, path, int(self._clock()))

    def _call(
        self,
        method: str,
        path: str,
        parameters: dict[str, str],
        query: str,
        headers: dict[str, str],
        body: bytes,
    ) -> Call:
        return Call(
            tenant=self.tenant,
            faults=self.faults,
            method=method,
            path=path,
            parameters=parameters,
            query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
            headers=headers,
            body=body,
        )

    # -- faults ------------------------------------------------------------------------------

    async def _early_fault(
        self, request: web.BaseRequest, path: str, query: str
    ) -> SandboxAnswer | web.StreamResponse | None:
        """The fault that replaces the answer, if one hits the request."""

        def hit(name: str) -> Fault | None:
            return self.faults.hit(name, request.method, path, self.journal.in_flight)

        if fault := hit("latency"):
            await asyncio.sleep(float(fault.value) / 1000)
        if hit("reset"):
            return _abort(request)
        if fault := hit("throttle"):
            return self._error(_status(fault, 429), "Too many requests", path, fault)
        if fault := hit("server_error"):
            return self._error(int(fault.value), "The service is not available", path, fault)
        if fault := hit("html"):
            status = _status(fault, 200)
            return SandboxAnswer(_HTML % status, status, content_type="text/html")
        if fault := hit("empty_body"):
            return SandboxAnswer(b"", _status(fault, 200))
        if "_redirected=1" not in query and (fault := hit("redirect")):
            where = f"{self.access.prefix}{path}?{query + '&' if query else ''}_redirected=1"
            return SandboxAnswer(b"", _status(fault, 302), {"Location": where})
        return None

    def _error(self, status: int, message: str, path: str, fault: Fault) -> SandboxAnswer:
        answer = error_answer(Refusal(status, message), path, int(self._clock()))
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = str(fault.retry_after)
        return answer

    async def _with_answer_faults(
        self, request: web.BaseRequest, path: str, answer: SandboxAnswer
    ) -> web.StreamResponse:
        """The answer, changed by the faults that apply to answers."""
        method = request.method
        written = method in ("POST", "PATCH", "PUT", "DELETE") and answer.status < 300
        if (
            written
            and path != self.access.token_path
            and (fault := self.faults.hit("lost_answer", method, path))
        ):
            if fault.value == "timeout":
                await asyncio.sleep(_HANG_SECONDS)
            if fault.value in (True, "reset", "timeout"):
                return _abort(request)
            answer = self._error(int(fault.value), "Bad gateway", path, fault)
        if self.faults.hit("reset_after_headers", method, path):
            return await _send_partly(request, answer, 1, reset=True)
        if fault := self.faults.hit("truncate", method, path):
            share = 0.5 if fault.value is True else float(fault.value)
            return await _send_partly(request, answer, int(len(answer.body) * share), reset=False)
        if self.faults.hit("gzip", method, path):
            answer.body = gzip.compress(answer.body, 1)
            answer.headers["Content-Encoding"] = "gzip"
        return _response(answer)


def _status(fault: Fault, usual: int) -> int:
    """The status of the fault's value; the usual one for True."""
    return usual if fault.value is True else int(fault.value)


def _printable(text: str) -> str:
    """The text without surrogates, which the HTTP parser uses for bytes that are not UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _response(answer: SandboxAnswer) -> web.Response:
    return web.Response(
        body=answer.body,
        status=answer.status,
        headers=answer.headers,
        content_type=answer.content_type,
    )


def _abort(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _send_partly(
    request: web.BaseRequest, answer: SandboxAnswer, size: int, *, reset: bool
) -> web.StreamResponse:
    """Sends a Content-Length for the whole body, then `size` bytes, and ends the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    response.force_close()
    with suppress(ConnectionError):
        # The client may have gone.
        await response.prepare(request)
        await response.write(answer.body[:size])
    if reset:
        await asyncio.sleep(_FLUSH_SECONDS)
    # Checked only now, because the client may have disconnected meanwhile.
    if request.transport is not None:
        if reset:
            request.transport.abort()
        else:
            request.transport.close()
    return response
