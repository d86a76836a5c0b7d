"""Where the state of each stream and tenant is kept: in rows of PyAirbyte's ``_airbyte_state``.

PyAirbyte keeps one state per table, under the table's name. The tenant with the default
``integration_id`` uses the same rows, so that PyAirbyte and ``phenom sync`` can load the same
warehouse in turn. The state of another tenant has the key ``<integration_id>:<table>`` in the
column ``table_name``, so that several tenants can share a warehouse. One exception: if PyAirbyte
loaded such a tenant first, the state under the table's name says that it is this tenant's, and it
stays there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phenom_cli.warehouse.failures import SyncFailed

SOURCE_NAME = "source-phenom"
"""The source's name in PyAirbyte's tables."""
DEFAULT_INTEGRATION_ID = "phenom"
LOCAL_TENANT = "sandbox"
"""``integration_id`` of the tenant that ``phenom sync`` starts itself."""


@dataclass(frozen=True)
class TenantIdentity:
    """Which tenant's states and rows are meant, in a warehouse that may have several."""

    integration_id: str
    tag: str | None = None
    """The member ``tenant`` of this tenant's states. Not needed for the default integration_id."""


class TenantStates:
    """One tenant's states.

    :param saved: all states in the warehouse: ``state_json`` by key.
    """

    def __init__(self, tenant: TenantIdentity, saved: Mapping[str, str]) -> None:
        self._tenant = tenant
        self._saved = saved
        is_default = tenant.integration_id == DEFAULT_INTEGRATION_ID
        self._prefix = "" if is_default else f"{tenant.integration_id}:"

    def key(self, stream: str) -> str:
        """The ``table_name`` under which the stream's state is read and written."""
        key = self._prefix + stream
        return stream if key not in self._saved and self._is_ours(stream) else key

    def state(self, stream: str) -> dict[str, Any] | None:
        """The state message to start the stream's read from; None for a first sync.

        Raises SyncFailed if what is saved is not a state of the stream.
        """
        state_json = self._saved.get(self.key(stream))
        if state_json is None:
            return None
        try:
            message: dict[str, Any] = json.loads(state_json)
            if message["stream"]["stream_descriptor"]["name"] == stream:
                return message
        except (ValueError, KeyError, TypeError):
            pass
        raise SyncFailed(
            f"The saved state of stream {stream} is damaged in the warehouse.",
            f"Read the stream in full again: --full-refresh --streams {stream}",
        )

    def any_foreign(self, streams: Iterable[str]) -> bool:
        """Whether a state that these streams would start from is another tenant's."""
        tags = (_tag(self._saved.get(self.key(stream))) for stream in streams)
        return any(tag not in (None, self._tenant.tag) for tag in tags)

    def integration_ids(self) -> set[str]:
        """Of all tenants that have a state in the warehouse."""
        found = set()
        for key in self._saved:
            prefix, colon, _ = key.rpartition(":")
            if colon:
                found.add(prefix)
            elif self._is_ours(key):
                found.add(self._tenant.integration_id)
            else:
                found.add(DEFAULT_INTEGRATION_ID)
        return found

    def _is_ours(self, table: str) -> bool:
        """Whether the state under the table's own name is this tenant's."""
        if not self._prefix:
            return True
        return self._tenant.tag is not None and self._tenant.tag == _tag(self._saved.get(table))


def _tag(state_json: str | None) -> str | None:
    try:
        tag = json.loads(state_json or "null")["stream"]["stream_state"]["tenant"]
    except (ValueError, KeyError, TypeError):
        return None
    return tag if isinstance(tag, str) else None
