"""A gateway over mocked HTTP, with a clock that only sleeping moves forward."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests_mock

from phenom_api.connection import Connection, load
from phenom_api.gateway import Gateway, Operation
from phenom_api.retries import RetryPolicy

GATEWAY = "https://gateway.test/prefix"
TOKEN_URL = "https://login.test/token"
SECRET = "s3cret/of+the tenant"
API_KEY = "api-key-of-the-tenant"
CONFIG: dict[str, Any] = {
    "client_id": "client",
    "client_secret": SECRET,
    "token_url": "https://login.test",
    "gateway_url": GATEWAY,
    "api_key": API_KEY,
}
LISTING = Operation("GET", "/apply/v2/applications", "Apply API, reading applications")
SUBMIT = Operation("POST", "/apply/v2/applications", "Apply API, submitting applications")
URL = GATEWAY + LISTING.path


@dataclass
class Clock:
    """Seconds that pass only by sleeping."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Wire:
    gateway: Gateway
    mocker: requests_mock.Mocker
    clock: Clock

    def fetch(self, operation: Operation = LISTING, **parts: Any) -> Any:
        return self.gateway.fetch(operation, dict, **parts)

    def tokens(self, *values: str) -> None:
        """The tokens that the endpoint has issued, in order."""
        self.mocker.post(
            TOKEN_URL,
            [{"json": {"access_token": value, "expires_in": 3600}} for value in values],
        )

    def requests(self, url: str = URL) -> list[Any]:
        return [each for each in self.mocker.request_history if each.url.startswith(url)]


@contextmanager
def wire(
    config: Mapping[str, Any] | None = None, policy: RetryPolicy | None = None
) -> Iterator[Wire]:
    clock = Clock()
    connection = load(Connection, {**CONFIG, **(config or {})})
    gateway = Gateway(
        connection,
        policy=policy,
        clock=clock,
        epoch=lambda: 1_700_000_000.0 + clock.now,
        sleep=clock.sleep,
        rng=random.Random(1),
    )
    with requests_mock.Mocker() as mocker, gateway:
        made = Wire(gateway, mocker, clock)
        made.tokens("t0ken-1", "t0ken-2", "t0ken-3")
        mocker.get(URL, json={"data": []})
        yield made
