"""``groups``: the groups of the tenant's own people (SCIM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_phenom.models.ids import UnifiedIds
from source_phenom.models.integration_fields import IntegrationFields, carried_in
from source_phenom.models.values import Mismatches, key_text, text

MODEL = "groups"

FEEDS: Mapping[str, tuple[str, ...]] = {
    "display": ("name",),
    "displayName": ("name",),
    "id": ("remote_id",),
    "schemas": (),
    "value": ("remote_id",),
}
"""Remote paths and the columns that they feed.

Phenom describes a group as ``{value, display}``. SCIM itself names the two members ``id`` and
``displayName``.
"""

_OTHERS = IntegrationFields(carried_in(FEEDS))


def group_key(payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
    """``value``, else ``id``. Users refer to the group by this key."""
    key = key_text(payload.get("value"), "remote_id", mismatches)
    return key if key is not None else key_text(payload.get("id"), "remote_id", mismatches)


def group(
    payload: Mapping[str, Any], key: str, ids: UnifiedIds, mismatches: Mismatches
) -> dict[str, Any]:
    """The record of one group.

    :param payload: an element of ``Resources``.
    """
    name = text(payload.get("display"), "name", mismatches)
    return {
        "id": ids.of(MODEL, key),
        "remote_id": key,
        "name": name if name is not None else text(payload.get("displayName"), "name", mismatches),
        "integration_fields": _OTHERS.collect(payload),
    }
