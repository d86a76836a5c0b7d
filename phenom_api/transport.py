"""One HTTP exchange: redirects within the same origin, and network failures in plain words."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from phenom_api.answers import parse_json
from phenom_api.content import ACCEPTED, read_content
from phenom_api.deadline import TimedAdapter, TimeLimits
from phenom_api.errors import RequestRefused
from phenom_api.network import network_failure

# Its warnings quote what they are about: lines of headers that are none, and addresses.
logging.getLogger("urllib3").setLevel(logging.ERROR)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


@dataclass(frozen=True)
class Answer:
    """An answer of the gateway, whatever its status. ``url`` is as asked, without the query."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The body; raises ``ValueError`` when it is not JSON."""
        return parse_json(self.content)


@dataclass(frozen=True)
class Request:
    """What to send.

    :param what: the request's name in messages; :param setting: the configuration key that holds
        its address.
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


class _NoCookies(RequestsCookieJar):
    """Stays empty, without looking at what comes and goes."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        pass

    def add_cookie_header(self, request: Any) -> None:
        pass


class PlainSession(requests.Session):
    """Answers a redirect as it comes: who asks decides whether it is followed.

    requests itself would read the whole body of one, however large, even where it follows none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """A pool of connections that keeps no cookies. Safe to share between threads.

    What a session of ``requests`` would look up in the environment for every request, is looked up
    once per origin; credentials of a ``.netrc`` never take the place of ours.
    """

    def __init__(self, connections: int) -> None:
        self.sent = 0
        self._counting = threading.Lock()
        self._session = PlainSession()
        self._session.cookies = _NoCookies()
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._settings: dict[tuple[str, str | None, int | None], dict[str, Any]] = {}
        self._adapter = TimedAdapter(connections)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._adapter)

    def close(self) -> None:
        """Ends what is under way, too: other threads get a network failure for an answer."""
        self._session.close()

    def exchange(self, request: Request, limits: TimeLimits) -> Answer:
        """Send; redirects are followed only within the same origin, as secrets travel along.

        :raises TransientFault: on a network failure that may pass.
        :raises Unreachable: on one that will not.
        :raises RequestRefused: on a redirect that must not or cannot be followed.
        """
        url, params = request.url, request.params
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._wire(request, url, params, limits)
            status, target = answer.status, answer.headers.get("Location")
            if status not in _REDIRECTS or not target:
                return answer
            url, params = _same_origin(request, url, target, status), None
            if request.method not in ("GET", "HEAD") and status not in (307, 308):
                break
        raise RequestRefused(
            f"{request} was redirected in a way that cannot be followed: check {request.setting}.",
            f"redirect {status} for {request.method}",
            status=status,
        )

    def _wire(
        self,
        request: Request,
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
                with closing(response.raw):
                    content = read_content(response.raw)
                return Answer(url, response.status_code, response.headers, content)
        except (OSError, ValueError, HTTPError, zlib.error) as error:
            raise network_failure(error, str(request), request.setting) from None

    def _prepared(
        self, request: Request, url: str, params: Mapping[str, Any] | None
    ) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = request.method, _with_query(url, params)
        prepared.prepare_headers({**self._session.headers, **_encoded(request.headers)})
        if request.token is not None:
            prepared.headers["Authorization"] = f"Bearer {request.token}"
        prepared.prepare_cookies(self._session.cookies)
        prepared.prepare_body(request.data, None, request.json)
        return prepared

    def _settings_for(self, url: str) -> dict[str, Any]:
        """The proxies and certificates that the environment sets for an origin."""
        key = origin(url)
        if key not in self._settings:
            settings = self._session.merge_environment_settings(url, {}, True, None, None)
            self._settings[key] = dict(settings)
        return self._settings[key]


def _with_query(url: str, params: Mapping[str, Any] | None) -> str:
    address = _prepared_url(url)
    given = {name: value for name, value in (params or {}).items() if value is not None}
    if not given:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given, doseq=True)}"


@lru_cache(256)
def _prepared_url(url: str) -> str:
    """As ``requests`` would send it: quoted, the host in ASCII."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.url)


def _same_origin(request: Request, url: str, target: str, status: int) -> str:
    try:
        target = urljoin(url, target)
        if origin(target) == origin(url):
            return target
    except ValueError:
        pass
    raise RequestRefused(
        f"{request} was redirected to another host, where our credentials must not go: set "
        f"{request.setting} to the address meant.",
        f"redirect {status} to another origin",
        status=status,
    )


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _encoded(headers: Mapping[str, str] | None) -> dict[str, str | bytes]:
    """Header values as they go on the wire: those beyond ASCII in UTF-8."""
    return {
        name: value if value.isascii() else value.encode()
        for name, value in (headers or {}).items()
    }
