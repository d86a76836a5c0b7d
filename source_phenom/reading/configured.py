"""What the platform configured: the streams to read, and their incoming states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.manifest import SYNC_MODES, meant
from source_phenom.reading.read import Selection

_LOOKS_LIKE = (
    "What discover prints becomes one by choosing: "
    '{"streams": [{"stream": {"name": "jobs"}, "sync_mode": "incremental"}]}'
)


def selections(catalog: Any, state: Any, config: SourceConfig) -> list[Selection]:
    """The streams of a ConfiguredAirbyteCatalog, each with its part of the incoming state.

    :param state: state messages in whichever form platforms and tools keep them.
    :raises ValueError: if one of them is invalid; the message says what to do.
    """
    streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
    if not isinstance(streams, list):
        raise ValueError(
            f"The catalog is not a configured catalog: it has no list of streams. {_LOOKS_LIKE}"
        )
    known = manifest.stream_names()
    blobs = _blobs(state, known)
    selected: list[Selection] = []
    for position, configured in enumerate(streams):
        try:
            name, mode = configured["stream"]["name"], configured["sync_mode"]
        except (KeyError, TypeError):
            raise ValueError(
                f"Stream {position + 1} of the catalog is not a configured stream: it needs "
                f"stream.name and sync_mode. {_LOOKS_LIKE}"
            ) from None
        if name not in known:
            raise ValueError(
                f"The catalog names a stream that does not exist: {name}. {meant(name, known)}"
                f"Refresh the schema; the streams are {', '.join(known)}."
            )
        if any(other.stream == name for other in selected):
            raise ValueError(f"The catalog names stream {name} twice.")
        if mode not in SYNC_MODES:
            raise ValueError(
                f"The catalog gives stream {name} a sync_mode that does not exist: choose "
                f"{' or '.join(SYNC_MODES)}."
            )
        includes_files = _includes_files(name, configured.get("include_files"), config)
        selected.append(Selection(name, mode == "incremental", blobs.get(name), includes_files))
    return selected


def _includes_files(stream: str, include_files: Any, config: SourceConfig) -> bool:
    """Whether the stream's files are sent. The protocol ignores the key where there are none."""
    if include_files is not None and type(include_files) is not bool:
        raise ValueError(
            f"The catalog gives stream {stream} an include_files that is neither true nor false."
        )
    if not include_files or stream not in manifest.streams_with_files():
        return False
    if not config.may_include_files:
        raise ValueError(
            f"Stream {stream} cannot include files with personal_data pseudonymous, because a CV "
            "names its person. Turn the files of this stream off in the connection "
            "(include_files), or set personal_data to full."
        )
    return True


def _blobs(state: Any, known: Sequence[str]) -> dict[str, Any]:
    """Each stream's state in a state file. If a stream has two, the last one counts."""
    parts = list(_parts(state))
    states = [part for part in parts if not _is_other_message(part)]
    if parts and not states:
        raise ValueError(
            "The state file holds messages, but no STATE is among them. Leave --state out to read "
            "everything."
        )
    return {name: blob for part in states for name, blob in _stream_states(part, known)}


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _parts(part)
    elif value not in (None, {}):
        yield value


def _is_other_message(part: Any) -> bool:
    """Whether it is another message: the whole output of an earlier read may be given as state."""
    return isinstance(part, Mapping) and part.get("type") in ("RECORD", "LOG", "TRACE", "CONTROL")


def _stream_states(part: Any, known: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The streams' names and states, in any of the forms in which platforms and tools keep them."""
    match part:
        case {"type": "STATE", "state": dict(state)}:
            yield from _stream_states(state, known)
        case {"stream": {"stream_descriptor": {"name": str(name)}} as stream}:
            yield name, stream.get("stream_state")
        case {"stream_descriptor": {"name": str(name)}}:
            yield name, part.get("stream_state")
        case {"global": {"stream_states": list(states)}}:
            for state in states:
                yield from _stream_states(state, known)
        case {"data": dict(states)} if part.get("type", "LEGACY") == "LEGACY":
            yield from states.items()
        # As Airbyte's interface shows them, and as its API does.
        case {"streamDescriptor": {"name": str(name)}}:
            yield name, part.get("streamState")
        case {"streamState": list(states)}:
            for state in states:
                yield from _stream_states(state, known)
        case dict() if all(name in known for name in part):
            yield from part.items()
        case _:
            raise ValueError(
                "The state holds something other than per-stream states. It takes the STATE "
                "messages that an earlier read printed, one per line or in a list. Reset the "
                "connection's streams, or leave --state out, to read everything."
            )
