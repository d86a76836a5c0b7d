"""A page in a real browser: the machine's Chromium, over its DevTools protocol."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60


class NoBrowser(Exception):
    """None of PROGRAMS is installed."""


class Tab:
    """One open page. ``events`` are what the browser told so far."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.events: list[dict[str, Any]] = []

    async def ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json(timeout=SECONDS)
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            self.events.append(message)

    async def wait_for(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self.events.append(await self._socket.receive_json(timeout=SECONDS))

    async def show(self, url: str, width: int, scheme: str) -> None:
        """Loads a page in a window of that width, light or dark."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.ask(f"{domain}.enable")
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.ask("Emulation.setEmulatedMedia", features=[feature])
        self.events.clear()
        await self.ask("Page.navigate", url=url)
        await self.wait_for("Page.loadEventFired")

    async def value(self, script: str) -> Any:
        """What a JavaScript expression is in the page."""
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")


def in_browser(use: Callable[[Tab], Coroutine[Any, Any, None]], folder: Path) -> None:
    """Opens a browser with a new profile in `folder`. Raises NoBrowser."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise NoBrowser(f"no browser: none of {', '.join(PROGRAMS)} is installed")
    browser = subprocess.Popen(
        [
            *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--no-first-run", "--remote-debugging-port=0", "--remote-allow-origins=*"),
            *(f"--user-data-dir={folder}", "about:blank"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert browser.stderr is not None
        mark = "DevTools listening on ws://"
        line = next((line for line in browser.stderr if mark in line), None)
        assert line is not None, "the browser ended before it could be asked"
        address = line.partition(mark)[2].partition("/")[0]
        asyncio.run(_use_tab(f"http://{address}/json/list", use))
    finally:
        browser.kill()
        browser.wait()
        assert browser.stderr is not None
        browser.stderr.close()


async def _use_tab(tabs: str, use: Callable[[Tab], Coroutine[Any, Any, None]]) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(tabs) as answer:
            listed = json.loads(await answer.text())
        address = next(each["webSocketDebuggerUrl"] for each in listed if each["type"] == "page")
        async with session.ws_connect(address, max_msg_size=0) as socket:
            await use(Tab(socket))
