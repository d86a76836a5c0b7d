"""Which rows of a table are one tenant's, and which of them a complete scan did not find.

Several tenants can share a table, and no column names the tenant. But ``id`` is a hash of the
tenant's ``integration_id`` and Phenom's key, and ``remote_id`` is that key (specification, section
3.1). So a row is the tenant's if the tenant's id for its ``remote_id`` is its ``id``. The two join
models have no ``remote_id``: their rows are recognised by the job or the role that they refer to.
This works also when all states are lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from phenom_cli.warehouse.tables import DELETED_AT, Tables
from source_phenom.config import second_of
from source_phenom.models.applications import MODEL as APPLICATIONS
from source_phenom.models.applications import is_created_before
from source_phenom.models.timestamps import rfc3339

REFERENCES = {
    "job_hiring_team_members": ("job_id", "jobs"),
    "job_user_role_assignments": ("role_id", "roles"),
}
"""For each stream without ``remote_id``: a column, and the stream whose ids are in it."""


_Row = tuple[bool | None, str, str | None]
"""Whether it is the tenant's, ``id`` and ``remote_id``."""


class TenantRows:
    """One tenant's live rows in one stream's table.

    :param unified_id: the tenant's id for a model and a key.
    :param warning: shows a sentence to the user.
    :param hidden_key: what may stand in the ``remote_id`` of a tombstone, for a model and a key.
    """

    def __init__(
        self,
        stream: str,
        tables: Tables,
        unified_id: Callable[[str, str], str],
        warning: Callable[[str], None],
        hidden_key: Callable[[str, str], str] = lambda _, key: key,
    ) -> None:
        self._stream = stream
        self._tables = tables
        self._unified_id = unified_id
        self._warning = warning
        self._hidden_key = hidden_key
        self._reference = REFERENCES.get(stream)

    def exist(self) -> bool:
        """Whether there are any. Rows whose tenant is unknown count too."""
        return any(is_owned is not False for is_owned, _, _ in self._rows())

    def tombstones(self, state: Mapping[str, Any], now: datetime) -> list[bytes] | None:
        """RECORD messages that mark the rows that are not in the stage as deleted.

        None if the scan was not complete and there are such rows: Phenom may still have them.

        :param state: the stream's last state; the stream was read to its end.
        """
        missing = [row for row in self._rows() if row[0] is not False]
        if not missing:
            return []
        if state["stream"]["stream_state"].get("complete_scan") is False:
            self._warning(
                f"The scan of {self._stream} was not complete: {len(missing):,} rows that it did"
                " not find stay as they are. The next sync reads the stream in full again."
            )
            return None
        start_date = state["stream"]["stream_state"].get("start_date")
        if start_date is not None:
            missing = self._not_left_out(missing, start_date, now)
        unknown = sum(is_owned is None for is_owned, _, _ in missing)
        if unknown and self._reference is not None:
            self._warning(
                f"{unknown:,} rows of {self._stream} were not found and stay as they are: without"
                f" the table {self._reference[1]} their tenant is unknown. Run the sync again with"
                f" --full-refresh --streams {self._reference[1]},{self._stream}."
            )
        return [
            self._tombstone(row_id, remote_id, now)
            for is_owned, row_id, remote_id in missing
            if is_owned
        ]

    def _not_left_out(self, missing: list[_Row], start_date: str, now: datetime) -> list[_Row]:
        """The rows that ``start_date`` does not leave out, so that they were deleted.

        Only the id of an application tells its time. Rows of other streams stay as they are.
        """
        start = second_of(start_date)
        if self._stream != APPLICATIONS or start is None:
            self._warning(
                f"{len(missing):,} rows of {self._stream} were not found and stay as they are:"
                " start_date may have left them out."
            )
            return []
        return [row for row in missing if not is_created_before(row[2] or "", start, now)]

    def _rows(self) -> Iterator[_Row]:
        """Live rows that are not in the stage: whether the tenant's, id, remote id.

        The first is None if the tenant is unknown.
        """
        rows = self._tables.missing_rows(self._stream, self._reference)
        for row_id, remote_id, referenced_id, referenced_remote_id in rows:
            is_owned: bool | None = None
            if self._reference is None:
                is_owned = row_id == self._unified_id(self._stream, remote_id or "")
            elif referenced_remote_id is not None:
                is_owned = referenced_id == self._unified_id(
                    self._reference[1], referenced_remote_id
                )
            yield is_owned, row_id, remote_id

    def _tombstone(self, row_id: str, remote_id: str | None, now: datetime) -> bytes:
        """What the connector would have printed (specification, section 4)."""
        moment = rfc3339(now)
        data = {"id": row_id, "changed_at": moment, "remote_deleted_at": moment, DELETED_AT: moment}
        if remote_id is not None:
            data["remote_id"] = self._hidden_key(self._stream, remote_id)
        record = {"stream": self._stream, "data": data, "emitted_at": int(now.timestamp() * 1000)}
        line = json.dumps({"type": "RECORD", "record": record}, ensure_ascii=False)
        return line.encode() + b"\n"
