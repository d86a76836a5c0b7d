"""State messages are given back as the text that came in, with the counts inserted.

Parsing and printing a state would change numbers, the order of members and escapes. The CDK's
models even drop ``state.id``, without which a platform does not accept the state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from destination_phenom.json_text import members

StreamKey = tuple[str | None, str]
"""Namespace and name of a stream."""
_STATS = "destinationStats"


def stream_key(namespace: Any, name: str) -> StreamKey:
    """The key of a stream; a namespace that is missing, null or empty is None."""
    return (namespace if isinstance(namespace, str) and namespace else None), name


@dataclass(frozen=True)
class Stats:
    """Counts since the previous state; ``records`` includes the rejected ones."""

    records: int
    rejected: int


@dataclass(frozen=True)
class StateLine:
    """A state as it came in; the counts go between ``line[:begin]`` and ``line[end:]``.

    ``stream`` is None for a state of all streams (GLOBAL, LEGACY). ``lead`` is the text in front
    of the counts.
    """

    line: str
    stream: StreamKey | None
    begin: int
    end: int
    lead: str

    def with_stats(self, stats: Stats) -> bytes:
        """The unchanged line, with ``destinationStats`` added to the members of the state."""
        counts = json.dumps(
            {
                "recordCount": float(stats.records),
                "rejectedRecordCount": float(stats.rejected),
            },
            separators=(",", ":"),
        )
        return f"{self.line[: self.begin]}{self.lead}{counts}{self.line[self.end :]}".encode()


def state_line(line: str, message: Mapping[str, Any]) -> StateLine:
    """Parse a STATE message; raises ``ValueError`` for any other.

    :param message: the parsed ``line``.
    """
    state = message.get("state")
    if not isinstance(state, Mapping):
        raise ValueError("a STATE message without a state")
    return StateLine(line, _stream(state), *_stats_position(line))


def _stream(state: Mapping[str, Any]) -> StreamKey | None:
    described = state.get("stream")
    descriptor = described.get("stream_descriptor") if isinstance(described, Mapping) else None
    if state.get("type", "STREAM") != "STREAM" or not isinstance(descriptor, Mapping):
        return None
    name = descriptor.get("name")
    if not isinstance(name, str):
        raise ValueError("a STATE message without the name of its stream")
    return stream_key(descriptor.get("namespace"), name)


def _stats_position(line: str) -> tuple[int, int, str]:
    """``begin``, ``end`` and ``lead`` of a state line."""
    start, _ = members(line)["state"]
    own = members(line, start)
    if _STATS in own:
        return (*own[_STATS], "")
    last = max((end for _, end in own.values()), default=start + 1)
    return last, last, f'{"," if own else ""}"{_STATS}":'
