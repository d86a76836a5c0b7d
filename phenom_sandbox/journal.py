"""A journal of the requests to the sandbox, without bodies and headers."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RecordedRequest:
    """`endpoint` is the method and the path with names for its variable parts.

    `status` is 0 when no answer was sent.
    """

    endpoint: str
    method: str
    path: str
    query: str
    status: int


class Journal:
    """Counts all requests, except admin requests, and keeps the latest ones.

    A request is counted when its answer is ready.
    """

    def __init__(self, keep: int = 5000) -> None:
        self.recent: deque[RecordedRequest] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()
        self.in_flight = 0
        self.max_in_flight = 0

    def count(self, endpoint: str) -> int:
        """Requests to an endpoint such as `GET /apply/v2/applications/{id}`."""
        return self.counts[endpoint]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def begin(self) -> None:
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self, request: RecordedRequest) -> None:
        self.in_flight -= 1
        self.counts[request.endpoint] += 1
        self.recent.append(request)

    def clear(self) -> None:
        self.recent.clear()
        self.counts.clear()
        self.max_in_flight = self.in_flight

    def as_json(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "counts": dict(self.counts),
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "recent": [asdict(request) for request in tuple(self.recent)],
        }
