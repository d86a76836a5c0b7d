"""The gateway's operations that the manifest names."""

from __future__ import annotations

from collections.abc import Iterable

from phenom_api.gateway import Operation
from source_phenom.manifest import DeclaredStream


def operations(streams: Iterable[DeclaredStream]) -> dict[str, Operation]:
    """The operations for some streams of one listing, by the request's name."""
    return {
        name: Operation(request["http_method"], request["path"], request["permission"])
        for stream in streams
        for name, request in stream.requests.items()
    }
