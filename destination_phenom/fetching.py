"""Fetches an attachment from a URL in a record.

Anybody may have written the URL, so it must not reach the network that the connector runs in:
only https, only public addresses. The host name is resolved once, all its addresses are checked,
and the connection goes to one of the checked addresses, so that a second DNS answer cannot change
the target. TLS still verifies the certificate for the name. Every redirect is checked in the same
way. No credentials, cookies, proxies or ``.netrc`` are used.

For every answer of the server, the result is the content or :class:`NotFetched`.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import certifi
import h11
import idna

from phenom_api.addresses import is_loopback, is_public
from phenom_api.redirects import MOST_REDIRECTS, REDIRECTS

ALLOW_LOOPBACK = "PHENOM_ALLOW_LOOPBACK_ATTACHMENTS"
"""Environment variable; set to 1, it allows loopback addresses (also by http) for tests."""

_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_BLOCK = 65_536
_MAX_HEAD = 65_536
_MAX_INFORMATIONAL = 20
"""Responses with status 1xx that may come before the final one."""
_MAX_URL = 16_384
_MAX_HOST = 300
_NOT_IN_HOSTS = re.compile(r"[\s\"%<>\\^`{|}]")
_NOT_ENCODED = "%!$&'()*+,-./:;=?@[]_~"
"""Characters that are not encoded in a path or query; % is among them, so that what is encoded
already is not encoded again."""
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
Resolve = Callable[[str, int], Iterable[str]]
"""Turns a host name and port into addresses as text; raises ``OSError`` if there are none."""


class NotFetched(Exception):
    """The attachment could not be fetched. ``retryable``: another attempt may help.

    ``rule`` says why; it never contains the URL, which may contain a secret.
    """

    def __init__(self, rule: str, *, retryable: bool = False) -> None:
        super().__init__(rule)
        self.rule = rule
        self.retryable = retryable


@dataclass(frozen=True)
class Fetched:
    """``media_type`` is the server's Content-Type, empty if it is missing or invalid."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class FetchLimits:
    """Seconds. ``total`` covers the name look-up, all redirects and the whole body."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0


class _Deadline:
    """The time by which one file has to be fetched."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raises :class:`NotFetched` once it has passed."""
        self.within(0)

    def within(self, seconds: float) -> float:
        """``seconds``, or the time left if that is less; raises :class:`NotFetched` without any."""
        left = self._end - self._clock()
        if left <= 0:
            # Not retryable: a slow server would occupy a worker for minutes.
            raise NotFetched(f"did not arrive within {self._seconds:g} seconds")
        return min(seconds, left)


def loopback_allowed() -> bool:
    return os.environ.get(ALLOW_LOOPBACK) == "1"


def check_url(url: str, base: str = "") -> SplitResult:
    """The URL in the form of a request: host in IDNA, path and query percent-encoded.

    :param base: the URL that a relative ``url`` starts from.
    :raises ValueError: with the rule that the URL breaks. The host is not looked up.
    """
    if len(url) > _MAX_URL:
        raise ValueError(f"has more than {_MAX_URL} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in url):
        raise ValueError("must not contain control characters")
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError:
        raise ValueError("is not a usable URL") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise ValueError("must be an https URL")
    if parts.scheme == "http" and not loopback_allowed():
        raise ValueError("must be an https URL (http is not fetched)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password")
    host = _encoded_host(parts.hostname)
    netloc = f"[{host}]" if ":" in host else host
    return SplitResult(
        parts.scheme,
        netloc if port is None else f"{netloc}:{port}",
        quote(parts.path, _NOT_ENCODED) or "/",
        quote(parts.query, _NOT_ENCODED),
        "",
    )


def _encoded_host(host: str) -> str:
    if len(host) > _MAX_HOST or _NOT_IN_HOSTS.search(host):
        raise ValueError("has a host name that is not valid")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise ValueError("has a host name that is not valid") from None


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, from the system's resolver."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


class Fetcher:
    """Fetches attachments; can be shared between threads.

    :param resolve: looks up a host name.
    :param context: the TLS settings; by default, the authorities of the system and of certifi.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = resolved,
        limits: FetchLimits | None = None,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve
        self._limits = limits or FetchLimits()
        self._context = context
        self._clock = clock

    def fetch(self, url: str, max_bytes: int) -> Fetched:
        """Fetch the content of ``url``.

        :raises NotFetched: for a URL that must not be fetched, for any answer but a timely 200,
            and for content that is empty or longer than ``max_bytes``.
        """
        try:
            return self._follow(url, max_bytes, _Deadline(self._limits.total, self._clock))
        except NotFetched:
            raise
        except Exception as error:
            # An unexpected answer of one file server must not stop the other records.
            raise NotFetched(f"cannot be fetched ({type(error).__name__})") from None

    def _follow(self, url: str, max_bytes: int, deadline: _Deadline) -> Fetched:
        try:
            parts = check_url(url)
        except ValueError as error:
            raise NotFetched(str(error)) from None
        for _ in range(MOST_REDIRECTS + 1):
            with self._request(parts, deadline) as (http, response):
                target = _redirect_target(response)
                if not target:
                    return _content(http, response, max_bytes)
            try:
                parts = check_url(target, parts.geturl())
            except ValueError as error:
                raise NotFetched(f"is redirected to a URL that {error}") from None
        raise NotFetched("is redirected too often")

    @contextmanager
    def _request(
        self, parts: SplitResult, deadline: _Deadline
    ) -> Iterator[tuple[_HttpConnection, h11.Response]]:
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        request = h11.Request(
            method="GET",
            target=parts.path + (f"?{parts.query}" if parts.query else ""),
            headers=[
                ("Host", parts.netloc),
                ("Accept", "*/*"),
                ("Accept-Encoding", "identity"),
                ("Connection", "close"),
                ("User-Agent", "airbyte-phenom"),
            ],
        )
        for address in self._checked_addresses(host, port, parts.scheme, deadline):
            try:
                connection = self._connect(parts.scheme, address, port, host, deadline)
            except (OSError, ValueError):
                continue
            with connection:
                http = _HttpConnection(connection, deadline, self._limits.read)
                try:
                    response = http.request(request)
                except (OSError, h11.ProtocolError):
                    continue
                yield http, response
                return
        deadline.check()
        raise NotFetched("cannot be reached, or does not answer in HTTP", retryable=True)

    def _checked_addresses(
        self, host: str, port: int, scheme: str, deadline: _Deadline
    ) -> list[str]:
        """The addresses of the host, after a check of every one."""
        addresses = self._addresses(host, port, deadline)
        if not addresses:
            raise NotFetched("has a host name that is not known", retryable=True)
        allow_loopback = loopback_allowed()
        for address in addresses:
            if allow_loopback and is_loopback(address):
                continue
            if scheme != "https":
                raise NotFetched("must be an https URL (http is not fetched)")
            if not is_public(address):
                raise NotFetched("does not lead to a public address")
        return addresses

    def _addresses(self, host: str, port: int, deadline: _Deadline) -> list[str]:
        found: list[list[str] | Exception] = []

        def look_up() -> None:
            try:
                found.append(list(self._resolve(host, port)))
            except Exception as error:  # handed over to the thread that waits
                found.append(error)

        # In a separate thread, because a name look-up takes no timeout.
        worker = threading.Thread(target=look_up, name="attachment", daemon=True)
        worker.start()
        worker.join(deadline.within(self._limits.total))
        deadline.check()
        (outcome,) = found
        if isinstance(outcome, (OSError, UnicodeError)):
            return []
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _connect(
        self, scheme: str, address: str, port: int, host: str, deadline: _Deadline
    ) -> socket.socket:
        """Connect to a checked address; TLS verifies the certificate for ``host``."""
        connection = socket.create_connection(
            (address, port), deadline.within(self._limits.connect)
        )
        if scheme == "http":
            return connection
        try:
            context = self._context or _tls_context()
            return context.wrap_socket(connection, server_hostname=host.rstrip("."))
        except BaseException:
            connection.close()
            raise


class _HttpConnection:
    """One HTTP request and its response on a connection.

    :param read_timeout: seconds without a byte after which the exchange fails.
    """

    def __init__(self, connection: socket.socket, deadline: _Deadline, read_timeout: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._read_timeout = read_timeout
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)

    def request(self, request: h11.Request) -> h11.Response:
        """Send a request and return the head of its response.

        :raises OSError, h11.ProtocolError: if no response begins.
        """
        self._connection.settimeout(self._deadline.within(self._read_timeout))
        for sent in (request, h11.EndOfMessage()):
            self._connection.sendall(self._http.send(sent) or b"")
        for _ in range(_MAX_INFORMATIONAL):
            event = self._next()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                break
        raise h11.RemoteProtocolError("no answer")

    def body(self) -> Iterator[bytes]:
        """The blocks of the response's body; raises :class:`NotFetched` if it is incomplete."""
        try:
            while isinstance(event := self._next(), h11.Data):
                yield event.data
        except (OSError, h11.ProtocolError):
            self._deadline.check()
            raise NotFetched("broke off while it was fetched", retryable=True) from None

    def _next(self) -> object:
        """The next h11 event from the server."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._connection.settimeout(self._deadline.within(self._read_timeout))
            self._http.receive_data(self._connection.recv(_BLOCK))


def _header_text(response: h11.Response, name: bytes) -> str:
    """A header as text. Its bytes are UTF-8, or else Latin-1, which accepts any byte."""
    value = next((value for each, value in response.headers if each == name), b"")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _redirect_target(response: h11.Response) -> str:
    """The target of a redirect; empty for any other response."""
    return _header_text(response, b"location") if response.status_code in REDIRECTS else ""


def _content(http: _HttpConnection, response: h11.Response, max_bytes: int) -> Fetched:
    status = response.status_code
    if status != 200:
        # Other successes are not the file: 206 is a part of it, 202 and 204 have no file.
        raise NotFetched(f"was answered with {status}", retryable=status in _RETRYABLE)
    if _header_text(response, b"content-encoding").lower() not in ("", "identity"):
        raise NotFetched("was answered in a compressed form that was not asked for")
    too_large = NotFetched(f"has more than the {max_bytes} bytes that are left for it")
    if int(_header_text(response, b"content-length") or 0) > max_bytes:
        raise too_large
    content = bytearray()
    for block in http.body():
        content += block
        if len(content) > max_bytes:
            raise too_large
    if not content:
        raise NotFetched("has no content")
    media_type = _header_text(response, b"content-type").partition(";")[0].strip()
    return Fetched(bytes(content), media_type if MEDIA_TYPE.fullmatch(media_type) else "")


@cache
def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
