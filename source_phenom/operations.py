"""The gateway's operations that the manifest names."""

from __future__ import annotations

from collections.abc import Iterable

from phenom_api.gateway import Operation
from source_phenom import manifest
from source_phenom.manifest import DeclaredStream


def operations(
    listing: str, streams: Iterable[DeclaredStream] | None = None
) -> dict[str, Operation]:
    """What is asked of the gateway for the streams of a listing, by the request's name.

    :param streams: the declared streams; by default the manifest's.
    """
    return {
        name: Operation(request["http_method"], request["path"], request["permission"])
        for stream in (manifest.streams() if streams is None else streams)
        if stream.listing == listing
        for name, request in stream.requests.items()
    }
