"""Whose states a warehouse keeps, and where: rows of PyAirbyte's table ``_airbyte_state``.

PyAirbyte has one state per table, named like the table. That is the place of the tenant with the
default ``integration_id``, so that PyAirbyte and ``phenom sync`` go on from each other's work. Any
other tenant's states stand beside it under ``<integration_id>:<table>``, so that two tenants in one
warehouse do not overwrite each other's; unless PyAirbyte began it alone, when the plain place holds
a state that names this very tenant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phenom_cli.warehouse.failures import SyncFailed

SOURCE_NAME = "source-phenom"
"""Whose states they are, as PyAirbyte has it."""
DEFAULT_INTEGRATION_ID = "phenom"
LOCAL_TENANT = "sandbox"
"""``integration_id`` of the tenant that ``phenom sync`` starts itself."""


@dataclass(frozen=True)
class Tenant:
    integration_id: str
    tag: str | None = None
    """What this tenant's states carry as ``tenant``; needed only where the id is another than the
    default, which has the plain place anyway."""


class StatePlaces:
    """Where one tenant's states are among ``present``: ``state_json`` by ``table_name``."""

    def __init__(self, tenant: Tenant, present: Mapping[str, str]) -> None:
        self._tenant = tenant
        self._present = present
        default = tenant.integration_id == DEFAULT_INTEGRATION_ID
        self._prefix = "" if default else f"{tenant.integration_id}:"

    def of(self, stream: str) -> str:
        """The ``table_name`` under which the stream's state is read and written."""
        own = self._prefix + stream
        return stream if own not in self._present and self._ours(stream) else own

    def state(self, stream: str) -> dict[str, Any] | None:
        """The state message that a read of the stream starts from; None for a first sync.

        Raises SyncFailed where what is kept there is none.
        """
        state_json = self._present.get(self.of(stream))
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

    def elsewhere(self, streams: Iterable[str]) -> bool:
        """Whether a state of one of the streams names another tenant than this one."""
        tags = (_tag(self._present.get(self.of(stream))) for stream in streams)
        return any(tag not in (None, self._tenant.tag) for tag in tags)

    def tenants(self) -> set[str]:
        """The ``integration_id`` of everybody who has a state here."""
        found = set()
        for name in self._present:
            prefix, colon, _ = name.rpartition(":")
            if colon:
                found.add(prefix)
            elif self._ours(name):
                found.add(self._tenant.integration_id)
            else:
                found.add(DEFAULT_INTEGRATION_ID)
        return found

    def _ours(self, plain: str) -> bool:
        """Whether the state in the plain place is this tenant's."""
        if not self._prefix:
            return True
        return self._tenant.tag is not None and self._tenant.tag == _tag(self._present.get(plain))


def _tag(state_json: str | None) -> str | None:
    try:
        tag = json.loads(state_json or "null")["stream"]["stream_state"]["tenant"]
    except (ValueError, KeyError, TypeError):
        return None
    return tag if isinstance(tag, str) else None
