"""``manifest.yaml`` and the JSON schemas, read without the CDK.

The CDK interprets the same manifest when the connector runs inside it (``source.py``). This reads
as much of it as the console script needs, in a fiftieth of the time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent
PATH = ROOT / "manifest.yaml"
CURSOR_FIELD = "changed_at"
PRIMARY_KEY = "id"
SYNC_MODES = ("full_refresh", "incremental")
FILE_REQUEST = "file_of_document"
"""The request for a record's file. Only streams with files have it."""


@cache
def manifest() -> dict[str, Any]:
    """The manifest as written, references unresolved."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(PATH.read_bytes(), Loader=loader)
    return loaded


def specification() -> dict[str, Any]:
    """The ``spec`` of the connector as the protocol has it."""
    spec = manifest()["spec"]
    return {
        "connectionSpecification": spec["connection_specification"],
        "documentationUrl": spec["documentation_url"],
        "supportsNormalization": False,
        "supportsDBT": False,
    }


@dataclass(frozen=True)
class DeclaredStream:
    """One stream of the manifest.

    :param listing: its listing; streams of the same listing are read together.
    :param requests: its requests to the gateway, by name; each with ``http_method``,
        ``path``, ``request_parameters`` and ``permission``.
    :param needs_acting_user: whether it is offered only if ``ph_user_id`` is configured.
    """

    name: str
    listing: str
    requests: Mapping[str, Mapping[str, Any]]
    needs_acting_user: bool

    @property
    def has_files(self) -> bool:
        """Whether its records are about files, which a sync can include."""
        return FILE_REQUEST in self.requests


@cache
def streams() -> tuple[DeclaredStream, ...]:
    """The streams in the manifest's order.

    A stream's only condition in the manifest is that ``ph_user_id`` is configured.
    """
    declared: list[DeclaredStream] = []
    for entry in manifest()["streams"]:
        is_conditional = entry.get("type") == "ConditionalStreams"
        for stream in entry["streams"] if is_conditional else [entry]:
            retriever = _resolved(stream["retriever"])
            declared.append(
                DeclaredStream(
                    stream["$parameters"]["name"],
                    retriever["listing"],
                    retriever["requests"],
                    is_conditional,
                )
            )
    return tuple(declared)


def _resolved(component: Any) -> Any:
    """A component with the definitions that it refers to; its own members count first."""
    if not isinstance(component, Mapping):
        return component
    if "$ref" in component:
        definition = component["$ref"].removeprefix("#/definitions/")
        component = {**manifest()["definitions"][definition], **component}
    return {name: _resolved(value) for name, value in component.items() if name != "$ref"}


def streams_of(listing: str) -> list[DeclaredStream]:
    """The streams that are read from a listing."""
    return [stream for stream in streams() if stream.listing == listing]


def stream_names(*, acting_user: bool = True) -> list[str]:
    """The streams in the manifest's order; without an acting user, those that need none."""
    return [each.name for each in streams() if acting_user or not each.needs_acting_user]


def checked_streams() -> list[str]:
    """The streams for ``check``, which fails if none of them can be read."""
    names: list[str] = manifest()["check"]["stream_names"]
    return names


def meant(name: object, known: Sequence[str]) -> str:
    """``Did you mean …? `` with the most similar stream; empty if none is similar."""
    close = get_close_matches(str(name).strip().lower(), known, n=1)
    return f"Did you mean {close[0]}? " if close else ""


@cache
def schema(stream: str) -> dict[str, Any]:
    """The JSON schema of a stream's records."""
    loaded: dict[str, Any] = json.loads((ROOT / "schemas" / f"{stream}.json").read_bytes())
    return loaded


def with_hard_deletes(json_schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the column on which Airbyte's warehouse destinations delete rows."""
    deleted_at = {
        **json_schema["properties"]["remote_deleted_at"],
        "description": "Equal to remote_deleted_at; destinations delete the row when it is set.",
    }
    return {
        **json_schema,
        "properties": {**json_schema["properties"], "_ab_cdc_deleted_at": deleted_at},
    }


def streams_with_files() -> list[str]:
    """The streams whose records are about files."""
    return [each.name for each in streams() if each.has_files]


def discovered(stream: str, *, hard_deletes: bool, with_files: bool) -> dict[str, Any]:
    """A stream as the catalog describes it.

    :param with_files: whether a sync may include the files of the streams that have files.
    """
    json_schema = schema(stream)
    return {
        "name": stream,
        "json_schema": with_hard_deletes(json_schema) if hard_deletes else json_schema,
        "supported_sync_modes": list(SYNC_MODES),
        "source_defined_cursor": True,
        "default_cursor_field": [CURSOR_FIELD],
        "source_defined_primary_key": [[PRIMARY_KEY]],
        "is_resumable": True,
        "is_file_based": with_files and stream in streams_with_files(),
    }
