"""What the specification says about rows of the application listing, for the histories."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

import orjson

from integration_tests.contract.expected import candidate_key, expected_records

Row = dict[str, Any]
Record = dict[str, Any]

APPLICATIONS, CANDIDATES = "applications", "candidates"
DISORDER = 600
"""Seconds by which rows of an ordered listing may be out of order."""

_HEXADECIMAL = frozenset(string.hexdigits)
_FIRST_SECOND = int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp())


def created(row_id: str) -> int | None:
    """The creation second in an id; None if the id does not tell it."""
    if len(row_id) != 24 or not set(row_id) <= _HEXADECIMAL:
        return None
    second = int(row_id[:8], 16)
    return second if second >= _FIRST_SECOND else None


def is_read(row: Row, config: Mapping[str, Any]) -> bool:
    """Whether `start_date` and `only_created_applications` let a row be read."""
    return is_created(row, config) and not is_left_out(str(row["id"]), config)


def is_created(row: Row, config: Mapping[str, Any]) -> bool:
    if not config.get("only_created_applications"):
        return True
    sources = {each.strip().casefold() for each in config["application_sources"]}
    source = (row.get("jobApplicationData") or {}).get("applicantSource")
    return isinstance(source, str) and source.strip().casefold() in sources


def is_left_out(row_id: str, config: Mapping[str, Any]) -> bool:
    """Whether `start_date` leaves a row out."""
    if config.get("start_date") is None:
        return False
    start = datetime.fromisoformat(config["start_date"].replace("Z", "+00:00"))
    second = created(row_id)
    return second is not None and second < start.timestamp()


def order_of(ids: Iterable[str]) -> set[str]:
    """The orders that a listing has: any of ascending and descending."""
    seconds = [created(each) for each in ids]
    known = [second for second in seconds if second is not None]
    if len(known) < len(seconds):
        return set()
    found = {"ascending"} if _is_in_order(known) else set()
    return found | ({"descending"} if _is_in_order(known[::-1]) else set())


def _is_in_order(seconds: Sequence[int]) -> bool:
    latest = 0
    for second in seconds:
        if second < latest - DISORDER:
            return False
        latest = max(latest, second)
    return True


def application_record(row: Row) -> Record:
    (record,) = _records(orjson.dumps([row]))[APPLICATIONS].values()
    return record


def key_of_candidate(row: Row) -> str | None:
    return candidate_key(row)


def candidate_record(newest: Row, oldest: Row) -> Record:
    """The record of a candidate with these two applications, which may be one."""
    rows = [newest] if newest["id"] == oldest["id"] else [newest, oldest]
    (record,) = _records(orjson.dumps(rows))[CANDIDATES].values()
    return record


@lru_cache(maxsize=50_000)
def _records(rows: bytes) -> dict[str, dict[str, Record]]:
    return expected_records([], [], orjson.loads(rows), config={})
