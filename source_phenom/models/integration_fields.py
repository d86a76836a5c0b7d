"""``integration_fields``: every non-empty remote field that no unified column carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any

from source_phenom.models.values import is_empty

INTEGRATION_FIELDS = "integration_fields"
"""The column's name, for the tables that tell which columns a remote path feeds."""

IntegrationField = dict[str, Any]
"""``{id, key, type, value, label}``: the remote path, its last part, DEFAULT, the value, null."""


def carried_in(feeds: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The remote paths of a table that other columns carry whole."""
    return frozenset(path for path, columns in feeds.items() if INTEGRATION_FIELDS not in columns)


def integration_fields(
    payload: Mapping[str, Any], carried: Collection[str], prefix: str = ""
) -> list[IntegrationField]:
    """The fields of ``payload`` that are not in ``carried``, sorted by id.

    :param carried: remote paths, dots between the parts, that unified columns are made of.
    :param prefix: the path of ``payload`` itself, with a dot at its end.
    """
    found: list[IntegrationField] = []
    _collect(payload, carried, prefix, found)
    found.sort(key=itemgetter("id"))
    return found


def _collect(
    payload: Mapping[str, Any],
    carried: Collection[str],
    prefix: str,
    found: list[IntegrationField],
) -> None:
    for key, value in payload.items():
        path = prefix + key
        if path in carried:
            continue
        if type(value) is dict:
            _collect(value, carried, path + ".", found)
        elif not is_empty(value):
            found.append({"id": path, "key": key, "type": "DEFAULT", "value": value, "label": None})
