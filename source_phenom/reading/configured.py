"""What the platform configured: the streams to read, and what they remember."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from source_phenom.reading.read import Selection

logger = logging.getLogger("airbyte.phenom")


def selections(catalog: Any, state: Any, known: Sequence[str]) -> list[Selection]:
    """The streams of a ConfiguredAirbyteCatalog, each with its part of the incoming state.

    :param state: a list of state messages, as the platform saves them.
    :raises ValueError: with a sentence for people, where either is not what it should be.
    """
    streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
    if not isinstance(streams, list):
        raise ValueError("The catalog is not a configured catalog: it has no list of streams.")
    blobs = _blobs(state)
    selected: list[Selection] = []
    for position, configured in enumerate(streams):
        try:
            name = configured["stream"]["name"]
            incremental = configured["sync_mode"] == "incremental"
        except (KeyError, TypeError):
            raise ValueError(
                f"Stream {position + 1} of the catalog is not a configured stream: it needs "
                "stream.name and sync_mode."
            ) from None
        if name not in known:
            raise ValueError(
                f"The catalog names a stream that does not exist: {name}. Refresh the schema; "
                f"the streams are {', '.join(known)}."
            )
        if any(other.stream == name for other in selected):
            raise ValueError(f"The catalog names stream {name} twice.")
        selected.append(Selection(name, incremental, blobs.get(name)))
    return selected


def _blobs(state: Any) -> dict[str, Any]:
    """Per stream its state, out of STREAM state messages; the rest is said to be passed over."""
    if isinstance(state, Mapping) and not state:
        return {}
    if not isinstance(state, list):
        raise ValueError(
            "The state is not a list of per-stream states. Reset the connection's streams."
        )
    blobs: dict[str, Any] = {}
    for message in state:
        part = message.get("stream") if isinstance(message, Mapping) else None
        descriptor = part.get("stream_descriptor") if isinstance(part, Mapping) else None
        if not isinstance(part, Mapping) or not isinstance(descriptor, Mapping):
            raise ValueError(
                "The state holds something other than per-stream states. Reset the "
                "connection's streams."
            )
        blobs[str(descriptor.get("name"))] = part.get("stream_state")
    return blobs
