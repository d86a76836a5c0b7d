"""Sends one HTTP request with ``requests`` and reads its answer, in bounded time and memory."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from phenom_api.answers import Answer
from phenom_api.body import ACCEPTED, read_body
from phenom_api.deadline import TimedAdapter, TimeLimits
from phenom_api.errors import RequestRefused
from phenom_api.network import network_failure
from phenom_api.redirects import MOST_REDIRECTS, redirect_target

# urllib3's warnings quote addresses and malformed header lines, which can hold personal data.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True)
class OutgoingRequest:
    """What to send.

    :param what: the request's name in messages.
    :param setting: the configuration key that holds its address.
    :param token: sent as bearer token.
    """

    method: str
    url: str
    what: str
    setting: str
    token: str | None = field(default=None, repr=False)
    params: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    data: Any = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.what[0].upper() + self.what[1:]


def plain_session(adapter: TimedAdapter) -> requests.Session:
    """A session that sends through ``adapter``, keeps no cookies and follows no redirects."""
    session = _NoRedirects()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class _NoRedirects(requests.Session):
    """Returns a redirect as it is.

    With ``allow_redirects=False``, requests would still read the redirect's body, without a limit.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """A pool of connections. Safe to share between threads.

    Proxies and certificates come from the environment, which is read once per origin.
    Credentials of a ``.netrc`` are not used.
    """

    def __init__(self, connections: int) -> None:
        self.sent = 0
        self._counting = threading.Lock()
        self._adapter = TimedAdapter(connections)
        self._session = plain_session(self._adapter)
        self._settings: dict[tuple[str, str | None, int | None], Mapping[str, Any]] = {}
        # The latest request with a query, prepared without it, and what it was prepared from.
        self._latest: tuple[Any, requests.PreparedRequest] | None = None

    def close(self) -> None:
        """Close all connections. A thread that waits for an answer gets an error."""
        self._session.close()

    def exchange(self, request: OutgoingRequest, limits: TimeLimits) -> Answer:
        """Send, and follow redirects within the same origin only, because the request has secrets.

        :raises TransientFault: on a network failure after which a retry may help.
        :raises Unreachable: on any other network failure.
        :raises RequestRefused: on a redirect that must not or cannot be followed.
        """
        url, params = request.url, request.params
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._send(request, url, params, limits)
            target = redirect_target(answer.status, answer.headers.get("Location"))
            if not target:
                return answer
            url, params = _same_origin(request, url, target, answer.status), None
            if request.method not in ("GET", "HEAD") and answer.status not in (307, 308):
                break
        raise RequestRefused(
            f"{request} was redirected in a way that cannot be followed: check {request.setting}.",
            f"redirect {answer.status} for {request.method}",
            status=answer.status,
        )

    def _send(
        self,
        request: OutgoingRequest,
        url: str,
        params: Mapping[str, Any] | None,
        limits: TimeLimits,
    ) -> Answer:
        with self._counting:
            self.sent += 1
        try:
            with self._adapter.exchange(limits) as exchange:
                response = self._session.send(
                    self._prepared(request, url, params),
                    timeout=(limits.connect, limits.silence),
                    allow_redirects=False,
                    **self._settings_for(url),
                )
                exchange.begun()
                with closing(response):
                    content = read_body(response.raw)
                return Answer(url, response.status_code, response.headers, content)
        except (OSError, ValueError, HTTPError, zlib.error) as error:
            raise network_failure(error, str(request), request.setting) from None

    def _prepared(
        self, request: OutgoingRequest, url: str, params: Mapping[str, Any] | None
    ) -> requests.PreparedRequest:
        headers = {
            **self._session.headers,
            "Accept-Encoding": ACCEPTED,
            **_encoded(request.headers or {}),
        }
        if request.token is not None:
            headers["Authorization"] = f"Bearer {request.token}"
        # Not prepared by the session, which would put credentials of a .netrc in place of ours.
        query = urlencode(params or {}, doseq=True)
        if not query or request.data is not None or request.json is not None:
            return requests.Request(
                request.method, url, headers, params=params, data=request.data, json=request.json
            ).prepare()
        # The pages of a listing differ in the query only. To prepare each of them anew would take
        # a tenth of a millisecond more.
        key, latest = (request.method, url, headers), self._latest
        if latest is None or latest[0] != key:
            latest = key, requests.Request(request.method, url, headers).prepare()
            self._latest = latest
        prepared = latest[1].copy()
        prepared.url = f"{prepared.url}?{query}"
        return prepared

    def _settings_for(self, url: str) -> Mapping[str, Any]:
        """The proxies and certificates that the environment names for an origin."""
        key = origin(url)
        if key not in self._settings:
            self._settings[key] = self._session.merge_environment_settings(
                url, {}, True, None, None
            )
        return self._settings[key]


def _same_origin(request: OutgoingRequest, url: str, target: str, status: int) -> str:
    try:
        target = urljoin(url, target)
        if origin(target) == origin(url):
            return target
    except ValueError:
        pass
    raise RequestRefused(
        f"{request} was redirected to another host, where our credentials must not go: set "
        f"{request.setting} to the right address.",
        f"redirect {status} to another origin",
        status=status,
    )


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _encoded(headers: Mapping[str, str]) -> dict[str, str | bytes]:
    """Header values as they are sent: UTF-8 if they are not ASCII."""
    return {name: value if value.isascii() else value.encode() for name, value in headers.items()}
