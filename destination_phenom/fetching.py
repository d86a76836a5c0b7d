"""Getting an attachment from a URL that somebody else wrote into a record.

The URL must not turn the connector against the network that it runs in: https only, to public
addresses only. The host name is looked up once, every address that it has is checked, and the
connection goes to one of the checked addresses, so that no second answer of the DNS can change
the target; TLS still verifies the certificate for the name. Redirects start over. Nothing of ours
travels: no credentials, no cookies, no proxy, no ``.netrc``.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

ALLOW_LOOPBACK = "PHENOM_ALLOW_LOOPBACK_ATTACHMENTS"
"""Environment variable that, set to 1, opens loopback addresses (over http too) for tests."""

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK = 65_536
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
"""Host name and port to its addresses as text; raises ``OSError`` where there are none."""

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_INTERNAL = (
    # Reachable only from inside a cloud, although their registries call them global.
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("fec0::/10"),
)


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
class Limits:
    """Seconds. ``total`` holds over name look-up, redirects and the whole body."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0


class _Open:
    """The connection in use, so that a deadline can end it under whoever waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self.expired = False

    def use(self, connection: HTTPConnection) -> None:
        """Raises :class:`NotFetched` once the deadline has passed."""
        with self._lock:
            self._connection = connection
            if self.expired:
                raise NotFetched("did not arrive in time", passing=True)

    def expire(self) -> None:
        with self._lock:
            self.expired = True
            connection = self._connection
        # Shut down rather than closed: closing waits for the thread that reads.
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def loopback_allowed() -> bool:
    return os.environ.get(ALLOW_LOOPBACK) == "1"


def check_url(url: str) -> SplitResult:
    """What can be said about a URL without looking its host up.

    :raises ValueError: with the rule that it breaks.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not a usable URL") from None
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("must not contain spaces or control characters")
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise ValueError("must be an https URL")
    if parts.scheme == "http" and not loopback_allowed():
        raise ValueError("must be an https URL (http is not fetched)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password")
    return parts


def is_public(address: str) -> bool:
    """Whether an address can only mean a machine of the public internet."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A translator's or tunnel's own prefix says nothing: what counts is where it leads.
    return all(map(_is_public, _embedded(parsed) or [parsed]))


def _is_public(address: _IPAddress) -> bool:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    internal = any(address in net for net in _INTERNAL if net.version == address.version)
    return address.is_global and not special and not internal


def _embedded(address: _IPAddress) -> list[_IPAddress]:
    """IPv4 addresses to which an IPv6 address leads through a translator or a tunnel."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[_IPAddress] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    if any(address in network for network in _NAT64) or (
        address in _COMPATIBLE and int(address) > 0xFFFF
    ):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return found


def _is_loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


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
        limits: Limits | None = None,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve
        self._limits = limits or Limits()
        self._context = context
        self._clock = clock

    def fetch(self, url: str, most_bytes: int) -> Fetched:
        """The content behind ``url``.

        :raises NotFetched: for a URL that must not be fetched, one that does not answer in time
            with a success, and for content that is empty or has more than ``most_bytes`` bytes.
        """
        in_use = _Open()
        outcome: list[Fetched | BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._follow(url, most_bytes, in_use))
            except BaseException as error:  # handed over to the thread that waits
                outcome.append(error)

        # A thread of its own, as neither a name look-up nor a server that answers byte by byte
        # knows of a deadline.
        worker = threading.Thread(target=work, name="attachment", daemon=True)
        worker.start()
        worker.join(self._limits.total)
        if not outcome:
            in_use.expire()
            raise NotFetched(f"did not arrive within {self._limits.total:g} seconds", passing=True)
        result = outcome[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def _follow(self, url: str, most_bytes: int, in_use: _Open) -> Fetched:
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                parts = check_url(url)
            except ValueError as error:
                raise NotFetched(str(error)) from None
            connection, response = self._request(parts, in_use)
            try:
                target = response.headers.get("Location")
                if response.status not in _REDIRECTS or not target:
                    return _taken(response, most_bytes)
            except (HTTPException, HTTPError, OSError):
                raise NotFetched("broke off while it was fetched", passing=True) from None
            finally:
                connection.close()
            url = urljoin(url, target)
        raise NotFetched("is redirected too often")

    def _request(
        self, parts: SplitResult, in_use: _Open
    ) -> tuple[HTTPConnection, BaseHTTPResponse]:
        host = _ascii(parts.hostname or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        named = f"[{host}]" if ":" in host else host
        headers = {
            "Host": named if parts.port is None else f"{named}:{port}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": "airbyte-phenom",
        }
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        for address in self._checked(host, port, parts.scheme):
            connection = self._connection(parts.scheme, address, port, host)
            in_use.use(connection)
            try:
                connection.connect()
                if connection.sock is not None:
                    connection.sock.settimeout(self._limits.read)
                connection.request(
                    "GET", target, headers=headers, preload_content=False, decode_content=False
                )
                return connection, connection.getresponse()
            except (HTTPException, HTTPError, OSError, ValueError):
                connection.close()
        raise NotFetched("cannot be reached", passing=True)

    def _checked(self, host: str, port: int, scheme: str) -> list[str]:
        """The addresses of the host, every one of which may be connected to."""
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError):
            raise NotFetched("has a host name that is not known", passing=True) from None
        if not addresses:
            raise NotFetched("has a host name that is not known", passing=True)
        open_loopback = loopback_allowed()
        for address in addresses:
            if open_loopback and "%" not in address and _is_loopback(address):
                continue
            if scheme != "https":
                raise NotFetched("must be an https URL (http is not fetched)")
            if not is_public(address):
                raise NotFetched("does not lead to a public address")
        return addresses

    def _connection(self, scheme: str, address: str, port: int, host: str) -> HTTPConnection:
        """To an address that has been checked; TLS holds the certificate against the name."""
        if scheme == "http":
            return HTTPConnection(address, port, timeout=self._limits.connect)
        return HTTPSConnection(
            address,
            port,
            timeout=self._limits.connect,
            ssl_context=self._context or _trust(),
            server_hostname=host,
        )


def _taken(response: BaseHTTPResponse, most_bytes: int) -> Fetched:
    if not 200 <= response.status < 300:
        raise NotFetched(
            f"was answered with {response.status}", passing=response.status in _PASSING
        )
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched("was answered in a compressed form that was not asked for")
    announced = response.headers.get("Content-Length", "")
    too_large = NotFetched(f"has more than the {most_bytes} bytes that are left for it")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise too_large
    content = bytearray()
    while chunk := response.read(min(_CHUNK, most_bytes + 1 - len(content))):
        content += chunk
        if len(content) > most_bytes:
            raise too_large
    if announced.isdecimal() and len(content) != int(announced):
        raise NotFetched("broke off while it was fetched", passing=True)
    if not content:
        raise NotFetched("has no content")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
    return Fetched(bytes(content), media_type)


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise NotFetched("has a host name that is not known") from None


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
