"""Running the sandbox: in a thread of this process, or in the foreground."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from aiohttp import web

from phenom_sandbox.faults import Faults
from phenom_sandbox.journal import Journal
from phenom_sandbox.server import Access, Gateway
from phenom_sandbox.tenant import Tenant

_SHUTDOWN_SECONDS = 0.2


class LocalTenant:
    """A sandbox that is being served.

    `url` is its root, `config` a source configuration for it, `tenant` its data, `faults` its
    switches, `requests` what was asked of it.
    """

    def __init__(self, gateway: Gateway, url: str) -> None:
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
        """Headers with a fresh token, for requests that are made by hand."""
        headers = {"Authorization": f"Bearer {self._gateway.tokens.issue()}"}
        if self._gateway.access.api_key is not None:
            headers["api-key"] = self._gateway.access.api_key
        return headers

    def expire_tokens(self) -> None:
        """Every token issued so far is answered with 401 from now on."""
        self._gateway.tokens.expire_all()

    def before_request(self, hook: Callable[[str, str, str], None] | None) -> None:
        """Calls `hook(method, path, query)` in the server's thread before a request is handled.

        For edits at an exact moment of a scan; None takes the hook away.
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
    """Serves a tenant from a daemon thread for as long as the context lasts.

    Takes a `Tenant`, or the keywords of one. `clock` (epoch seconds) is what tokens age by.
    """
    gateway = Gateway(tenant or Tenant(**tenant_options), access or Access(), clock)
    loop = asyncio.new_event_loop()
    started: list[tuple[web.ServerRunner, str] | BaseException] = []
    ready = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        try:
            started.append(loop.run_until_complete(_start(gateway, host, port)))
        except BaseException as error:  # handed to the thread that waits for it
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
    runner, url = outcome
    try:
        yield LocalTenant(gateway, url)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(runner), loop).result(timeout=30)
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
    out: TextIO | None = None,
    **tenant_options: Any,
) -> None:
    """Serves until interrupted, and prints a ready-made source configuration as one JSON line."""
    tenant = Tenant(seed=seed, jobs=jobs, applications=applications, **tenant_options)
    gateway = Gateway(tenant, access or Access())
    asyncio.run(_serve_until_stopped(gateway, host, port, out or sys.stdout))


async def _serve_until_stopped(gateway: Gateway, host: str, port: int, out: TextIO) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    runner, url = await _start(gateway, host, port)
    out.write(json.dumps(LocalTenant(gateway, url).config) + "\n")
    out.flush()
    try:
        await stopped.wait()
    finally:
        await runner.cleanup()


async def _stop(runner: web.ServerRunner) -> None:
    """Ends the requests that still wait, too: nobody would be left to tell about them."""
    await runner.cleanup()
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def _start(gateway: Gateway, host: str, port: int) -> tuple[web.ServerRunner, str]:
    server = web.Server(gateway, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = runner.addresses[0]
    return runner, f"http://{host}:{address[1]}"
