"""Switches that make the gateway fail in various ways.

Each switch is an attribute of `Faults`. It takes a plain value (`faults.latency = 50`), a `Fault`
with limits (`faults.server_error = Fault(502, path="/apply", count=3)`), a list of them, or None
for off. Over HTTP, faults are JSON objects with the fields of `Fault`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any


@dataclass
class Fault:
    """A fault and the requests that it hits.

    It applies to requests (also to the token endpoint) with this `method` whose path, without the
    gateway's prefix and the query string, begins with `path` (`*` stands for one segment). It
    skips the first `after` requests, then hits every `every`-th one, each with `probability`,
    `count` times in all (None: no limit). With `in_flight`, it hits only while more than that many
    requests are being served. `retry_after` (seconds as a number, or text such as an HTTP date) is
    for `throttle` and `server_error`, `position` is for `churn`.
    """

    value: Any = True
    path: str = ""
    method: str = ""
    count: int | None = None
    every: int = 1
    after: int = 0
    probability: float = 1.0
    in_flight: int | None = None
    retry_after: float | str | None = None
    position: int | None = None
    seen: int = field(default=0, repr=False)

    def fires(self, method: str, path: str, in_flight: int, random: Random) -> bool:
        """Whether this request is hit; counts the request."""
        if not _begins(path, self.path) or self.method not in ("", method):
            return False
        if self.count is not None and self.count <= 0:
            return False
        if self.in_flight is not None and in_flight <= self.in_flight:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.seen - self.after) % self.every:
            return False
        if self.probability < 1 and random.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True


SWITCHES: dict[str, str] = {
    "latency": "milliseconds before the request is handled",
    "throttle": "429 or 503 (True: 429), with `retry_after`",
    "server_error": "an error status: 500, 502, 503, 504",
    "reset": "the connection is reset without an answer",
    "reset_after_headers": "the connection is reset after the headers of the answer",
    "truncate": "the share of the body that is sent before the connection closes (True: 0.5)",
    "html": "an HTML page with this status (True: 200) instead of JSON",
    "empty_body": "an empty body with this status (True: 200)",
    "gzip": "the body is sent with Content-Encoding gzip",
    "redirect": "a redirect with this status (True: 302) to the same address with `_redirected=1`",
    "unauthorized": "401, as if the token had expired",
    "deny": "403 (True) or this status: the client has no permission for the API",
    "wrong_secret": "the token endpoint refuses every secret with 401",
    "token_lifetime": "the lifetime of new tokens in seconds, also in `expires_in`",
    "token_format": "'expires_in' (the default), 'jwt' (no expires_in) or 'bare' (neither)",
    "page_limit": "the maximum number of records on a page of a listing, also shown in `limit`",
    "silent_page_limit": "the same, but `limit` shows the requested number",
    "short_page": "a page has at most this many records although more follow",
    "empty_page": "a page that covers this offset is empty",
    "total": "a number to add to the total, 'missing', 'null' or 'string'",
    "paging_as_text": "offset and limit are strings",
    "data_null": "`data` of a listing is null",
    "search_window": "the candidate search refuses `from` + `size` above this with 400",
    "dates_only": "the candidate search accepts only dates (yyyy-MM-dd) in its filters, no times",
    "nameless_activities": "hiring-status activities do not name their job",
    "churn": "a change before a listing is answered: 'edit', 'insert', 'delete' or 'mixed', at "
    "`position` or a random place",
    "lost_answer": "a write is carried out, but its answer is lost: 'reset' (True), 'timeout', or "
    "an error status",
}


class Faults:
    """The switches of a running sandbox, all off at first; `SWITCHES` describes them."""

    def __init__(self, seed: int = 0) -> None:
        object.__setattr__(self, "random", Random(seed))
        object.__setattr__(self, "_armed", {})

    random: Random
    _armed: dict[str, list[Fault]]

    def __setattr__(self, name: str, setting: Any) -> None:
        _demand_switch(name)
        self._armed.pop(name, None)
        faults = [_fault(one) for one in (setting if isinstance(setting, list) else [setting])]
        armed = [fault for fault in faults if fault is not None]
        if armed:
            self._armed[name] = armed

    def __getattr__(self, name: str) -> list[Fault]:
        if name not in SWITCHES:
            raise AttributeError(name)
        return self._armed.get(name, [])

    @property
    def armed(self) -> bool:
        return bool(self._armed)

    def clear(self) -> None:
        self._armed.clear()

    def update(self, settings: Mapping[str, Any]) -> None:
        """Sets several switches, or none; raises AttributeError or TypeError for an invalid one."""
        for name, setting in settings.items():
            _demand_switch(name)
            for one in setting if isinstance(setting, list) else [setting]:
                _fault(one)
        for name, setting in settings.items():
            setattr(self, name, setting)

    def hit(
        self,
        name: str,
        method: str,
        path: str,
        in_flight: int = 0,
        applies: Callable[[Fault], bool] | None = None,
    ) -> Fault | None:
        """The fault of this name that hits the request, if any.

        Faults for which `applies` is false are skipped and do not count the request.
        """
        for fault in self._armed.get(name, ()):
            if applies is not None and not applies(fault):
                continue
            if fault.fires(method, path, in_flight, self.random):
                return fault
        return None

    def as_json(self) -> dict[str, Any]:
        return {
            name: [
                {each.name: getattr(fault, each.name) for each in fields(Fault)} for fault in faults
            ]
            for name, faults in self._armed.items()
        }


def _demand_switch(name: str) -> None:
    if name not in SWITCHES:
        raise AttributeError(f"there is no fault {name!r}; there are: {', '.join(SWITCHES)}")


def _begins(path: str, pattern: str) -> bool:
    if "*" not in pattern:
        return path.startswith(pattern)
    wanted, given = pattern.split("/"), path.split("/")
    if len(given) < len(wanted):
        return False
    *whole, last = zip(wanted, given, strict=False)
    return all(want in ("*", have) for want, have in whole) and (
        last[0] == "*" or last[1].startswith(last[0])
    )


def _fault(setting: Any) -> Fault | None:
    if setting is None or setting is False:
        return None
    if isinstance(setting, Fault):
        return setting
    if isinstance(setting, Mapping):
        return Fault(**setting)
    return Fault(setting)
