"""Connections whose answers end in time: a byte now and then is not enough to keep one waiting."""

from __future__ import annotations

import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from phenom_api.errors import GatewayClosed

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of an answer, after decompression."""
_MORE_ON_THE_WIRE = 8 * 1024 * 1024
"""Bytes that an answer may have on the wire beyond those: headers, and the frames of chunks."""
_BUFFER_BYTES = 64 * 1024


class TooLarge(OSError):
    """An answer has more bytes than one may have."""


@dataclass(frozen=True)
class TimeLimits:
    """How long an exchange may take, in seconds.

    :param connect: to connect. :param silence: without a byte of the answer. :param whole: in all.
    :param begin: from when the request was sent until the answer's headers are there.
    """

    connect: float
    silence: float
    whole: float
    begin: float = math.inf


class Exchange:
    """One request and its answer, for as long as it takes and as many bytes as it may have."""

    def __init__(self, whole: float, begin: float, most_bytes: int) -> None:
        self._ends = time.monotonic() + whole
        self._begin = begin
        self._begins_by = math.inf
        self._bytes_left = most_bytes
        self._lock = threading.Lock()
        self._socket: Any = None
        self.ended = False

    def left(self) -> float:
        """Seconds; raises TimeoutError when there are none left."""
        left = min(self._ends, self._begins_by) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        return left

    def sent(self) -> None:
        """The request is on its way: now its answer has to begin."""
        self._begins_by = time.monotonic() + self._begin

    def begun(self) -> None:
        """The answer's headers are there."""
        self._begins_by = math.inf

    def received(self, count: int) -> None:
        """Raises TooLarge for more bytes than an answer may have."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooLarge("the answer is too large")

    def on(self, sock: Any) -> None:
        with self._lock:
            self._socket = sock
            if self.ended:
                _hang_up(sock)

    def end(self) -> None:
        """Whoever waits for the answer, in another thread, gets none."""
        with self._lock:
            self.ended = True
            if self._socket is not None:
                _hang_up(self._socket)


def _hang_up(sock: Any) -> None:
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            # An SSL socket's own shutdown takes away what the reading thread stands on.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Current(threading.local):
    """The exchange that this thread is about: urllib3 has no other way to hand it through."""

    exchange: Exchange | None = None


_current = _Current()


class _TimedBytes(io.RawIOBase):
    """Reads a socket, for as long as the exchange lasts."""

    def __init__(self, raw: io.RawIOBase, sock: Any, exchange: Exchange) -> None:
        self._raw = raw
        self._sock = sock
        self._silence: float | None = sock.gettimeout()
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._exchange.left()
        self._sock.settimeout(left if self._silence is None else min(left, self._silence))
        count = self._raw.readinto(buffer)
        self._exchange.received(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        exchange = _current.exchange
        if exchange is not None:
            exchange.on(sock)
            exchange.sent()
            timed = _TimedBytes(self.fp.detach(), sock, exchange)
            self.fp = io.BufferedReader(timed, _BUFFER_BYTES)


class _Connection(HTTPConnection):
    response_class = _TimedResponse

    def connect(self) -> None:
        super().connect()
        _connected(self.sock)


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse

    def connect(self) -> None:
        super().connect()
        _connected(self.sock)


def _connected(sock: Any) -> None:
    exchange = _current.exchange
    if exchange is not None:
        exchange.on(sock)
        # Else a large body would have to be sent within the time that connecting may take.
        sock.settimeout(exchange.left())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimedAdapter(HTTPAdapter):
    """Sends for ``requests``; :meth:`exchange` bounds what the current thread sends."""

    def __init__(self, connections: int) -> None:
        self._exchanges: set[Exchange] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._pools: dict[str, Any] = {}
        super().__init__(pool_connections=2, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_timed_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if type(manager) is ProxyManager:
            _use_timed_pools(manager)
        return manager

    @contextmanager
    def exchange(self, limits: TimeLimits, most_bytes: int = MOST_BYTES) -> Iterator[Exchange]:
        """What this thread sends in here has ``limits.whole`` seconds in all.

        :param most_bytes: of the answer; somewhat more are let through.
        :raises Stopped: after :meth:`close`, whatever has come of the answer by then.
        """
        exchange = Exchange(limits.whole, limits.begin, most_bytes + _MORE_ON_THE_WIRE)
        with self._lock:
            self._exchanges.add(exchange)
            if self._closed:
                exchange.end()
        _current.exchange = exchange
        try:
            yield exchange
        finally:
            _current.exchange = None
            with self._lock:
                self._exchanges.discard(exchange)
            if exchange.ended:
                raise GatewayClosed("The connection to the gateway was closed.") from None

    # What requests finds out anew for every request is a third of what a request costs.

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The pool for an origin, which always comes with the same settings."""
        origin = request.url[: request.url.find("/", len("https://"))]
        pool = self._pools.get(origin)
        if pool is None or pool.pool is None:  # closed
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            super().cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
            self._pools[origin] = pool
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Has been done when the pool was found."""

    def request_url(self, request: Any, proxies: Any) -> str:
        return str(super().request_url(request, proxies) if proxies else request.path_url)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Without what we do not ask for: a guess at the encoding, cookies."""
        response = requests.Response()
        response.request, response.url = req, req.url
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        return response

    def close(self) -> None:
        """Lets nobody wait for an answer any more."""
        with self._lock:
            self._closed = True
            for exchange in self._exchanges:
                exchange.end()
        super().close()


def _use_timed_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
