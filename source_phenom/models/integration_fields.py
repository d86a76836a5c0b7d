"""``integration_fields``: every non-empty remote field that no unified column holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any

from source_phenom.models.values import is_empty

INTEGRATION_FIELDS = "integration_fields"
"""The name of the column, for the tables that say which columns a remote path feeds."""

_MOST_KNOWN = 1000
"""The most fields per object whose paths are cached. A tenant can use ids as names of fields."""
_MOST_LEVELS = 100
"""Objects are descended into up to this depth. A deeper object is one value."""
_id = itemgetter("id")

IntegrationField = dict[str, Any]
"""``{id, key, type, value, label}``: the remote path, its last part, "DEFAULT", the value, null."""


def carried_in(feeds: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The remote paths of a table that other columns hold completely."""
    return frozenset(path for path, columns in feeds.items() if INTEGRATION_FIELDS not in columns)


class IntegrationFields:
    """Collects the fields of payloads that are not in ``carried``.

    Most payloads have the same fields, so the path of a field is made once, not once per record.

    :param carried: remote paths that unified columns hold, with dots between the parts.
    :param prefix: the path of the payloads themselves, with a dot at the end.
    """

    def __init__(
        self, carried: Collection[str], prefix: str = "", levels: int = _MOST_LEVELS
    ) -> None:
        self._carried = carried
        self._prefix = prefix
        self._levels = levels
        self._paths: dict[str, str | None] = {}
        self._below: dict[str, IntegrationFields] = {}

    def collect(self, payload: Mapping[str, Any]) -> list[IntegrationField]:
        """The fields of ``payload``, sorted by id."""
        fields: list[IntegrationField] = []
        self._collect(payload, fields)
        fields.sort(key=_id)
        return fields

    def _collect(self, payload: Mapping[str, Any], fields: list[IntegrationField]) -> None:
        paths = self._paths
        for key, value in payload.items():
            path = paths[key] if key in paths else self._path(key)
            if path is None:
                continue
            if type(value) is dict and self._levels:
                self._level(key)._collect(value, fields)
            elif not is_empty(value):
                fields.append(
                    {"id": path, "key": key, "type": "DEFAULT", "value": value, "label": None}
                )

    def _path(self, key: str) -> str | None:
        """The path of a field; None if a unified column holds the field."""
        path = self._prefix + key
        kept = None if path in self._carried else path
        if len(self._paths) < _MOST_KNOWN:
            self._paths[key] = kept
        return kept

    def _level(self, key: str) -> IntegrationFields:
        level = self._below.get(key)
        if level is None:
            level = IntegrationFields(self._carried, f"{self._prefix}{key}.", self._levels - 1)
            if len(self._below) < _MOST_KNOWN:
                self._below[key] = level
        return level
