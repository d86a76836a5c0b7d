"""Getting an attachment from a URL that somebody else wrote into a record.

The URL must not turn the connector against the network that it runs in: https only, to public
addresses only. The host name is looked up once, every address that it has is checked, and the
connection goes to one of the checked addresses, so that no second answer of the DNS can change
the target; TLS still verifies the certificate for the name. Redirects start over. Nothing of ours
travels: no credentials, no cookies, no proxy, no ``.netrc``.

Whatever the server answers, it ends as content or as :class:`NotFetched`.
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
"""Environment variable that, set to 1, opens loopback addresses (over http too) for tests."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_BLOCK = 65_536
_LONGEST_HEAD = 65_536
_MOST_INFORMATIONAL = 20
"""Answers of 1xx that may come before the real one."""
_LONGEST_URL = 16_384
_LONGEST_HOST = 300
_NOT_IN_HOSTS = re.compile(r"[\s\"%<>\\^`{|}]")
_UNENCODED = "%!$&'()*+,-./:;=?@[]_~"
"""Stays as it is in a path or query: what is encoded already must not be encoded again."""
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
Resolve = Callable[[str, int], Iterable[str]]
"""Host name and port to its addresses as text; raises ``OSError`` where there are none."""


class NotFetched(Exception):
    """The attachment cannot be had; the text never repeats the URL, which may hold a secret.

    ``passing`` tells whether another try may help.
    """

    def __init__(self, rule: str, *, passing: bool = False) -> None:
        super().__init__(rule)
        self.rule = rule
        self.passing = passing


@dataclass(frozen=True)
class Fetched:
    """``media_type`` is what the server called it, empty where it said nothing."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class FetchLimits:
    """Seconds. ``total`` holds over name look-up, redirects and the whole body."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0


class _Deadline:
    """The end of everything that one file may take."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends = clock() + seconds

    def check(self) -> None:
        """Raises :class:`NotFetched` once it has passed."""
        self.within(0)

    def within(self, seconds: float) -> float:
        """``seconds``, or what is left if that is less; raises :class:`NotFetched` at the end."""
        left = self._ends - self._clock()
        if left <= 0:
            # Not tried again: a slow server would keep a worker for minutes.
            raise NotFetched(f"did not arrive within {self._seconds:g} seconds")
        return min(seconds, left)


def loopback_allowed() -> bool:
    return os.environ.get(ALLOW_LOOPBACK) == "1"


def check_url(url: str, base: str = "") -> SplitResult:
    """The URL as it is asked for: host in IDNA, path and query percent-encoded, as clients do.

    :param base: what a relative URL is relative to.
    :raises ValueError: with the rule that it breaks, without looking its host up.
    """
    if len(url) > _LONGEST_URL:
        raise ValueError(f"has more than {_LONGEST_URL} characters")
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
        quote(parts.path, _UNENCODED) or "/",
        quote(parts.query, _UNENCODED),
        "",
    )


def _encoded_host(host: str) -> str:
    if len(host) > _LONGEST_HOST or _NOT_IN_HOSTS.search(host):
        raise ValueError("has a host name that is not valid")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise ValueError("has a host name that is not valid") from None


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Fetcher:
    """Fetches attachments; may be shared between threads.

    :param resolve: looks a host name up.
    :param context: what TLS trusts; the system's and certifi's authorities by default.
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

    def fetch(self, url: str, most_bytes: int) -> Fetched:
        """The content behind ``url``.

        :raises NotFetched: for a URL that must not be fetched, one that does not answer in time
            with a success, and for content that is empty or has more than ``most_bytes`` bytes.
        """
        try:
            return self._follow(url, most_bytes, _Deadline(self._limits.total, self._clock))
        except NotFetched:
            raise
        except Exception as error:
            # A file server that nobody has thought of is still the trouble of one record only.
            raise NotFetched(f"cannot be fetched ({type(error).__name__})") from None

    def _follow(self, url: str, most_bytes: int, deadline: _Deadline) -> Fetched:
        try:
            parts = check_url(url)
        except ValueError as error:
            raise NotFetched(str(error)) from None
        for _ in range(MOST_REDIRECTS + 1):
            with self._asked(parts, deadline) as (exchange, response):
                target = _location(response)
                if not target:
                    return _taken(exchange, response, most_bytes)
            try:
                parts = check_url(target, parts.geturl())
            except ValueError as error:
                raise NotFetched(f"is redirected to a URL that {error}") from None
        raise NotFetched("is redirected too often")

    @contextmanager
    def _asked(
        self, parts: SplitResult, deadline: _Deadline
    ) -> Iterator[tuple[_Exchange, h11.Response]]:
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
        for address in self._checked(host, port, parts.scheme, deadline):
            try:
                connection = self._connected(parts.scheme, address, port, host, deadline)
            except (OSError, ValueError):
                continue
            with connection:
                exchange = _Exchange(connection, deadline, self._limits.read)
                try:
                    response = exchange.ask(request)
                except (OSError, h11.ProtocolError):
                    continue
                yield exchange, response
                return
        deadline.check()
        raise NotFetched("cannot be reached, or does not answer in HTTP", passing=True)

    def _checked(self, host: str, port: int, scheme: str, deadline: _Deadline) -> list[str]:
        """The addresses of the host, every one of which may be connected to."""
        addresses = self._addresses(host, port, deadline)
        if not addresses:
            raise NotFetched("has a host name that is not known", passing=True)
        open_loopback = loopback_allowed()
        for address in addresses:
            if open_loopback and is_loopback(address):
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

        # A thread of its own, as a name look-up knows of no deadline.
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

    def _connected(
        self, scheme: str, address: str, port: int, host: str, deadline: _Deadline
    ) -> socket.socket:
        """To an address that has been checked; TLS holds the certificate against the name."""
        connection = socket.create_connection(
            (address, port), deadline.within(self._limits.connect)
        )
        if scheme == "http":
            return connection
        try:
            context = self._context or _trust()
            return context.wrap_socket(connection, server_hostname=host.rstrip("."))
        except BaseException:
            connection.close()
            raise


class _Exchange:
    """One request and its answer.

    :param silence: seconds without a byte after which it is over.
    """

    def __init__(self, connection: socket.socket, deadline: _Deadline, silence: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._silence = silence
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)

    def ask(self, request: h11.Request) -> h11.Response:
        """Raises ``OSError`` or ``h11.ProtocolError`` where no answer begins."""
        self._connection.settimeout(self._deadline.within(self._silence))
        for sent in (request, h11.EndOfMessage()):
            self._connection.sendall(self._http.send(sent) or b"")
        for _ in range(_MOST_INFORMATIONAL):
            event = self._next()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                break
        raise h11.RemoteProtocolError("no answer")

    def body(self) -> Iterator[bytes]:
        """Raises :class:`NotFetched` where it does not come to its end."""
        try:
            while isinstance(event := self._next(), h11.Data):
                yield event.data
        except (OSError, h11.ProtocolError):
            self._deadline.check()
            raise NotFetched("broke off while it was fetched", passing=True) from None

    def _next(self) -> object:
        """What the server said next, an event of h11."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._connection.settimeout(self._deadline.within(self._silence))
            self._http.receive_data(self._connection.recv(_BLOCK))


def _header(response: h11.Response, name: bytes) -> str:
    """Header values are bytes: UTF-8, or else Latin-1, in which every byte means something."""
    value = next((value for each, value in response.headers if each == name), b"")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _location(response: h11.Response) -> str:
    """Where a redirect leads; empty where the answer is none."""
    return _header(response, b"location") if response.status_code in REDIRECTS else ""


def _taken(exchange: _Exchange, response: h11.Response, most_bytes: int) -> Fetched:
    status = response.status_code
    if status != 200:
        # Other successes are not the file: 206 is a part of it, 202 and 204 are none.
        raise NotFetched(f"was answered with {status}", passing=status in _PASSING)
    if _header(response, b"content-encoding").lower() not in ("", "identity"):
        raise NotFetched("was answered in a compressed form that was not asked for")
    too_large = NotFetched(f"has more than the {most_bytes} bytes that are left for it")
    if int(_header(response, b"content-length") or 0) > most_bytes:
        raise too_large
    content = bytearray()
    for block in exchange.body():
        content += block
        if len(content) > most_bytes:
            raise too_large
    if not content:
        raise NotFetched("has no content")
    media_type = _header(response, b"content-type").partition(";")[0].strip()
    return Fetched(bytes(content), media_type if MEDIA_TYPE.fullmatch(media_type) else "")


@cache
def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
