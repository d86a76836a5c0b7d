"""What a connection may and must know after each sync, judged from outside.

A row has to be seen by a delta if it is read before the delta may end: counted from the end where
new rows appear, there are fewer than two whole pages of remembered rows in front of it. Of all
other rows a sync may tell the old version or the present one. Candidates are made of the versions
that the connection may know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import orjson

from integration_tests.contract.expected import unified_id
from integration_tests.deltas.rows import (
    APPLICATIONS,
    CANDIDATES,
    Record,
    Row,
    application_record,
    candidate_record,
    is_created,
    is_left_out,
    is_read,
    key_of_candidate,
)

_MOST_COMBINATIONS = 2_000

Listing = Sequence[Row]


@dataclass(frozen=True)
class Watched:
    """A sync and the tenant while it ran: `listings` are its states, the first one at the start.

    `seen` are ids of rows that the sync has to see; None: all of them, as in a full scan.
    """

    config: Mapping[str, Any]
    listings: Sequence[Listing]
    seen: frozenset[str] | None

    @property
    def is_calm(self) -> bool:
        return len(self.listings) == 1

    @property
    def now(self) -> Listing:
        return self.listings[-1]

    def versions(self) -> dict[str, list[Row]]:
        """The versions of each row during the sync."""
        found: dict[str, dict[bytes, Row]] = {}
        for listing in self.listings:
            for row in listing:
                found.setdefault(row["id"], {})[orjson.dumps(row)] = row
        return {key: list(rows.values()) for key, rows in found.items()}

    def lasting(self) -> set[str]:
        """Ids of the rows that were listed all the time."""
        return set.intersection(*({row["id"] for row in listing} for listing in self.listings))


@dataclass
class Beliefs:
    """What is known of the rows from the candidates' syncs, and which records were left out.

    `versions` are the versions of a row that the connection may know; of the `settled` rows it
    certainly knows one. `former` are versions in which a row was another candidate's: until the
    next full scan that candidate may still be told with them. `left_out` are records that
    `start_date` has left out: nobody tells their deletion.
    """

    versions: dict[str, list[Row]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    former: dict[str, list[Row]] = field(default_factory=dict)

    # -- what a warehouse must hold ----------------------------------------------------------

    def leave_out(self, stream: str, watched: Watched, before: Mapping[str, Record]) -> None:
        """Note what `start_date` leaves out of a stream."""
        if stream == APPLICATIONS:
            for record_id, record in before.items():
                if is_left_out(record["remote_id"], watched.config):
                    self.left_out.add(record_id)
        known = {row_id: list(rows) for row_id, rows in self.versions.items()}
        for listing in watched.listings:
            for row in listing:
                known.setdefault(row["id"], []).append(row)
        left_out = set()
        for rows in known.values():
            for row in rows:
                key = _remote_id(stream, row)
                if key is not None and is_left_out(row["id"], watched.config):
                    left_out.add(key)
        read = set.intersection(
            *(
                {_remote_id(stream, row) for row in listing if is_read(row, watched.config)}
                for listing in watched.listings
            )
        )
        self.left_out |= {_id(stream, key) for key in left_out - read}

    def exact(self, stream: str, watched: Watched) -> dict[str, Record]:
        """The records of a stream as a full scan tells them."""
        rows = [row for row in watched.now if is_read(row, watched.config)]
        if stream == APPLICATIONS:
            return {record["id"]: record for record in map(application_record, rows)}
        records = []
        for mine in by_candidate(rows).values():
            records.append(candidate_record(_newest(mine), _oldest(mine)))
        return {record["id"]: record for record in records}

    def applications(
        self, watched: Watched, before: Mapping[str, Record]
    ) -> dict[str, list[Record | None]]:
        """What a sync may leave in the warehouse, by id; None: no such record."""
        found: dict[str, list[Record | None]] = {}
        lasting = watched.lasting()
        for row_id, rows in watched.versions().items():
            key = _id(APPLICATIONS, row_id)
            options: list[Record | None] = [
                application_record(row) for row in rows if is_read(row, watched.config)
            ]
            is_kept = all(is_read(row, watched.config) for row in rows)
            must = watched.seen is None or row_id in watched.seen
            if not (must and row_id in lasting and is_kept):
                options.append(before.get(key))
            found[key] = options
        for key, record in before.items():
            found.setdefault(key, [record])
        return found

    def candidates(
        self, watched: Watched, before: Mapping[str, Record]
    ) -> dict[str, list[Record | None] | None]:
        """The same for candidates; None for a candidate about whom too much is unknown."""
        options: dict[str, list[Row | None]] = {}
        lasting = watched.lasting()
        versions = watched.versions()
        for row_id in {**self.versions, **self.former, **versions}:
            present, known = versions.get(row_id, []), self.versions.get(row_id, [])
            must = (watched.seen is None or row_id in watched.seen) and row_id in lasting
            rows: list[Row | None] = [*present] if must else _distinct([*known, *present])
            if not must and (row_id not in lasting or row_id not in self.settled):
                rows.append(None)
            options[row_id] = rows
        rows_of: dict[str, set[str]] = {}
        for row_id, choices in options.items():
            for row in (*choices, *self._former(row_id)):
                key = key_of_candidate(row) if row is not None else None
                if key is not None:
                    rows_of.setdefault(key, set()).add(row_id)
        found: dict[str, list[Record | None] | None] = {}
        for key, ids in rows_of.items():
            mine = [self._of_candidate(key, options[each], each, watched.config) for each in ids]
            records = _combined(mine)
            if records is not None and not ids <= versions.keys():
                # Whether an application that is gone was the oldest one, a delta cannot tell: the
                # candidate keeps its source.
                records += self._with_known_sources(key, ids, records)
            found[_id(CANDIDATES, key)] = records
        for key, record in before.items():
            found.setdefault(key, [record])
        return found

    def _of_candidate(
        self, key: str, choices: Sequence[Row | None], row_id: str, config: Mapping[str, Any]
    ) -> list[Row | None]:
        """The choices for a row as one of this candidate's; None where it is not."""
        mine: list[Row | None] = []
        for row in choices:
            is_mine = row is not None and key_of_candidate(row) == key and is_read(row, config)
            mine.append(row if is_mine else None)
        if None in mine:
            # A delta does not tell that a row is somebody else's now.
            for row in self._former(row_id):
                if key_of_candidate(row) == key and is_read(row, config):
                    mine.append(row)
        return _distinct(mine)

    def _with_known_sources(
        self, key: str, ids: Iterable[str], records: Sequence[Record | None]
    ) -> list[Record | None]:
        """The records of a candidate, with each source that one of its applications had."""
        sources = {
            candidate_record(row, row)["source"]
            for row_id in ids
            for row in self._former(row_id)
            if key_of_candidate(row) == key
        }
        told = [record for record in records if record is not None]
        return [{**record, "source": source} for record in told for source in sources]

    def _former(self, row_id: str) -> list[Row]:
        return [*self.versions.get(row_id, []), *self.former.get(row_id, [])]

    # -- what it knows afterwards ------------------------------------------------------------

    def know_all(self, watched: Watched) -> None:
        self.former = {}
        self.versions = {row["id"]: [row] for row in watched.now}
        self.settled = set(self.versions)

    def know_some(self, watched: Watched, *, is_complete: bool) -> None:
        lasting = watched.lasting()
        for row_id, rows in watched.versions().items():
            must = watched.seen is None or row_id in watched.seen
            if is_complete and must and row_id in lasting:
                keys = {key_of_candidate(row) for row in rows}
                for row in self.versions.get(row_id, []):
                    if key_of_candidate(row) not in keys:
                        self.former.setdefault(row_id, []).append(row)
                self.versions[row_id] = rows
                self.settled.add(row_id)
            else:
                known = _distinct([*self.versions.get(row_id, []), *rows])
                self.versions[row_id] = [row for row in known if row is not None]
        if is_complete:
            # A row that was deleted may be forgotten or not. It matters when it comes back.
            self.settled &= watched.versions().keys()

    # -- what may be told --------------------------------------------------------------------

    def may_be_deleted(self, stream: str, remote_id: str, watched: Watched) -> bool:
        """Whether a tombstone is true: a row is gone, and not only left out."""
        known = {
            row_id
            for row_id in {**self.versions, **self.former}
            if any(_remote_id(stream, row) == remote_id for row in self._former(row_id))
        }
        for listing in watched.listings:
            rows = [row for row in listing if _remote_id(stream, row) == remote_id]
            if any(is_read(row, watched.config) for row in rows):
                continue
            # A row that only_created_applications does not keep is gone, however old it is.
            left_out = {
                row["id"]
                for row in rows
                if is_left_out(row["id"], watched.config) and is_created(row, watched.config)
            }
            if not left_out or known - left_out:
                return True
        return False


def by_candidate(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        key = key_of_candidate(row)
        if key is not None:
            found.setdefault(key, []).append(row)
    return found


def _remote_id(stream: str, row: Row) -> str | None:
    return str(row["id"]) if stream == APPLICATIONS else key_of_candidate(row)


def _combined(rows: Sequence[Sequence[Row | None]]) -> list[Record | None] | None:
    size = 1
    for each in rows:
        size *= len(each)
    if size > _MOST_COMBINATIONS:
        return None
    pairs: dict[bytes, Record | None] = {}
    for choice in product(*rows):
        mine = [row for row in choice if row is not None]
        if not mine:
            pairs[b""] = None
            continue
        newest, oldest = _newest(mine), _oldest(mine)
        pair = orjson.dumps([newest, oldest])
        if pair not in pairs:
            pairs[pair] = candidate_record(newest, oldest)
    return list(pairs.values())


def _newest(rows: Iterable[Row]) -> Row:
    return max(rows, key=lambda row: str(row["id"]))


def _oldest(rows: Iterable[Row]) -> Row:
    return min(rows, key=lambda row: str(row["id"]))


def _distinct(rows: Iterable[Row | None]) -> list[Row | None]:
    return list({orjson.dumps(row): row for row in rows}.values())


def _id(stream: str, key: str) -> str:
    return unified_id("phenom", stream, key)


def must_be_seen(
    from_new_end: Listing,
    is_quiet: Mapping[str, bool],
    page_length: int,
) -> frozenset[str]:
    """Ids of the rows that a delta reads at least: up to two whole pages of quiet rows in a row.

    Pages overlap by a row, so two of them have one row less than twice the length of a page.
    """
    needed, quiet = max(1, 2 * (page_length - 1)), 0
    seen = []
    for row in from_new_end:
        if quiet >= needed:
            break
        seen.append(row["id"])
        quiet = quiet + 1 if is_quiet[row["id"]] else 0
    return frozenset(seen)
