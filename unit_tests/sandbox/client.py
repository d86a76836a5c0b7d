"""A plain HTTP client of the sandbox."""

from __future__ import annotations

from typing import Any

import requests

from phenom_sandbox import LocalTenant

USER = "recruiter-1"


class Client:
    """Requests with a token, an acting user and a locale; None removes a header."""

    def __init__(self, local: LocalTenant) -> None:
        self.local = local
        self._http = requests.Session()
        self.headers: dict[str, str] = {
            **local.authorization(),
            "x-ph-userId": USER,
            "locale": "en_US",
        }

    def send(
        self, method: str, path: str, *, headers: dict[str, Any] | None = None, **more: Any
    ) -> requests.Response:
        merged = {**self.headers, **(headers or {})}
        kept = {name: value for name, value in merged.items() if value is not None}
        url = self.local.url + path
        return self._http.request(method, url, headers=kept, timeout=10, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.send("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.send("POST", path, **more)
