"""State messages, given back as they came: the text itself, with the counts put into it.

Parsing and printing a state again would change it: numbers, the order of members, escapes, and
in the CDK's models even ``state.id``, without which a platform does not accept it.
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
    """A namespace that is null, missing or empty is the same: none."""
    return (namespace if isinstance(namespace, str) and namespace else None), name


@dataclass(frozen=True)
class Stats:
    """Records since the last state, the rejected ones included."""

    records: int
    rejected: int


@dataclass(frozen=True)
class StateLine:
    """A state as it came; the counts go between ``line[:begin]`` and ``line[end:]``.

    ``stream`` is None for a state of all streams (GLOBAL, LEGACY).
    """

    line: str
    stream: StreamKey | None
    begin: int
    end: int
    lead: str

    def with_stats(self, stats: Stats) -> bytes:
        """The line, every byte as it came, with ``destinationStats`` among the state's members."""
        counts = json.dumps(
            {
                "recordCount": float(stats.records),
                "rejectedRecordCount": float(stats.rejected),
            },
            separators=(",", ":"),
        )
        return f"{self.line[: self.begin]}{self.lead}{counts}{self.line[self.end :]}".encode()


def state_line(line: str, message: Mapping[str, Any]) -> StateLine:
    """A STATE message; raises ``ValueError`` where it is none.

    :param message: what ``line`` says.
    """
    state = message.get("state")
    if not isinstance(state, Mapping):
        raise ValueError("a STATE message without a state")
    return StateLine(line, _stream(state), *_place(line))


def _stream(state: Mapping[str, Any]) -> StreamKey | None:
    described = state.get("stream")
    descriptor = described.get("stream_descriptor") if isinstance(described, Mapping) else None
    if state.get("type", "STREAM") != "STREAM" or not isinstance(descriptor, Mapping):
        return None
    name = descriptor.get("name")
    if not isinstance(name, str):
        raise ValueError("a STATE message without the name of its stream")
    return stream_key(descriptor.get("namespace"), name)


def _place(line: str) -> tuple[int, int, str]:
    """Where the counts go, and what leads up to them."""
    start, _ = members(line)["state"]
    own = members(line, start)
    if _STATS in own:
        return (*own[_STATS], "")
    last = max((end for _, end in own.values()), default=start + 1)
    return last, last, f'{"," if own else ""}"{_STATS}":'
