"""Runs the sandbox in a thread of this process, or in the foreground."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from aiohttp import web

from phenom_sandbox.faults import Faults
from phenom_sandbox.journal import Journal
from phenom_sandbox.server import Access, SandboxServer
from phenom_sandbox.tenant import Tenant

_SHUTDOWN_SECONDS = 0.2


class CannotServe(OSError):
    """The sandbox cannot be started; the message says why and what to do."""


class LocalTenant:
    """A sandbox that is being served.

    `url` is its root, `config` a source configuration for it, `tenant` its data, `faults` its
    switches, `requests` the journal of its requests.
    """

    def __init__(self, gateway: SandboxServer, url: str) -> None:
        self._gateway = gateway
        self.url = url

    @property
    def config(self) -> dict[str, Any]:
        access = self._gateway.access
        config = {
            "client_id": access.client_id,
            "client_secret": access.client_secret,
            "token_url": f"{self.url}{access.token_path}",
            "gateway_url": f"{self.url}{access.prefix}",
        }
        if access.api_key is not None:
            config["api_key"] = access.api_key
        return config

    @property
    def tenant(self) -> Tenant:
        return self._gateway.tenant

    @property
    def faults(self) -> Faults:
        return self._gateway.faults

    @property
    def requests(self) -> Journal:
        return self._gateway.journal

    def authorization(self) -> dict[str, str]:
        """Headers with a new token, for a test's own requests."""
        headers = {"Authorization": f"Bearer {self._gateway.tokens.issue()}"}
        if self._gateway.access.api_key is not None:
            headers["api-key"] = self._gateway.access.api_key
        return headers

    @property
    def issued_tokens(self) -> list[str]:
        """The tokens issued so far, for tests that look for them in a log."""
        return self._gateway.tokens.all()

    def expire_tokens(self) -> None:
        """From now on, every token issued so far is answered with 401."""
        self._gateway.tokens.expire_all()

    def before_request(self, hook: Callable[[str, str, str], None] | None) -> None:
        """Sets a hook that is called with (method, path, query) before a request is handled.

        It runs in the server's thread, for changes at an exact point of a scan. None removes it.
        """
        self._gateway.before_request = hook


@contextmanager
def running(
    tenant: Tenant | None = None,
    *,
    access: Access | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Callable[[], float] = time.time,
    **tenant_options: Any,
) -> Iterator[LocalTenant]:
    """Serves a tenant from a daemon thread until the context ends.

    Takes a `Tenant` or its keyword arguments. `clock` (epoch seconds) decides when tokens expire.
    """
    gateway = SandboxServer(tenant or Tenant(**tenant_options), access or Access(), clock)
    loop = asyncio.new_event_loop()
    started: list[tuple[_Serving, str] | BaseException] = []
    ready = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        try:
            started.append(loop.run_until_complete(_start(gateway, host, port)))
        except BaseException as error:  # raised again in the waiting thread
            started.append(error)
            return
        finally:
            ready.set()
        loop.run_forever()

    thread = threading.Thread(target=serve, name="phenom-sandbox", daemon=True)
    thread.start()
    ready.wait()
    outcome = started[0]
    if isinstance(outcome, BaseException):
        loop.close()
        raise outcome
    serving, url = outcome
    try:
        yield LocalTenant(gateway, url)
    finally:
        asyncio.run_coroutine_threadsafe(serving.stop(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=30)
        loop.close()


def serve_forever(
    port: int = 0,
    jobs: int = 300,
    applications: int = 2000,
    seed: int = 1,
    *,
    host: str = "127.0.0.1",
    access: Access | None = None,
    output: str | None = None,
    **tenant_options: Any,
) -> None:
    """Serves until interrupted; prints the URL on stderr, and how to stop.

    A source configuration for it goes to stdout as one JSON line, or into the file `output`. It is
    written when the port is open, so that a failure does not change the file.

    Raises `CannotServe`.
    """
    tenant = Tenant(seed=seed, jobs=jobs, applications=applications, **tenant_options)
    gateway = SandboxServer(tenant, access or Access())
    try:
        asyncio.run(_serve_until_stopped(gateway, host, port, output))
    except CannotServe as error:
        if output is None and _goes_to_a_file(sys.stdout):
            # The shell emptied the file before this process started.
            raise CannotServe(
                f"{error} The file that the output goes to is empty now; --output FILE writes one "
                "only once the sandbox serves."
            ) from None
        raise


async def _serve_until_stopped(
    gateway: SandboxServer, host: str, port: int, output: str | None
) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    serving, url = await _start(gateway, host, port)
    try:
        _announce(LocalTenant(gateway, url), output)
        await stopped.wait()
    finally:
        await serving.stop()


def _announce(local: LocalTenant, output: str | None) -> None:
    text = json.dumps(local.config)
    try:
        if output is None:
            _print(text, sys.stdout)
        else:
            handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                _print(text, file)
    except OSError as error:
        if output is None:
            # At exit, Python would try to write it again and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        where = output or "its output"
        raise CannotServe(
            f"The configuration of the sandbox cannot be written: {error.strerror} ({where})."
        ) from error
    written = "" if output is None else f" Its configuration is in {output}."
    _print(f"A local tenant is served at {local.url} until Ctrl-C.{written}", sys.stderr)


def _print(text: str, stream: TextIO | None) -> None:
    """`stream` is None if it was closed before Python started."""
    if stream is not None:
        stream.write(text + "\n")
        stream.flush()


def _goes_to_a_file(stream: Any) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


class _Connections(web.Server):
    """aiohttp's server, which also knows each connection until it is closed.

    aiohttp itself forgets a connection whose client does not read its answer, and leaves it open.
    """

    def __init__(self, gateway: SandboxServer) -> None:
        super().__init__(gateway, access_log=None)
        self._open: dict[web.RequestHandler, asyncio.Transport] = {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._open[handler] = transport

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        self._open.pop(handler, None)

    async def abort(self) -> None:
        """Closes what is still open; what was not sent yet is lost."""
        while self._open:
            for transport in self._open.values():
                transport.abort()
            await asyncio.sleep(0)


@dataclass(frozen=True)
class _Serving:
    listener: asyncio.Server
    connections: _Connections

    async def stop(self) -> None:
        """Closes every connection and ends the requests that are still being handled."""
        # asyncio leaves a connection open that it has accepted, but not yet begun, when the
        # listener is closed. So first no more are accepted, and those that are begin.
        for accepting in self.listener.sockets:
            asyncio.get_running_loop().remove_reader(accepting)
        await asyncio.sleep(0)
        self.listener.close()
        self.connections.pre_shutdown()
        await self.connections.shutdown(_SHUTDOWN_SECONDS)
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self.connections.abort()


async def _start(gateway: SandboxServer, host: str, port: int) -> tuple[_Serving, str]:
    connections = _Connections(gateway)
    loop = asyncio.get_running_loop()
    try:
        listener = await loop.create_server(connections, host, port)
    except OSError as error:
        raise CannotServe(_why_not(error, host, port)) from error
    address = listener.sockets[0].getsockname()
    shown = f"[{host}]" if ":" in host else host
    return _Serving(listener, connections), f"http://{shown}:{address[1]}"


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program, perhaps by another sandbox. End that, or "
            "choose another --port (0 takes a free one)."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is reserved for the system. Choose a --port from 1024 up."
    # Since Python 3.13, asyncio gives no number where it could bind none of a host's addresses.
    if error.errno in (errno.EADDRNOTAVAIL, None) or isinstance(error, socket.gaierror):
        return f"{host} is not an address of this machine."
    return f"The sandbox cannot listen at {host}, port {port}: {error.strerror or error}."
