"""Requests to a tenant's gateway: authentication, retries, throttling and errors, in one place."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from phenom_api import __version__
from phenom_api.answers import parse_json, remote_message
from phenom_api.connection import Connection
from phenom_api.errors import (
    AuthenticationFailed,
    MalformedAnswer,
    PermissionDenied,
    PhenomError,
    RequestRefused,
    Unavailable,
    Unreachable,
)
from phenom_api.pressure import Pressure
from phenom_api.token import TokenSource

THROTTLES = frozenset({429, 503})
FAULTS = frozenset({408, 425, 500, 502, 504}) | THROTTLES
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Patience:
    """How long a request is worth. All times in seconds.

    ``attempts`` bounds faults (5xx, resets, timeouts, cut-off bodies); throttling is waited out
    for ``throttled`` seconds in all, however many answers that takes. ``total`` bounds the whole
    request where somebody waits for the answer (``check``).
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 30.0
    throttled: float = 900.0
    connect: float = 10.0
    read: float = 60.0
    total: float | None = None


HURRIED = Patience(attempts=2, first_wait=0.2, throttled=3.0, connect=4.0, read=8.0, total=10.0)
"""For ``check``: an answer, good or bad, within seconds."""


@dataclass(frozen=True)
class Answer:
    """A final answer of the gateway, whatever its status."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body; raises ``ValueError`` when it is not JSON."""
        return parse_json(self.content)


@dataclass(frozen=True)
class Operation:
    """One operation of the gateway, with the words that an error about it needs.

    :param path: below the gateway URL, with a leading slash.
    :param needs: the permission to ask Phenom for, e.g. ``Jobs API (read jobs)``.
    """

    method: str
    path: str
    needs: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class _Passing(Exception):
    """A fault worth another try; holds what to raise when patience ends."""

    def __init__(self, final: PhenomError, *, throttled: bool = False, wait: float | None = None):
        super().__init__(final.message)
        self.final = final
        self.throttled = throttled
        self.wait = wait


class _Bearer(AuthBase):
    """Keeps ``requests`` from putting credentials of a ``.netrc`` in the header's place."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Gateway:
    """A tenant, reached over HTTP. Safe to share between threads; close it when done."""

    def __init__(
        self,
        connection: Connection,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.connection = connection
        self.pressure = Pressure(connection.num_workers, clock=clock)
        self.tokens = TokenSource(self._fetch_token, clock=clock, epoch=epoch)
        self.patience = patience or Patience()
        self.sent = 0
        self.retried = 0
        self._clock = clock
        self._epoch = epoch
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connection.num_workers)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"airbyte-phenom/{__version__}",
        }
        if connection.api_key is not None:
            self._headers["api-key"] = connection.api_key.get_secret_value()
        if connection.ph_user_id is not None:
            self._headers["x-ph-userId"] = connection.ph_user_id

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fetch(
        self,
        operation: Operation,
        read: Callable[[Mapping[str, Any]], Parsed],
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Parsed:
        """Send, and hand the parsed JSON object to ``read``; returns what ``read`` makes of it.

        A body that is not a JSON object, or of which ``read`` says ``ValueError``, counts as a passing
        fault like a 5xx.

        :raises PermissionDenied: on 403. :raises RequestRefused: on any other final 4xx.
        :raises AuthenticationFailed: on a second 401 or refused credentials.
        :raises Unavailable, Unreachable, MalformedAnswer: when patience has ended.
        """

        def once() -> Parsed:
            answer = self._authorized(operation, params=params, headers=headers, json=json)
            if not 200 <= answer.status < 300:
                raise _refusal(operation, answer)
            try:
                body = answer.json()
                if not isinstance(body, Mapping):
                    raise ValueError("not an object")
                return read(body)
            except ValueError as error:
                raise _Passing(
                    MalformedAnswer(
                        f"{operation} answered with a body that is cut off or not the JSON that "
                        "this operation returns. Try again later; if it stays so, send Phenom "
                        "the operation and the time.",
                        f"status {answer.status}, {len(answer.content)} bytes, "
                        f"{type(error).__name__}",
                    )
                ) from None

        return self._patiently(once)

    def send(
        self,
        operation: Operation,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | None = None,
    ) -> Answer:
        """The same authentication and retries, but any final status is an :class:`Answer`."""

        def once() -> Answer:
            return self._authorized(
                operation, params=params, headers=headers, json=json, data=data
            )

        return self._patiently(once)

    def _authorized(self, operation: Operation, **parts: Any) -> Answer:
        token = self.tokens.current()
        answer = self._admitted(operation, token, **parts)
        if answer.status == 401:
            token = self.tokens.after_refusal(token)
            answer = self._admitted(operation, token, **parts)
            if answer.status == 401:
                raise AuthenticationFailed(
                    f"The gateway refuses a fresh token for {operation} (401): check that "
                    "token_url and gateway_url belong to the same Phenom environment and that "
                    "the API client is active.",
                    f"second 401 for {operation}: {remote_message(answer.content)}",
                )
        return answer

    def _admitted(self, operation: Operation, token: str, **parts: Any) -> Answer:
        ticket = self.pressure.enter()
        throttled, pause = False, 0.0
        try:
            answer = self._follow(
                operation.method,
                self.connection.gateway_url + operation.path,
                token=token,
                what=str(operation),
                setting="gateway_url",
                **parts,
            )
            if answer.status in FAULTS:
                wait = _retry_after(answer.headers.get("Retry-After"), self._epoch())
                throttled = answer.status in THROTTLES
                pause = (wait or 0.0) if throttled else 0.0
                raise _Passing(
                    Unavailable(
                        f"The gateway keeps answering {answer.status} to {operation}"
                        + (
                            ": it is throttling. Lower num_workers or sync less often."
                            if throttled
                            else ". Try again later; if it stays so, tell Phenom."
                        ),
                        f"status {answer.status}: {remote_message(answer.content)}",
                    ),
                    throttled=throttled,
                    wait=wait,
                )
            return answer
        finally:
            self.pressure.leave(ticket, throttled=throttled, pause=min(pause, 900.0))

    def _fetch_token(self) -> bytes:
        return self._patiently(self._fetch_token_once)

    def _fetch_token_once(self) -> bytes:
        connection = self.connection
        answer = self._follow(
            "POST",
            connection.token_url,
            what="the token request",
            setting="token_url",
            data={
                "clientId": connection.client_id,
                "clientSecret": connection.client_secret.get_secret_value(),
            },
        )
        if 200 <= answer.status < 300:
            return answer.content
        said = remote_message(answer.content)
        detail = f"token endpoint answered {answer.status}: {said}"
        if answer.status in FAULTS:
            raise _Passing(
                Unavailable(
                    f"The token endpoint keeps answering {answer.status}. Try again later; if "
                    "it stays so, tell Phenom.",
                    detail,
                ),
                throttled=answer.status in THROTTLES,
                wait=_retry_after(answer.headers.get("Retry-After"), self._epoch()),
            )
        if answer.status in (400, 401, 403):
            raise AuthenticationFailed(
                "The token endpoint refused the credentials "
                f"({answer.status}): check client_id and client_secret.",
                detail,
            )
        raise AuthenticationFailed(
            f"The token endpoint answered {answer.status}: check token_url.", detail
        )

    def _follow(
        self,
        method: str,
        url: str,
        *,
        what: str,
        setting: str,
        token: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
    ) -> Answer:
        """One request, with redirects followed only within the same origin (secrets travel)."""
        sent = {**self._headers, **(headers or {})} if token is not None else None
        origin = _origin(url)
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._wire(
                what, setting, method, url, token=token, params=params, headers=sent,
                json=json, data=data,
            )  # fmt: skip
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return Answer(url, response.status_code, response.headers, response.content)
            url, params = urljoin(response.url or url, target), None
            if _origin(url) != origin:
                raise RequestRefused(
                    f"{what[0].upper()}{what[1:]} was redirected to another host, where our "
                    f"credentials must not go: set {setting} to the address meant.",
                    f"redirect {response.status_code} to another origin",
                    status=response.status_code,
                )
            if method != "GET" and response.status_code not in (307, 308):
                break
        raise RequestRefused(
            f"{what[0].upper()}{what[1:]} was redirected in a way that cannot be followed: "
            f"check {setting}.",
            f"redirect {response.status_code} for {method}",
            status=response.status_code,
        )

    def _wire(
        self, what: str, setting: str, method: str, url: str, *, token: str | None, **parts: Any
    ) -> requests.Response:
        self.sent += 1
        try:
            return self._session.request(
                method,
                url,
                auth=_Bearer(token),
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=False,
                **parts,
            )
        except requests.exceptions.SSLError as error:
            final = Unreachable(
                f"No secure connection for {what}: the TLS handshake failed. Check {setting} "
                "and the certificates this machine trusts.",
                _innermost(error),
            )
            if _has_cause(error, ssl.SSLCertVerificationError):
                raise final from None
            raise _Passing(final) from None
        except requests.exceptions.Timeout as error:
            raise _Passing(
                Unreachable(
                    f"No answer in time to {what}. Check {setting} and the network.",
                    _innermost(error),
                )
            ) from None
        except requests.exceptions.ConnectionError as error:
            raise _Passing(
                Unreachable(
                    f"The connection for {what} failed ({_plain_cause(error)}). Check {setting} "
                    "and the network.",
                    _innermost(error),
                )
            ) from None
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise _Passing(
                Unreachable(
                    f"The answer to {what} broke off half-way. Try again later.",
                    _innermost(error),
                )
            ) from None
        except requests.exceptions.RequestException as error:
            raise Unreachable(
                f"The request for {what} could not be made: check {setting}.",
                type(error).__name__,
            ) from None

    def _patiently(self, once: Callable[[], Parsed]) -> Parsed:
        patience = self.patience
        started = self._clock()
        waited = {"throttled": 0.0}

        def give_up(state: RetryCallState) -> bool:
            fault = _fault(state)
            pause = state.upcoming_sleep
            if patience.total is not None and self._clock() + pause - started > patience.total:
                return True
            if fault.throttled:
                waited["throttled"] += pause
                return waited["throttled"] > patience.throttled
            return state.attempt_number >= patience.attempts

        def pause(state: RetryCallState) -> float:
            fault = _fault(state)
            if fault.wait is not None:
                return fault.wait
            ceiling = patience.first_wait * float(2 ** min(state.attempt_number - 1, 16))
            return min(patience.longest_wait, ceiling) * self._rng.uniform(0.5, 1.0)

        def count(_: RetryCallState) -> None:
            self.retried += 1

        try:
            return Retrying(
                retry=retry_if_exception_type(_Passing),
                wait=pause,
                stop=give_up,
                sleep=self._sleep,
                before_sleep=count,
                reraise=True,
            )(once)
        except _Passing as fault:
            raise fault.final from None


def _fault(state: RetryCallState) -> _Passing:
    outcome = state.outcome
    fault = outcome.exception() if outcome is not None else None
    assert isinstance(fault, _Passing)
    return fault


def _refusal(operation: Operation, answer: Answer) -> PhenomError:
    said = remote_message(answer.content)
    detail = f"{operation} answered {answer.status}: {said}"
    if answer.status == 403:
        return PermissionDenied(
            f"The API client may not call {operation} (403). Ask Phenom to grant it: "
            f"{operation.needs}.",
            detail,
        )
    return RequestRefused(
        f"The gateway refused {operation} with {answer.status}"
        + (f" ({said})" if said else "")
        + (": check gateway_url." if answer.status in (404, 405) else "."),
        detail,
        status=answer.status,
    )


def _retry_after(value: str | None, epoch: float) -> float | None:
    """Seconds to wait by a ``Retry-After`` header, in seconds or as an HTTP date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - epoch)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _causes(error: BaseException) -> list[BaseException]:
    """The chain below an exception, through ``args`` and ``reason`` as urllib3 nests them."""
    found: list[BaseException] = []
    queue: list[Any] = [error]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return found


def _has_cause(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in _causes(error))


def _innermost(error: BaseException) -> str:
    """Exception types only: their texts can hold URLs with personal data in the query."""
    return " <- ".join(dict.fromkeys(type(cause).__name__ for cause in _causes(error)))


_PLAIN_CAUSES = (
    ("NameResolutionError", "the host name is not known"),
    ("ConnectionRefusedError", "refused"),
    ("ConnectionResetError", "reset"),
    ("RemoteDisconnected", "closed without an answer"),
    ("IncompleteRead", "broken off half-way"),
    ("ProxyError", "the proxy failed"),
)


def _plain_cause(error: BaseException) -> str:
    kinds = {type(cause).__name__ for cause in _causes(error)}
    return next((plain for kind, plain in _PLAIN_CAUSES if kind in kinds), "network error")
