"""Connections with a limit on the whole answer, so that a slow drip cannot hold a thread.

``requests`` and urllib3 limit only the time between two bytes. Here a response class of
``http.client`` reads the socket through :class:`_TimedBytes`, which limits every wait to the time
that is left. The classes are set by two hooks of urllib3: ``ConnectionCls`` of a pool and
``pool_classes_by_scheme`` of a pool manager.
"""

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

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from phenom_api.errors import GatewayClosed

MOST_BYTES = 64 * 1024 * 1024
"""Bytes that the body of an answer may have after decompression."""
_OVERHEAD_BYTES = 8 * 1024 * 1024
"""Bytes that an answer may have on the wire in addition: headers and the framing of chunks."""
_BUFFER_BYTES = 64 * 1024


class TooLarge(OSError):
    """An answer is larger than the limit."""


@dataclass(frozen=True)
class TimeLimits:
    """How long an exchange may take, in seconds.

    :param connect: to connect.
    :param silence: between two bytes of the answer.
    :param whole: in all.
    :param begin: from the end of the request to the end of the answer's headers.
    """

    connect: float
    silence: float
    whole: float
    begin: float = math.inf


class Exchange:
    """One request and its answer: the time and the bytes that are left for it."""

    def __init__(self, whole: float, begin: float, most_bytes: int) -> None:
        self._ends = time.monotonic() + whole
        self._begin = begin
        self._begins_by = math.inf
        self._bytes_left = most_bytes
        self._lock = threading.Lock()
        self._socket: Any = None
        self.ended = False

    def left(self) -> float:
        """Seconds; raises TimeoutError if none are left."""
        left = min(self._ends, self._begins_by) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        return left

    def sent(self) -> None:
        """The request has been sent: the time for the answer's headers begins."""
        self._begins_by = time.monotonic() + self._begin

    def begun(self) -> None:
        """The answer's headers have arrived."""
        self._begins_by = math.inf

    def received(self, count: int) -> None:
        """Count bytes on the wire; raises TooLarge above the limit."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooLarge("the answer is too large")

    def uses(self, sock: Any) -> None:
        """The exchange takes place on this socket."""
        with self._lock:
            self._socket = sock
            if self.ended:
                _shut_down(sock)

    def end(self) -> None:
        """Shut the socket down, so that the thread that waits for the answer stops waiting."""
        with self._lock:
            self.ended = True
            if self._socket is not None:
                _shut_down(self._socket)


def _shut_down(sock: Any) -> None:
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            # Not sock.shutdown: for TLS that drops the session which the other thread is using.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Current(threading.local):
    """The exchange of this thread. urllib3 offers no way to pass it to a connection."""

    exchange: Exchange | None = None


_current = _Current()


class _TimedBytes(io.RawIOBase):
    """Reads a socket within the limits of the exchange."""

    def __init__(self, raw: io.RawIOBase, sock: Any, exchange: Exchange) -> None:
        self._raw = raw
        self._sock = sock
        self._silence: float | None = sock.gettimeout()
        self._timeout = self._silence
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._exchange.left()
        timeout = left if self._silence is None else min(left, self._silence)
        if timeout != self._timeout:
            # Only then: it is a system call, during which another thread takes the interpreter.
            self._timeout = timeout
            self._sock.settimeout(timeout)
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
            exchange.uses(sock)
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
        exchange.uses(sock)
        # urllib3 would keep the connect timeout while the request's body is sent.
        sock.settimeout(exchange.left())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimedAdapter(HTTPAdapter):
    """An adapter of ``requests``; :meth:`exchange` sets the limits for the current thread."""

    def __init__(self, connections: int) -> None:
        self._exchanges: set[Exchange] = set()
        self._lock = threading.Lock()
        self._closed = False
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
        """Limit what this thread sends inside of the ``with`` block.

        :param most_bytes: of the answer on the wire; the framing is allowed on top.
        :raises GatewayClosed: after :meth:`close`, also if part of the answer has arrived.
        """
        exchange = Exchange(limits.whole, limits.begin, most_bytes + _OVERHEAD_BYTES)
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

    def close(self) -> None:
        """End all exchanges that are under way, and all later ones."""
        with self._lock:
            self._closed = True
            for exchange in self._exchanges:
                exchange.end()
        super().close()


def _use_timed_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
