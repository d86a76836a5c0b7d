"""The client of a tenant's gateway: authentication, limited concurrency, retries, errors."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from phenom_api import __version__
from phenom_api.answers import Answer, names_path, parse_json, remote_message
from phenom_api.concurrency import AdaptiveConcurrency
from phenom_api.connection import Connection
from phenom_api.errors import (
    AuthenticationFailed,
    GatewayClosed,
    MalformedAnswer,
    PermissionDenied,
    PhenomError,
    RequestRefused,
    Throttled,
    Unavailable,
)
from phenom_api.host_availability import HostAvailability
from phenom_api.retries import (
    CHECK_POLICY,
    Retrier,
    RetryLog,
    RetryPolicy,
    TransientFault,
    duration,
    retry_after,
)
from phenom_api.token import Token, TokenSource, read_token
from phenom_api.transport import OutgoingRequest, Transport, origin

__all__ = ["CHECK_POLICY", "Answer", "Gateway", "Operation", "RetryPolicy"]

THROTTLES = frozenset({429, 503})
_PERMANENT = frozenset({501, 505})
"""5xx statuses after which a retry does not help."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Operation:
    """One operation of the gateway.

    :param path: below the gateway URL, with a leading slash. It may have placeholders in braces;
        :meth:`at` fills them in, messages show the placeholders.
    :param needs: the permission to ask Phenom for, e.g. ``Jobs API (read jobs)``.
    :param address: the path with its placeholders filled in.
    """

    method: str
    path: str
    needs: str
    address: str | None = None

    def at(self, **parts: str) -> Operation:
        """This operation with its placeholders filled in: ``APPLICANTS.at(jobId="JR-1")``.

        :raises RequestRefused: with status 404, for a value that a path cannot contain.
        """
        if any(value in ("", ".", "..") for value in parts.values()):
            raise RequestRefused(f"{self} takes no id that is empty or only dots.", status=404)
        quoted = {name: quote(value, safe="", errors="replace") for name, value in parts.items()}
        return replace(self, address=self.path.format(**quoted))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Gateway:
    """The gateway of one tenant. Safe to share between threads; close it when done.

    :param policy: how often and how long to retry.
    :param clock: seconds. :param epoch: seconds since 1970.
    :param sleep: waits for seconds; the default one ends early on :meth:`close`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
        sleep: Callable[[float], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.connection = connection
        self.policy = policy or RetryPolicy()
        self.concurrency = AdaptiveConcurrency(
            connection.num_workers,
            # In `check`, one request that hangs must not delay the others.
            start=1 if self.policy.total is None else connection.num_workers,
            clock=clock,
        )
        self.tokens = TokenSource(self._fetch_token, clock=clock)
        self.retried = 0
        self._clock = clock
        self._epoch = epoch
        self._closed = threading.Event()
        self._counting = threading.Lock()
        self._transport = Transport(connection.num_workers)
        # By the configuration key that holds the address.
        self._hosts = {
            setting: HostAvailability(self.policy, clock)
            for setting in ("token_url", "gateway_url")
        }
        self._token_failure: PhenomError | None = None
        self._retrying = Retrier(
            self.policy,
            clock=clock,
            sleep=sleep or self._sleep,
            rng=rng or random.Random(),
            before_retry=self._count_retry,
            retry_log=RetryLog(clock),
        )
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"airbyte-phenom/{__version__}",
        }
        if connection.api_key is not None:
            self._headers["api-key"] = connection.api_key.get_secret_value()
        if connection.ph_user_id is not None:
            self._headers["x-ph-userId"] = connection.ph_user_id

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not be logged, although the gateway may repeat them."""
        held = self.tokens.held
        return self.connection.secrets() + ((held,) if held is not None else ())

    @property
    def sent(self) -> int:
        """HTTP requests so far, including those to the token endpoint."""
        return self._transport.sent

    def close(self) -> None:
        """Close all connections. Waiting threads raise :class:`GatewayClosed` at once."""
        self._closed.set()
        self.concurrency.stop()
        self._transport.close()

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
        parse: Callable[[bytes], Any] = parse_json,
        retry_lost: bool = True,
    ) -> Parsed:
        """Send, and return ``read(body)`` for the parsed JSON object.

        A body that is not a JSON object, or for which ``read`` raises ``ValueError``, is a
        transient fault like a 5xx.

        :param parse: parses the body; raises ``ValueError`` if it is not JSON.
        :param retry_lost: False for a request that must not be carried out twice. It is sent again
            only after a 429; every other transient fault is raised at once.
        :raises PermissionDenied: on 403. :raises RequestRefused: on any other final 4xx.
        :raises AuthenticationFailed: on a second 401 or refused credentials.
        :raises Unavailable, Unreachable, MalformedAnswer: after the last retry.
        """

        def once() -> Parsed:
            answer = self._authorized(operation, params=params, headers=headers, json=json)
            if not 200 <= answer.status < 300:
                raise self._refusal(operation, answer)
            try:
                return read_object(operation, answer, read, parse)
            except MalformedAnswer as malformed:
                raise TransientFault(
                    malformed,
                    what=f"The answer to {operation} is not a complete JSON object",
                    kind="no JSON",
                ) from None

        return self._retrying(once, retry_lost=retry_lost)

    def send(
        self,
        operation: Operation,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | None = None,
        retry_lost: bool = True,
    ) -> Answer:
        """Like :meth:`fetch`, but every final status is returned as an :class:`Answer`.

        :raises AuthenticationFailed, Unavailable: like :meth:`fetch`, with the last ``answer``.
        """

        def once() -> Answer:
            return self._authorized(operation, params=params, headers=headers, json=json, data=data)

        return self._retrying(once, retry_lost=retry_lost)

    def _authorized(self, operation: Operation, **parts: Any) -> Answer:
        token = self.tokens.current()
        answer = self._send_once(operation, token, **parts)
        if answer.status == 401:
            token = self.tokens.after_refusal(token)
            answer = self._send_once(operation, token, **parts)
            if answer.status == 401:
                refused = AuthenticationFailed(
                    f"The gateway refuses a fresh token for {operation} (401): check that "
                    "token_url and gateway_url belong to the same Phenom environment and that "
                    "the API client is active.",
                    f"second 401 for {operation}: {self._message(answer)}",
                )
                raise _about(refused, answer)
        return answer

    def _send_once(
        self,
        operation: Operation,
        token: str,
        *,
        headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> Answer:
        request = OutgoingRequest(
            operation.method,
            self.connection.gateway_url + (operation.address or operation.path),
            what=str(operation),
            setting="gateway_url",
            token=token,
            headers={**self._headers, **(headers or {})},
            **parts,
        )
        ticket = self.concurrency.acquire()
        answered, throttled, pause = False, False, 0.0
        try:
            answer = self._exchange(request)
            fault = self._fault(
                f"The gateway keeps answering {answer.status} to {operation}", request, answer
            )
            if fault is not None:
                throttled = fault.throttled
                # A longer wait makes this request fail; the other requests need not wait then.
                if throttled and fault.wait is not None and fault.wait <= self.policy.throttled:
                    pause = fault.wait
                raise fault
            answered = answer.status < 300
            return answer
        finally:
            self.concurrency.release(ticket, answered=answered, throttled=throttled, pause=pause)

    def _fetch_token(self) -> Token:
        # Every request of every stream needs a token: do not retry again for each of them.
        if self._token_failure is not None:
            raise self._token_failure
        try:
            return self._retrying(self._fetch_token_once)
        except GatewayClosed:
            raise
        except PhenomError as failure:
            self._token_failure = failure
            raise

    def _fetch_token_once(self) -> Token:
        connection = self.connection
        request = OutgoingRequest(
            "POST",
            connection.token_url,
            what="the token request",
            setting="token_url",
            data={
                "clientId": connection.client_id,
                "clientSecret": connection.client_secret.get_secret_value(),
            },
        )
        answer = self._exchange(request)
        if 200 <= answer.status < 300:
            try:
                return read_token(answer.content, epoch=self._epoch())
            except MalformedAnswer as error:
                raise TransientFault(error, what=f"{request}: the answer holds no token") from None
        fault = self._fault(f"The token endpoint keeps answering {answer.status}", request, answer)
        if fault is not None:
            fault.final.answer = None
            raise fault
        detail = f"token endpoint answered {answer.status}: {self._message(answer)}"
        if self._is_from_gateway(answer):
            raise AuthenticationFailed(
                f"The address in token_url answered {answer.status} as the gateway does, which "
                "issues no tokens: check token_url. It must be the login URL that Phenom gave "
                "you. If it is, check client_id and client_secret.",
                detail,
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

    def _is_from_gateway(self, answer: Answer) -> bool:
        """Whether ``token_url`` is wrong: the gateway answered, not a login server."""
        token_url, gateway_url = self.connection.token_url, self.connection.gateway_url
        path = urlsplit(token_url).path
        if "token" in path.rpartition("/")[2].lower():
            return False
        return origin(token_url) == origin(gateway_url) or names_path(answer.content, path)

    def _exchange(self, request: OutgoingRequest) -> Answer:
        """Send, unless :class:`HostAvailability` has given up the host.

        :raises PhenomError: like :meth:`Transport.exchange`.
        """
        host = self._hosts[request.setting]
        try:
            answer = self._transport.exchange(request, host.limits(str(request)))
        except TransientFault as fault:
            host.failed(str(request), fault)
            raise
        except (RequestRefused, MalformedAnswer):
            host.answered()
            raise
        host.answered()
        return answer

    def _fault(self, what: str, request: OutgoingRequest, answer: Answer) -> TransientFault | None:
        """The transient fault that a status stands for; None for any other status.

        :param what: the beginning of the message if no retry helps.
        """
        status = answer.status
        if status not in (408, 425, 429) and (status < 500 or status in _PERMANENT):
            return None
        throttled = status in THROTTLES
        wait = retry_after(answer.headers.get("Retry-After"), self._epoch())
        advice = ". Try again later; if it happens again, tell Phenom."
        if throttled:
            advice = ": it is throttling. Lower num_workers or sync less often."
        if wait is not None and wait > self.policy.throttled:
            advice = f" and asks to wait for {duration(wait)}. Try again after that."
        unavailable = Throttled if status == 429 else Unavailable
        final = unavailable(what + advice, f"status {status}: {self._message(answer)}", wait=wait)
        return TransientFault(
            _about(final, answer),
            what=f"{request} was answered with {status}",
            kind=f"{request.setting}: {status}",
            throttled=throttled,
            wait=wait,
            lost=status != 429,
        )

    def _refusal(self, operation: Operation, answer: Answer) -> PhenomError:
        message = self._message(answer)
        detail = f"{operation} answered {answer.status}: {message}"
        if answer.status == 403:
            return _about(permission_denied(operation, detail), answer)
        refused = RequestRefused(
            f"The gateway refused {operation} with {answer.status}"
            + (f" ({message})" if message else "")
            + (": check gateway_url." if answer.status in (404, 405) else "."),
            detail,
            status=answer.status,
        )
        return _about(refused, answer)

    def _message(self, answer: Answer) -> str:
        return remote_message(answer.content, self.secrets)

    def _sleep(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise GatewayClosed("The connection to the gateway was closed.")

    def _count_retry(self) -> None:
        with self._counting:
            self.retried += 1


def read_object(
    operation: Operation,
    answer: Answer,
    read: Callable[[Mapping[str, Any]], Parsed],
    parse: Callable[[bytes], Any] = parse_json,
) -> Parsed:
    """``read(body)`` for the JSON object in an answer.

    :raises MalformedAnswer: if the body is not a JSON object, or ``read`` raises ``ValueError``.
    """
    try:
        body = parse(answer.content)
        if not isinstance(body, Mapping):
            raise ValueError("not an object")
        return read(body)
    except ValueError as error:
        malformed = MalformedAnswer(
            f"{operation} answered with a body that is cut off or not the JSON that this "
            "operation returns. Try again later; if it happens again, send Phenom the operation "
            "and the time.",
            f"status {answer.status}, {len(answer.content)} bytes, {type(error).__name__}",
        )
        raise _about(malformed, answer) from None


def permission_denied(operation: Operation, detail: str) -> PermissionDenied:
    """The error for an answer of 403."""
    return PermissionDenied(
        f"The API client may not call {operation} (403). Ask Phenom to grant it: "
        f"{operation.needs}.",
        detail,
    )


AnyError = TypeVar("AnyError", bound=PhenomError)


def _about(error: AnyError, answer: Answer) -> AnyError:
    error.answer = answer
    return error
