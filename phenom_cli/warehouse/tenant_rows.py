"""Which rows of a table are one tenant's, and which of them a complete scan did not find.

Several tenants can share a table. Nothing in a row names its tenant, but the id is made of the
tenant's ``integration_id`` and Phenom's key (contract section 3.1), and ``remote_id`` is that key:
the row is the tenant's if its id is what the two make. The two join models have no ``remote_id``;
their rows are told by the job or the role that they refer to. This holds also where all states
are lost, which a list of known tenants would not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from phenom_cli.warehouse.tables import DELETED_AT, Tables

REFERS = {
    "job_hiring_team_members": ("job_id", "jobs"),
    "job_user_role_assignments": ("role_id", "roles"),
}
"""For the streams without ``remote_id``: a column, and the stream whose ids are in it."""


class TenantRows:
    """One tenant's live rows in one stream's table.

    :param unified_id: the tenant's id for a model and a key.
    :param warning: takes a sentence for the person who runs the sync.
    """

    def __init__(
        self,
        stream: str,
        tables: Tables,
        unified_id: Callable[[str, str], str],
        warning: Callable[[str], None],
    ) -> None:
        self._stream = stream
        self._tables = tables
        self._unified_id = unified_id
        self._warning = warning
        self._refers = REFERS.get(stream)

    def exist(self) -> bool:
        """Whether there are any; rows whose tenant is unknown count as well."""
        return any(owned is not False for owned, _, _ in self._rows())

    def tombstones(self, state: Mapping[str, Any], now: datetime) -> list[bytes] | None:
        """RECORD messages that mark the rows as deleted that are not in the stage.

        None where such rows may still be found: the scan was not a complete one.

        :param state: the last one of a stream that was read to its end.
        """
        missing = [
            (owned, key, remote) for owned, key, remote in self._rows() if owned is not False
        ]
        if not missing:
            return []
        if state["stream"]["stream_state"].get("complete_scan") is False:
            self._warning(
                f"The scan of {self._stream} was not a complete one: {len(missing):,} rows that it"
                " did not find stay as they are. The next sync looks for them again."
            )
            return None
        unknown = sum(owned is None for owned, _, _ in missing)
        if unknown and self._refers is not None:
            self._warning(
                f"{unknown:,} rows of {self._stream} were not found and stay as they are: without"
                f" the table {self._refers[1]} nothing says whose they are. Run the sync again with"
                f" --full-refresh --streams {self._refers[1]},{self._stream}."
            )
        return [self._tombstone(key, remote, now) for owned, key, remote in missing if owned]

    def _rows(self) -> Iterator[tuple[bool | None, str, str | None]]:
        """Live rows that are not staged: the tenant's or not (None: unknown), id, remote id."""
        for key, remote_id, other_id, other_remote_id in self._tables.live(
            self._stream, self._refers
        ):
            owned: bool | None = None
            if self._refers is None:
                owned = key == self._unified_id(self._stream, remote_id or "")
            elif other_remote_id is not None:
                owned = other_id == self._unified_id(self._refers[1], other_remote_id)
            yield owned, key, remote_id

    def _tombstone(self, key: str, remote_id: str | None, now: datetime) -> bytes:
        """What the connector would have printed (contract section 4)."""
        utc = now.astimezone(timezone.utc)
        moment = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = {"id": key, "changed_at": moment, "remote_deleted_at": moment, DELETED_AT: moment}
        if remote_id is not None:
            data["remote_id"] = remote_id
        record = {"stream": self._stream, "data": data, "emitted_at": int(utc.timestamp() * 1000)}
        line = json.dumps({"type": "RECORD", "record": record}, ensure_ascii=False)
        return line.encode() + b"\n"
